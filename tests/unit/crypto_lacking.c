/* SPDX-License-Identifier: MIT */
/* A libcrypto that lacks an algorithm: it is named, and what was opened before is closed. */
#include "unit.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

static const char *missing; /* what is not found */

#define WRAP_FETCH(type, function)                                                                 \
    type *__real_##function(OSSL_LIB_CTX *library, const char *name, const char *properties);      \
    type *__wrap_##function(OSSL_LIB_CTX *library, const char *name, const char *properties);      \
    type *__wrap_##function(OSSL_LIB_CTX *library, const char *name, const char *properties)       \
    {                                                                                              \
        if (strcmp(name, missing) == 0)                                                            \
            return NULL;                                                                           \
        return __real_##function(library, name, properties);                                       \
    }
WRAP_FETCH(EVP_CIPHER, EVP_CIPHER_fetch)
WRAP_FETCH(EVP_MD, EVP_MD_fetch)
WRAP_FETCH(EVP_MAC, EVP_MAC_fetch)
WRAP_FETCH(EVP_PKEY_CTX, EVP_PKEY_CTX_new_from_name)

OSSL_PROVIDER *__real_OSSL_PROVIDER_load(OSSL_LIB_CTX *library, const char *name);
OSSL_PROVIDER *__wrap_OSSL_PROVIDER_load(OSSL_LIB_CTX *library, const char *name);
OSSL_PROVIDER *__wrap_OSSL_PROVIDER_load(OSSL_LIB_CTX *library, const char *name)
{
    return strcmp(name, missing) == 0 ? NULL : __real_OSSL_PROVIDER_load(library, name);
}

static void expect_lack(const char *name, const char *cause)
{
    struct tunic_crypto *crypto;
    struct tunic_error error;

    missing = name;
    assert_int_equal(tunic_crypto_open(&crypto, &error), -EOPNOTSUPP);
    assert_null(crypto);
    assert_int_equal(error.reason, TUNIC_UNSUPPORTED);
    assert_string_equal(error.action, "cannot encrypt");
    assert_string_equal(error.cause, cause);
    assert_string_equal(error.hint, "OpenSSL 3 with its default provider is needed");
}

static void test_each_is_named(void **state)
{
    (void)state;
    expect_lack("default", "libcrypto has no default provider");
    expect_lack("ChaCha20-Poly1305", "libcrypto has no ChaCha20-Poly1305");
    expect_lack("ChaCha20", "libcrypto has no ChaCha20");
    expect_lack("BLAKE2S-256", "libcrypto has no BLAKE2S-256");
    expect_lack("BLAKE2SMAC", "libcrypto has no BLAKE2SMAC");
    expect_lack("HMAC", "libcrypto has no HMAC of BLAKE2s");
    expect_lack("X25519", "libcrypto has no X25519");
}

static void test_nothing_lacks(void **state)
{
    struct tunic_crypto *crypto;
    struct tunic_error error;

    (void)state;
    missing = "nothing";
    assert_int_equal(tunic_crypto_open(&crypto, &error), 0);
    tunic_crypto_close(crypto);
    tunic_crypto_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_named),
        cmocka_unit_test(test_nothing_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
