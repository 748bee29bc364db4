/* SPDX-License-Identifier: MIT */
#include "crypto/state.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

static const char algorithm[] = "X25519";

void tunic_x25519_clamp(uint8_t private_key[TUNIC_KEY_SIZE])
{
    private_key[0] &= 0xf8;
    private_key[TUNIC_KEY_SIZE - 1] = (uint8_t)((private_key[TUNIC_KEY_SIZE - 1] & 0x7f) | 0x40);
}

int tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                        uint8_t public_key[TUNIC_KEY_SIZE])
{
    size_t length = TUNIC_KEY_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key_ex(crypto->library, algorithm, NULL, private_key,
                                                    TUNIC_KEY_SIZE);
    bool done = own != NULL && EVP_PKEY_get_raw_public_key(own, public_key, &length) == 1;

    EVP_PKEY_free(own);
    return done ? 0 : -ENOMEM;
}

/* Of a key that is given as private alone, libcrypto would make the public one too, which is as
 * much work as the exchange itself, and not used by it: the peer's stands in for it. */
static EVP_PKEY *private_half(struct tunic_crypto *crypto, const uint8_t *private_key,
                              const uint8_t *peer_key)
{
    struct iovec own = tunic_piece(private_key, TUNIC_KEY_SIZE);
    struct iovec peer = tunic_piece(peer_key, TUNIC_KEY_SIZE);
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, own.iov_base, own.iov_len),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, peer.iov_base, peer.iov_len),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(crypto->library, algorithm, NULL);
    EVP_PKEY *key = NULL;

    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parts);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* `failed` tells apart what is the points' fault from what is the system's. */
static bool derive(EVP_PKEY_CTX *context, EVP_PKEY *peer, uint8_t shared[TUNIC_KEY_SIZE],
                   int *failed)
{
    size_t length = TUNIC_KEY_SIZE;

    *failed = -ENOMEM;
    if (EVP_PKEY_derive_init(context) != 1 || EVP_PKEY_derive_set_peer_ex(context, peer, 0) != 1)
        return false;
    *failed = -EKEYREJECTED;
    return EVP_PKEY_derive(context, shared, &length) == 1 && !tunic_is_zero(shared, length);
}

int tunic_x25519(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                 const uint8_t public_key[TUNIC_KEY_SIZE], uint8_t shared[TUNIC_KEY_SIZE])
{
    int result = -ENOMEM;
    EVP_PKEY *own = private_half(crypto, private_key, public_key);
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(crypto->library, algorithm, NULL, public_key,
                                                    TUNIC_KEY_SIZE);
    EVP_PKEY_CTX *context = NULL;

    /* A refused point is no news to whoever else reads libcrypto's queue of errors. */
    (void)ERR_set_mark();
    if (own != NULL && peer != NULL)
        context = EVP_PKEY_CTX_new_from_pkey(crypto->library, own, NULL);
    if (context != NULL && derive(context, peer, shared, &result))
        result = 0;
    else
        tunic_wipe(shared, TUNIC_KEY_SIZE);
    (void)ERR_pop_to_mark();
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(own);
    return result;
}
