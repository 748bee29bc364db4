/* SPDX-License-Identifier: MIT */
/* Handshakes that succeed: the published vector, and with keys of our own. */
#include "wireguard_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the published vector -------------------------------------------------------------- */

enum { MESSAGES = 6, TEXT_MOST = 128, FILE_MOST = 16384 };

struct bytes {
    uint8_t bytes[TEXT_MOST];
    size_t length;
};

struct vector {
    struct bytes prologue;
    struct bytes preshared;
    struct bytes initiator_static;
    struct bytes initiator_ephemeral;
    struct bytes responder_static;
    struct bytes responder_ephemeral;
    struct bytes hash;
    struct bytes payloads[MESSAGES];
    struct bytes ciphertexts[MESSAGES];
};

static unsigned nibble(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

    assert_non_null(found);
    return (unsigned)(found - digits);
}

/* The first string behind a name, which is behind `*at`. That is all of JSON that the file needs.
 */
static struct bytes read_bytes(const char **at, const char *name)
{
    struct bytes bytes = {.length = 0};
    char quoted[64];

    (void)snprintf(quoted, sizeof(quoted), "\"%s\":", name);
    const char *text = strstr(*at, quoted);
    assert_non_null(text);
    text = strchr(text + strlen(quoted), '"');
    assert_non_null(text);
    for (text++; *text != '"'; text += 2) {
        assert_in_range(bytes.length, 0, TEXT_MOST - 1);
        bytes.bytes[bytes.length++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
    }
    *at = text;
    return bytes;
}

static bool read_vector(struct vector *vector)
{
    static char text[FILE_MOST];
    const char *folder = getenv("TUNIC_VECTORS");
    char path[4096];
    const char *at = text;

    (void)snprintf(path, sizeof(path), "%s/noise-ikpsk2.json", folder ? folder : VECTORS);
    FILE *file = fopen(path, "re");
    if (!file) {
        print_message("SKIP: no %s\n", path);
        return false;
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    vector->prologue = read_bytes(&at, "init_prologue");
    vector->preshared = read_bytes(&at, "init_psks");
    vector->initiator_static = read_bytes(&at, "init_static");
    vector->initiator_ephemeral = read_bytes(&at, "init_ephemeral");
    vector->responder_static = read_bytes(&at, "resp_static");
    vector->responder_ephemeral = read_bytes(&at, "resp_ephemeral");
    vector->hash = read_bytes(&at, "handshake_hash");
    for (size_t i = 0; i < MESSAGES; i++) {
        vector->payloads[i] = read_bytes(&at, "payload");
        vector->ciphertexts[i] = read_bytes(&at, "ciphertext");
    }
    return true;
}

static void set_side(struct side *side, const struct bytes *private_key,
                     const struct bytes *ephemeral)
{
    memset(side, 0, sizeof(*side));
    memcpy(side->identity.private_key, private_key->bytes, TUNIC_KEY_SIZE);
    memcpy(side->handshake.ephemeral.private_key, ephemeral->bytes, TUNIC_KEY_SIZE);
    assert_int_equal(
        tunic_x25519_public(pair_crypto, side->identity.private_key, side->identity.public_key), 0);
}

static void set_pair(struct pair *pair, const struct vector *vector)
{
    const uint8_t *responder_static = pair->responder.identity.public_key;

    set_side(&pair->initiator, &vector->initiator_static, &vector->initiator_ephemeral);
    set_side(&pair->responder, &vector->responder_static, &vector->responder_ephemeral);
    assert_int_equal(tunic_x25519(pair_crypto, pair->initiator.identity.private_key,
                                  responder_static, pair->static_static),
                     0);
    memcpy(pair->initiator.handshake.remote_static, responder_static, TUNIC_KEY_SIZE);
    assert_int_equal(tunic_handshake_begin(pair_crypto, &pair->initiator.handshake,
                                           vector->prologue.bytes, vector->prologue.length,
                                           responder_static),
                     0);
    assert_int_equal(tunic_handshake_begin(pair_crypto, &pair->responder.handshake,
                                           vector->prologue.bytes, vector->prologue.length,
                                           responder_static),
                     0);
}

static void exchange_first(struct pair *pair, const struct bytes *payload,
                           const struct bytes *ciphertext)
{
    struct tunic_handshake *initiator = &pair->initiator.handshake;
    struct tunic_handshake *responder = &pair->responder.handshake;
    uint8_t message[TEXT_MOST];
    uint8_t text[TEXT_MOST];

    assert_int_equal(tunic_handshake_write_first(pair_crypto, initiator, &pair->initiator.identity,
                                                 pair->static_static, payload->bytes,
                                                 payload->length, message),
                     0);
    assert_int_equal(ciphertext->length,
                     TUNIC_NOISE_FIRST_PAYLOAD + payload->length + TUNIC_TAG_SIZE);
    assert_memory_equal(message, ciphertext->bytes, ciphertext->length);
    assert_int_equal(
        tunic_handshake_read_static(pair_crypto, responder, &pair->responder.identity, message), 0);
    assert_memory_equal(responder->remote_static, pair->initiator.identity.public_key,
                        TUNIC_KEY_SIZE);
    assert_int_equal(tunic_handshake_read_first(pair_crypto, responder, pair->static_static,
                                                message, text, payload->length),
                     0);
    assert_memory_equal(text, payload->bytes, payload->length);
}

static void exchange_second(struct pair *pair, const uint8_t *preshared,
                            const struct bytes *payload, const struct bytes *ciphertext)
{
    uint8_t message[TEXT_MOST];
    uint8_t text[TEXT_MOST];

    assert_int_equal(tunic_handshake_write_second(pair_crypto, &pair->responder.handshake,
                                                  preshared, payload->bytes, payload->length,
                                                  message),
                     0);
    assert_int_equal(ciphertext->length,
                     TUNIC_NOISE_SECOND_PAYLOAD + payload->length + TUNIC_TAG_SIZE);
    assert_memory_equal(message, ciphertext->bytes, ciphertext->length);
    assert_int_equal(tunic_handshake_read_second(pair_crypto, &pair->initiator.handshake,
                                                 &pair->initiator.identity, preshared, message,
                                                 text, payload->length),
                     0);
    assert_memory_equal(text, payload->bytes, payload->length);
}

struct keys {
    uint8_t send[TUNIC_KEY_SIZE];
    uint8_t receive[TUNIC_KEY_SIZE];
};

static struct keys split(struct side *side, bool initiator)
{
    struct keys keys = {{0}, {0}};

    assert_int_equal(
        tunic_handshake_split(pair_crypto, &side->handshake, initiator, keys.send, keys.receive),
        0);
    assert_true(tunic_is_zero(&side->handshake, sizeof(side->handshake)));
    return keys;
}

static void exchange_transport(const struct keys *from, const struct keys *to, uint64_t counter,
                               const struct bytes *payload, const struct bytes *ciphertext)
{
    uint8_t message[TEXT_MOST];
    uint8_t text[TEXT_MOST];
    const struct tunic_message_text sealed = {
        .text = payload->bytes, .length = payload->length, .output = message};
    const struct tunic_message_text opened = {
        .text = message, .length = ciphertext->length, .output = text};

    assert_int_equal(ciphertext->length, payload->length + TUNIC_TAG_SIZE);
    assert_int_equal(tunic_aead_seal(pair_crypto, from->send, counter, &sealed), 0);
    assert_memory_equal(message, ciphertext->bytes, ciphertext->length);
    assert_int_equal(tunic_aead_open(pair_crypto, to->receive, counter, &opened), 0);
    assert_memory_equal(text, payload->bytes, payload->length);
}

static void test_vector(void **state)
{
    struct vector vector;
    struct pair pair = {0};

    (void)state;
    if (!read_vector(&vector)) {
        skip();
        return;
    }
    set_pair(&pair, &vector);
    exchange_first(&pair, &vector.payloads[0], &vector.ciphertexts[0]);
    exchange_second(&pair, vector.preshared.bytes, &vector.payloads[1], &vector.ciphertexts[1]);
    assert_memory_equal(pair.initiator.handshake.hash, vector.hash.bytes, TUNIC_HASH_SIZE);
    assert_memory_equal(pair.responder.handshake.hash, vector.hash.bytes, TUNIC_HASH_SIZE);
    const struct keys initiator = split(&pair.initiator, true);
    const struct keys responder = split(&pair.responder, false);
    for (size_t i = 2; i < MESSAGES; i++)
        exchange_transport(i % 2 == 0 ? &initiator : &responder,
                           i % 2 == 0 ? &responder : &initiator, i / 2 - 1, &vector.payloads[i],
                           &vector.ciphertexts[i]);
}

/* ---- keys of our own ------------------------------------------------------------------- */

static void test_keys_agree(void **state)
{
    uint8_t before[TUNIC_KEY_SIZE] = {0};
    struct pair pair;

    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        pair_before(&pair, pair_read_second);
        assert_memory_equal(pair.responder.handshake.remote_static,
                            pair.initiator.identity.public_key, TUNIC_KEY_SIZE);
        assert_int_equal(pair_read_second(&pair), 0);
        const struct keys initiator = split(&pair.initiator, true);
        const struct keys responder = split(&pair.responder, false);
        assert_memory_equal(initiator.send, responder.receive, TUNIC_KEY_SIZE);
        assert_memory_equal(initiator.receive, responder.send, TUNIC_KEY_SIZE);
        assert_memory_not_equal(initiator.send, initiator.receive, TUNIC_KEY_SIZE);
        assert_memory_not_equal(initiator.send, before, TUNIC_KEY_SIZE);
        memcpy(before, initiator.send, TUNIC_KEY_SIZE);
    }
}

/* Whose keys were set before it began, too. */
static void test_begin_keeps_keys(void **state)
{
    struct tunic_handshake handshake;
    struct tunic_handshake before;

    (void)state;
    pair_fill(&handshake, sizeof(handshake));
    before = handshake;
    assert_int_equal(tunic_handshake_begin(pair_crypto, &handshake, "", 0, before.remote_static),
                     0);
    assert_memory_equal(&handshake.ephemeral, &before.ephemeral, sizeof(before.ephemeral));
    assert_memory_equal(handshake.remote_static, before.remote_static, TUNIC_KEY_SIZE);
    assert_memory_not_equal(handshake.hash, before.hash, TUNIC_HASH_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_keys_agree),
        cmocka_unit_test(test_begin_keeps_keys),
    };

    return cmocka_run_group_tests(tests, pair_open_crypto, pair_close_crypto);
}
