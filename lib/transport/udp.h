/* SPDX-License-Identifier: MIT */
/* Private to lib/transport: the UDP transport. */
#ifndef TUNIC_TRANSPORT_UDP_H
#define TUNIC_TRANSPORT_UDP_H

#include "transport/transport.h"

#include <net/if.h>
#include <netinet/udp.h>

/* Linux 4.18 and 5.0; not in the headers of every system. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
    TUNIC_UDP_SLOTS = 16,         /* messages read at once */
    TUNIC_UDP_SLOT_SIZE = 65536,  /* one GRO datagram is no larger */
    TUNIC_UDP_PAYLOAD = 65507,    /* of one datagram over IPv4 (RFC 791, 768) */
    TUNIC_UDP_SEGMENTS = 128,     /* UDP_MAX_SEGMENTS since Linux 6.9 */
    TUNIC_UDP_SEGMENTS_OLD = 64,  /* before */
    TUNIC_UDP_CONTROL_SIZE = 128, /* the control messages of one message, either way */
};

struct tunic_udp_control {
    _Alignas(struct cmsghdr) uint8_t bytes[TUNIC_UDP_CONTROL_SIZE];
};

struct tunic_udp {
    struct tunic_transport base;
    struct tunic_source source;
    int descriptor;
    int probe; /* asks for the path's MTU: connected to whom it is about */
    sa_family_t family;
    union tunic_socket_address wanted;      /* whom to be connected to; AF_UNSPEC: to nobody */
    union tunic_socket_address peer;        /* whom it is connected to; AF_UNSPEC: nobody */
    char underlay[IFNAMSIZ];                /* "": none */
    struct tunic_host listen;               /* of one that is not connected */
    struct tunic_transport_options options; /* without what it points to */
    bool bound;                             /* to an address of ours that was asked for */
    bool lost;                              /* the way to the peer: it has to be connected anew */
    bool gso;
    bool waits; /* for room to send */
    /* receiving */
    uint8_t *slots;
    struct mmsghdr incoming[TUNIC_UDP_SLOTS];
    struct iovec incoming_pieces[TUNIC_UDP_SLOTS];
    struct tunic_udp_control incoming_controls[TUNIC_UDP_SLOTS];
    struct tunic_endpoint senders[TUNIC_UDP_SLOTS];
    struct tunic_arrival arrivals[TUNIC_UDP_SLOTS];
    /* sending */
    struct mmsghdr outgoing[TUNIC_OUTBOX_MESSAGES];
    struct tunic_udp_control outgoing_controls[TUNIC_OUTBOX_MESSAGES];
    uint8_t single[TUNIC_DATAGRAM_MOST]; /* a datagram of a run that has to be sent by itself */
};

/* `base` is its first member. */
static inline struct tunic_udp *tunic_udp_of(const struct tunic_transport *transport)
{
    union {
        const struct tunic_transport *base;
        struct tunic_udp *udp;
    } same = {.base = transport};

    return same.udp;
}

/* tunic_transport_operations.send */
void tunic_udp_send(struct tunic_transport *transport, struct tunic_outbox *outbox);
/* Reads what there is, a bounded part of it at once. */
void tunic_udp_receive(struct tunic_udp *udp);

#endif
