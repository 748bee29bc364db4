/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/transport: what TCP transports are made of, and the one that has one connection.
 *
 * Theory of operation
 *
 * A stream is one connection, and what of its frames is not whole: the beginning of one that came,
 * and the end of one that is sent. What a full socket does not take ends inside a frame: its end is
 * kept with the stream and sent before anything else, so that frames stay in step, and whoever
 * sends is left with whole ones. If the connection ends before, the frame is lost with it.
 *
 * All streams of a transport read into one input. What is left of a frame stays there until another
 * stream reads: with one stream nothing is copied.
 *
 * Marking and binding a socket takes privileges that are gone once the relay runs. So sockets are
 * made at the start: a listener's connections inherit its options, and a dialler has one socket of
 * each family, of which connect(2) to AF_UNSPEC dissolves the association, whatever state it is in,
 * and leaves the options. System calls after the start: accept4, close (listener), connect,
 * getsockopt (dialler), epoll_ctl, read, send, sendmsg.
 *
 * A dialler goes through its addresses; after the last it waits, longer from time to time.
 *
 *            dial                    made
 *   nobody ───────> TUNIC_TCP_DIALS ──────> TUNIC_TCP_CONNECTED
 *     │  ^─────────────────┴ failed                  ^ │ ended
 *     ├────────────────────── accepted ──────────────┘ │
 *     └<───────────────────────────────────────────────┘
 *
 * The transport with one connection is a dialler or a listener. A listener takes the first who is
 * admitted. Whoever comes while he is there is refused, unless it is from the same host: that one
 * was rebooted, or its address changed hands inside a NAT, and the connection that it left behind
 * would stay for minutes.
 */
#ifndef TUNIC_TRANSPORT_TCP_H
#define TUNIC_TRANSPORT_TCP_H

#include "packet/packet.h"
#include "transport/transport.h"

enum {
    TUNIC_TCP_PREFIX = TUNIC_FRAME_PREFIX,
    TUNIC_TCP_FRAME = TUNIC_TCP_PREFIX + TUNIC_DATAGRAM_MOST,
    TUNIC_TCP_INPUT = 256 << 10,
    TUNIC_TCP_ARRIVALS = 512,
};

/* How its transport wants what is sent. */
#define TUNIC_TCP_FORM                                                                             \
    {                                                                                              \
        .prefix = TUNIC_TCP_PREFIX, .most_run = UINT16_MAX, .most_length = UINT32_MAX,             \
        .stream = true                                                                             \
    }

/* ---- tcp_stream.c: one connection ------------------------------------------------------ */

enum tunic_tcp_state {
    TUNIC_TCP_NOBODY,
    TUNIC_TCP_DIALS,
    TUNIC_TCP_CONNECTED,
};

struct tunic_tcp_stream {
    struct tunic_source source;
    struct tunic_endpoint peer;
    enum tunic_tcp_state state;
    uint64_t number;   /* of the connection, among all of the transport */
    bool full;         /* it has a rest, or the socket takes nothing: EPOLLOUT tells */
    size_t held;       /* bytes of a frame that came in part: in the input, or `carry` */
    size_t rest;       /* where in `kept` the bytes are that are still to be sent */
    size_t rest_end;   /* 0: none */
    size_t rest_frame; /* bytes of the frame whose end they are */
    uint8_t carry[TUNIC_TCP_FRAME];
    uint8_t kept[TUNIC_TCP_FRAME];
};

/* Where the streams of a transport read. */
struct tunic_tcp_input {
    struct tunic_tcp_stream *owner; /* of the bytes that it begins with; NULL: nobody */
    struct tunic_endpoint from;
    struct tunic_arrival arrivals[TUNIC_TCP_ARRIVALS];
    uint8_t bytes[TUNIC_TCP_INPUT];
};

struct tunic_tcp_frames {
    size_t count;
    size_t consumed; /* bytes, of whole frames */
    bool malformed;  /* what follows them is no frame */
};
/* Finds up to `room` frames in what came of a stream. */
struct tunic_tcp_frames tunic_tcp_frames(uint8_t *bytes, size_t length,
                                         struct tunic_arrival *arrivals, size_t room);
/* Its connection is made. */
void tunic_tcp_stream_begin(struct tunic_tcp_stream *stream, struct tunic_transport *transport);
/* Reads, and tells the user of what came, who may end the stream meanwhile. False: the connection
 * is over. */
bool tunic_tcp_stream_receive(struct tunic_tcp_stream *stream, struct tunic_tcp_input *input,
                              struct tunic_transport *transport);
/* Leaves the loop and forgets what was not whole. The descriptor is its owner's to close. */
void tunic_tcp_stream_end(struct tunic_tcp_stream *stream, struct tunic_transport *transport);

