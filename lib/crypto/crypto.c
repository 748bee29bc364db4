/* SPDX-License-Identifier: MIT */
#include "crypto/state.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#define BLAKE2S_NAME "BLAKE2S-256"

/* ---- secrets --------------------------------------------------------------------------- */

void tunic_wipe(void *bytes, size_t length)
{
    OPENSSL_cleanse(bytes, length);
}

bool tunic_equal(const void *left, const void *right, size_t length)
{
    return CRYPTO_memcmp(left, right, length) == 0;
}

bool tunic_is_zero(const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;
    uint8_t any = 0;

    for (size_t i = 0; i < length; i++)
        any |= byte[i];
    return any == 0;
}

/* ---- hashes ---------------------------------------------------------------------------- */

int tunic_blake2s(struct tunic_crypto *crypto, uint8_t hash[TUNIC_HASH_SIZE],
                  const struct iovec *pieces, size_t count)
{
    int done = EVP_DigestInit_ex2(crypto->hash, crypto->blake2s, NULL);

    for (size_t i = 0; done == 1 && i < count; i++)
        done = EVP_DigestUpdate(crypto->hash, pieces[i].iov_base, pieces[i].iov_len);
    if (done == 1)
        done = EVP_DigestFinal_ex(crypto->hash, hash, NULL);
    return done == 1 ? 0 : -ENOMEM;
}

/* `size` is how long this kind of code is. */
static int authenticate(EVP_MAC_CTX *context, uint8_t *code, size_t size, const void *key,
                        size_t key_length, const struct iovec *pieces, size_t count)
{
    static const uint8_t nothing[TUNIC_KEY_SIZE];
    size_t length = 0;
    int done = EVP_MAC_init(context, key, key_length, NULL);

    for (size_t i = 0; done == 1 && i < count; i++)
        done = EVP_MAC_update(context, pieces[i].iov_base, pieces[i].iov_len);
    if (done == 1)
        done = EVP_MAC_final(context, code, &length, size);
    /* A context keeps its key, to begin again with it: it is given another. */
    if (EVP_MAC_init(context, nothing, sizeof(nothing), NULL) != 1)
        done = 0;
    return done == 1 && length == size ? 0 : -ENOMEM;
}

int tunic_blake2s_mac(struct tunic_crypto *crypto, uint8_t mac[TUNIC_MAC_SIZE], const void *key,
                      size_t key_length, const struct iovec *pieces, size_t count)
{
    return authenticate(crypto->blake2s_mac, mac, TUNIC_MAC_SIZE, key, key_length, pieces, count);
}

int tunic_derive(struct tunic_crypto *crypto, const uint8_t chaining_key[TUNIC_HASH_SIZE],
                 const void *input, size_t input_length, uint8_t *const results[TUNIC_DERIVED_MOST],
                 size_t count)
{
    uint8_t secret[TUNIC_HASH_SIZE];
    uint8_t derived[TUNIC_DERIVED_MOST][TUNIC_HASH_SIZE];
    struct iovec piece = tunic_piece(input, input_length);
    int result = authenticate(crypto->hmac, secret, sizeof(secret), chaining_key, TUNIC_HASH_SIZE,
                              &piece, 1);

    for (size_t i = 0; result == 0 && i < count; i++) {
        uint8_t number = (uint8_t)(i + 1);
        struct iovec pieces[] = {
            {.iov_base = i == 0 ? NULL : derived[i - 1], .iov_len = i == 0 ? 0 : TUNIC_HASH_SIZE},
            {.iov_base = &number, .iov_len = sizeof(number)}};
        result = authenticate(crypto->hmac, derived[i], TUNIC_HASH_SIZE, secret, sizeof(secret),
                              pieces, TUNIC_COUNT(pieces));
    }
    for (size_t i = 0; result == 0 && i < count; i++)
        if (results[i] != NULL)
            memcpy(results[i], derived[i], TUNIC_HASH_SIZE);
    tunic_wipe(secret, sizeof(secret));
    tunic_wipe(derived, sizeof(derived));
    return result;
}

/* ---- opening --------------------------------------------------------------------------- */

static int lacks(struct tunic_error *error, const char *algorithm)
{
    int result = tunic_error_set(error, TUNIC_UNSUPPORTED, "cannot encrypt");

    tunic_error_cause(error, "libcrypto has no %s", algorithm);
    tunic_error_hint(error, "OpenSSL 3 with its default provider is needed");
    return result;
}

