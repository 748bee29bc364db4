/* SPDX-License-Identifier: MIT */
/* libcrypto, everywhere. Of one packet of 1,440 bytes a good part is EVP's own cost, so that the
 * key and the parameters of the tag stay in the context and only the nonce is set. */
#include "crypto/state.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <stdlib.h>

/* One direction. */
struct side {
    EVP_CIPHER_CTX *context;
    uint64_t serial; /* of the key that it has; 0: none */
    OSSL_PARAM tag[2];
};

struct tunic_cipher {
    struct side sealing;
    struct side opening;
};

static bool side_open(struct side *side, const struct tunic_crypto *crypto, int encrypt)
{
    side->tag[0] =
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, TUNIC_TAG_SIZE);
    side->tag[1] = OSSL_PARAM_construct_end();
    side->context = EVP_CIPHER_CTX_new();
    return side->context != NULL && EVP_CipherInit_ex2(side->context, crypto->chacha20_poly1305,
                                                       NULL, NULL, encrypt, NULL) == 1;
}

/* The key, where it is another than the last packet's, and where its tag is. */
static const uint8_t *side_prepare(struct side *side, const struct tunic_packet_job *job)
{
    side->tag[0].data = job->text + job->length;
    if (side->serial == job->key->serial)
        return NULL;
    side->serial = job->key->serial;
    return job->key->bytes;
}

/* What was given may be half done: nothing of it may be used, nor the context's key trusted. */
static void give_up(struct side *side, struct tunic_packet_job *job, size_t length)
{
    side->serial = 0;
    job->failed = true;
    tunic_wipe(job->text, length);
}

static bool seal_one(struct side *side, const struct tunic_packet_job *job)
{
    uint8_t nonce[TUNIC_NONCE_SIZE];
    int written;
    const uint8_t *key = side_prepare(side, job);

    tunic_nonce_of_counter(nonce, job->counter);
    return job->length <= INT_MAX &&
           EVP_EncryptInit_ex2(side->context, NULL, key, nonce, NULL) == 1 &&
           (job->length == 0 || EVP_EncryptUpdate(side->context, job->text, &written, job->text,
                                                  (int)job->length) == 1) &&
           EVP_EncryptFinal_ex(side->context, job->text + job->length, &written) == 1 &&
           EVP_CIPHER_CTX_get_params(side->context, side->tag) == 1;
}

static bool open_one(struct side *side, const struct tunic_packet_job *job)
{
    uint8_t nonce[TUNIC_NONCE_SIZE];
    uint8_t none[TUNIC_TAG_SIZE];
    int written;
    const uint8_t *key = side_prepare(side, job);

    tunic_nonce_of_counter(nonce, job->counter);
    return job->length <= INT_MAX &&
           EVP_DecryptInit_ex2(side->context, NULL, key, nonce, side->tag) == 1 &&
           (job->length == 0 || EVP_DecryptUpdate(side->context, job->text, &written, job->text,
                                                  (int)job->length) == 1) &&
           EVP_DecryptFinal_ex(side->context, none, &written) == 1;
}

static void openssl_seal(struct tunic_cipher *cipher, struct tunic_packet_job *jobs, size_t count)
{
    for (struct tunic_packet_job *job = jobs; job < jobs + count; job++) {
        job->failed = false;
        if (!seal_one(&cipher->sealing, job))
            give_up(&cipher->sealing, job, (size_t)job->length + TUNIC_TAG_SIZE);
    }
}

static void openssl_unseal(struct tunic_cipher *cipher, struct tunic_packet_job *jobs, size_t count)
{
    for (struct tunic_packet_job *job = jobs; job < jobs + count; job++) {
        job->failed = false;
        if (!open_one(&cipher->opening, job))
            give_up(&cipher->opening, job, job->length);
    }
}

static void openssl_close(struct tunic_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->sealing.context); /* which wipes the key */
    EVP_CIPHER_CTX_free(cipher->opening.context);
    free(cipher);
}

static int openssl_open(struct tunic_cipher **cipher, struct tunic_crypto *crypto)
{
    struct tunic_cipher *opened = calloc(1, sizeof(*opened));

    *cipher = NULL;
    if (opened == NULL)
        return -ENOMEM;
    if (!side_open(&opened->sealing, crypto, 1) || !side_open(&opened->opening, crypto, 0)) {
        openssl_close(opened);
        return -ENOMEM;
    }
    *cipher = opened;
    return 0;
}

const struct tunic_cipher_provider tunic_cipher_openssl = {.name = "openssl",
                                                           .open = openssl_open,
                                                           .close = openssl_close,
                                                           .seal = openssl_seal,
                                                           .unseal = openssl_unseal};
