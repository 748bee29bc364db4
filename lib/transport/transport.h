/* SPDX-License-Identifier: MIT */
/*
 * lib/transport: carries datagrams to other hosts and back, many in a call.
 *
 *   outbox.c   datagrams on their way out, put together into runs of equal ones
 *   endpoint.c addresses of other hosts: comparing, writing, looking up
 *   host.c     hosts and ports as people write them
 *   udp.c      UDP: opening it; udp_send.c and udp_receive.c: UDP_SEGMENT and UDP_GRO
 *   tcp.c      TCP: frames of a 2-byte big-endian length and as many bytes, as simpletun has them;
 *              tcp_dial.c and tcp_listen.c: with whom; tcp_send.c; tcp_stream.c takes them apart
 *   tcp_many.c the same with many connections; tcp_many_table.c, tcp_many_link.c: one of them;
 *              tcp_many_send.c
 *   socket.c   what the sockets of both have in common
 *   resolve.c  a process that looks names up again later, when this one may do so no more
 *
 * A transport knows nothing of what is in a datagram. It belongs to a loop, calls its user with
 * batches of what came, and is given batches to send. Both may be called a million times a second:
 * nothing in it allocates.
 */
#ifndef TUNIC_TRANSPORT_H
#define TUNIC_TRANSPORT_H

#include "event/event.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* ---- endpoints ------------------------------------------------------------------------- */

union tunic_socket_address {
    struct sockaddr any;
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;
};

/* Another host's address and port, and which of our addresses it is spoken to from. */
struct tunic_endpoint {
    union tunic_socket_address remote; /* AF_UNSPEC: none */
    struct in6_addr local;             /* IPv4 as ::ffff:a.b.c.d; ::: the kernel's choice */
    uint32_t ifindex;                  /* that it came in by; 0: the kernel's choice */
};

enum { TUNIC_ENDPOINT_TEXT = 80 };
/* "192.0.2.1:55555", "[2001:db8::1]:55555", "none" */
void tunic_endpoint_text(const union tunic_socket_address *address, char text[TUNIC_ENDPOINT_TEXT]);
/* IPv4 that an IPv6 socket tells as ::ffff:a.b.c.d is equal to IPv4; none is equal to none. */
bool tunic_endpoint_same_host(const union tunic_socket_address *left,
                              const union tunic_socket_address *right);
bool tunic_endpoint_same(const union tunic_socket_address *left,
                         const union tunic_socket_address *right);
/* As one of IPv6: IPv4 as ::ffff:a.b.c.d, none as ::. */
struct in6_addr tunic_endpoint_host(const union tunic_socket_address *address);
/* IPv4, however it is written. */
bool tunic_endpoint_inet(const union tunic_socket_address *address);
/* 0: none. */
uint16_t tunic_endpoint_port(const union tunic_socket_address *address);
/* Equal for those that are the same. */
uint32_t tunic_endpoint_hash(const union tunic_socket_address *address);

/* A host as people write it: HOST, HOST:PORT, [IPV6], [IPV6]:PORT, IPV6; or where the host may be
 * left out: PORT, :PORT. Where no port was written the caller sets his own. */
struct tunic_host {
    char name[256]; /* without brackets; "" where it was left out */
    uint16_t port;
    bool has_port;
    bool numeric; /* an address: needs no looking up */
};
int tunic_host_parse(const char *word, struct tunic_host *host, struct tunic_error *error);
/* PORT or HOST:PORT, for an address to listen on. */
int tunic_host_parse_listen(const char *word, struct tunic_host *host, struct tunic_error *error);

/* The address of a numeric host, without a system call: where the sandbox forbids to look anything
 * up. False: it is a name, or an IPv6 address on a link that is named and not numbered. */
bool tunic_host_address(const struct tunic_host *host, union tunic_socket_address *address);

enum { TUNIC_HOST_ADDRESSES = 8 };
struct tunic_addresses {
    union tunic_socket_address list[TUNIC_HOST_ADDRESSES]; /* with the host's port */
    size_t count;                                          /* 0: not found */
};
/* Looks a host up, now and in this process. `passive`: an address to bind to; without a name it is
 * the wildcard of IPv6, which IPv4 reaches too, and then that of IPv4. */
int tunic_host_resolve(const struct tunic_host *host, bool passive,
                       struct tunic_addresses *addresses, struct tunic_error *error);

/* ---- looking names up again ------------------------------------------------------------ */

