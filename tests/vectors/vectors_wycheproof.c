/* SPDX-License-Identifier: MIT */
/*
 * C2SP's Wycheproof: vectors made to find the mistakes that implementations of ChaCha20-Poly1305,
 * XChaCha20-Poly1305 and X25519 make. "valid" must be, "invalid" must be refused; "acceptable" (for
 * X25519: points off the curve, of low order, or not in canonical form) is what WireGuard takes it
 * for: all but a result of zero.
 *
 * A provider takes nonces of WireGuard's form only and no associated data. ChaCha20-Poly1305 under
 * XChaCha20-Poly1305 has just such nonces, so that providers are given what is inside of it.
 */
#include "vectors.h"

#include "crypto/state.h"

#include <errno.h>
#include <string.h>

static struct tunic_crypto *crypto;

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

/* Calls `check` for each vector, as many as the file says that it has. */
static void for_each(const json_t *root, void (*check)(const json_t *vector, void *closure),
                     void *closure)
{
    const json_t *groups = json_object_get(root, "testGroups");
    json_int_t count = 0;

    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *vectors = json_object_get(json_array_get(groups, i), "tests");
        for (size_t k = 0; k < json_array_size(vectors); k++) {
            check(json_array_get(vectors, k), closure);
            count++;
        }
    }
    assert_true(count > 0);
    assert_int_equal(count, json_integer_value(json_object_get(root, "numberOfTests")));
}

static bool is_result(const json_t *vector, const char *result)
{
    return strcmp(vectors_text(vector, "result"), result) == 0;
}

static void fail_vector(const json_t *vector, const char *what)
{
    fail_msg("%s: vector %lld: %s", what,
             (long long)json_integer_value(json_object_get(vector, "tcId")),
             vectors_text(vector, "comment"));
}

/* ---- messages -------------------------------------------------------------------------- */

struct sealed {
    struct vectors_bytes key, nonce, associated, text, whole; /* whole: with its tag */
};

static struct sealed read_sealed(const json_t *vector)
{
    struct sealed sealed = {.key = vectors_bytes(vector, "key"),
                            .nonce = vectors_bytes(vector, "iv"),
                            .associated = vectors_bytes(vector, "aad"),
                            .text = vectors_bytes(vector, "msg"),
                            .whole = vectors_bytes(vector, "ct")};
    struct vectors_bytes tag = vectors_bytes(vector, "tag");

    assert_int_equal(sealed.key.length, TUNIC_KEY_SIZE);
    assert_int_equal(sealed.whole.length, sealed.text.length);
    assert_true(sealed.whole.length + tag.length <= sizeof(sealed.whole.bytes));
    memcpy(sealed.whole.bytes + sealed.whole.length, tag.bytes, tag.length);
    sealed.whole.length += tag.length;
    return sealed;
}

typedef int action(const struct sealed *sealed, const struct tunic_message_text *message);

static int seal(const struct sealed *sealed, const struct tunic_message_text *message)
{
    struct tunic_sealing sealing = {.key = sealed->key.bytes, .message = message};

    memcpy(sealing.nonce, sealed->nonce.bytes, sizeof(sealing.nonce));
    return tunic_seal(crypto, &sealing);
}

static int unseal(const struct sealed *sealed, const struct tunic_message_text *message)
{
    struct tunic_sealing sealing = {.key = sealed->key.bytes, .message = message};

    memcpy(sealing.nonce, sealed->nonce.bytes, sizeof(sealing.nonce));
    return tunic_unseal(crypto, &sealing);
}

static int seal_long(const struct sealed *sealed, const struct tunic_message_text *message)
{
    return tunic_xaead_seal(crypto, sealed->key.bytes, sealed->nonce.bytes, message);
}

static int unseal_long(const struct sealed *sealed, const struct tunic_message_text *message)
{
    return tunic_xaead_open(crypto, sealed->key.bytes, sealed->nonce.bytes, message);
}

struct algorithm {
    size_t nonce_size;
    action *seal;
    action *unseal;
    unsigned tried;
};

static void check_sealing(const json_t *vector, const struct sealed *sealed,
                          const struct algorithm *algorithm)
{
    struct vectors_bytes output = {.length = 0};
    const struct tunic_message_text message = {.associated = sealed->associated.bytes,
                                               .associated_length = sealed->associated.length,
                                               .text = sealed->text.bytes,
                                               .length = sealed->text.length,
                                               .output = output.bytes};

    if (algorithm->seal(sealed, &message) != 0)
        fail_vector(vector, "cannot be sealed");
    bool same = memcmp(output.bytes, sealed->whole.bytes, sealed->whole.length) == 0;
    if (same != is_result(vector, "valid"))
        fail_vector(vector, "sealed otherwise");
}

static void check_opening(const json_t *vector, const struct sealed *sealed,
                          const struct algorithm *algorithm)
{
    struct vectors_bytes output = {.bytes = {0xff}};
    const struct tunic_message_text message = {.associated = sealed->associated.bytes,
                                               .associated_length = sealed->associated.length,
                                               .text = sealed->whole.bytes,
                                               .length = sealed->whole.length,
                                               .output = output.bytes};
    int result = algorithm->unseal(sealed, &message);

    if (is_result(vector, "valid")) {
        if (result != 0 || memcmp(output.bytes, sealed->text.bytes, sealed->text.length) != 0)
            fail_vector(vector, "not opened");
    } else if (result != -EBADMSG || !tunic_is_zero(output.bytes, sealed->text.length))
        fail_vector(vector, "opened, or not wiped");
}

