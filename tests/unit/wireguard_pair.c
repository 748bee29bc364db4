/* SPDX-License-Identifier: MIT */
#include "wireguard_pair.h"

#include <string.h>

struct tunic_crypto *pair_crypto;

const pair_step pair_steps[PAIR_STEPS] = {pair_write_first, pair_read_static, pair_read_first,
                                          pair_write_second, pair_read_second};

int pair_open_crypto(void **state)
{
    struct tunic_error error;

    (void)state;
    return tunic_crypto_open(&pair_crypto, &error);
}

int pair_close_crypto(void **state)
{
    (void)state;
    tunic_crypto_close(pair_crypto);
    return 0;
}

void pair_fill(void *bytes, size_t length)
{
    static uint64_t seed = 1;
    uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        at[i] = (uint8_t)(seed >> 56);
    }
}

struct tunic_identity pair_identity(void)
{
    struct tunic_identity identity = {{0}, {0}};

    pair_fill(identity.private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(identity.private_key);
    assert_int_equal(tunic_x25519_public(pair_crypto, identity.private_key, identity.public_key),
                     0);
    return identity;
}

void pair_low_order(size_t index, uint8_t point[TUNIC_KEY_SIZE])
{
    enum { POINTS = PAIR_LOW_ORDER / 2 };
    /* 0 and 1, of order 8 two, and p - 1, p and p + 1. */
    static const uint8_t points[POINTS][TUNIC_KEY_SIZE] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
        {0xec},
        {0xed},
        {0xee},
    };

    memcpy(point, points[index % POINTS], TUNIC_KEY_SIZE);
    if (point[0] >= 0xec) {
        memset(point + 1, 0xff, TUNIC_KEY_SIZE - 2);
        point[TUNIC_KEY_SIZE - 1] = 0x7f;
    }
    if (index >= POINTS) /* the highest bit is not looked at */
        point[TUNIC_KEY_SIZE - 1] |= 0x80;
}

static void begin(struct side *side, const uint8_t *responder_static)
{
    static const char prologue[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

    memset(&side->handshake, 0, sizeof(side->handshake));
    assert_int_equal(tunic_handshake_begin(pair_crypto, &side->handshake, prologue,
                                           strlen(prologue), responder_static),
                     0);
    pair_fill(side->handshake.ephemeral.private_key, TUNIC_KEY_SIZE);
    tunic_x25519_clamp(side->handshake.ephemeral.private_key);
}

static void make_keys(struct pair *pair)
{
    struct side *initiator = &pair->initiator;
    struct side *responder = &pair->responder;

    initiator->identity = pair_identity();
    responder->identity = pair_identity();
    pair_fill(pair->preshared, sizeof(pair->preshared));
    pair_fill(pair->timestamp, sizeof(pair->timestamp));
    assert_int_equal(tunic_x25519(pair_crypto, initiator->identity.private_key,
                                  responder->identity.public_key, pair->static_static),
                     0);
}

int pair_write_first(struct pair *pair)
{
    return tunic_handshake_write_first(pair_crypto, &pair->initiator.handshake,
                                       &pair->initiator.identity, pair->static_static,
                                       pair->timestamp, sizeof(pair->timestamp), pair->first);
}

int pair_read_static(struct pair *pair)
{
    return tunic_handshake_read_static(pair_crypto, &pair->responder.handshake,
                                       &pair->responder.identity, pair->first);
}

int pair_read_first(struct pair *pair)
{
    uint8_t timestamp[PAIR_TIMESTAMP];
    int result =
        tunic_handshake_read_first(pair_crypto, &pair->responder.handshake, pair->static_static,
                                   pair->first, timestamp, sizeof(timestamp));

    if (result == 0)
        assert_memory_equal(timestamp, pair->timestamp, sizeof(timestamp));
    return result;
}

int pair_write_second(struct pair *pair)
{
    return tunic_handshake_write_second(pair_crypto, &pair->responder.handshake, pair->preshared,
                                        NULL, 0, pair->second);
}

int pair_read_second(struct pair *pair)
{
    return tunic_handshake_read_second(pair_crypto, &pair->initiator.handshake,
                                       &pair->initiator.identity, pair->preshared, pair->second,
                                       NULL, 0);
}

void pair_again(struct pair *pair, pair_step step)
{
    const uint8_t *responder_static = pair->responder.identity.public_key;

    begin(&pair->initiator, responder_static);
    begin(&pair->responder, responder_static);
    memcpy(pair->initiator.handshake.remote_static, responder_static, TUNIC_KEY_SIZE);
    for (size_t i = 0; pair_steps[i] != step; i++)
        assert_int_equal(pair_steps[i](pair), 0);
}

void pair_before(struct pair *pair, pair_step step)
{
    make_keys(pair);
    pair_again(pair, step);
}
