/* SPDX-License-Identifier: MIT */
/* X25519: RFC 7748, and the points of low order. */
#include "unit.h"

#include "crypto/crypto.h"
#include "crypto_hex.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static struct tunic_crypto *crypto;

/* What libcrypto does not say by itself. */
static enum { AS_IT_IS, TAKES_ZERO, FAILS_HALFWAY } behaviour;

int __real_EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *key, size_t *length);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *key, size_t *length);

int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *key, size_t *length)
{
    if (behaviour == AS_IT_IS)
        return __real_EVP_PKEY_derive(context, key, length);
    memset(key, behaviour == TAKES_ZERO ? 0 : 0xff, *length);
    return behaviour == TAKES_ZERO;
}

static int setup(void **state)
{
    struct tunic_error error;

    (void)state;
    return tunic_crypto_open(&crypto, &error);
}

static int teardown(void **state)
{
    (void)state;
    tunic_crypto_close(crypto);
    return 0;
}

static void expect_shared(const char *private_text, const char *public_text,
                          const char *shared_text)
{
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint8_t public_key[TUNIC_KEY_SIZE];
    uint8_t shared[TUNIC_KEY_SIZE];

    (void)hex_read(private_key, sizeof(private_key), private_text);
    (void)hex_read(public_key, sizeof(public_key), public_text);
    tunic_x25519_clamp(private_key);
    assert_int_equal(tunic_x25519(crypto, private_key, public_key, shared), 0);
    hex_expect(shared, shared_text);
}

static void test_rfc(void **state)
{
    (void)state; /* 5.2 */
    expect_shared("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    expect_shared("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

static void test_iterations(void **state)
{
    uint8_t scalar[TUNIC_KEY_SIZE] = {9};
    uint8_t point[TUNIC_KEY_SIZE] = {9};
    uint8_t clamped[TUNIC_KEY_SIZE];
    uint8_t result[TUNIC_KEY_SIZE];

    (void)state;
    for (unsigned i = 1; i <= 1000; i++) {
        memcpy(clamped, scalar, sizeof(clamped));
        tunic_x25519_clamp(clamped);
        assert_int_equal(tunic_x25519(crypto, clamped, point, result), 0);
        memcpy(point, scalar, sizeof(point));
        memcpy(scalar, result, sizeof(scalar));
        if (i == 1)
            hex_expect(scalar, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
    hex_expect(scalar, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

static void test_both_sides(void **state)
{
    uint8_t private_keys[2][TUNIC_KEY_SIZE];
    uint8_t public_keys[2][TUNIC_KEY_SIZE];
    uint8_t shared[TUNIC_KEY_SIZE];

    (void)state; /* 6.1 */
    (void)hex_read(private_keys[0], TUNIC_KEY_SIZE,
                   "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    (void)hex_read(private_keys[1], TUNIC_KEY_SIZE,
                   "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    for (size_t i = 0; i < 2; i++) {
        tunic_x25519_clamp(private_keys[i]);
        assert_int_equal(tunic_x25519_public(crypto, private_keys[i], public_keys[i]), 0);
    }
    hex_expect(public_keys[0], "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    hex_expect(public_keys[1], "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tunic_x25519(crypto, private_keys[i], public_keys[1 - i], shared), 0);
        hex_expect(shared, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    }
}

static void test_clamping(void **state)
{
    uint8_t key[TUNIC_KEY_SIZE];

    (void)state;
    memset(key, 0xff, sizeof(key));
    tunic_x25519_clamp(key);
    assert_int_equal(key[0], 0xf8);
    assert_int_equal(key[1], 0xff);
    assert_int_equal(key[TUNIC_KEY_SIZE - 1], 0x7f);
    memset(key, 0, sizeof(key));
    tunic_x25519_clamp(key);
    assert_int_equal(key[0], 0);
    assert_int_equal(key[TUNIC_KEY_SIZE - 1], 0x40);
}

static void test_points_of_low_order(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint8_t point[TUNIC_KEY_SIZE];
    uint8_t shared[TUNIC_KEY_SIZE];

    (void)state;
    memset(private_key, 0x5a, sizeof(private_key));
    tunic_x25519_clamp(private_key);
    ERR_clear_error();
    for (size_t i = 0; i < TUNIC_COUNT(points); i++) {
        memset(shared, 0xff, sizeof(shared));
        (void)hex_read(point, sizeof(point), points[i]);
        assert_int_equal(tunic_x25519(crypto, private_key, point, shared), -EKEYREJECTED);
        assert_true(tunic_is_zero(shared, sizeof(shared)));
    }
    assert_int_equal(ERR_peek_error(), 0);
}

/* Another libcrypto might not refuse it, or leave something behind. */
static void test_result_is_looked_at(void **state)
{
    const uint8_t key[TUNIC_KEY_SIZE] = {8};
    uint8_t shared[TUNIC_KEY_SIZE];

    (void)state;
    for (behaviour = TAKES_ZERO; behaviour <= FAILS_HALFWAY; behaviour++) {
        memset(shared, 0xff, sizeof(shared));
        assert_int_equal(tunic_x25519(crypto, key, key, shared), -EKEYREJECTED);
        assert_true(tunic_is_zero(shared, sizeof(shared)));
    }
    behaviour = AS_IT_IS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc),
        cmocka_unit_test(test_iterations),
        cmocka_unit_test(test_both_sides),
        cmocka_unit_test(test_clamping),
        cmocka_unit_test(test_points_of_low_order),
        cmocka_unit_test(test_result_is_looked_at),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
