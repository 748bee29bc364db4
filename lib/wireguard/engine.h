/* SPDX-License-Identifier: MIT */
/* Private to lib/wireguard: what its parts share. */
#ifndef TUNIC_WIREGUARD_ENGINE_H
#define TUNIC_WIREGUARD_ENGINE_H

#include "wireguard/allowed.h"
#include "wireguard/cookie.h"
#include "wireguard/handshake.h"
#include "wireguard/session.h"
#include "wireguard/timers.h"

enum {
    TUNIC_LOAD_MESSAGES = 512,   /* of handshakes a second; more are load */
    TUNIC_INITIATION_PAUSE = 20, /* milliseconds between two that are taken from a peer */
    TUNIC_TICK_PEERS = 64,       /* at most, in a tick */
    TUNIC_TIMESTAMP_BITS = 24,   /* of nanoseconds, left out: they would tell how fast we are */
};

/* An initiation of ours that waits for its response. */
struct tunic_attempt {
    struct tunic_indexed indexed; /* the first member */
    struct tunic_wireguard_peer *peer;
    uint64_t begun;
    struct tunic_handshake handshake;
};

struct tunic_wireguard_peer {
    struct tunic_heap_item scheduled;    /* the first member; never due too late */
    struct tunic_wireguard_peer *before; /* in the order in which they were added */
    struct tunic_wireguard_peer *behind;
    struct tunic_wireguard_peer *chained; /* of the same place in the table */
    void *owner;

    uint8_t public_key[TUNIC_KEY_SIZE];
    uint8_t preshared_key[TUNIC_KEY_SIZE];
    uint8_t static_static[TUNIC_KEY_SIZE]; /* zero: there can be no handshake */
    struct tunic_cookie_maker maker;
    struct tunic_allowed_owner ranges;

    struct tunic_attempt *attempt;
    struct tunic_session *previous;
    struct tunic_session *current; /* the one to send with */
    struct tunic_session *next;    /* we responded; not confirmed yet */
    struct tunic_timers timers;
    uint64_t handshake_sent; /* an initiation or a response; 0: never */
    uint64_t sent_seconds;   /* the timestamp of our last initiation */
    uint32_t sent_rest;
    uint8_t taken_timestamp[TUNIC_TIMESTAMP_SIZE]; /* and of theirs */
    uint64_t taken;                                /* when that came; 0: never */

    struct timespec handshake; /* wall clock of the last */
    uint64_t sent_bytes;
    uint64_t received_bytes;
};

/* ---- table.c --------------------------------------------------------------------------- */

/* Both kinds have as many places, which grow with the peers. Whoever sends to us cannot make it
 * grow: what has an index is bounded for each peer. */
struct tunic_table {
    struct tunic_wireguard_peer **peers;
    struct tunic_indexed **indexed;
    size_t places; /* of each; a power of two, or 0 */
    uint64_t seed; /* so that nobody chooses keys of one place */
};

/* Makes room for so many peers. -ENOMEM: all is as before. */
int tunic_table_reserve(struct tunic_table *table, size_t peers);
void tunic_table_close(struct tunic_table *table);
struct tunic_wireguard_peer *tunic_table_peer(const struct tunic_table *table,
                                              const uint8_t public_key[TUNIC_KEY_SIZE]);
void tunic_table_add_peer(struct tunic_table *table, struct tunic_wireguard_peer *peer);
void tunic_table_remove_peer(struct tunic_table *table, const struct tunic_wireguard_peer *peer);
struct tunic_indexed *tunic_table_index(const struct tunic_table *table, uint32_t index);
/* Gives it a random index of its own. */
void tunic_table_add_index(struct tunic_table *table, struct tunic_indexed *indexed,
                           const struct tunic_wireguard_user *user);
/* Nothing happens where it has none. */
void tunic_table_remove_index(struct tunic_table *table, struct tunic_indexed *indexed);
/* `session` takes over the index that the attempt had. */
void tunic_table_replace_index(struct tunic_table *table, struct tunic_indexed *attempt,
                               struct tunic_indexed *session);

/* ---- schedule.c ------------------------------------------------------------------------ */

