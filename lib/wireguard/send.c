/* SPDX-License-Identifier: MIT */
#include "wireguard/engine.h"

#include <errno.h>
#include <stdlib.h>

static void send_message(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                         const uint8_t *message, size_t length, uint64_t now)
{
    tunic_peer_sent(peer, length, now);
    wireguard->user.send(wireguard->user.closure, peer, message, length);
}

/* ---- initiations ----------------------------------------------------------------------- */

/* TAI64N of now, coarse; never one that this peer had from us before, though the clock be set back
 * while we run. One that was ahead when we talked to it, and was set right before we began anew,
 * keeps us out until it is as late again: the protocol has no remedy (CVE-2021-46873). */
static void make_timestamp(const struct tunic_wireguard_user *user,
                           struct tunic_wireguard_peer *peer, uint8_t *timestamp)
{
    const uint64_t epoch = (UINT64_C(1) << 62) + 10;
    struct timespec now = {0};

    user->wall_clock(user->closure, &now);
    uint64_t seconds = epoch + (uint64_t)now.tv_sec;
    uint64_t rest = (uint64_t)now.tv_nsec & ~UINT64_C(0) << TUNIC_TIMESTAMP_BITS;
    if (seconds < peer->sent_seconds ||
        (seconds == peer->sent_seconds && rest <= peer->sent_rest)) {
        seconds = peer->sent_seconds;
        rest = peer->sent_rest + (UINT64_C(1) << TUNIC_TIMESTAMP_BITS);
        if (rest >= TUNIC_SECOND) {
            seconds++;
            rest = 0;
        }
    }
    peer->sent_seconds = seconds;
    peer->sent_rest = (uint32_t)rest;
    for (unsigned i = 0; i < 8; i++)
        timestamp[i] = (uint8_t)(seconds >> (56 - 8 * i));
    for (unsigned i = 0; i < 4; i++)
        timestamp[8 + i] = (uint8_t)(rest >> (24 - 8 * i));
}

static int write_initiation(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                            uint8_t *message, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_handshake *handshake = &peer->attempt->handshake;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE];

    int result = tunic_handshake_begin(wireguard->crypto, handshake, tunic_wireguard_prologue,
                                       TUNIC_PROLOGUE_SIZE, peer->public_key);
    if (result < 0)
        return result;
    memcpy(handshake->remote_static, peer->public_key, TUNIC_KEY_SIZE);
    user->random(user->closure, handshake->ephemeral.private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(handshake->ephemeral.private_key);
    make_timestamp(user, peer, timestamp);
    tunic_put32(message, TUNIC_MESSAGE_INITIATION);
    tunic_put32(message + TUNIC_AT_SENDER, peer->attempt->indexed.index);
    result = tunic_handshake_write_first(wireguard->crypto, handshake, &wireguard->identity,
                                         peer->static_static, timestamp, sizeof(timestamp),
                                         message + TUNIC_AT_NOISE);
    if (result < 0)
        return result;
    return tunic_cookie_sign(wireguard->crypto, &peer->maker, message, TUNIC_INITIATION_SIZE, now);
}

void tunic_attempt_drop(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    if (!peer->attempt)
        return;
    tunic_table_remove_index(&wireguard->table, &peer->attempt->indexed);
    tunic_handshake_wipe(&peer->attempt->handshake);
    free(peer->attempt);
    peer->attempt = NULL;
}

/* Where it fails for want of memory, it is tried again as if it had got lost. */
static void initiate(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                     uint64_t now)
{
    uint8_t message[TUNIC_INITIATION_SIZE];

    tunic_attempt_drop(wireguard, peer);
    peer->handshake_sent = now;
    tunic_timers_handshake_initiated(&peer->timers, now, tunic_wireguard_jitter(wireguard));
    peer->attempt = calloc(1, sizeof(*peer->attempt));
    if (!peer->attempt)
        return;
    peer->attempt->peer = peer;
    peer->attempt->begun = now;
    tunic_table_add_index(&wireguard->table, &peer->attempt->indexed, &wireguard->user);
    if (write_initiation(wireguard, peer, message, now) < 0)
        tunic_attempt_drop(wireguard, peer);
    else
        send_message(wireguard, peer, message, sizeof(message), now);
}

static bool too_soon(const struct tunic_wireguard_peer *peer, uint64_t now)
{
    return peer->handshake_sent != 0 &&
           now - peer->handshake_sent < TUNIC_REKEY_TIMEOUT * TUNIC_SECOND;
}

