/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/transport: TCP.
 *
 * Theory of operation
 *
 * There is one connection or none. A dialler goes through its addresses; after the last it waits,
 * longer from time to time. A listener takes the first who is admitted. Whoever comes while he is
 * there is refused, unless it is from the same host: that one was rebooted, or its address changed
 * hands inside a NAT, and the connection that it left behind would stay for minutes.
 *
 * Marking and binding a socket takes privileges that are gone once the relay runs. So all sockets
 * are made at the start: a listener's connections inherit its options, and a dialler has one socket
 * of each family, of which connect(2) to AF_UNSPEC dissolves the association, whatever state it is
 * in, and leaves the options. System calls after the start: accept4, close (listener), connect,
 * getsockopt (dialler), epoll_ctl, read, sendmsg.
 *
 *            dial                    made
 *   nobody ───────> TUNIC_TCP_DIALS ──────> TUNIC_TCP_CONNECTED
 *     │  ^─────────────────┴ failed                  ^ │ ended
 *     ├────────────────────── accepted ──────────────┘ │
 *     └<───────────────────────────────────────────────┘
 *
 * What a full stream does not take stays in the user's outbox, cut where the stream is, and comes
 * again once there is room: what is begun is finished, and the frames stay in step. If the
 * connection ends before, the rest is dropped, for on the next one it would begin inside a frame.
 */
#ifndef TUNIC_TRANSPORT_TCP_H
#define TUNIC_TRANSPORT_TCP_H

#include "transport/transport.h"

enum {
    TUNIC_TCP_PREFIX = 2,
    TUNIC_TCP_INPUT = 256 << 10,
    TUNIC_TCP_ARRIVALS = 512,
};

enum tunic_tcp_state {
    TUNIC_TCP_NOBODY,
    TUNIC_TCP_DIALS,
    TUNIC_TCP_CONNECTED,
};

struct tunic_tcp {
    struct tunic_transport base;
    enum tunic_tcp_state state;
    bool ready; /* as the user was told */
    struct tunic_source listener;
    struct tunic_source connection;
    struct tunic_endpoint peer;
    struct tunic_timer timer; /* of the listener or the dialler */

    int sockets[2]; /* to dial IPv4 and IPv6 with; -1: none */
    struct tunic_addresses addresses;
    size_t next;     /* address to dial */
    uint64_t delay;  /* the next time that all of them failed */
    uint64_t joined; /* when the connection came to be */

    size_t held;      /* bytes of `input` that are part of a frame */
    uint64_t left_on; /* the connection of which the outbox has a rest, by its number; 0: none */
    size_t left_out;  /* bytes of it that are sent */
    struct tunic_arrival arrivals[TUNIC_TCP_ARRIVALS];
    uint8_t input[TUNIC_TCP_INPUT];
};

/* `base` is its first member. */
static inline struct tunic_tcp *tunic_tcp_of(struct tunic_transport *transport)
{
    union {
        struct tunic_transport *base;
        struct tunic_tcp *tcp;
    } same = {.base = transport};

    return same.tcp;
}

/* tcp.c: the connection on `connection.descriptor` with `peer`, which the loop knows, is made; or
 * it ended, or could not be made. The user may be called. */
void tunic_tcp_join(struct tunic_tcp *tcp);
void tunic_tcp_part(struct tunic_tcp *tcp);
void tunic_tcp_set_ready(struct tunic_tcp *tcp, bool ready);
/* Before a socket listens or dials; best effort. */
void tunic_tcp_set_options(int descriptor);

/* tcp_listen.c */
int tunic_tcp_listen(struct tunic_tcp *tcp, const struct tunic_transport_options *options,
                     struct tunic_error *error);

/* tcp_dial.c */
int tunic_tcp_dial_prepare(struct tunic_tcp *tcp, const struct tunic_transport_options *options,
                           struct tunic_error *error);
void tunic_tcp_dial(struct tunic_tcp *tcp);          /* now, the next of its addresses */
void tunic_tcp_dial_answered(struct tunic_tcp *tcp); /* its descriptor is ready */
void tunic_tcp_dial_part(struct tunic_tcp *tcp);     /* takes the socket back, dials later */
void tunic_tcp_dial_others(struct tunic_tcp *tcp, const struct tunic_addresses *addresses);

/* tcp_send.c */
void tunic_tcp_send(struct tunic_transport *transport, struct tunic_outbox *outbox);
void tunic_tcp_send_ready(struct tunic_tcp *tcp);

/* tcp_stream.c */
struct tunic_tcp_frames {
    size_t count;
    size_t consumed; /* bytes, of whole frames */
    bool malformed;  /* what follows them is no frame */
};
/* Finds up to `room` frames in what came of a stream. */
struct tunic_tcp_frames tunic_tcp_frames(uint8_t *bytes, size_t length,
                                         struct tunic_arrival *arrivals, size_t room);
void tunic_tcp_receive(struct tunic_tcp *tcp);

#endif
