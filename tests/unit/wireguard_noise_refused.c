/* SPDX-License-Identifier: MIT */
/* What a handshake refuses, and that it is then as it was. */
#include "wireguard_pair.h"

#include <errno.h>
#include <string.h>

/* The step fails, and neither side notices. */
static void assert_refused(struct pair *pair, pair_step step, int expected)
{
    const struct tunic_handshake initiator = pair->initiator.handshake;
    const struct tunic_handshake responder = pair->responder.handshake;

    assert_int_equal(step(pair), expected);
    assert_memory_equal(&pair->initiator.handshake, &initiator, sizeof(initiator));
    assert_memory_equal(&pair->responder.handshake, &responder, sizeof(responder));
}

/* After all that was refused, the right one is still taken, and all behind it. */
static void assert_goes_on(struct pair *pair, pair_step step)
{
    bool reached = false;

    for (size_t i = 0; i < PAIR_STEPS; i++) {
        reached |= pair_steps[i] == step;
        if (reached)
            assert_int_equal(pair_steps[i](pair), 0);
    }
    assert_memory_equal(pair->initiator.handshake.hash, pair->responder.handshake.hash,
                        TUNIC_HASH_SIZE);
}

/* ---- damage ---------------------------------------------------------------------------- */

static void damage(struct pair *pair, pair_step step, uint8_t *bytes, size_t length)
{
    for (size_t bit = 0; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_refused(pair, step, -EBADMSG);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_goes_on(pair, step);
}

static void test_every_bit_of_the_first(void **state)
{
    struct pair pair;

    (void)state;
    pair_before(&pair, pair_read_static);
    damage(&pair, pair_read_static, pair.first, TUNIC_NOISE_FIRST_PAYLOAD);
    pair_before(&pair, pair_read_first);
    damage(&pair, pair_read_first, pair.first + TUNIC_NOISE_FIRST_PAYLOAD,
           PAIR_FIRST - TUNIC_NOISE_FIRST_PAYLOAD);
}

static void test_every_bit_of_the_second(void **state)
{
    struct pair pair;

    (void)state;
    pair_before(&pair, pair_read_second);
    damage(&pair, pair_read_second, pair.second, PAIR_SECOND);
}

/* A message of another handshake between the same two. */
static void test_of_another_handshake(void **state)
{
    struct pair pair;
    uint8_t first[PAIR_FIRST];
    uint8_t second[PAIR_SECOND];
    uint8_t right[PAIR_FIRST];

    (void)state;
    pair_before(&pair, pair_read_second);
    memcpy(first, pair.first, sizeof(first));
    memcpy(second, pair.second, sizeof(second));
    pair_again(&pair, pair_read_first);
    memcpy(right, pair.first, sizeof(right));
    memcpy(pair.first, first, sizeof(first));
    assert_refused(&pair, pair_read_first, -EBADMSG);
    memcpy(pair.first, right, sizeof(right));
    assert_goes_on(&pair, pair_read_first);
    pair_again(&pair, pair_read_second);
    memcpy(pair.second, second, sizeof(second));
    assert_refused(&pair, pair_read_second, -EBADMSG);
}

/* ---- wrong keys ------------------------------------------------------------------------ */

static void test_wrong_responder(void **state)
{
    struct pair pair;

    (void)state;
    pair_before(&pair, pair_read_static);
    const struct tunic_identity right = pair.responder.identity;
    pair.responder.identity = pair_identity();
    assert_refused(&pair, pair_read_static, -EBADMSG);
    pair.responder.identity = right;
    assert_goes_on(&pair, pair_read_static);
}

/* Who knows a public key but not what belongs to it. */
static void test_wrong_initiator(void **state)
{
    struct pair pair;
    uint8_t right[TUNIC_KEY_SIZE];

    (void)state;
    pair_before(&pair, pair_read_first);
    memcpy(right, pair.static_static, sizeof(right));
    pair_fill(pair.static_static, sizeof(pair.static_static));
    assert_refused(&pair, pair_read_first, -EBADMSG);
    memcpy(pair.static_static, right, sizeof(right));
    assert_goes_on(&pair, pair_read_first);

    pair_before(&pair, pair_read_second);
    const struct tunic_identity identity = pair.initiator.identity;
    pair.initiator.identity = pair_identity();
    assert_refused(&pair, pair_read_second, -EBADMSG);
    pair.initiator.identity = identity;
    assert_goes_on(&pair, pair_read_second);
}

static void test_wrong_preshared(void **state)
{
    struct pair pair;

    (void)state;
    pair_before(&pair, pair_read_second);
    damage(&pair, pair_read_second, pair.preshared, TUNIC_KEY_SIZE);
    pair_before(&pair, pair_read_second);
    memset(pair.preshared, 0, TUNIC_KEY_SIZE);
    assert_refused(&pair, pair_read_second, -EBADMSG);
}

static void test_wrong_prologue(void **state)
{
    static const char *const prologues[] = {"", "WireGuard v1 zx2c4 Jason@zx2c4.co",
                                            "WireGuard v2 zx2c4 Jason@zx2c4.com"};
    struct pair pair;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(prologues); i++) {
        pair_before(&pair, pair_read_static);
        assert_int_equal(tunic_handshake_begin(pair_crypto, &pair.responder.handshake, prologues[i],
                                               strlen(prologues[i]),
                                               pair.responder.identity.public_key),
                         0);
        assert_refused(&pair, pair_read_static, -EBADMSG);
    }
}

