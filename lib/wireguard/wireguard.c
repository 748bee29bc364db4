/* SPDX-License-Identifier: MIT */
#include "wireguard/engine.h"

#include <stdlib.h>

const char tunic_wireguard_prologue[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";
_Static_assert(sizeof(tunic_wireguard_prologue) == TUNIC_PROLOGUE_SIZE + 1, "without its NUL");

/* ---- opening and closing --------------------------------------------------------------- */

int tunic_wireguard_open(struct tunic_wireguard **wireguard, struct tunic_crypto *crypto,
                         const struct tunic_wireguard_user *user, struct tunic_error *error)
{
    struct tunic_wireguard *opened = calloc(1, sizeof(*opened));
    uint64_t seed = 0;

    if (!opened)
        return tunic_error_memory(error);
    opened->crypto = crypto;
    opened->user = *user;
    user->random(user->closure, &opened->table.seed, sizeof(opened->table.seed));
    user->random(user->closure, &opened->dice, sizeof(opened->dice));
    user->random(user->closure, &seed, sizeof(seed));
    if (tunic_limit_open(&opened->limit, seed) < 0 ||
        tunic_limit_open(&opened->replies, seed) < 0) {
        tunic_wireguard_close(opened);
        return tunic_error_memory(error);
    }
    *wireguard = opened;
    return 0;
}

static void forget_identity(struct tunic_wireguard *wireguard)
{
    wireguard->has_identity = false;
    tunic_wipe(&wireguard->identity, sizeof(wireguard->identity));
    tunic_wipe(&wireguard->checker, sizeof(wireguard->checker));
}

void tunic_wireguard_close(struct tunic_wireguard *wireguard)
{
    if (!wireguard)
        return;
    while (wireguard->first)
        tunic_wireguard_peer_remove(wireguard, wireguard->first);
    forget_identity(wireguard);
    tunic_limit_close(wireguard->limit);
    tunic_limit_close(wireguard->replies);
    tunic_heap_free(&wireguard->schedule);
    tunic_table_close(&wireguard->table);
    free(wireguard);
}

/* ---- our key --------------------------------------------------------------------------- */

static int make_identity(struct tunic_wireguard *wireguard, const uint8_t *key)
{
    struct tunic_identity *identity = &wireguard->identity;

    memcpy(identity->private_key, key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(identity->private_key);
    int result =
        tunic_x25519_public(wireguard->crypto, identity->private_key, identity->public_key);
    if (result == 0)
        result = tunic_cookie_checker_begin(wireguard->crypto, &wireguard->checker,
                                            identity->public_key);
    wireguard->has_identity = result == 0;
    return result;
}

static bool same_key(const struct tunic_wireguard *wireguard, const uint8_t *key)
{
    uint8_t clamped[TUNIC_KEY_SIZE];

    memcpy(clamped, key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(clamped);
    bool same = wireguard->has_identity &&
                tunic_equal(clamped, wireguard->identity.private_key, TUNIC_KEY_SIZE);
    tunic_wipe(clamped, TUNIC_KEY_SIZE);
    return same;
}

/* What a peer's handshakes start from, once our key is another one; nothing agreed on is left. */
static int begin_anew(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                      uint64_t now)
{
    tunic_peer_forget(wireguard, peer);
    tunic_timers_stop(&peer->timers);
    if (peer->timers.interval != 0 && wireguard->has_identity)
        peer->timers.persistent = now;
    peer->handshake_sent = 0;
    tunic_schedule_settle(&wireguard->schedule, peer);
    return tunic_peer_precompute(wireguard, peer);
}

int tunic_wireguard_set_private_key(struct tunic_wireguard *wireguard, const uint8_t *key,
                                    uint64_t now, void (*removed)(void *closure, void *owner),
                                    void *closure)
{
    bool none = !key || tunic_is_zero(key, TUNIC_KEY_SIZE);
    int result = 0;

    if (none ? !wireguard->has_identity : same_key(wireguard, key))
        return 0;
    forget_identity(wireguard);
    if (!none)
        result = make_identity(wireguard, key);
    struct tunic_wireguard_peer *own =
        wireguard->has_identity
            ? tunic_table_peer(&wireguard->table, wireguard->identity.public_key)
            : NULL;
    if (own) {
        if (removed)
            removed(closure, own->owner);
        tunic_wireguard_peer_remove(wireguard, own);
    }
    for (struct tunic_wireguard_peer *peer = wireguard->first; peer; peer = peer->behind) {
        int failed = begin_anew(wireguard, peer, now);
        if (failed < 0)
            result = failed;
    }
    /* Half of a key is none: to be set again. */
    if (result < 0)
        forget_identity(wireguard);
    return result;
}

const uint8_t *tunic_wireguard_private_key(const struct tunic_wireguard *wireguard)
{
    return wireguard->has_identity ? wireguard->identity.private_key : NULL;
}

const uint8_t *tunic_wireguard_public_key(const struct tunic_wireguard *wireguard)
{
    return wireguard->has_identity ? wireguard->identity.public_key : NULL;
}

/* ---- time ------------------------------------------------------------------------------ */

unsigned tunic_wireguard_jitter(struct tunic_wireguard *wireguard)
{
    /* A linear congruence of 64 bits, of which the upper ones are good enough: nothing depends on
     * nobody guessing it, and a system call for each would cost more than all else. */
    wireguard->dice = wireguard->dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((wireguard->dice >> 33) % (TUNIC_JITTER + 1));
}

uint64_t tunic_wireguard_due(const struct tunic_wireguard *wireguard)
{
    return tunic_heap_due(&wireguard->schedule);
}

static void tick(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    unsigned due = tunic_timers_due(&peer->timers, now);

    if (due & TUNIC_DUE_ZERO)
        tunic_peer_forget(wireguard, peer);
    if (due & TUNIC_DUE_GIVE_UP) {
        tunic_attempt_drop(wireguard, peer);
        user->gave_up(user->closure, peer);
    }
    if (due & (TUNIC_DUE_RETRY | TUNIC_DUE_NEW))
        user->retried(user->closure, peer);
    if (due & TUNIC_DUE_RETRY)
        tunic_initiate_again(wireguard, peer, now);
    if (due & TUNIC_DUE_NEW)
        tunic_initiate(wireguard, peer, now);
    if (due & (TUNIC_DUE_KEEPALIVE | TUNIC_DUE_PERSISTENT))
        tunic_keepalive(wireguard, peer, now);
    tunic_schedule_settle(&wireguard->schedule, peer);
}

void tunic_wireguard_tick(struct tunic_wireguard *wireguard, uint64_t now)
{
    for (unsigned i = 0; i < TUNIC_TICK_PEERS && tunic_wireguard_due(wireguard) <= now; i++)
        tick(wireguard, (struct tunic_wireguard_peer *)wireguard->schedule.items[0], now);
}

const struct tunic_wireguard_counters *
tunic_wireguard_counters(const struct tunic_wireguard *wireguard)
{
    return &wireguard->counters;
}