static void check_message(const json_t *vector, void *closure)
{
    struct algorithm *algorithm = closure;
    struct sealed sealed = read_sealed(vector);

    if (!is_result(vector, "valid") && !is_result(vector, "invalid"))
        fail_vector(vector, "an unknown result");
    if (sealed.nonce.length != algorithm->nonce_size) {
        /* There is no way to ask for it here. */
        if (!is_result(vector, "invalid"))
            fail_vector(vector, "a nonce of a length that is not known");
        return;
    }
    check_sealing(vector, &sealed, algorithm);
    check_opening(vector, &sealed, algorithm);
    algorithm->tried++;
}

static void test_chacha20_poly1305(void **state)
{
    struct algorithm algorithm = {.nonce_size = TUNIC_NONCE_SIZE, .seal = seal, .unseal = unseal};

    json_t *root = vectors_load("wycheproof-chacha20_poly1305.json");

    (void)state;
    for_each(root, check_message, &algorithm);
    json_decref(root);
    assert_true(algorithm.tried > 0);
    print_message("%u vectors tried\n", algorithm.tried);
}

static void test_xchacha20_poly1305(void **state)
{
    struct algorithm algorithm = {
        .nonce_size = TUNIC_XNONCE_SIZE, .seal = seal_long, .unseal = unseal_long};

    json_t *root = vectors_load("wycheproof-xchacha20_poly1305.json");

    (void)state;
    for_each(root, check_message, &algorithm);
    json_decref(root);
    assert_true(algorithm.tried > 0);
    print_message("%u vectors tried\n", algorithm.tried);
}

/* ---- providers ------------------------------------------------------------------------- */

struct tried {
    const struct tunic_cipher_provider *provider;
    struct tunic_cipher *cipher;
    unsigned count;
};

static void check_packet(const json_t *vector, void *closure)
{
    struct tried *tried = closure;
    struct sealed sealed = read_sealed(vector);
    struct tunic_packet_key key = {.serial = tried->count + 1};
    struct tunic_packet_job job = {.key = &key, .text = sealed.text.bytes};
    bool is_valid = is_result(vector, "valid");

    if (sealed.nonce.length != TUNIC_XNONCE_SIZE || sealed.associated.length != 0)
        return;
    assert_int_equal(tunic_hchacha20(crypto, sealed.key.bytes, sealed.nonce.bytes, key.bytes), 0);
    for (size_t i = 0; i < sizeof(job.counter); i++)
        job.counter |= (uint64_t)sealed.nonce.bytes[16 + i] << (8 * i);
    job.length = (uint32_t)sealed.text.length;
    tried->provider->seal(tried->cipher, &job, 1);
    if (job.failed || (memcmp(job.text, sealed.whole.bytes, sealed.whole.length) == 0) != is_valid)
        fail_vector(vector, "sealed otherwise");

    struct vectors_bytes text = vectors_bytes(vector, "msg");
    job.text = sealed.whole.bytes;
    tried->provider->unseal(tried->cipher, &job, 1);
    if (job.failed == is_valid)
        fail_vector(vector, "opened or refused wrongly");
    if (is_valid && memcmp(job.text, text.bytes, text.length) != 0)
        fail_vector(vector, "opened otherwise");
    tried->count++;
}

static void test_providers(void **state)
{
    json_t *root = vectors_load("wycheproof-xchacha20_poly1305.json");

    (void)state;
    for (size_t i = 0; i < tunic_cipher_provider_count; i++) {
        struct tried tried = {.provider = tunic_cipher_providers[i]};
        int result = tried.provider->open(&tried.cipher, crypto);
        if (result == -EOPNOTSUPP) {
            print_message("%s: not on this processor\n", tried.provider->name);
            continue;
        }
        assert_int_equal(result, 0);
        for_each(root, check_packet, &tried);
        tried.provider->close(tried.cipher);
        assert_true(tried.count > 0);
        print_message("%s: %u vectors tried\n", tried.provider->name, tried.count);
    }
    json_decref(root);
}

/* ---- X25519 ---------------------------------------------------------------------------- */

static void check_exchange(const json_t *vector, void *closure)
{
    struct vectors_bytes private_key = vectors_bytes(vector, "private");
    struct vectors_bytes public_key = vectors_bytes(vector, "public");
    struct vectors_bytes expected = vectors_bytes(vector, "shared");
    uint8_t shared[TUNIC_KEY_SIZE];
    unsigned *refused = closure;

    assert_int_equal(private_key.length, TUNIC_KEY_SIZE);
    assert_int_equal(public_key.length, TUNIC_KEY_SIZE);
    assert_int_equal(expected.length, TUNIC_KEY_SIZE);
    if (!is_result(vector, "valid") && !is_result(vector, "acceptable"))
        fail_vector(vector, "an unknown result");
    tunic_x25519_clamp(private_key.bytes);
    int result = tunic_x25519(crypto, private_key.bytes, public_key.bytes, shared);
    bool is_zero = tunic_is_zero(expected.bytes, sizeof(shared));
    if (is_zero && is_result(vector, "valid"))
        fail_vector(vector, "a result of zero is valid");
    if (result != (is_zero ? -EKEYREJECTED : 0) ||
        memcmp(shared, expected.bytes, sizeof(shared)) != 0)
        fail_vector(vector, "another result");
    *refused += is_zero;
}

static void test_x25519(void **state)
{
    unsigned refused = 0;
    json_t *root = vectors_load("wycheproof-x25519.json");

    (void)state;
    for_each(root, check_exchange, &refused);
    json_decref(root);
    assert_true(refused > 0);
    print_message("%u of them refused\n", refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chacha20_poly1305),
        cmocka_unit_test(test_xchacha20_poly1305),
        cmocka_unit_test(test_providers),
        cmocka_unit_test(test_x25519),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
