/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/relay: the codec of WireGuard.
 *
 *   guard.c           opening, starting, ticking, and the other operations of a codec
 *   guard_seal.c      packets → peers → jobs → outbox
 *   guard_open.c      datagrams → jobs → packets
 *   guard_remote.c    where the peers are, and looking their names up again
 *   guard_settings.c  what is set, at the start and by wg(8)
 *   guard_link.c      the device's MTU, whoever changes it
 *   stage.c           what waits for a session; forwarding.c: which peer of a tap has a MAC address
 *
 * Theory of operation. A burst of packets is copied into one buffer, each behind the header of its
 * data message, and then encrypted there by one call, so that a pool of threads may share the work
 * and the order stays: datagrams of one peer lie side by side, and are sent as one run. What comes
 * is decrypted where it lies, also in one call, and looked at afterwards one by one in the order in
 * which it came, for the replay window and the endpoint depend on it.
 *
 * The protocol's clock is tunic_clock_boot, since keys age while a laptop sleeps; the loop's timer
 * is set for how long it still takes.
 */
#ifndef TUNIC_RELAY_GUARD_H
#define TUNIC_RELAY_GUARD_H

#include "control/control.h"
#include "relay/engine.h"
#include "relay/forwarding.h"
#include "relay/stage.h"

enum {
    TUNIC_GUARD_JOBS = 256,      /* packets sealed at once */
    TUNIC_GUARD_MESSAGES = 1024, /* messages opened at once */
    TUNIC_GUARD_SEALED =
        TUNIC_OUTBOUND_BYTES + TUNIC_OUTBOUND_HEADS + TUNIC_GUARD_JOBS * 64 /* bytes */
};

/* A peer, as one that packets are sent to. */
struct tunic_remote {
    struct tunic_wireguard_peer *peer;
    struct tunic_endpoint endpoint;     /* AF_UNSPEC: not known */
    union tunic_socket_address dialled; /* TCP: what `expect` was told; AF_UNSPEC: nothing */
    struct tunic_stage_queue waiting;
    size_t name;        /* of the resolver's, plus one; 0: it has none */
    size_t tried;       /* addresses of it */
    uint64_t looked_up; /* the name; 0: not since the start */
    uint64_t pause;     /* until it is looked up again */
    uint64_t heard;     /* tunic_clock_now; 0: never */
};

/* One data message on its way out. */
struct tunic_sealing {
    struct tunic_remote *remote;
    struct tunic_session *session;
    uint8_t *message;
    uint16_t length;
    uint8_t traffic_class;
};

/* One on its way in. */
struct tunic_opening_message {
    struct tunic_session *session;
    const struct tunic_endpoint *from;
    uint8_t traffic_class;
};

struct tunic_guard {
    struct tunic_codec codec;
    struct tunic_crypto *crypto;
    struct tunic_cipher_pool *pool;
    struct tunic_wireguard *wireguard;
    struct tunic_control *control;
    struct tunic_netlink monitor; /* of the device */
    struct tunic_source monitor_source;
    struct tunic_timer timer;
    uint64_t armed; /* what the timer was set for, of the protocol's clock */
    struct tunic_stage stage;
    struct tunic_forwarding *table; /* tap */
    struct tunic_resolver resolver;
    size_t named;                      /* peers with a name */
    union tunic_socket_address *found; /* by peer of the settings; AF_UNSPEC: none. Until started */
    const struct tunic_endpoint *from; /* of the message that is being received */
    const struct tunic_remote *heard;  /* in this batch last, and from where: most often again */
    const struct tunic_endpoint *heard_from;
    uint64_t unrouted;
    uint64_t unauthorised;
    uint64_t last_handshake;
    /* sealing */
    uint8_t *sealed;
    size_t used;
    size_t sealing_count;
    struct tunic_sealing sealing[TUNIC_GUARD_JOBS];
    struct tunic_packet_job jobs[TUNIC_GUARD_JOBS];
    /* opening */
    size_t opening_count;
    struct tunic_opening_message opening[TUNIC_GUARD_MESSAGES];
    struct tunic_packet_job opening_jobs[TUNIC_GUARD_MESSAGES];
    struct tunic_span spans[TUNIC_GUARD_MESSAGES];
};

/* `codec` is its first member. */
static inline struct tunic_guard *tunic_guard_of(const struct tunic_codec *codec)
{
    union {
        const struct tunic_codec *codec;
        struct tunic_guard *guard;
    } same = {.codec = codec};

    return same.guard;
}

/* ---- guard.c --------------------------------------------------------------------------- */
/* What is due next may have changed. */
void tunic_guard_arm(struct tunic_guard *guard, uint64_t now);

/* ---- guard_seal.c ---------------------------------------------------------------------- */
void tunic_guard_seal(struct tunic_codec *codec, struct tunic_packet *packets, size_t count);
/* Sends a message that is ready to one peer, at once; best effort. */
void tunic_guard_send(struct tunic_guard *guard, const struct tunic_endpoint *to,
                      const uint8_t *message, size_t length);
/* Sends what waited for a session with this peer. Returns whether there was any. */
bool tunic_guard_send_waiting(struct tunic_guard *guard, struct tunic_remote *remote);

/* ---- guard_open.c ---------------------------------------------------------------------- */
void tunic_guard_open_arrivals(struct tunic_codec *codec, struct tunic_arrival *arrivals,
                               size_t count);

/* ---- guard_remote.c -------------------------------------------------------------------- */
/* Looks the settings' names up; what is not found is warned of and tried again later. */
int tunic_guard_find(struct tunic_guard *guard, struct tunic_error *error);
/* Starts what looks names up later, before there are secrets in the engine. */
int tunic_guard_start_resolver(struct tunic_guard *guard, struct tunic_error *error);
/* Where the settings or a name say that it is. */
void tunic_guard_point(struct tunic_guard *guard, struct tunic_remote *remote,
                       const union tunic_socket_address *address);
/* What was received is authentic: the peer is where it came from. */
void tunic_guard_heard(struct tunic_guard *guard, struct tunic_remote *remote);
/* It does not answer: another address of ours or of its own may. */
void tunic_guard_unheard(struct tunic_guard *guard, struct tunic_remote *remote);
/* -ENOMEM, -EEXIST, -EINVAL as tunic_wireguard_peer_add. */
int tunic_guard_add(struct tunic_guard *guard, const uint8_t *public_key,
                    struct tunic_remote **remote);
void tunic_guard_remove(struct tunic_guard *guard, struct tunic_remote *remote);
/* Frees what the caller has of a peer that the engine removes. */
void tunic_guard_removed(void *closure, void *owner);
static inline struct tunic_remote *tunic_remote_of(const struct tunic_wireguard_peer *peer)
{
    return tunic_wireguard_peer_owner(peer);
}

/* ---- guard_link.c ---------------------------------------------------------------------- */
/* Follows relay->mtu from now on: packets are padded up to it. */
int tunic_guard_watch(struct tunic_guard *guard, struct tunic_error *error);
void tunic_guard_watch_close(struct tunic_guard *guard); /* of one that is not open, too */

/* ---- guard_settings.c ------------------------------------------------------------------ */
/* 0 or a negative errno. `found`: the addresses of the settings' endpoints; NULL: they are numbers.
 */
int tunic_guard_set(struct tunic_guard *guard, const struct tunic_settings *settings,
                    const union tunic_socket_address *found);
int tunic_guard_serve(struct tunic_guard *guard, struct tunic_error *error);

#endif
