/* SPDX-License-Identifier: MIT */
/* Private to lib/relay: what its parts share. */
#ifndef TUNIC_RELAY_ENGINE_H
#define TUNIC_RELAY_ENGINE_H

#include "relay/codec.h"
#include "relay/relay.h"
#include "sandbox/sandbox.h"

enum {
    /* What is read from the device before it is sent: little enough to stay in a core's cache. */
    TUNIC_OUTBOUND_BYTES = 4 * 65536,
    TUNIC_OUTBOUND_HEADS = 128 * 1024,
    TUNIC_OUTBOUND_PACKETS = TUNIC_ARRANGE_MOST,
    TUNIC_PACKET_ROOM = TUNIC_PACKET_MOST + 1, /* one more shows what is too long */
};

/* From the device to the other side. */
struct tunic_outbound {
    struct tunic_source source;
    uint8_t *bytes; /* packets as they were read, one behind the other */
    size_t used;
    uint8_t *heads; /* those of split packets */
    size_t heads_used;
    size_t count;
    struct tunic_packet packets[TUNIC_OUTBOUND_PACKETS];
    struct tunic_outbox outbox;
    uint64_t burst;                   /* when the last one was over */
    uint64_t answers;                 /* until when those given to too big packets are enough */
    bool blocked;                     /* the transport takes nothing now */
    uint8_t whole[TUNIC_PACKET_ROOM]; /* a packet that is answered: it is too big */
};

/* From the other side to the device. */
struct tunic_inbound {
    struct tunic_merge merge;
    struct iovec pieces[TUNIC_MERGE_PIECES + 1]; /* the first is the queue's */
    bool busy; /* since the last burst the other way something came */
};

/* Whom a plain relay speaks with. */
struct tunic_peer {
    struct tunic_addresses connect; /* none: whoever is heard */
    struct tunic_addresses from;    /* who is admitted */
    struct tunic_endpoint endpoint; /* UDP without `connect`: heard last; AF_UNSPEC: nobody yet */
    uint64_t heard;                 /* when; 0: never */
    bool looks_up;                  /* a name that may mean another address one day */
    struct tunic_resolver resolver;
    uint64_t looked_up;
    uint64_t pause; /* until it is looked up again */
};

struct tunic_relay {
    struct tunic_relay_options *options;
    const struct tunic_relay_user *user;
    char name[IFNAMSIZ]; /* the interface's */
    struct tunic_loop loop;
    struct tunic_signals signals;
    struct tunic_queue queue;
    enum tunic_layer layer;
    int32_t ifindex; /* of the device, and its MTU when it was opened */
    uint32_t mtu;
    struct tunic_transport *transport;
    struct tunic_codec *codec;
    struct tunic_codec plain;
    struct tunic_peer peer;
    struct tunic_outbound outbound;
    struct tunic_inbound inbound;
    struct tunic_relay_counters counters;
    struct tunic_sandbox sandbox; /* which both of its processes enter, in their roles */
    bool confined;                /* or about to be */
    bool owned;                   /* the device, by a user other than root */
    int device_failure;           /* why it ended; 0: not because of the device */
    uint32_t limit; /* bytes of the largest packet (frame) that goes to the other side whole */
    struct tunic_timer refresh;
    struct tunic_timer tick;
};

/* ---- outbound.c ---- */
int tunic_outbound_open(struct tunic_relay *relay, struct tunic_error *error);
void tunic_outbound_close(struct tunic_relay *relay);
/* Sends what codecs have put into the outbox. False: the transport has no room, what is left waits
 * there. */
bool tunic_outbound_flush(struct tunic_relay *relay);
/* Drops what has waited in the device while there was nobody to send it to. */
void tunic_outbound_forget(struct tunic_relay *relay);
/* Tells the sender of a packet that there is nobody for it. */
void tunic_outbound_unreachable(struct tunic_relay *relay, const struct tunic_packet *packet);
/* The transport can be given more, or not. */
void tunic_outbound_ready(struct tunic_relay *relay, bool ready);

/* ---- inbound.c ---- */
void tunic_inbound_open(struct tunic_relay *relay);
/* Takes packets for the device; they stay where they are until tunic_inbound_flush. Returns how
 * many were accepted; the others are counted and dropped. */
size_t tunic_inbound_deliver(struct tunic_relay *relay, const struct tunic_span *spans,
                             size_t count);
void tunic_inbound_flush(struct tunic_relay *relay);

/* ---- peer.c ---- */
/* Finds the addresses that the options name. */
int tunic_peer_find(struct tunic_relay *relay, struct tunic_error *error);
/* Starts what looks names up later; while this process still may. */
int tunic_peer_open(struct tunic_relay *relay, struct tunic_error *error);
void tunic_peer_close(struct tunic_relay *relay);
bool tunic_peer_admits(const struct tunic_relay *relay, const union tunic_socket_address *from);
/* Packets came from there. */
void tunic_peer_heard(struct tunic_relay *relay, const struct tunic_endpoint *from);
/* False: there is nobody yet. `*to` NULL: wherever the transport is connected to. */
bool tunic_peer_reachable(const struct tunic_relay *relay, const struct tunic_endpoint **to);
/* Who may turn up where there is nobody yet; AF_UNSPEC: anybody. */
void tunic_peer_expected(const struct tunic_relay *relay, union tunic_socket_address *remote);
/* Looks a name up again where nothing was heard for long. */
void tunic_peer_check(struct tunic_relay *relay, uint64_t now);

/* ---- plain.c ---- */
/* The codec of plain tunnels. */
void tunic_plain_open(struct tunic_codec *codec, struct tunic_relay *relay);

/* ---- guard.c ---- */
/* The codec of WireGuard; its `stop` frees it. */
int tunic_guard_open(struct tunic_codec **codec, struct tunic_relay *relay,
                     struct tunic_error *error);

/* ---- relay.c ---- */
/* Gives up what the helper that looks names up does not need. */
int tunic_relay_confine_resolver(void *closure, struct tunic_error *error);
/* The room or the peer may have changed: how large packets may be is found out anew. */
void tunic_relay_measure(struct tunic_relay *relay);
/* The device is gone. */
void tunic_relay_device_failed(struct tunic_relay *relay, int result);

#endif
