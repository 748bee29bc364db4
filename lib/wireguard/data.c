/* SPDX-License-Identifier: MIT */
#include "wireguard/engine.h"

/* ---- sending --------------------------------------------------------------------------- */

struct tunic_session *tunic_wireguard_sending(struct tunic_wireguard *wireguard,
                                              struct tunic_wireguard_peer *peer, uint64_t now)
{
    if (tunic_session_sendable(peer->current, now))
        return peer->current;
    tunic_initiate(wireguard, peer, now);
    return NULL;
}

void tunic_session_sent(struct tunic_wireguard *wireguard, struct tunic_session *session,
                        uint64_t bytes, uint64_t now)
{
    struct tunic_wireguard_peer *peer = session->peer;

    tunic_peer_sent(peer, bytes, now);
    if (peer->timers.new_handshake == 0)
        tunic_timers_data_sent(&peer->timers, now, tunic_wireguard_jitter(wireguard));
    tunic_renew_sending(wireguard, session, now);
    tunic_schedule_hasten(&wireguard->schedule, peer);
}

/* ---- receiving ------------------------------------------------------------------------- */

struct tunic_session *tunic_wireguard_receiving(struct tunic_wireguard *wireguard, uint8_t *message,
                                                size_t length, uint64_t now,
                                                struct tunic_packet_job *job)
{
    if (tunic_wireguard_message_type(message, length) != TUNIC_MESSAGE_DATA ||
        length > UINT32_MAX) {
        wireguard->counters.malformed++;
        return NULL;
    }
    struct tunic_indexed *indexed =
        tunic_table_index(&wireguard->table, tunic_get32(message + TUNIC_AT_DATA_RECEIVER));
    struct tunic_session *session =
        indexed && indexed->is_session ? (struct tunic_session *)indexed : NULL;
    uint64_t counter = tunic_get64(message + TUNIC_AT_DATA_COUNTER);
    if (!session || tunic_session_expired(session, now) || counter >= TUNIC_REJECT_AFTER_MESSAGES) {
        wireguard->counters.unauthentic++;
        return NULL;
    }
    *job = (struct tunic_packet_job){.key = &session->receive,
                                     .counter = counter,
                                     .text = message + TUNIC_DATA_HEADER,
                                     .length = (uint32_t)(length - TUNIC_DATA_OVERHEAD)};
    return session;
}

static void confirm(struct tunic_wireguard *wireguard, struct tunic_session *session)
{
    struct tunic_wireguard_peer *peer = session->peer;

    tunic_slots_confirmed(session);
    tunic_attempt_drop(wireguard, peer);
    tunic_peer_completed(wireguard, peer);
}

bool tunic_session_received(struct tunic_wireguard *wireguard, struct tunic_session *session,
                            const struct tunic_packet_job *job, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_wireguard_peer *peer = session->peer;

    if (job->failed) {
        wireguard->counters.unauthentic++;
        return false;
    }
    if (!tunic_replay_accept(&session->replay, job->counter)) {
        wireguard->counters.replayed++;
        return false;
    }
    tunic_peer_received(peer, (uint64_t)job->length + TUNIC_DATA_OVERHEAD, now);
    if (job->length > 0)
        tunic_timers_data_received(&peer->timers, now);
    user->authenticated(user->closure, peer);
    if (session == peer->next) {
        confirm(wireguard, session);
        user->usable(user->closure, peer);
    }
    tunic_renew_receiving(wireguard, peer, now);
    tunic_schedule_hasten(&wireguard->schedule, peer);
    return true;
}

/* ---- addresses ------------------------------------------------------------------------- */

enum {
    INET_HEADER = 20,
    INET_SOURCE = 12,
    INET_DESTINATION = 16,
    INET6_HEADER = 40,
    INET6_SOURCE = 8,
    INET6_DESTINATION = 24,
};

static struct tunic_wireguard_peer *find(const struct tunic_wireguard *wireguard,
                                         const uint8_t *packet, size_t length, unsigned inet_at,
                                         unsigned inet6_at)
{
    unsigned version = length > 0 ? packet[0] >> 4 : 0;

    if (version == 4 && length >= INET_HEADER)
        return tunic_allowed_find(&wireguard->allowed, false, packet + inet_at);
    if (version == 6 && length >= INET6_HEADER)
        return tunic_allowed_find(&wireguard->allowed, true, packet + inet6_at);
    return NULL;
}

struct tunic_wireguard_peer *tunic_wireguard_route(const struct tunic_wireguard *wireguard,
                                                   const uint8_t *packet, size_t length)
{
    return find(wireguard, packet, length, INET_DESTINATION, INET6_DESTINATION);
}

struct tunic_wireguard_peer *tunic_wireguard_origin(const struct tunic_wireguard *wireguard,
                                                    const uint8_t *packet, size_t length)
{
    return find(wireguard, packet, length, INET_SOURCE, INET6_SOURCE);
}
