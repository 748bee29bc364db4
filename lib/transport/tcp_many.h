/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/transport: TCP with many connections.
 *
 * Theory of operation
 *
 * A link is a connection by the address of its other end, or an address that is dialled: the first
 * message to it does, and from then on it is dialled again whenever it is lost. What is to be sent
 * meanwhile is dropped but for the latest frame, which goes first once there is a connection: so a
 * handshake needs no second attempt.
 *
 * Whoever connects has ten seconds to be proven by the transport's user, and of the unproven there
 * are few: a stranger cannot keep others out, he can only hurry them. The one who waits for longest
 * makes room. A link that is dialled, or was proven, serves.
 *
 * A full socket must not hold up the others: what is for it is dropped. But where one link serves,
 * and no other, there is nobody to hold up: then whole frames are left in the outbox and the user
 * is told to wait, so that nothing is lost and the device's queue decides. As soon as another link
 * serves, or this one ends, he is told to go on. An unproven one does not count: it could turn the
 * only peer's waiting into losses.
 *
 * Links lie in one mapping, of which the kernel gives what is touched: a page each for one that is
 * idle, and up to 130 KiB for one with the largest frames in either direction. Those that are free
 * are taken again first. A link that was dialled keeps its sockets when it is forgotten, for the
 * next that is expected: what they needed may be had no more (tcp.h).
 */
#ifndef TUNIC_TRANSPORT_TCP_MANY_H
#define TUNIC_TRANSPORT_TCP_MANY_H

#include "transport/tcp.h"

#include <net/if.h>

enum {
    TUNIC_TCP_LINKS = 1024,
    TUNIC_TCP_UNPROVEN = 64,
    TUNIC_TCP_PROOF_TIME = 10,  /* seconds */
    TUNIC_TCP_UNSENT = 1 << 20, /* bytes that wait in a socket beyond what the path takes */
};

struct tunic_tcp_link {
    struct tunic_tcp_many *many;
    struct tunic_tcp_link *next; /* of its bucket, or of the free ones */
    bool serves;                 /* connected, and dialled or proven */
    uint64_t accepted;           /* when */
    struct tunic_tcp_dialler dialler;
    struct tunic_tcp_stream stream; /* the address of its peer never changes */
};

struct tunic_tcp_many {
    struct tunic_transport base;
    struct tunic_transport_options options; /* to dial with */
    char underlay[IFNAMSIZ];
    struct tunic_tcp_listener listener;
    struct tunic_tcp_link *links;
    size_t used;                  /* that were ever taken */
    struct tunic_tcp_link *free;  /* of these */
    struct tunic_tcp_link *spare; /* the same, with sockets to dial with */
    struct tunic_tcp_link *buckets[TUNIC_TCP_LINKS];
    struct tunic_tcp_link *unproven[TUNIC_TCP_UNPROVEN]; /* the oldest first */
    size_t unproven_count;
    struct tunic_timer proof_timer;
    size_t serving;
    struct tunic_tcp_link *awaited; /* that the user waits for; NULL: he does not */
    struct tunic_tcp_input input;
};

/* `base` is its first member. */
static inline struct tunic_tcp_many *tunic_tcp_many_of(const struct tunic_transport *transport)
{
    union {
        const struct tunic_transport *base;
        struct tunic_tcp_many *many;
    } same = {.base = transport};

    return same.many;
}

static inline bool tunic_tcp_link_is_dialled(const struct tunic_tcp_link *link)
{
    return link->dialler.loop != NULL;
}

/* ---- tcp_many_table.c ---- */

/* NULL: none. */
struct tunic_tcp_link *tunic_tcp_link_find(struct tunic_tcp_many *many,
                                           const union tunic_socket_address *address);
/* Takes a free one, `spare` or not; NULL: none. */
struct tunic_tcp_link *tunic_tcp_link_take(struct tunic_tcp_many *many, bool spare,
                                           const union tunic_socket_address *address);
void tunic_tcp_link_release(struct tunic_tcp_link *link);

/* ---- tcp_many_link.c ---- */

/* Takes a connection that was accepted. False: it may not be, and the descriptor is not taken. */
bool tunic_tcp_link_meet(struct tunic_tcp_many *many, int descriptor,
                         const union tunic_socket_address *from);
/* Ends its connection; one that was accepted is released. The user may be called. */
void tunic_tcp_link_end(struct tunic_tcp_link *link);
/* Makes room for a link at the cost of whoever was not proven. */
void tunic_tcp_link_make_room(struct tunic_tcp_many *many);
void tunic_tcp_link_prove(struct tunic_tcp_link *link);
void tunic_tcp_link_ready(void *closure, uint32_t events);
/* Those that were not proven in time. */
void tunic_tcp_link_proof_is_due(void *closure);

/* ---- tcp_many_send.c ---- */

void tunic_tcp_many_send(struct tunic_transport *transport, struct tunic_outbox *outbox);
/* Has the user go on, if he waits. */
void tunic_tcp_many_go_on(struct tunic_tcp_many *many);

#endif
