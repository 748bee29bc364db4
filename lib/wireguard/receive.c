/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Anybody can send us a message, and most of what a handshake costs comes
 * before we know whom it is from. So what is cheap is looked at first: lengths, mac1 (which proves
 * that the sender knows our public key), and under load mac2 (that it can receive where it says it
 * is) and how often that address came. Nothing is kept of a message that is not authentic, and it
 * is not answered but with a cookie.
 *
 * Initiations may cross: each side sent one before the other's came. Each is answered as always,
 * but the side whose public key is the lower one gives up its own, so that one session comes of it.
 */
#include "wireguard/engine.h"

/* ---- load ------------------------------------------------------------------------------ */

/* Counts a message; says whether there is load. */
static bool loaded(struct tunic_flood *load, uint64_t now)
{
    if (now - load->second >= TUNIC_SECOND) {
        load->second = now;
        load->messages = 0;
    }
    if (++load->messages > TUNIC_LOAD_MESSAGES)
        load->until = now + TUNIC_SECOND;
    return now < load->until;
}

/* No more than an address can use: what replies cost is what those who have a session wait for. */
static void demand_cookie(struct tunic_wireguard *wireguard, const uint8_t *message, size_t length,
                          const struct tunic_wireguard_source *source, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    uint8_t reply[TUNIC_COOKIE_REPLY_SIZE];

    if (!tunic_limit_allows(wireguard->replies, source, now)) {
        wireguard->counters.limited++;
        return;
    }
    if (tunic_cookie_reply(wireguard->crypto, &wireguard->checker, user, message, length, source,
                           now, reply) < 0)
        return;
    wireguard->counters.cookies++;
    user->answer(user->closure, reply, sizeof(reply));
}

/* Whether a message is worth what its handshake costs. */
static bool admitted(struct tunic_wireguard *wireguard, const uint8_t *message, size_t length,
                     const struct tunic_wireguard_source *source, uint64_t now)
{
    if (!tunic_cookie_mac1_valid(wireguard->crypto, &wireguard->checker, message, length)) {
        wireguard->counters.unauthentic++;
        return false;
    }
    if (!loaded(&wireguard->load, now))
        return true;
    if (!tunic_cookie_mac2_valid(wireguard->crypto, &wireguard->checker, message, length, source,
                                 now)) {
        demand_cookie(wireguard, message, length, source, now);
        return false;
    }
    if (tunic_limit_allows(wireguard->limit, source, now))
        return true;
    wireguard->counters.limited++;
    return false;
}

/* ---- initiations ----------------------------------------------------------------------- */

/* Whose initiation it is, with its timestamp. NULL: nobody's. */
static struct tunic_wireguard_peer *read_initiation(struct tunic_wireguard *wireguard,
                                                    struct tunic_handshake *handshake,
                                                    const uint8_t *message, uint8_t *timestamp)
{
    const uint8_t *noise = message + TUNIC_AT_NOISE;

    if (tunic_handshake_begin(wireguard->crypto, handshake, tunic_wireguard_prologue,
                              TUNIC_PROLOGUE_SIZE, wireguard->identity.public_key) < 0 ||
        tunic_handshake_read_static(wireguard->crypto, handshake, &wireguard->identity, noise) < 0)
        return NULL;
    struct tunic_wireguard_peer *peer =
        tunic_table_peer(&wireguard->table, handshake->remote_static);
    if (!peer || tunic_is_zero(peer->static_static, TUNIC_KEY_SIZE) ||
        tunic_handshake_read_first(wireguard->crypto, handshake, peer->static_static, noise,
                                   timestamp, TUNIC_TIMESTAMP_SIZE) < 0)
        return NULL;
    return peer;
}

static bool fresh(struct tunic_wireguard *wireguard, const struct tunic_wireguard_peer *peer,
                  const uint8_t *timestamp, uint64_t now)
{
    if (memcmp(timestamp, peer->taken_timestamp, TUNIC_TIMESTAMP_SIZE) <= 0) {
        wireguard->counters.replayed++;
        return false;
    }
    if (peer->taken != 0 && now - peer->taken < TUNIC_INITIATION_PAUSE * TUNIC_MILLISECOND) {
        wireguard->counters.limited++;
        return false;
    }
    return true;
}

static void take_initiation(struct tunic_wireguard *wireguard, const uint8_t *message, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_handshake handshake = {0};
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE];
    struct tunic_wireguard_peer *peer = read_initiation(wireguard, &handshake, message, timestamp);

    if (!peer)
        wireguard->counters.unauthentic++;
    else if (fresh(wireguard, peer, timestamp, now)) {
        memcpy(peer->taken_timestamp, timestamp, TUNIC_TIMESTAMP_SIZE);
        peer->taken = now;
        tunic_peer_received(peer, TUNIC_INITIATION_SIZE, now);
        if (memcmp(wireguard->identity.public_key, peer->public_key, TUNIC_KEY_SIZE) < 0)
            tunic_attempt_drop(wireguard, peer);
        user->authenticated(user->closure, peer);
        tunic_respond(wireguard, peer, &handshake, tunic_get32(message + TUNIC_AT_SENDER), now);
        tunic_schedule_hasten(&wireguard->schedule, peer);
    }
    tunic_handshake_wipe(&handshake);
}

