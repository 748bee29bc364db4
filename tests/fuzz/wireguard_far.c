/* SPDX-License-Identifier: MIT */
#include "wireguard_far.h"

#include "fuzz.h"

struct tunic_crypto *far_crypto;

/* ---- keys ------------------------------------------------------------------------------ */

void far_meet(struct far *far, const uint8_t near_public[TUNIC_KEY_SIZE])
{
    (void)tunic_x25519(far_crypto, far->identity.private_key, near_public, far->static_static);
    fuzz_check(tunic_cookie_maker_begin(far_crypto, &far->maker, near_public) == 0);
    far->has_handshake = false;
    far->has_initiation = false;
    far->last_length = 0;
}

void far_open(struct far *far, const uint8_t private_key[TUNIC_KEY_SIZE],
              const uint8_t near_public[TUNIC_KEY_SIZE])
{
    *far = (struct far){0};
    memcpy(far->identity.private_key, private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(far->identity.private_key);
    fuzz_check(
        tunic_x25519_public(far_crypto, far->identity.private_key, far->identity.public_key) == 0);
    fuzz_check(tunic_cookie_checker_begin(far_crypto, &far->checker, far->identity.public_key) ==
               0);
    far_meet(far, near_public);
}

static void begin(struct tunic_handshake *handshake, const uint8_t responder[TUNIC_KEY_SIZE])
{
    *handshake = (struct tunic_handshake){0};
    fuzz_check(tunic_handshake_begin(far_crypto, handshake, tunic_wireguard_prologue,
                                     TUNIC_PROLOGUE_SIZE, responder) == 0);
}

static void set_ephemeral(struct tunic_handshake *handshake,
                          const uint8_t ephemeral[TUNIC_KEY_SIZE])
{
    memcpy(handshake->ephemeral.private_key, ephemeral, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(handshake->ephemeral.private_key);
}

/* ---- messages to the engine ------------------------------------------------------------ */

static void prove(struct far_message *message, unsigned type, size_t length, size_t from, size_t to)
{
    message->length = length;
    message->proven_from = from;
    message->proven_to = to;
    message->authentic = true;
    tunic_put32(message->bytes, type);
}

void far_initiate(struct far *far, const uint8_t near_public[TUNIC_KEY_SIZE], uint32_t index,
                  const uint8_t *static_key, const uint8_t ephemeral[TUNIC_KEY_SIZE], int64_t step,
                  struct far_message *message)
{
    struct tunic_identity claimed = far->identity;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE] = {0};

    *message = (struct far_message){0};
    prove(message, TUNIC_MESSAGE_INITIATION, TUNIC_INITIATION_SIZE, TUNIC_AT_NOISE,
          TUNIC_INITIATION_SIZE - TUNIC_MACS_SIZE);
    tunic_put32(message->bytes + TUNIC_AT_SENDER, index);
    if (static_key)
        memcpy(claimed.public_key, static_key, TUNIC_KEY_SIZE);
    message->authentic = !static_key;
    far->clock += (uint64_t)step;
    for (unsigned i = 0; i < 8; i++)
        timestamp[i] = (uint8_t)(far->clock >> (56 - 8 * i));
    begin(&far->handshake, near_public);
    memcpy(far->handshake.remote_static, near_public, TUNIC_KEY_SIZE);
    set_ephemeral(&far->handshake, ephemeral);
    far->has_handshake = tunic_handshake_write_first(
                             far_crypto, &far->handshake, &claimed, far->static_static, timestamp,
                             sizeof(timestamp), message->bytes + TUNIC_AT_NOISE) == 0;
    far->handshake_index = index;
    message->authentic = message->authentic && far->has_handshake;
}

static struct far_session *add_session(struct far *far, struct tunic_handshake *handshake,
                                       bool initiator, uint32_t index, uint32_t near_index)
{
    struct far_session *session = &far->sessions[far->made++ % FAR_SESSIONS];

    *session = (struct far_session){.index = index, .near_index = near_index};
    fuzz_check(tunic_handshake_split(far_crypto, handshake, initiator, session->send,
                                     session->receive) == 0);
    return session;
}

bool far_respond(struct far *far, uint32_t index, const uint8_t ephemeral[TUNIC_KEY_SIZE],
                 const uint8_t preshared[TUNIC_KEY_SIZE], struct far_message *message)
{
    struct tunic_handshake handshake;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE];
    const uint8_t *noise = far->initiation + TUNIC_AT_NOISE;
    uint32_t near_index = tunic_get32(far->initiation + TUNIC_AT_SENDER);

    if (!far->has_initiation)
        return false;
    *message = (struct far_message){0};
    prove(message, TUNIC_MESSAGE_RESPONSE, TUNIC_RESPONSE_SIZE, TUNIC_AT_RESPONSE_RECEIVER,
          TUNIC_RESPONSE_SIZE - TUNIC_MACS_SIZE);
    begin(&handshake, far->identity.public_key);
    fuzz_check(tunic_handshake_read_static(far_crypto, &handshake, &far->identity, noise) == 0);
    fuzz_check(tunic_handshake_read_first(far_crypto, &handshake, far->static_static, noise,
                                          timestamp, sizeof(timestamp)) == 0);
    set_ephemeral(&handshake, ephemeral);
    tunic_put32(message->bytes + TUNIC_AT_SENDER, index);
    tunic_put32(message->bytes + TUNIC_AT_RESPONSE_RECEIVER, near_index);
    fuzz_check(tunic_handshake_write_second(far_crypto, &handshake, preshared, NULL, 0,
                                            message->bytes + TUNIC_AT_RESPONSE_NOISE) == 0);
    message->authentic = memcmp(preshared, far->preshared, TUNIC_KEY_SIZE) == 0;
    (void)add_session(far, &handshake, false, index, near_index);
    return true;
}

