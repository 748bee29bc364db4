/* SPDX-License-Identifier: MIT */
#include "wireguard_talk.h"

#include <errno.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static const size_t lengths[] = {TUNIC_INITIATION_SIZE, TUNIC_RESPONSE_SIZE};

static void flip(uint8_t *bytes, size_t bit)
{
    bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

/* ---- mac1 ------------------------------------------------------------------------------ */

static void test_mac1(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(lengths); i++) {
        talk_begin(&talk);
        talk_sign(&talk, lengths[i], 0);
        assert_true(talk_mac1_valid(&talk));
        assert_false(talk_mac2_written(&talk));
        for (size_t bit = 0; bit < lengths[i] * 8; bit++) {
            flip(talk.message, bit);
            assert_int_equal(talk_mac1_valid(&talk), bit / 8 >= lengths[i] - TUNIC_MAC_SIZE);
            flip(talk.message, bit);
        }
        flip(talk.public_key, 0);
        assert_int_equal(tunic_cookie_checker_begin(pair_crypto, &talk.checker, talk.public_key),
                         0);
        assert_false(talk_mac1_valid(&talk));
    }
}

/* As the paper has it (5.4.4). */
static void test_mac1_is_the_papers(void **state)
{
    struct talk talk;
    uint8_t key[TUNIC_HASH_SIZE];
    uint8_t mac[TUNIC_MAC_SIZE];

    (void)state;
    talk_begin(&talk);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    const struct iovec label[] = {tunic_piece("mac1----", 8),
                                  tunic_piece(talk.public_key, TUNIC_KEY_SIZE)};
    assert_int_equal(tunic_blake2s(pair_crypto, key, label, 2), 0);
    const struct iovec covered = tunic_piece(talk.message, 116);
    assert_int_equal(tunic_blake2s_mac(pair_crypto, mac, key, sizeof(key), &covered, 1), 0);
    assert_memory_equal(mac, talk.message + 116, sizeof(mac));
}

/* ---- mac2 ------------------------------------------------------------------------------ */

static void test_mac2(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(lengths); i++) {
        talk_begin_with_cookie(&talk, lengths[i], 0);
        assert_true(talk_mac1_valid(&talk));
        assert_true(talk_mac2_valid(&talk, 0));
        for (size_t bit = 0; bit < lengths[i] * 8; bit++) {
            flip(talk.message, bit);
            assert_false(talk_mac2_valid(&talk, 0));
            flip(talk.message, bit);
        }
    }
}

static void test_cookie_is_of_address_and_port(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    for (size_t bit = 0; bit < sizeof(talk.source.address) * 8; bit++) {
        flip(talk.source.address, bit);
        assert_false(talk_mac2_valid(&talk, 0));
        flip(talk.source.address, bit);
    }
    for (unsigned bit = 0; bit < 16; bit++) {
        talk.source.port ^= (uint16_t)(1U << bit);
        assert_false(talk_mac2_valid(&talk, 0));
        talk.source.port ^= (uint16_t)(1U << bit);
    }
    assert_true(talk_mac2_valid(&talk, 0));
}

/* A secret that was never drawn is known to everybody. */
static void test_no_secret(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    memset(talk.checker.secret, 0, sizeof(talk.checker.secret));
    assert_int_equal(talk_answer(&talk, 0), 0);
    assert_int_equal(talk_take(&talk, 0), 0);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_true(talk_mac2_valid(&talk, 0));
    talk.checker.has_secret = false;
    assert_false(talk_mac2_valid(&talk, 0));
}

static void test_zero_is_no_mac2(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    memset(talk.message + TUNIC_INITIATION_SIZE - TUNIC_MAC_SIZE, 0, TUNIC_MAC_SIZE);
    assert_false(talk_mac2_valid(&talk, 0));
}

/* ---- time ------------------------------------------------------------------------------ */

static void test_cookie_is_used_for_115_seconds(void **state)
{
    const uint64_t born = 1000 * SECOND;
    struct talk talk;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, born);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, born + 115 * SECOND - 1);
    assert_true(talk_mac2_written(&talk));
    assert_true(talk_mac2_valid(&talk, born + 115 * SECOND - 1));
    talk_sign(&talk, TUNIC_INITIATION_SIZE, born + 115 * SECOND);
    assert_false(talk_mac2_written(&talk));
    assert_true(tunic_is_zero(talk.maker.cookie, sizeof(talk.maker.cookie)));
    talk_sign(&talk, TUNIC_INITIATION_SIZE, born); /* it does not come back */
    assert_false(talk_mac2_written(&talk));
}

static void test_secret_lives_120_seconds(void **state)
{
    const uint64_t born = 1000 * SECOND;
    struct talk talk;
    uint8_t secret[TUNIC_KEY_SIZE];
    uint8_t message[TUNIC_INITIATION_SIZE];

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, born);
    memcpy(secret, talk.checker.secret, sizeof(secret));
    memcpy(message, talk.message, sizeof(message));
    assert_int_equal(talk_answer(&talk, born + 120 * SECOND - 1), 0);
    assert_memory_equal(talk.checker.secret, secret, sizeof(secret));
    assert_true(talk_mac2_valid(&talk, born + 120 * SECOND - 1));
    assert_false(talk_mac2_valid(&talk, born + 120 * SECOND));

    assert_int_equal(talk_answer(&talk, born + 120 * SECOND), 0);
    assert_memory_not_equal(talk.checker.secret, secret, sizeof(secret));
    assert_false(talk_mac2_valid(&talk, born + 120 * SECOND));
    assert_int_equal(talk_take(&talk, born + 120 * SECOND), 0);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, born + 120 * SECOND);
    assert_true(talk_mac2_valid(&talk, born + 240 * SECOND - 1));
    assert_false(talk_mac2_valid(&talk, born + 240 * SECOND));
    memcpy(talk.message, message, sizeof(message));
    assert_false(talk_mac2_valid(&talk, born + 120 * SECOND));
}

