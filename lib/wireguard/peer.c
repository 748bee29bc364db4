/* SPDX-License-Identifier: MIT */
#include "wireguard/engine.h"

#include <errno.h>
#include <stdlib.h>

/* ---- what happened to a peer ----------------------------------------------------------- */

int tunic_peer_precompute(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    int result = -EKEYREJECTED;

    if (wireguard->has_identity)
        result = tunic_x25519(wireguard->crypto, wireguard->identity.private_key, peer->public_key,
                              peer->static_static);
    if (result < 0)
        tunic_wipe(peer->static_static, TUNIC_KEY_SIZE);
    return result == -EKEYREJECTED ? 0 : result;
}

void tunic_peer_forget(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    tunic_slots_clear(wireguard, peer);
    tunic_attempt_drop(wireguard, peer);
}

void tunic_peer_sent(struct tunic_wireguard_peer *peer, uint64_t bytes, uint64_t now)
{
    peer->sent_bytes += bytes;
    tunic_timers_authenticated_sent(&peer->timers);
    tunic_timers_authenticated_traversal(&peer->timers, now);
}

void tunic_peer_received(struct tunic_wireguard_peer *peer, uint64_t bytes, uint64_t now)
{
    peer->received_bytes += bytes;
    tunic_timers_authenticated_received(&peer->timers);
    tunic_timers_authenticated_traversal(&peer->timers, now);
}

void tunic_peer_completed(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    tunic_timers_handshake_completed(&peer->timers);
    wireguard->user.wall_clock(wireguard->user.closure, &peer->handshake);
    wireguard->counters.handshakes++;
}

/* ---- adding and removing --------------------------------------------------------------- */

static void release(struct tunic_wireguard_peer *peer)
{
    tunic_wipe(peer, sizeof(*peer));
    free(peer);
}

static void append(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    peer->before = wireguard->last;
    if (wireguard->last)
        wireguard->last->behind = peer;
    else
        wireguard->first = peer;
    wireguard->last = peer;
    wireguard->peer_count++;
    tunic_table_add_peer(&wireguard->table, peer);
}

int tunic_wireguard_peer_add(struct tunic_wireguard *wireguard,
                             const uint8_t public_key[TUNIC_KEY_SIZE], void *owner,
                             struct tunic_wireguard_peer **peer)
{
    size_t peers = wireguard->peer_count + 1;

    if (wireguard->has_identity &&
        memcmp(public_key, wireguard->identity.public_key, TUNIC_KEY_SIZE) == 0)
        return -EINVAL;
    if (tunic_table_peer(&wireguard->table, public_key))
        return -EEXIST;
    if (tunic_table_reserve(&wireguard->table, peers) < 0 ||
        !tunic_heap_reserve(&wireguard->schedule, peers))
        return -ENOMEM;
    struct tunic_wireguard_peer *added = calloc(1, sizeof(*added));
    if (!added)
        return -ENOMEM;
    memcpy(added->public_key, public_key, TUNIC_KEY_SIZE);
    added->owner = owner;
    added->ranges.peer = added;
    int result = tunic_peer_precompute(wireguard, added);
    if (result == 0)
        result = tunic_cookie_maker_begin(wireguard->crypto, &added->maker, public_key);
    if (result < 0) {
        release(added);
        return result;
    }
    append(wireguard, added);
    *peer = added;
    return 0;
}

void tunic_wireguard_peer_remove(struct tunic_wireguard *wireguard,
                                 struct tunic_wireguard_peer *peer)
{
    tunic_peer_forget(wireguard, peer);
    tunic_allowed_remove_all(&wireguard->allowed, &peer->ranges);
    tunic_heap_remove(&wireguard->schedule, &peer->scheduled);
    tunic_table_remove_peer(&wireguard->table, peer);
    if (peer->before)
        peer->before->behind = peer->behind;
    else
        wireguard->first = peer->behind;
    if (peer->behind)
        peer->behind->before = peer->before;
    else
        wireguard->last = peer->before;
    wireguard->peer_count--;
    release(peer);
}

/* ---- finding --------------------------------------------------------------------------- */

struct tunic_wireguard_peer *tunic_wireguard_peer_find(const struct tunic_wireguard *wireguard,
                                                       const uint8_t public_key[TUNIC_KEY_SIZE])
{
    return tunic_table_peer(&wireguard->table, public_key);
}

struct tunic_wireguard_peer *tunic_wireguard_peer_next(const struct tunic_wireguard *wireguard,
                                                       const struct tunic_wireguard_peer *peer)
{
    return peer ? peer->behind : wireguard->first;
}

size_t tunic_wireguard_peer_count(const struct tunic_wireguard *wireguard)
{
    return wireguard->peer_count;
}

void *tunic_wireguard_peer_owner(const struct tunic_wireguard_peer *peer)
{
    return peer->owner;
}

/* ---- changing -------------------------------------------------------------------------- */

void tunic_wireguard_peer_set_preshared(struct tunic_wireguard_peer *peer,
                                        const uint8_t key[TUNIC_KEY_SIZE])
{
    memcpy(peer->preshared_key, key, TUNIC_KEY_SIZE);
}

void tunic_wireguard_peer_set_keepalive(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer, uint16_t seconds,
                                        uint64_t now)
{
    struct tunic_timers *timers = &peer->timers;
    bool was_off = timers->interval == 0;

    if (timers->interval == seconds)
        return;
    timers->interval = seconds;
    timers->persistent = 0;
    if (seconds != 0)
        timers->persistent = was_off ? now : now + seconds * TUNIC_SECOND;
    tunic_schedule_hasten(&wireguard->schedule, peer);
}

void tunic_wireguard_peer_begin(struct tunic_wireguard *wireguard,
                                struct tunic_wireguard_peer *peer, uint64_t now)
{
    tunic_initiate(wireguard, peer, now);
}

bool tunic_wireguard_peer_alive(const struct tunic_wireguard_peer *peer, uint64_t now)
{
    return tunic_session_sendable(peer->current, now);
}

void tunic_wireguard_peer_status(const struct tunic_wireguard_peer *peer,
                                 struct tunic_wireguard_status *status)
{
    *status = (struct tunic_wireguard_status){.public_key = peer->public_key,
                                              .preshared_key = peer->preshared_key,
                                              .keepalive = peer->timers.interval,
                                              .handshake = peer->handshake,
                                              .sent_bytes = peer->sent_bytes,
                                              .received_bytes = peer->received_bytes};
}

/* ---- ranges ---------------------------------------------------------------------------- */

int tunic_wireguard_allow(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                          const struct tunic_allowed_ip *range)
{
    if (!range->remove)
        return tunic_allowed_add(&wireguard->allowed, &peer->ranges, range);
    tunic_allowed_remove(&wireguard->allowed, &peer->ranges, range);
    return 0;
}

void tunic_wireguard_disallow_all(struct tunic_wireguard *wireguard,
                                  struct tunic_wireguard_peer *peer)
{
    tunic_allowed_remove_all(&wireguard->allowed, &peer->ranges);
}

bool tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer, const void **cursor,
                                  struct tunic_allowed_ip *range)
{
    return tunic_allowed_next(&peer->ranges, cursor, range);
}