bool far_give_cookie(struct far *far, const struct tunic_wireguard_user *user, uint64_t now,
                     struct far_message *message)
{
    static const struct tunic_wireguard_source near = {.port = 51820};

    if (far->last_length == 0)
        return false;
    *message = (struct far_message){0};
    fuzz_check(tunic_cookie_reply(far_crypto, &far->checker, user, far->last, far->last_length,
                                  &near, now, message->bytes) == 0);
    prove(message, TUNIC_MESSAGE_COOKIE, TUNIC_COOKIE_REPLY_SIZE, 4, TUNIC_COOKIE_REPLY_SIZE);
    return true;
}

void far_seal(const struct far_session *session, uint64_t counter, const uint8_t *text,
              size_t length, struct far_message *message)
{
    const struct tunic_message_text sealed = {
        .text = text, .length = length, .output = message->bytes + TUNIC_DATA_HEADER};

    *message = (struct far_message){0};
    prove(message, TUNIC_MESSAGE_DATA, length + TUNIC_DATA_OVERHEAD, 4,
          length + TUNIC_DATA_OVERHEAD);
    tunic_put32(message->bytes + TUNIC_AT_DATA_RECEIVER, session->near_index);
    tunic_put64(message->bytes + TUNIC_AT_DATA_COUNTER, counter);
    fuzz_check(tunic_aead_seal(far_crypto, session->send, counter, &sealed) == 0);
}

void far_sign(struct far *far, struct far_message *message, uint64_t now)
{
    if (message->length > TUNIC_MACS_SIZE)
        fuzz_check(
            tunic_cookie_sign(far_crypto, &far->maker, message->bytes, message->length, now) == 0);
}

/* ---- messages of the engine ------------------------------------------------------------ */

/* Whatever it sends is signed, and with the cookie that it has. */
static void keep_last(struct far *far, const uint8_t *message, size_t length)
{
    fuzz_check(tunic_cookie_mac1_valid(far_crypto, &far->checker, message, length));
    memcpy(far->last, message, length);
    far->last_length = length;
}

static void take_initiation(struct far *far, const uint8_t *message)
{
    struct tunic_handshake handshake;
    uint8_t timestamp[TUNIC_TIMESTAMP_SIZE];
    const uint8_t *noise = message + TUNIC_AT_NOISE;

    begin(&handshake, far->identity.public_key);
    fuzz_check(tunic_handshake_read_static(far_crypto, &handshake, &far->identity, noise) == 0);
    fuzz_check(tunic_handshake_read_first(far_crypto, &handshake, far->static_static, noise,
                                          timestamp, sizeof(timestamp)) == 0);
    fuzz_check(memcmp(timestamp, far->timestamp, sizeof(timestamp)) > 0);
    memcpy(far->timestamp, timestamp, sizeof(timestamp));
    memcpy(far->initiation, message, TUNIC_INITIATION_SIZE);
    far->has_initiation = true;
}

/* It answers what was authentic, and that may have been an older initiation, sent once more. */
static void take_response(struct far *far, const uint8_t *message)
{
    struct tunic_handshake handshake = far->handshake;

    if (!far->has_handshake ||
        tunic_handshake_read_second(far_crypto, &handshake, &far->identity, far->preshared,
                                    message + TUNIC_AT_RESPONSE_NOISE, NULL, 0) < 0)
        return;
    (void)add_session(far, &handshake, true, far->handshake_index,
                      tunic_get32(message + TUNIC_AT_SENDER));
    far->has_handshake = false;
}

static void take_data(struct far *far, const uint8_t *message, size_t length)
{
    uint64_t counter = tunic_get64(message + TUNIC_AT_DATA_COUNTER);
    uint8_t text[FAR_MESSAGE];
    const struct tunic_message_text sealed = {
        .text = message + TUNIC_DATA_HEADER, .length = length - TUNIC_DATA_HEADER, .output = text};

    fuzz_check(length <= FAR_MESSAGE && counter < TUNIC_REJECT_AFTER_MESSAGES);
    for (size_t i = 0; i < FAR_SESSIONS && i < far->made; i++) {
        struct far_session *session = &far->sessions[i];
        if (session->index != tunic_get32(message + TUNIC_AT_DATA_RECEIVER) ||
            tunic_aead_open(far_crypto, session->receive, counter, &sealed) < 0)
            continue;
        fuzz_check(counter >= session->highest); /* no counter twice */
        session->highest = counter + 1;
        return;
    }
    fuzz_check(far->made > FAR_SESSIONS); /* it has a session that we do not have */
}

void far_receive(struct far *far, const uint8_t *message, size_t length)
{
    switch (tunic_wireguard_message_type(message, length)) {
    case TUNIC_MESSAGE_INITIATION:
        keep_last(far, message, length);
        take_initiation(far, message);
        break;
    case TUNIC_MESSAGE_RESPONSE:
        keep_last(far, message, length);
        take_response(far, message);
        break;
    case TUNIC_MESSAGE_DATA:
        take_data(far, message, length);
        break;
    default:
        fuzz_check(false);
    }
}

struct far_session *far_session(struct far *far, size_t back)
{
    size_t known = far->made < FAR_SESSIONS ? far->made : FAR_SESSIONS;

    if (far->made == 0)
        return NULL;
    return &far->sessions[(far->made - 1 - back % known) % FAR_SESSIONS];
}