static void put_off(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    tunic_timers_handshake_initiated(&peer->timers, peer->handshake_sent,
                                     tunic_wireguard_jitter(wireguard));
}

static bool possible(const struct tunic_wireguard *wireguard,
                     const struct tunic_wireguard_peer *peer)
{
    return wireguard->has_identity && !tunic_is_zero(peer->static_static, TUNIC_KEY_SIZE);
}

void tunic_initiate(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                    uint64_t now)
{
    if (!possible(wireguard, peer))
        return;
    peer->timers.attempts = 0;
    if (!too_soon(peer, now))
        initiate(wireguard, peer, now);
    else if (peer->timers.retry == 0 && !tunic_session_sendable(peer->current, now))
        put_off(wireguard, peer);
    tunic_schedule_hasten(&wireguard->schedule, peer);
}

void tunic_initiate_again(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                          uint64_t now)
{
    if (!possible(wireguard, peer))
        return;
    if (too_soon(peer, now))
        put_off(wireguard, peer);
    else
        initiate(wireguard, peer, now);
}

/* ---- responses ------------------------------------------------------------------------- */

static int write_response(struct tunic_wireguard *wireguard, struct tunic_session *session,
                          struct tunic_handshake *handshake, uint8_t *message, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_wireguard_peer *peer = session->peer;

    user->random(user->closure, handshake->ephemeral.private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(handshake->ephemeral.private_key);
    tunic_put32(message, TUNIC_MESSAGE_RESPONSE);
    tunic_put32(message + TUNIC_AT_SENDER, session->indexed.index);
    tunic_put32(message + TUNIC_AT_RESPONSE_RECEIVER, session->remote_index);
    int result = tunic_handshake_write_second(wireguard->crypto, handshake, peer->preshared_key,
                                              NULL, 0, message + TUNIC_AT_RESPONSE_NOISE);
    if (result < 0)
        return result;
    result = tunic_cookie_sign(wireguard->crypto, &peer->maker, message, TUNIC_RESPONSE_SIZE, now);
    if (result < 0)
        return result;
    return tunic_session_derive(wireguard, session, handshake);
}

void tunic_respond(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                   struct tunic_handshake *handshake, uint32_t remote_index, uint64_t now)
{
    uint8_t message[TUNIC_RESPONSE_SIZE];
    struct tunic_session *session = tunic_session_new(wireguard, peer, false, now);

    if (!session)
        return;
    session->remote_index = remote_index;
    tunic_table_add_index(&wireguard->table, &session->indexed, &wireguard->user);
    if (write_response(wireguard, session, handshake, message, now) < 0) {
        tunic_session_free(wireguard, session);
        return;
    }
    tunic_slots_responded(wireguard, session);
    peer->handshake_sent = now;
    tunic_timers_session_derived(&peer->timers, now);
    send_message(wireguard, peer, message, sizeof(message), now);
}

/* ---- keepalives, and keys that grow old ------------------------------------------------ */

void tunic_keepalive(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                     uint64_t now)
{
    uint8_t message[TUNIC_DATA_OVERHEAD];
    struct tunic_packet_job job;
    struct tunic_session *session = tunic_wireguard_sending(wireguard, peer, now);

    if (!session || tunic_session_seal(session, message, 0, 0, &job) == 0)
        return;
    const struct tunic_message_text text = {.text = job.text, .output = job.text};
    if (tunic_aead_seal(wireguard->crypto, job.key->bytes, job.counter, &text) < 0)
        return;
    send_message(wireguard, peer, message, sizeof(message), now);
    tunic_renew_sending(wireguard, session, now);
}

void tunic_renew_sending(struct tunic_wireguard *wireguard, const struct tunic_session *session,
                         uint64_t now)
{
    bool old = session->initiator && now - session->born >= TUNIC_REKEY_AFTER_TIME * TUNIC_SECOND;

    if (session == session->peer->current && (old || session->counter > TUNIC_REKEY_AFTER_MESSAGES))
        tunic_initiate(wireguard, session->peer, now);
}

void tunic_renew_receiving(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                           uint64_t now)
{
    const uint64_t last =
        (TUNIC_REJECT_AFTER_TIME - TUNIC_KEEPALIVE_TIMEOUT - TUNIC_REKEY_TIMEOUT) * TUNIC_SECOND;
    struct tunic_session *session = peer->current;

    if (!session || !session->initiator || session->rekeyed || now - session->born < last)
        return;
    session->rekeyed = true;
    tunic_initiate(wireguard, peer, now);
}
