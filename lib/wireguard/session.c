/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A peer has up to three sessions. `current` is the one to send with; messages
 * are taken with any of them. Who initiated a handshake knows with the response that the other side
 * has the keys, and the session becomes current at once. Who responded does not know until the
 * first message comes with it: until then it is `next`. What was current before is `previous`, for
 * messages that were under way.
 *
 * There is never both a `next` and a `previous`: responding ends the previous one, and all that
 * makes one previous ends the wait for the next. So data messages, which confirm, end no session,
 * and jobs of the same batch may be about any.
 */
#include "wireguard/engine.h"

#include <stdlib.h>

struct tunic_session *tunic_session_new(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer, bool initiator,
                                        uint64_t now)
{
    const struct tunic_wireguard_user *user = &wireguard->user;
    struct tunic_session *session = calloc(1, sizeof(*session));
    uint64_t serials[2] = {0, 0};

    if (!session)
        return NULL;
    while (serials[0] == 0 || serials[1] == 0)
        user->random(user->closure, serials, sizeof(serials));
    session->indexed.is_session = true;
    session->send.serial = serials[0];
    session->receive.serial = serials[1];
    session->born = now;
    session->initiator = initiator;
    session->peer = peer;
    return session;
}

int tunic_session_derive(struct tunic_wireguard *wireguard, struct tunic_session *session,
                         struct tunic_handshake *handshake)
{
    return tunic_handshake_split(wireguard->crypto, handshake, session->initiator,
                                 session->send.bytes, session->receive.bytes);
}

void tunic_session_free(struct tunic_wireguard *wireguard, struct tunic_session *session)
{
    if (!session)
        return;
    tunic_table_remove_index(&wireguard->table, &session->indexed);
    tunic_wipe(session, sizeof(*session));
    free(session);
}

bool tunic_session_sendable(const struct tunic_session *session, uint64_t now)
{
    return session && !tunic_session_expired(session, now) &&
           session->counter < TUNIC_REJECT_AFTER_MESSAGES;
}

/* ---- slots ----------------------------------------------------------------------------- */

void tunic_slots_initiated(struct tunic_wireguard *wireguard, struct tunic_session *session,
                           uint64_t begun)
{
    struct tunic_wireguard_peer *peer = session->peer;
    /* One that we agreed on before: the other side may send with it. One that we agreed on while
     * our initiation was under way crossed it, and the other side gave it up: see receive.c. */
    bool sent_with = peer->next && peer->next->born < begun;

    tunic_session_free(wireguard, peer->previous);
    tunic_session_free(wireguard, sent_with ? peer->current : peer->next);
    peer->previous = sent_with ? peer->next : peer->current;
    peer->next = NULL;
    peer->current = session;
}

void tunic_slots_responded(struct tunic_wireguard *wireguard, struct tunic_session *session)
{
    struct tunic_wireguard_peer *peer = session->peer;

    tunic_session_free(wireguard, peer->previous);
    tunic_session_free(wireguard, peer->next);
    peer->previous = NULL;
    peer->next = session;
}

void tunic_slots_confirmed(struct tunic_session *session)
{
    struct tunic_wireguard_peer *peer = session->peer;

    peer->previous = peer->current;
    peer->current = session;
    peer->next = NULL;
}

void tunic_slots_clear(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer)
{
    tunic_session_free(wireguard, peer->previous);
    tunic_session_free(wireguard, peer->current);
    tunic_session_free(wireguard, peer->next);
    peer->previous = peer->current = peer->next = NULL;
}

/* ---- for the caller -------------------------------------------------------------------- */

struct tunic_wireguard_peer *tunic_session_peer(const struct tunic_session *session)
{
    return session->peer;
}

size_t tunic_session_seal(struct tunic_session *session, uint8_t *message, size_t length,
                          size_t padded, struct tunic_packet_job *job)
{
    if (session->counter >= TUNIC_REJECT_AFTER_MESSAGES)
        return 0;
    tunic_put32(message, TUNIC_MESSAGE_DATA);
    tunic_put32(message + TUNIC_AT_DATA_RECEIVER, session->remote_index);
    tunic_put64(message + TUNIC_AT_DATA_COUNTER, session->counter);
    memset(message + TUNIC_DATA_HEADER + length, 0, padded - length);
    *job = (struct tunic_packet_job){.key = &session->send,
                                     .counter = session->counter++,
                                     .text = message + TUNIC_DATA_HEADER,
                                     .length = (uint32_t)padded};
    return padded + TUNIC_DATA_OVERHEAD;
}