/* ---- tcp_send.c ---- */

/* Sends frames of a message and takes them out of it, whole ones. What remains found no room. */
void tunic_tcp_stream_send(struct tunic_tcp_stream *stream, struct tunic_transport *transport,
                           struct iovec *pieces, struct tunic_message *message);
/* The socket has room. Sends the rest; false: not all of it. */
bool tunic_tcp_stream_drain(struct tunic_tcp_stream *stream, struct tunic_transport *transport);
/* Of a stream without a connection: keeps the first frame of a message to be sent once there is
 * one, in place of what was kept before, and drops the others. */
void tunic_tcp_stream_keep(struct tunic_tcp_stream *stream, struct tunic_transport *transport,
                           const struct iovec *pieces, struct tunic_message *message);
/* Drops the rest. */
void tunic_tcp_stream_forget(struct tunic_tcp_stream *stream, struct tunic_transport *transport);

/* ---- tcp_dial.c: making connections ---------------------------------------------------- */

struct tunic_tcp_dialler {
    struct tunic_loop *loop;
    struct tunic_tcp_stream *stream; /* that it makes connections for */
    struct tunic_timer timer;
    int sockets[2]; /* to dial IPv4 and IPv6 with; -1: none */
    struct tunic_addresses addresses;
    size_t next;     /* address to dial */
    uint64_t delay;  /* the next time that all of them failed */
    uint64_t joined; /* when the connection came to be */
};

int tunic_tcp_dial_open(struct tunic_tcp_dialler *dialler, struct tunic_loop *loop,
                        const struct tunic_transport_options *options, struct tunic_error *error);
void tunic_tcp_dial_close(struct tunic_tcp_dialler *dialler);
/* Dials these for that stream from now on, once it is told to. */
void tunic_tcp_dial_for(struct tunic_tcp_dialler *dialler, struct tunic_tcp_stream *stream,
                        const struct tunic_addresses *addresses);
/* Now, the next of its addresses. */
void tunic_tcp_dial(struct tunic_tcp_dialler *dialler);
/* The descriptor of a stream that dials is ready. True: the connection is made. */
bool tunic_tcp_dial_answered(struct tunic_tcp_dialler *dialler);
/* The stream ended: takes the socket back, and dials later. */
void tunic_tcp_dial_part(struct tunic_tcp_dialler *dialler);
/* Takes other addresses. True: it is with none of them that the stream is connected. */
bool tunic_tcp_dial_others(struct tunic_tcp_dialler *dialler,
                           const struct tunic_addresses *addresses);
/* Begins again, now and without a delay. */
void tunic_tcp_dial_afresh(struct tunic_tcp_dialler *dialler);
/* Dials no more; nobody is connected. */
void tunic_tcp_dial_stop(struct tunic_tcp_dialler *dialler);

/* ---- tcp_listen.c: accepting them ------------------------------------------------------ */

struct tunic_tcp_listener {
    struct tunic_loop *loop;
    struct tunic_source source; /* descriptor -1: it does not listen */
    struct tunic_timer timer;   /* while there is no descriptor for whoever waits */
    /* Takes the descriptor of a connection, or closes it. */
    void (*meet)(void *closure, int descriptor, const union tunic_socket_address *from);
    void *closure;
};

/* `meet` and `closure` are set. */
int tunic_tcp_listen(struct tunic_tcp_listener *listener, struct tunic_loop *loop,
                     const struct tunic_transport_options *options, struct tunic_error *error);
void tunic_tcp_listen_close(struct tunic_tcp_listener *listener);
/* 0: it does not listen. */
uint16_t tunic_tcp_listen_port(const struct tunic_tcp_listener *listener);

/* ---- tcp.c ----------------------------------------------------------------------------- */

/* Before a socket listens or dials; best effort. */
void tunic_tcp_set_options(int descriptor);
/* A stream cuts up what it is given as the path needs it: all datagrams fit. */
size_t tunic_tcp_room(struct tunic_transport *transport, const struct tunic_endpoint *to);
/* Connections have their ports: those that there are would stay where they are. */
int tunic_tcp_rebind(struct tunic_transport *transport, uint16_t port);

struct tunic_tcp {
    struct tunic_transport base;
    bool ready; /* as the user was told */
    struct tunic_tcp_listener listener;
    struct tunic_tcp_dialler dialler;
    uint64_t left_on; /* the connection that the outbox has something left for; 0: none */
    struct tunic_tcp_stream stream;
    struct tunic_tcp_input input;
};

/* `base` is its first member. */
static inline struct tunic_tcp *tunic_tcp_of(const struct tunic_transport *transport)
{
    union {
        const struct tunic_transport *base;
        struct tunic_tcp *tcp;
    } same = {.base = transport};

    return same.tcp;
}

#endif