/* A child process that was told its names at the start, and dropped every privilege then. Its
 * owner sets `found` and `closure`. */
struct tunic_resolver {
    /* Called from the loop with what was asked for: a count of 0 where nothing was found. May ask
     * again, or close it. */
    void (*found)(void *closure, size_t index, const struct tunic_addresses *addresses);
    void *closure;
    /* The rest is its own. */
    struct tunic_source source;
    struct tunic_loop *loop;
    int32_t process; /* 0: it ended, or never began */
    size_t count;
    bool *asked; /* by index: not answered yet */
};

/* Starts it, for one host or more. `confine` is called in the child, with its own closure, before
 * it looks anything up (NULL: nothing is done); its failure is this function's. The child begins as
 * a copy of this process: start it before there are secrets, or threads. */
int tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                        const struct tunic_host *hosts, size_t count,
                        int (*confine)(void *closure, struct tunic_error *error), void *closure,
                        struct tunic_error *error);
/* Nothing happens where the same was asked and not answered yet, or where the child is gone: then
 * nothing is found any more. */
void tunic_resolver_ask(struct tunic_resolver *resolver, size_t index);
/* Ends the child, whatever it is doing. Also of one that could not be opened, or is zero. */
void tunic_resolver_close(struct tunic_resolver *resolver);

/* ---- what is sent ---------------------------------------------------------------------- */

enum {
    TUNIC_DATAGRAM_MOST = 65535,
    TUNIC_OUTBOX_PIECES = 1024, /* UIO_MAXIOV: what one system call takes */
    TUNIC_OUTBOX_MESSAGES = 256,
};

/* A run of datagrams of one size, of which the last may be shorter: one UDP_SEGMENT send. Of a
 * stream: any number of frames. */
struct tunic_message {
    struct tunic_endpoint to; /* AF_UNSPEC: wherever the socket is connected to */
    uint16_t first;           /* of its pieces */
    uint16_t pieces;
    uint16_t count; /* datagrams */
    uint16_t size;  /* of each but the last */
    uint32_t length;
    uint8_t traffic_class;
    bool closed; /* takes no more: its last is shorter */
};

/* How a transport wants its datagrams. */
struct tunic_outbox_form {
    uint16_t prefix;      /* bytes before each: 2, its big-endian length, or 0 */
    uint16_t most_run;    /* datagrams in a message; 1: each by itself */
    uint32_t most_length; /* bytes in a message */
    bool stream;          /* sizes need not be equal */
};

struct tunic_outbox {
    struct tunic_outbox_form form;
    size_t piece_count;
    size_t message_count;
    struct iovec pieces[TUNIC_OUTBOX_PIECES];
    struct tunic_message messages[TUNIC_OUTBOX_MESSAGES];
};

/* Puts a datagram of one or two pieces, TUNIC_DATAGRAM_MOST bytes at most, behind the others; they
 * stay where they are until it is sent. `form.prefix` bytes before `head` are written; of a stream
 * there are 1 or more in a datagram. `to` NULL: wherever the transport is connected to. False:
 * there is no room; send first. */
bool tunic_outbox_add(struct tunic_outbox *outbox, const struct tunic_endpoint *to,
                      uint8_t traffic_class, uint8_t *head, size_t head_length, const uint8_t *body,
                      size_t body_length);
static inline void tunic_outbox_clear(struct tunic_outbox *outbox)
{
    outbox->piece_count = 0;
    outbox->message_count = 0;
}

/* ---- what comes ------------------------------------------------------------------------ */

/* A run of datagrams of one size, of which the last may be shorter, from one sender. The bytes may
 * be written until the call returns. */
struct tunic_arrival {
    uint8_t *data;
    uint32_t length;
    uint16_t size;
    uint8_t traffic_class;
    const struct tunic_endpoint *from;
};

/* ---- a transport ----------------------------------------------------------------------- */

struct tunic_transport_counters {
    uint64_t sent; /* datagrams */
    uint64_t sent_bytes;
    uint64_t received;
    uint64_t received_bytes;
    uint64_t dropped;   /* to be sent, and not */
    uint64_t malformed; /* received: cut off, of a wrong length */
    uint64_t refused;   /* received from an address that is not admitted */
    uint64_t connects;  /* TCP: connections made and accepted */
};

struct tunic_transport;

