/* SPDX-License-Identifier: MIT */
/* BLAKE2s, its keyed form, and the derivation of keys by HMAC of it. What no RFC prints was
 * computed with another implementation, Python's hashlib. */
#include "unit.h"

#include "crypto/crypto.h"
#include "crypto_hex.h"

static struct tunic_crypto *crypto;
static uint8_t counting[1024]; /* 0, 1, 2… */

static int setup(void **state)
{
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(counting); i++)
        counting[i] = (uint8_t)i;
    return tunic_crypto_open(&crypto, &error);
}

static int teardown(void **state)
{
    (void)state;
    tunic_crypto_close(crypto);
    return 0;
}

static void expect_hash(const void *text, size_t length, const char *expected)
{
    uint8_t hash[TUNIC_HASH_SIZE];
    struct iovec piece = tunic_piece(text, length);

    assert_int_equal(tunic_blake2s(crypto, hash, &piece, 1), 0);
    hex_expect(hash, expected);
}

static void test_hashes(void **state)
{
    static const struct {
        size_t length;
        const char *hash;
    } known[] = {
        {0, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
        {63, "e57cb79487dd57902432b250733813bd96a84efce59f650fac26e6696aefafc3"},
        {64, "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e"},
        {65, "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472"},
        {127, "f18417b39d617ab1c18fdf91ebd0fc6d5516bb34cf39364037bce81fa04cecb1"},
        {128, "1fa877de67259d19863a2a34bcc6962a2b25fcbf5cbecd7ede8f1fa36688a796"},
        {129, "5bd169e67c82c2c2e98ef7008bdf261f2ddf30b1c00f9e7f275bb3e8a28dc9a2"},
        {1000, "b5f9d7799111edafc9326fbf667be98140b5e20ce5e151793c59125bf654ac18"},
    };

    (void)state;
    /* RFC 7693, appendix B */
    expect_hash("abc", 3, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
    for (size_t i = 0; i < TUNIC_COUNT(known); i++)
        expect_hash(counting, known[i].length, known[i].hash);
}

static void test_pieces_are_one_text(void **state)
{
    uint8_t whole[TUNIC_HASH_SIZE];
    uint8_t hash[TUNIC_HASH_SIZE];
    struct iovec all = {.iov_base = counting, .iov_len = 200};

    (void)state;
    assert_int_equal(tunic_blake2s(crypto, whole, &all, 1), 0);
    for (size_t first = 0; first <= 200; first += 25) {
        struct iovec pieces[] = {{.iov_base = counting, .iov_len = first},
                                 {.iov_base = NULL, .iov_len = 0},
                                 {.iov_base = counting + first, .iov_len = 200 - first}};
        assert_int_equal(tunic_blake2s(crypto, hash, pieces, TUNIC_COUNT(pieces)), 0);
        assert_memory_equal(hash, whole, sizeof(hash));
    }
    assert_int_equal(tunic_blake2s(crypto, hash, NULL, 0), 0);
    hex_expect(hash, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9");
}

static void test_codes(void **state)
{
    static const struct {
        size_t key_length;
        size_t length;
        const char *code;
    } known[] = {
        {32, 0, "9536f9b267655743dee97b8a670f9f53"},
        {32, 116, "072e94ffbfc684bd8ab2a1b9dade2fd5"},
        {1, 65, "0fa18e1c3172182230710a4d6bc7b7c4"},
        {16, 64, "dd55c51c98f8ab96ed272882941f0b6a"},
        {32, 1000, "f69872b03760f95ddfb897eede223884"},
    };
    uint8_t code[TUNIC_MAC_SIZE + 1] = {[TUNIC_MAC_SIZE] = 0xa5};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(known); i++) {
        struct iovec piece = {.iov_base = counting, .iov_len = known[i].length};
        assert_int_equal(tunic_blake2s_mac(crypto, code, counting, known[i].key_length, &piece, 1),
                         0);
        hex_expect(code, known[i].code);
        assert_int_equal(code[TUNIC_MAC_SIZE], 0xa5);
    }
    assert_int_not_equal(tunic_blake2s_mac(crypto, code, counting, 33, NULL, 0), 0);
}

/* ---- derivation ------------------------------------------------------------------------ */

/* RFC 2104 in its own words, with nothing of libcrypto but the hash. */
static void hmac(uint8_t code[TUNIC_HASH_SIZE], const uint8_t key[TUNIC_HASH_SIZE],
                 const void *text, size_t length)
{
    uint8_t inner[64];
    uint8_t outer[64];
    uint8_t hash[TUNIC_HASH_SIZE];
    struct iovec first[] = {{.iov_base = inner, .iov_len = sizeof(inner)},
                            tunic_piece(text, length)};
    struct iovec second[] = {{.iov_base = outer, .iov_len = sizeof(outer)},
                             {.iov_base = hash, .iov_len = sizeof(hash)}};

    for (size_t i = 0; i < sizeof(inner); i++) {
        uint8_t byte = i < TUNIC_HASH_SIZE ? key[i] : 0;
        inner[i] = byte ^ 0x36;
        outer[i] = byte ^ 0x5c;
    }
    assert_int_equal(tunic_blake2s(crypto, hash, first, 2), 0);
    assert_int_equal(tunic_blake2s(crypto, code, second, 2), 0);
}

/* Noise, 4.3 */
static void derive_by_definition(uint8_t results[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE],
                                 const uint8_t *key, const void *input, size_t length)
{
    uint8_t secret[TUNIC_HASH_SIZE];
    uint8_t text[TUNIC_HASH_SIZE + 1];

    hmac(secret, key, input, length);
    hmac(results[0], secret, "\1", 1);
    for (size_t i = 1; i < TUNIC_DERIVED_MOST; i++) {
        memcpy(text, results[i - 1], TUNIC_HASH_SIZE);
        text[TUNIC_HASH_SIZE] = (uint8_t)(i + 1);
        hmac(results[i], secret, text, sizeof(text));
    }
}

static void test_derivation(void **state)
{
    uint8_t derived[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE];
    uint8_t *const results[] = {derived[0], derived[1], derived[2]};

    (void)state;
    assert_int_equal(tunic_derive(crypto, counting, "input", 5, results, 3), 0);
    hex_expect(derived[0], "87b7f70b24183c6db5dc4f6d9f4c47cdb203321aa2a0bef714896adb3107a040");
    hex_expect(derived[1], "538a02e1eb2e31b7e4d4b82476d1fe2acf50085d3fb584537279195f5d1f5824");
    hex_expect(derived[2], "9ad858025593be88de0f9442a589cfe84a88dc19e4753d93684d1c5efc4837f9");
}

static void test_derivation_by_definition(void **state)
{
    uint8_t expected[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE];

    (void)state;
    for (size_t length = 0; length < 130; length += 13)
        for (size_t count = 1; count <= TUNIC_DERIVED_MOST; count++) {
            uint8_t derived[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE] = {{0}};
            uint8_t *const results[] = {derived[0], derived[1], derived[2]};
            derive_by_definition(expected, counting + length, counting, length);
            assert_int_equal(
                tunic_derive(crypto, counting + length, counting, length, results, count), 0);
            assert_memory_equal(derived, expected, count * TUNIC_HASH_SIZE);
            assert_true(tunic_is_zero(derived[count - 1] + TUNIC_HASH_SIZE,
                                      (TUNIC_DERIVED_MOST - count) * TUNIC_HASH_SIZE));
        }
}

/* As handshakes call it: the chaining key becomes the next one, and some results are not wanted. */
static void test_derivation_in_place(void **state)
{
    uint8_t expected[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE];
    uint8_t key[TUNIC_HASH_SIZE];
    uint8_t input[TUNIC_HASH_SIZE];
    uint8_t *const results[] = {key, NULL, input};

    (void)state;
    memcpy(key, counting, sizeof(key));
    memcpy(input, counting + 100, sizeof(input));
    derive_by_definition(expected, key, input, sizeof(input));
    assert_int_equal(tunic_derive(crypto, key, input, sizeof(input), results, 3), 0);
    assert_memory_equal(key, expected[0], sizeof(key));
    assert_memory_equal(input, expected[2], sizeof(input));
}

/* ---- secrets --------------------------------------------------------------------------- */

static void test_secrets(void **state)
{
    uint8_t left[33] = {0};
    uint8_t right[33] = {0};

    (void)state;
    assert_true(tunic_is_zero(left, sizeof(left)));
    assert_true(tunic_is_zero(left, 0));
    assert_true(tunic_equal(left, right, sizeof(left)));
    for (size_t bit = 0; bit < 8 * sizeof(left); bit++) {
        left[bit / 8] = (uint8_t)(1U << bit % 8);
        assert_false(tunic_is_zero(left, sizeof(left)));
        assert_false(tunic_equal(left, right, sizeof(left)));
        assert_true(tunic_equal(left, right, bit / 8));
        tunic_wipe(left + bit / 8, 1);
    }
    memset(left, 0xff, sizeof(left));
    tunic_wipe(left, sizeof(left) - 1);
    assert_true(tunic_is_zero(left, sizeof(left) - 1));
    assert_int_equal(left[sizeof(left) - 1], 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_pieces_are_one_text),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_derivation),
        cmocka_unit_test(test_derivation_by_definition),
        cmocka_unit_test(test_derivation_in_place),
        cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
