/* SPDX-License-Identifier: MIT */
/* A libcrypto that lacks an algorithm: it is named, and what was opened before is closed. */
#include "unit.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

static const char *missing; /* what is not found */

EVP_CIPHER *__real_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name,
                                    const char *properties);
EVP_CIPHER *__wrap_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name,
                                    const char *properties);
EVP_CIPHER *__wrap_EVP_CIPHER_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
    return strcmp(name, missing) == 0 ? NULL : __real_EVP_CIPHER_fetch(library, name, properties);
}

EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
    return strcmp(name, missing) == 0 ? NULL : __real_EVP_MD_fetch(library, name, properties);
}

EVP_MAC *__real_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
    return strcmp(name, missing) == 0 ? NULL : __real_EVP_MAC_fetch(library, name, properties);
}

EVP_PKEY_CTX *__real_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library, const char *name,
                                                const char *properties);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library, const char *name,
                                                const char *properties);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *library, const char *name,
                                                const char *properties)
{
    return strcmp(name, missing) == 0
               ? NULL
               : __real_EVP_PKEY_CTX_new_from_name(library, name, properties);
}

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