/* ---- replies --------------------------------------------------------------------------- */

static void test_reply_is_the_papers(void **state)
{
    struct talk talk;
    uint8_t key[TUNIC_HASH_SIZE];
    uint8_t cookie[TUNIC_COOKIE_SIZE];

    (void)state;
    talk_begin(&talk);
    talk_sign(&talk, TUNIC_RESPONSE_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    const uint8_t header[] = {3, 0, 0, 0, 1, 2, 3, 4};
    assert_memory_equal(talk.reply, header, sizeof(header));
    const struct iovec label[] = {tunic_piece("cookie--", 8),
                                  tunic_piece(talk.public_key, TUNIC_KEY_SIZE)};
    assert_int_equal(tunic_blake2s(pair_crypto, key, label, 2), 0);
    const struct tunic_message_text sealed = {.associated = talk.message + 60,
                                              .associated_length = 16,
                                              .text = talk.reply + 32,
                                              .length = 32,
                                              .output = cookie};
    assert_int_equal(tunic_xaead_open(pair_crypto, key, talk.reply + 8, &sealed), 0);
    assert_int_equal(talk_take(&talk, 0), 0);
    assert_memory_equal(talk.maker.cookie, cookie, sizeof(cookie));
}

static void test_nonces_differ(void **state)
{
    struct talk talk;
    uint8_t before[TUNIC_COOKIE_REPLY_SIZE];

    (void)state;
    talk_begin(&talk);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    memcpy(before, talk.reply, sizeof(before));
    assert_int_equal(talk_answer(&talk, 0), 0);
    assert_memory_not_equal(talk.reply + TUNIC_AT_COOKIE_NONCE, before + TUNIC_AT_COOKIE_NONCE,
                            TUNIC_XNONCE_SIZE);
    assert_memory_not_equal(talk.reply + TUNIC_AT_COOKIE, before + TUNIC_AT_COOKIE,
                            TUNIC_COOKIE_SIZE);
}

static void test_taken_once(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin(&talk);
    talk_assert_not_taken(&talk, -ENOENT);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    assert_int_equal(talk_take(&talk, 7), 0);
    assert_int_equal(talk.maker.cookie_born, 7);
    talk_assert_not_taken(&talk, -ENOENT);
    assert_int_equal(talk_answer(&talk, 0), 0);
    talk_assert_not_taken(&talk, -ENOENT);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 8);
    assert_int_equal(talk_answer(&talk, 0), 0);
    assert_int_equal(talk_take(&talk, 9), 0);
    assert_int_equal(talk.maker.cookie_born, 9);
}

/* And the cookie that was there is kept. */
static void test_forged(void **state)
{
    struct talk talk;
    struct talk other;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    for (size_t bit = TUNIC_AT_COOKIE_NONCE * 8UL; bit < sizeof(talk.reply) * 8; bit++) {
        flip(talk.reply, bit);
        talk_assert_not_taken(&talk, -EBADMSG);
        flip(talk.reply, bit);
    }
    talk_begin(&other);
    memcpy(other.message, talk.message, sizeof(talk.message));
    other.length = talk.length;
    assert_int_equal(talk_answer(&other, 0), 0);
    other.maker = talk.maker;
    talk_assert_not_taken(&other, -EBADMSG);
    assert_int_equal(talk_take(&talk, 0), 0);
}

/* To a message before the last. */
static void test_belated(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin(&talk);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    talk_assert_not_taken(&talk, -EBADMSG);
}

/* Of other keys. */
static void test_begin_forgets(void **state)
{
    struct talk talk;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(tunic_cookie_checker_begin(pair_crypto, &talk.checker, talk.public_key), 0);
    assert_int_equal(tunic_cookie_maker_begin(pair_crypto, &talk.maker, talk.public_key), 0);
    assert_false(talk_mac2_valid(&talk, 0));
    talk_assert_not_taken(&talk, -ENOENT);
    talk_sign(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_false(talk_mac2_written(&talk));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac1),
        cmocka_unit_test(test_mac1_is_the_papers),
        cmocka_unit_test(test_mac2),
        cmocka_unit_test(test_cookie_is_of_address_and_port),
        cmocka_unit_test(test_no_secret),
        cmocka_unit_test(test_zero_is_no_mac2),
        cmocka_unit_test(test_cookie_is_used_for_115_seconds),
        cmocka_unit_test(test_secret_lives_120_seconds),
        cmocka_unit_test(test_reply_is_the_papers),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_taken_once),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_belated),
        cmocka_unit_test(test_begin_forgets),
    };

    return cmocka_run_group_tests(tests, pair_open_crypto, pair_close_crypto);
}
