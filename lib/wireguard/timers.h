/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/wireguard: when a peer has to do what (paper, 6).
 *
 * A function of times and nothing else: events write down when they happened, and what is due at a
 * moment follows from that. Nothing is sent from here.
 */
#ifndef TUNIC_WIREGUARD_TIMERS_H
#define TUNIC_WIREGUARD_TIMERS_H

#include "base/base.h"

/* Seconds, where nothing else is said. */
enum {
    TUNIC_REKEY_AFTER_TIME = 120,
    TUNIC_REJECT_AFTER_TIME = 180,
    TUNIC_REKEY_TIMEOUT = 5,
    TUNIC_KEEPALIVE_TIMEOUT = 10,
    TUNIC_ATTEMPTS = 18, /* of REKEY_ATTEMPT_TIME / REKEY_TIMEOUT */
    TUNIC_JITTER = 333,  /* milliseconds, at most */
};

/* What is due; bits. */
enum tunic_timers_action {
    TUNIC_DUE_RETRY = 1,      /* the initiation again */
    TUNIC_DUE_GIVE_UP = 2,    /* nobody answers: drop what waits */
    TUNIC_DUE_KEEPALIVE = 4,  /* a passive one */
    TUNIC_DUE_NEW = 8,        /* data was sent, nothing came back: a new handshake */
    TUNIC_DUE_ZERO = 16,      /* all keys are too old: forget them */
    TUNIC_DUE_PERSISTENT = 32 /* a persistent keepalive */
};

/* Zero-initialised: nothing is due. Members are when something is due; 0: it is not. */
struct tunic_timers {
    uint64_t retry;
    uint64_t keepalive;
    uint64_t new_handshake;
    uint64_t zero;
    uint64_t persistent;
    uint16_t interval; /* seconds of persistent keepalives; 0: off */
    uint16_t attempts; /* initiations sent again since the last session, or since data asked */
    bool another; /* data came while a keepalive was due: where that cannot be sent, one more */
};

/* Events. `jitter` is a random number of milliseconds up to TUNIC_JITTER. */
void tunic_timers_data_sent(struct tunic_timers *timers, uint64_t now, unsigned jitter);
void tunic_timers_data_received(struct tunic_timers *timers, uint64_t now);
void tunic_timers_authenticated_sent(struct tunic_timers *timers); /* any but a cookie reply */
void tunic_timers_authenticated_received(struct tunic_timers *timers);
void tunic_timers_authenticated_traversal(struct tunic_timers *timers,
                                          uint64_t now); /* either way */
void tunic_timers_handshake_initiated(struct tunic_timers *timers, uint64_t now, unsigned jitter);
void tunic_timers_handshake_completed(struct tunic_timers *timers);
void tunic_timers_session_derived(struct tunic_timers *timers, uint64_t now);
void tunic_timers_stop(struct tunic_timers *timers);

/* What is due at `now`, as bits; what is told is no longer due, but for a persistent keepalive,
 * whose next is. */
unsigned tunic_timers_due(struct tunic_timers *timers, uint64_t now);
/* When the next is; UINT64_MAX: never. */
uint64_t tunic_timers_next(const struct tunic_timers *timers);

#endif