/* Whom a transport serves. */
struct tunic_transport_user {
    void *closure;
    void (*arrived)(void *closure, struct tunic_arrival *arrivals, size_t count);
    /* False: nothing can be taken any more (a socket is full or not connected) until it is true.
     * What `send` left in the outbox is to be given again then; until then it stays untouched. */
    void (*ready)(void *closure, bool ready);
    /* Whether this address may speak to us; asked once a message (UDP) or connection (TCP). NULL:
     * any may. */
    bool (*admits)(void *closure, const union tunic_socket_address *from);
    /* TCP: a connection came to be (NULL: ended). May be NULL. */
    void (*connected)(void *closure, const struct tunic_endpoint *endpoint);
};

struct tunic_transport_options {
    const struct tunic_host *listen;       /* NULL: any port (UDP), no listener (TCP) */
    const struct tunic_addresses *connect; /* the one to speak with and listen to; NULL: whoever
                                              messages are for, and whoever is admitted */
    uint32_t mark;                         /* SO_MARK; 0: none */
    const char *underlay;                  /* SO_BINDTODEVICE; NULL: none */
    bool offload;                          /* UDP_SEGMENT and UDP_GRO where the kernel has them */
};

struct tunic_transport_operations {
    const char *name; /* "udp" */
    /* Sends what is in the outbox and empties it. What cannot be sent is dropped and counted, but
     * for what the socket has no room for now: `ready` tells. */
    void (*send)(struct tunic_transport *transport, struct tunic_outbox *outbox);
    /* Speaks to the first of these from now on: the name may mean another address. Called from time
     * to time with what it has, it sees to it that the way there is still the best. */
    void (*reconnect)(struct tunic_transport *transport, const struct tunic_addresses *addresses);
    /* Bytes of the largest datagram that reaches `to` (NULL: whoever it will be) in one piece, as
     * far as the kernel knows. */
    size_t (*room)(struct tunic_transport *transport, const struct tunic_endpoint *to);
    /* The local port; 0: none. */
    uint16_t (*port)(const struct tunic_transport *transport);
    /* Speaks from another port from now on (0: any), or stays where it is: a negative errno. */
    int (*rebind)(struct tunic_transport *transport, uint16_t port);
    void (*close)(struct tunic_transport *transport); /* frees it */
};

struct tunic_transport {
    const struct tunic_transport_operations *operations;
    struct tunic_outbox_form form;
    struct tunic_transport_counters counters;
    struct tunic_transport_user user;
    struct tunic_loop *loop;
};

int tunic_udp_open(struct tunic_transport **transport, struct tunic_loop *loop,
                   const struct tunic_transport_options *options,
                   const struct tunic_transport_user *user, struct tunic_error *error);
int tunic_tcp_open(struct tunic_transport **transport, struct tunic_loop *loop,
                   const struct tunic_transport_options *options,
                   const struct tunic_transport_user *user, struct tunic_error *error);

/* ---- TCP with many connections --------------------------------------------------------- */

/* Accepts connections where `options->listen` says so, and makes those that it expects;
 * `options->connect` is not looked at. Messages go to the connection with `to.remote`; `from` of
 * what comes is that. With nowhere to go, and for a connection that is full, they are dropped; but
 * `ready` has the user wait where only one connection serves, dialled or proven, and is full. What
 * is for others may be sent even then, from another outbox: it does not wait. `connected` tells of
 * each connection, and of each end.
 *
 * Of those that were accepted and not proven there are 64 at most, for ten seconds at most. */
int tunic_tcp_many_open(struct tunic_transport **transport, struct tunic_loop *loop,
                        const struct tunic_transport_options *options,
                        const struct tunic_transport_user *user, struct tunic_error *error);
/* Connects to this address as soon as there is a message to it, and again whenever the connection
 * is lost. The frame that was given last meanwhile is sent then. Needs what a mark and an underlay
 * need; where another address was forgotten before, nothing. May close an unproven connection. */
int tunic_tcp_many_expect(struct tunic_transport *transport,
                          const union tunic_socket_address *address, struct tunic_error *error);
/* Closes the connection with this address, if there is one, and expects it no more: a peer is gone,
 * or has another address now. Also from `arrived`. */
void tunic_tcp_many_forget(struct tunic_transport *transport,
                           const union tunic_socket_address *address);
/* What came from this address was authentic: its connection may stay. Any number of times. `ready`
 * may be called. */
void tunic_tcp_many_prove(struct tunic_transport *transport,
                          const union tunic_socket_address *address);

#endif