/* ---- responses ------------------------------------------------------------------------- */

/* The session that a response makes of an attempt, which is used up. NULL: it is not authentic. */
static struct tunic_session *read_response(struct tunic_wireguard *wireguard,
                                           struct tunic_attempt *attempt, const uint8_t *message,
                                           uint64_t now)
{
    struct tunic_wireguard_peer *peer = attempt->peer;
    struct tunic_session *session = tunic_session_new(wireguard, peer, true, now);

    if (!session)
        return NULL;
    if (tunic_handshake_read_second(wireguard->crypto, &attempt->handshake, &wireguard->identity,
                                    peer->preshared_key, message + TUNIC_AT_RESPONSE_NOISE, NULL,
                                    0) < 0) {
        wireguard->counters.unauthentic++;
        tunic_session_free(wireguard, session);
        return NULL;
    }
    int result = tunic_session_derive(wireguard, session, &attempt->handshake);
    tunic_table_replace_index(&wireguard->table, &attempt->indexed, &session->indexed);
    tunic_attempt_drop(wireguard, peer);
    if (result < 0) {
        tunic_session_free(wireguard, session);
        return NULL;
    }
    session->remote_index = tunic_get32(message + TUNIC_AT_SENDER);
    return session;
}

static void take_response(struct tunic_wireguard *wireguard, const uint8_t *message, uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_indexed *indexed =
        tunic_table_index(&wireguard->table, tunic_get32(message + TUNIC_AT_RESPONSE_RECEIVER));

    if (!indexed || indexed->is_session) {
        wireguard->counters.unauthentic++;
        return;
    }
    struct tunic_attempt *attempt = (struct tunic_attempt *)indexed;
    struct tunic_wireguard_peer *peer = attempt->peer;
    uint64_t begun = attempt->begun;
    struct tunic_session *session = read_response(wireguard, attempt, message, now);
    if (!session)
        return;
    tunic_slots_initiated(wireguard, session, begun);
    tunic_timers_session_derived(&peer->timers, now);
    tunic_peer_completed(wireguard, peer);
    tunic_peer_received(peer, TUNIC_RESPONSE_SIZE, now);
    user->authenticated(user->closure, peer);
    /* The other side may send nothing until it has heard of us. */
    if (!user->usable(user->closure, peer))
        tunic_keepalive(wireguard, peer, now);
    tunic_schedule_hasten(&wireguard->schedule, peer);
}

/* ---- cookies --------------------------------------------------------------------------- */

static void take_cookie(struct tunic_wireguard *wireguard, const uint8_t *message, uint64_t now)
{
    struct tunic_indexed *indexed =
        tunic_table_index(&wireguard->table, tunic_get32(message + TUNIC_AT_COOKIE_RECEIVER));
    struct tunic_wireguard_peer *peer = NULL;

    if (indexed)
        peer = indexed->is_session ? ((struct tunic_session *)indexed)->peer
                                   : ((struct tunic_attempt *)indexed)->peer;
    if (!peer || tunic_cookie_take(wireguard->crypto, &peer->maker, message, now) < 0)
        wireguard->counters.unauthentic++;
}

/* ---- any ------------------------------------------------------------------------------- */

unsigned tunic_wireguard_message_type(const uint8_t *message, size_t length)
{
    uint32_t type = length < 4 ? 0 : tunic_get32(message);

    switch (type) {
    case TUNIC_MESSAGE_INITIATION:
        return length == TUNIC_INITIATION_SIZE ? type : 0;
    case TUNIC_MESSAGE_RESPONSE:
        return length == TUNIC_RESPONSE_SIZE ? type : 0;
    case TUNIC_MESSAGE_COOKIE:
        return length == TUNIC_COOKIE_REPLY_SIZE ? type : 0;
    case TUNIC_MESSAGE_DATA:
        return length >= TUNIC_DATA_OVERHEAD ? type : 0;
    default:
        return 0;
    }
}

void tunic_wireguard_receive(struct tunic_wireguard *wireguard, const uint8_t *message,
                             size_t length, const struct tunic_wireguard_source *source,
                             uint64_t now)
{
    unsigned type = tunic_wireguard_message_type(message, length);

    if (type == 0 || type == TUNIC_MESSAGE_DATA)
        wireguard->counters.malformed++;
    else if (!wireguard->has_identity)
        wireguard->counters.unauthentic++;
    else if (type == TUNIC_MESSAGE_COOKIE)
        take_cookie(wireguard, message, now);
    else if (admitted(wireguard, message, length, source, now)) {
        if (type == TUNIC_MESSAGE_INITIATION)
            take_initiation(wireguard, message, now);
        else
            take_response(wireguard, message, now);
    }
}
