/* SPDX-License-Identifier: MIT */
/* Private to lib/crypto: what is fetched from libcrypto, and what is found at build time. */
#ifndef TUNIC_CRYPTO_STATE_H
#define TUNIC_CRYPTO_STATE_H

#include "crypto/crypto.h"

#include <openssl/evp.h>

enum {
    TUNIC_NONCE_SIZE = 12,
    TUNIC_NONCE_COUNTER = 4, /* where the counter begins, behind 32 zero bits */
};

/* Between two calls the contexts hold no key. */
struct tunic_crypto {
    OSSL_LIB_CTX *library; /* ours alone: no configuration file has a say */
    OSSL_PROVIDER *provider;
    EVP_CIPHER *chacha20_poly1305;
    EVP_CIPHER *chacha20;
    EVP_MD *blake2s;
    EVP_MD_CTX *hash;
    EVP_MAC_CTX *blake2s_mac;
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *cipher;
};

extern const struct tunic_cipher_provider tunic_cipher_openssl;
extern const struct tunic_cipher_provider tunic_cipher_ipsec;

/* WireGuard's nonce of a counter. */
static inline void tunic_nonce_of_counter(uint8_t nonce[TUNIC_NONCE_SIZE], uint64_t counter)
{
    for (unsigned i = 0; i < TUNIC_NONCE_COUNTER; i++)
        nonce[i] = 0;
    for (unsigned i = 0; i < sizeof(counter); i++)
        nonce[TUNIC_NONCE_COUNTER + i] = (uint8_t)(counter >> (8 * i));
}

/* ---- aead.c, for its own use and the published vectors, which choose other nonces ---------- */

struct tunic_sealing {
    const uint8_t *key;
    uint8_t nonce[TUNIC_NONCE_SIZE];
    const struct tunic_message_text *message;
};
int tunic_seal(struct tunic_crypto *crypto, const struct tunic_sealing *sealing);
int tunic_unseal(struct tunic_crypto *crypto, const struct tunic_sealing *sealing);
/* The key of XChaCha20-Poly1305, of the first 16 bytes of its nonce. */
int tunic_hchacha20(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    const uint8_t nonce[16], uint8_t derived[TUNIC_KEY_SIZE]);

#endif
