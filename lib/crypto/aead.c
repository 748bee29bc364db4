/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key that HChaCha20 makes of
 * the key and the first 16 bytes of the nonce. libcrypto has no HChaCha20, but its ChaCha20 block
 * is the same permutation with the initial state added at the end. Taken away again, words 0 to 3
 * and 12 to 15 are HChaCha20's result, and of these the initial state is public: the constant, and
 * what stands in the place of counter and nonce.
 */
#include "crypto/state.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <string.h>

enum { BLOCK_SIZE = 64, BLOCK_END = 48, STATE_ROW = 16 };

static bool fits(const struct tunic_message_text *message)
{
    return message->length <= INT_MAX && message->associated_length <= INT_MAX;
}

/* Associated data, then `length` bytes of text. */
static bool update(EVP_CIPHER_CTX *context, const struct tunic_message_text *message, size_t length)
{
    int written;

    if (message->associated_length > 0 &&
        EVP_CipherUpdate(context, NULL, &written, message->associated,
                         (int)message->associated_length) != 1)
        return false;
    return length == 0 ||
           EVP_CipherUpdate(context, message->output, &written, message->text, (int)length) == 1;
}

int tunic_seal(struct tunic_crypto *crypto, const struct tunic_sealing *sealing)
{
    const struct tunic_message_text *message = sealing->message;
    EVP_CIPHER_CTX *context = crypto->cipher;
    int written;

    if (!fits(message))
        return -EMSGSIZE;
    uint8_t *tag = message->output + message->length;
    OSSL_PARAM wanted[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, TUNIC_TAG_SIZE),
        OSSL_PARAM_construct_end()};
    bool done = EVP_EncryptInit_ex2(context, crypto->chacha20_poly1305, sealing->key,
                                    sealing->nonce, NULL) == 1 &&
                update(context, message, message->length) &&
                EVP_EncryptFinal_ex(context, tag, &written) == 1 &&
                EVP_CIPHER_CTX_get_params(context, wanted) == 1;
    if (!done)
        tunic_wipe(message->output, message->length + TUNIC_TAG_SIZE);
    (void)EVP_CIPHER_CTX_reset(context); /* which wipes the key */
    return done ? 0 : -ENOMEM;
}

int tunic_unseal(struct tunic_crypto *crypto, const struct tunic_sealing *sealing)
{
    const struct tunic_message_text *message = sealing->message;
    EVP_CIPHER_CTX *context = crypto->cipher;
    uint8_t tag[TUNIC_TAG_SIZE];
    uint8_t none[TUNIC_TAG_SIZE];
    int written;
    int result = -ENOMEM;

    if (message->length < TUNIC_TAG_SIZE || !fits(message))
        return -EBADMSG;
    size_t length = message->length - TUNIC_TAG_SIZE;
    memcpy(tag, message->text + length, sizeof(tag));
    const OSSL_PARAM given[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, sizeof(tag)),
        OSSL_PARAM_construct_end()};
    if (EVP_DecryptInit_ex2(context, crypto->chacha20_poly1305, sealing->key, sealing->nonce,
                            given) == 1 &&
        update(context, message, length))
        result = EVP_DecryptFinal_ex(context, none, &written) == 1 ? 0 : -EBADMSG;
    if (result != 0) /* the text was written before it could be checked */
        tunic_wipe(message->output, length);
    (void)EVP_CIPHER_CTX_reset(context); /* which wipes the key */
    return result;
}

/* ---- ChaCha20-Poly1305 ----------------------------------------------------------------- */

int tunic_aead_seal(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    uint64_t counter, const struct tunic_message_text *message)
{
    struct tunic_sealing sealing = {.key = key, .message = message};

    tunic_nonce_of_counter(sealing.nonce, counter);
    return tunic_seal(crypto, &sealing);
}

int tunic_aead_open(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    uint64_t counter, const struct tunic_message_text *message)
{
    struct tunic_sealing sealing = {.key = key, .message = message};

    tunic_nonce_of_counter(sealing.nonce, counter);
    return tunic_unseal(crypto, &sealing);
}

/* ---- XChaCha20-Poly1305 ---------------------------------------------------------------- */

static uint32_t load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* One row of the state without what was added to it. */
static void take_away(uint8_t *result, const uint8_t *row, const uint8_t *added)
{
    for (unsigned i = 0; i < STATE_ROW; i += 4) {
        uint32_t word = load(row + i) - load(added + i);
        for (unsigned k = 0; k < 4; k++)
            result[i + k] = (uint8_t)(word >> (8 * k));
    }
}

int tunic_hchacha20(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    const uint8_t nonce[16], uint8_t derived[TUNIC_KEY_SIZE])
{
    static const uint8_t constant[STATE_ROW + 1] = "expand 32-byte k";
    uint8_t block[BLOCK_SIZE] = {0};
    int written;
    bool done = EVP_EncryptInit_ex2(crypto->cipher, crypto->chacha20, key, nonce, NULL) == 1 &&
                EVP_EncryptUpdate(crypto->cipher, block, &written, block, sizeof(block)) == 1;

    (void)EVP_CIPHER_CTX_reset(crypto->cipher);
    take_away(derived, block, constant);
    take_away(derived + STATE_ROW, block + BLOCK_END, nonce);
    tunic_wipe(block, sizeof(block));
    return done ? 0 : -ENOMEM;
}

static int with_long_nonce(struct tunic_crypto *crypto, const uint8_t *key, const uint8_t *nonce,
                           const struct tunic_message_text *message,
                           int (*action)(struct tunic_crypto *, const struct tunic_sealing *))
{
    uint8_t derived[TUNIC_KEY_SIZE];
    struct tunic_sealing sealing = {.key = derived, .message = message};
    int result = tunic_hchacha20(crypto, key, nonce, derived);

    memcpy(sealing.nonce + TUNIC_NONCE_COUNTER, nonce + STATE_ROW, sizeof(uint64_t));
    if (result == 0)
        result = action(crypto, &sealing);
    tunic_wipe(derived, sizeof(derived));
    return result;
}

int tunic_xaead_seal(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                     const uint8_t nonce[TUNIC_XNONCE_SIZE],
                     const struct tunic_message_text *message)
{
    return with_long_nonce(crypto, key, nonce, message, tunic_seal);
}

int tunic_xaead_open(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                     const uint8_t nonce[TUNIC_XNONCE_SIZE],
                     const struct tunic_message_text *message)
{
    return with_long_nonce(crypto, key, nonce, message, tunic_unseal);
}