/* After events: only where the peer is due earlier than the schedule believes anything moves. */
void tunic_schedule_hasten(struct tunic_heap *schedule, struct tunic_wireguard_peer *peer);
/* The truth, whatever it is. */
void tunic_schedule_settle(struct tunic_heap *schedule, struct tunic_wireguard_peer *peer);

/* ---- the engine ------------------------------------------------------------------------ */

/* How many handshake messages come. */
struct tunic_flood {
    uint64_t second; /* when the one that is counted began */
    unsigned messages;
    uint64_t until; /* until when there is load */
};

struct tunic_wireguard {
    struct tunic_crypto *crypto;
    struct tunic_wireguard_user user;
    bool has_identity;
    struct tunic_identity identity;
    struct tunic_cookie_checker checker;
    struct tunic_limit *limit;   /* of handshakes */
    struct tunic_limit *replies; /* and of cookies, so that neither takes the other's share */
    struct tunic_flood load;
    struct tunic_allowed allowed;
    struct tunic_table table;
    struct tunic_heap schedule; /* of peers */
    struct tunic_wireguard_peer *first;
    struct tunic_wireguard_peer *last;
    size_t peer_count;
    uint64_t dice; /* state of the jitter, which is no secret */
    struct tunic_wireguard_counters counters;
};

extern const char tunic_wireguard_prologue[]; /* wireguard.c */
enum { TUNIC_PROLOGUE_SIZE = 34 };

/* wireguard.c: milliseconds, up to TUNIC_JITTER. */
unsigned tunic_wireguard_jitter(struct tunic_wireguard *wireguard);

/* ---- session.c ------------------------------------------------------------------------- */

/* In no slot, without index and keys. NULL: out of memory. */
struct tunic_session *tunic_session_new(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer, bool initiator,
                                        uint64_t now);
/* Its keys, of a handshake that is wiped by it. */
int tunic_session_derive(struct tunic_wireguard *wireguard, struct tunic_session *session,
                         struct tunic_handshake *handshake);
/* Wipes it. NULL too. */
void tunic_session_free(struct tunic_wireguard *wireguard, struct tunic_session *session);
static inline bool tunic_session_expired(const struct tunic_session *session, uint64_t now)
{
    return now - session->born >= TUNIC_REJECT_AFTER_TIME * TUNIC_SECOND;
}
/* False for NULL too. */
bool tunic_session_sendable(const struct tunic_session *session, uint64_t now);

/* The slots: see session.c. `begun`: when its initiation was sent. */
void tunic_slots_initiated(struct tunic_wireguard *wireguard, struct tunic_session *session,
                           uint64_t begun);
void tunic_slots_responded(struct tunic_wireguard *wireguard, struct tunic_session *session);
void tunic_slots_confirmed(struct tunic_session *session);
void tunic_slots_clear(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer);

/* ---- send.c ---------------------------------------------------------------------------- */

/* Begins a handshake: because there is something to send, or once more. Nothing happens where one
 * was begun, or answered, just now. */
void tunic_initiate(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                    uint64_t now);
void tunic_initiate_again(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                          uint64_t now);
void tunic_attempt_drop(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer);
/* Answers the initiation that `handshake` has taken; wipes it. */
void tunic_respond(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                   struct tunic_handshake *handshake, uint32_t remote_index, uint64_t now);
/* Or begins a handshake, where there is no session. */
void tunic_keepalive(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                     uint64_t now);

/* A message went out with a session, or came from a peer: a new handshake, where the keys are old.
 */
void tunic_renew_sending(struct tunic_wireguard *wireguard, const struct tunic_session *session,
                         uint64_t now);
void tunic_renew_receiving(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                           uint64_t now);

/* ---- peer.c ---------------------------------------------------------------------------- */

/* Makes what the handshakes of this peer start from, of our key and its own. Zero where there can
 * be none. -ENOMEM. */
int tunic_peer_precompute(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer);
/* Ends all that was agreed on with it. */
void tunic_peer_forget(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer);

/* Authentic messages of so many bytes were sent to a peer, or came from it. */
void tunic_peer_sent(struct tunic_wireguard_peer *peer, uint64_t bytes, uint64_t now);
void tunic_peer_received(struct tunic_wireguard_peer *peer, uint64_t bytes, uint64_t now);
/* A handshake succeeded: it is known to both sides. */
void tunic_peer_completed(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer);

#endif