/* ---- points of low order --------------------------------------------------------------- */

/* In the place of a public key, in every step that reads it. */
static void refuse_low_order(pair_step step, size_t offset)
{
    struct pair pair;
    uint8_t right[TUNIC_KEY_SIZE];
    uint8_t *place = (uint8_t *)&pair + offset;

    pair_before(&pair, step);
    memcpy(right, place, sizeof(right));
    for (size_t i = 0; i < PAIR_LOW_ORDER; i++) {
        pair_low_order(i, place);
        assert_refused(&pair, step, -EKEYREJECTED);
    }
    memcpy(place, right, sizeof(right));
    assert_goes_on(&pair, step);
}

static void test_low_order_ephemeral(void **state)
{
    (void)state;
    refuse_low_order(pair_read_static, offsetof(struct pair, first));
    refuse_low_order(pair_read_second, offsetof(struct pair, second));
    refuse_low_order(pair_write_second,
                     offsetof(struct pair, responder.handshake.remote_ephemeral));
}

static void test_low_order_static(void **state)
{
    (void)state;
    refuse_low_order(pair_write_first, offsetof(struct pair, initiator.handshake.remote_static));
    refuse_low_order(pair_write_second, offsetof(struct pair, responder.handshake.remote_static));
}

/* What a low-order static key gives with ours; whoever made it may not have looked. */
static void test_low_order_static_static(void **state)
{
    const pair_step steps[] = {pair_write_first, pair_read_first};
    struct pair pair;
    uint8_t right[TUNIC_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(steps); i++) {
        pair_before(&pair, steps[i]);
        memcpy(right, pair.static_static, sizeof(right));
        memset(pair.static_static, 0, TUNIC_KEY_SIZE);
        assert_refused(&pair, steps[i], -EKEYREJECTED);
        memcpy(pair.static_static, right, sizeof(right));
        assert_goes_on(&pair, steps[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit_of_the_first),
        cmocka_unit_test(test_every_bit_of_the_second),
        cmocka_unit_test(test_of_another_handshake),
        cmocka_unit_test(test_wrong_responder),
        cmocka_unit_test(test_wrong_initiator),
        cmocka_unit_test(test_wrong_preshared),
        cmocka_unit_test(test_wrong_prologue),
        cmocka_unit_test(test_low_order_ephemeral),
        cmocka_unit_test(test_low_order_static),
        cmocka_unit_test(test_low_order_static_static),
    };

    return cmocka_run_group_tests(tests, pair_open_crypto, pair_close_crypto);
}