static int fetch_ciphers(struct tunic_crypto *crypto, struct tunic_error *error)
{
    crypto->chacha20_poly1305 = EVP_CIPHER_fetch(crypto->library, "ChaCha20-Poly1305", NULL);
    if (crypto->chacha20_poly1305 == NULL)
        return lacks(error, "ChaCha20-Poly1305");
    crypto->chacha20 = EVP_CIPHER_fetch(crypto->library, "ChaCha20", NULL);
    if (crypto->chacha20 == NULL)
        return lacks(error, "ChaCha20");
    crypto->blake2s = EVP_MD_fetch(crypto->library, BLAKE2S_NAME, NULL);
    if (crypto->blake2s == NULL)
        return lacks(error, BLAKE2S_NAME);
    crypto->cipher = EVP_CIPHER_CTX_new();
    crypto->hash = EVP_MD_CTX_new();
    if (crypto->cipher == NULL || crypto->hash == NULL)
        return tunic_error_memory(error);
    return 0;
}

/* A context keeps what it was made of. */
static EVP_MAC_CTX *fetch_mac(struct tunic_crypto *crypto, const char *name,
                              const OSSL_PARAM *settings)
{
    EVP_MAC *mac = EVP_MAC_fetch(crypto->library, name, NULL);
    EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (context != NULL && EVP_MAC_CTX_set_params(context, settings) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

static int fetch_macs(struct tunic_crypto *crypto, struct tunic_error *error)
{
    size_t size = TUNIC_MAC_SIZE;
    char digest[] = BLAKE2S_NAME;
    const OSSL_PARAM sized[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                OSSL_PARAM_construct_end()};
    const OSSL_PARAM hashed[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};

    crypto->blake2s_mac = fetch_mac(crypto, "BLAKE2SMAC", sized);
    if (crypto->blake2s_mac == NULL)
        return lacks(error, "BLAKE2SMAC");
    crypto->hmac = fetch_mac(crypto, "HMAC", hashed);
    if (crypto->hmac == NULL)
        return lacks(error, "HMAC of BLAKE2s");
    return 0;
}

/* One of each. What libcrypto prepares at first use may need what a sandbox forbids later. */
static int rehearse(struct tunic_crypto *crypto, struct tunic_error *error)
{
    uint8_t key[TUNIC_KEY_SIZE] = {1};
    uint8_t other[TUNIC_KEY_SIZE] = {9};
    uint8_t text[TUNIC_TAG_SIZE] = {0};
    uint8_t *const results[TUNIC_DERIVED_MOST] = {other};
    const struct iovec piece = {.iov_base = key, .iov_len = sizeof(key)};
    const struct tunic_message_text sealing = {.text = text, .output = text};
    const struct tunic_message_text opening = {
        .text = text, .length = sizeof(text), .output = text};

    tunic_x25519_clamp(key);
    if (tunic_x25519_public(crypto, key, other) != 0 ||
        tunic_x25519(crypto, key, other, other) != 0)
        return lacks(error, "X25519");
    if (tunic_blake2s(crypto, other, &piece, 1) != 0 ||
        tunic_blake2s_mac(crypto, text, key, sizeof(key), &piece, 1) != 0 ||
        tunic_derive(crypto, key, other, sizeof(other), results, 1) != 0)
        return lacks(error, "working BLAKE2s");
    if (tunic_aead_seal(crypto, key, 0, &sealing) != 0 ||
        tunic_aead_open(crypto, key, 0, &opening) != 0 ||
        tunic_xaead_seal(crypto, key, (const uint8_t[TUNIC_XNONCE_SIZE]){0}, &sealing) != 0 ||
        tunic_xaead_open(crypto, key, (const uint8_t[TUNIC_XNONCE_SIZE]){0}, &opening) != 0)
        return lacks(error, "working ChaCha20-Poly1305");
    return 0;
}

int tunic_crypto_open(struct tunic_crypto **crypto, struct tunic_error *error)
{
    struct tunic_crypto *opened = calloc(1, sizeof(*opened));
    int result;

    *crypto = NULL;
    if (opened == NULL)
        return tunic_error_memory(error);
    opened->library = OSSL_LIB_CTX_new();
    if (opened->library == NULL) {
        free(opened);
        return tunic_error_memory(error);
    }
    opened->provider = OSSL_PROVIDER_load(opened->library, "default");
    if (opened->provider == NULL)
        result = lacks(error, "default provider");
    else
        result = fetch_ciphers(opened, error);
    if (result == 0)
        result = fetch_macs(opened, error);
    if (result == 0)
        result = rehearse(opened, error);
    if (result == 0)
        *crypto = opened;
    else
        tunic_crypto_close(opened);
    return result;
}

void tunic_crypto_close(struct tunic_crypto *crypto)
{
    if (crypto == NULL)
        return;
    EVP_CIPHER_CTX_free(crypto->cipher);
    EVP_MAC_CTX_free(crypto->hmac);
    EVP_MAC_CTX_free(crypto->blake2s_mac);
    EVP_MD_CTX_free(crypto->hash);
    EVP_MD_free(crypto->blake2s);
    EVP_CIPHER_free(crypto->chacha20);
    EVP_CIPHER_free(crypto->chacha20_poly1305);
    if (crypto->provider != NULL)
        (void)OSSL_PROVIDER_unload(crypto->provider);
    OSSL_LIB_CTX_free(crypto->library);
    free(crypto);
}
