/* SPDX-License-Identifier: MIT */
/*
 * lib/crypto: the primitives' seam.
 *
 *   crypto.c     libcrypto's algorithms, fetched once; hashes and authentication codes
 *   exchange.c   X25519
 *   aead.c       ChaCha20-Poly1305 and XChaCha20-Poly1305 of single messages
 *   provider_*.c ChaCha20-Poly1305 of many packets: one file a provider
 *   pool.c       a batch of packets spread over threads
 *
 * No primitive is of our own. Whoever calls names keys, nonces and lengths; nothing here keeps
 * a key longer than the call, but for a packet cipher's context of the key it had last, which is
 * wiped when it is closed. Secrets are compared in constant time. Convention of functions without a
 * struct tunic_error: 0 or a negative errno, -ENOMEM, -EMSGSIZE (over 2 GiB), -EBADMSG (forged) or
 * -EKEYREJECTED. Sources: RFC 7693 (BLAKE2s), RFC 2104, RFC 5869, RFC 7748, RFC 8439,
 * draft-irtf-cfrg-xchacha-03.
 */
#ifndef TUNIC_CRYPTO_H
#define TUNIC_CRYPTO_H

#include "base/base.h"

#include <sys/uio.h>

enum {
    TUNIC_KEY_SIZE = 32,
    TUNIC_HASH_SIZE = 32,
    TUNIC_TAG_SIZE = 16,
    TUNIC_MAC_SIZE = 16,
    TUNIC_XNONCE_SIZE = 24,
    TUNIC_DERIVED_MOST = 3, /* keys of one derivation */
};

/* libcrypto's algorithms. One belongs to one thread. */
struct tunic_crypto;

/* TUNIC_UNSUPPORTED: this libcrypto lacks an algorithm, and the error names it. */
int tunic_crypto_open(struct tunic_crypto **crypto, struct tunic_error *error);
void tunic_crypto_close(struct tunic_crypto *crypto); /* NULL too */

/* Overwrites what was secret, in a way that no compiler leaves out. */
void tunic_wipe(void *bytes, size_t length);
/* In a time that depends on the length alone. */
bool tunic_equal(const void *left, const void *right, size_t length);
bool tunic_is_zero(const void *bytes, size_t length);

/* ---- hashes ---------------------------------------------------------------------------- */

/* BLAKE2s-256 of the pieces one behind the other. */
int tunic_blake2s(struct tunic_crypto *crypto, uint8_t hash[TUNIC_HASH_SIZE],
                  const struct iovec *pieces, size_t count);
/* Keyed BLAKE2s-128, with a key of 1 to 32 bytes. */
int tunic_blake2s_mac(struct tunic_crypto *crypto, uint8_t mac[TUNIC_MAC_SIZE], const void *key,
                      size_t key_length, const struct iovec *pieces, size_t count);
/* HKDF of HMAC-BLAKE2s as Noise has it (specification 4.3): `count` keys, 1 to TUNIC_DERIVED_MOST,
 * from `chaining_key` and `input`, which may be one of the results. Results that are NULL are not
 * kept. */
int tunic_derive(struct tunic_crypto *crypto, const uint8_t chaining_key[TUNIC_HASH_SIZE],
                 const void *input, size_t input_length, uint8_t *const results[TUNIC_DERIVED_MOST],
                 size_t count);

/* ---- X25519 ---------------------------------------------------------------------------- */

/* Makes a private key of 32 random bytes (RFC 7748 5). */
void tunic_x25519_clamp(uint8_t private_key[TUNIC_KEY_SIZE]);
int tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                        uint8_t public_key[TUNIC_KEY_SIZE]);
/* -EKEYREJECTED: the result is zero, of a point of low order; `shared` is then zero as well. */
int tunic_x25519(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                 const uint8_t public_key[TUNIC_KEY_SIZE], uint8_t shared[TUNIC_KEY_SIZE]);

/* ---- single messages ------------------------------------------------------------------- */

/* What is sealed or opened; `text` and `output` may be the same place. */
struct tunic_message_text {
    const uint8_t *associated;
    size_t associated_length;
    const uint8_t *text; /* opening: with the tag behind it, which `length` counts */
    size_t length;
    uint8_t *output; /* sealing: TUNIC_TAG_SIZE bytes longer; opening: as much shorter */
};

/* The nonce is 32 zero bits and the counter, little endian. */
int tunic_aead_seal(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    uint64_t counter, const struct tunic_message_text *message);
/* -EBADMSG: forged, and `output` is wiped. */
int tunic_aead_open(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                    uint64_t counter, const struct tunic_message_text *message);
int tunic_xaead_seal(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                     const uint8_t nonce[TUNIC_XNONCE_SIZE],
                     const struct tunic_message_text *message);
int tunic_xaead_open(struct tunic_crypto *crypto, const uint8_t key[TUNIC_KEY_SIZE],
                     const uint8_t nonce[TUNIC_XNONCE_SIZE],
                     const struct tunic_message_text *message);

/* ---- many packets ---------------------------------------------------------------------- */

struct tunic_packet_key {
    uint8_t bytes[TUNIC_KEY_SIZE];
    uint64_t serial; /* no other key of the process has it; what was prepared for a key is found by
                        it. Never 0 */
};

/* One packet, in place, without associated data. The key stays where it is until it is done. */
struct tunic_packet_job {
    const struct tunic_packet_key *key;
    uint64_t counter;
    uint8_t *text; /* TUNIC_TAG_SIZE bytes of tag behind it: written by sealing, read by opening */
    uint32_t length; /* of the text alone; may be 0 */
    bool failed; /* opening: forged, and the text is wiped. Sealing: libcrypto failed; the text is
                    wiped, and nothing may be sent of it */
};

/* A way to do it. Its contexts belong to one thread each. */
struct tunic_cipher;
struct tunic_cipher_provider {
    const char *name; /* "openssl", "ipsec-mb" */
    /* -EOPNOTSUPP: this processor lacks what makes it worth it. */
    int (*open)(struct tunic_cipher **cipher, struct tunic_crypto *crypto);
    void (*close)(struct tunic_cipher *cipher);
    void (*seal)(struct tunic_cipher *cipher, struct tunic_packet_job *jobs, size_t count);
    void (*unseal)(struct tunic_cipher *cipher, struct tunic_packet_job *jobs, size_t count);
};

/* Those of this build, best first; the last one works everywhere. */
extern const struct tunic_cipher_provider *const tunic_cipher_providers[];
extern const size_t tunic_cipher_provider_count;

/* The best provider that works here, on `workers` threads: the caller's and `workers` - 1 others,
 * which sleep while there is nothing to do. */
struct tunic_cipher_pool;
enum { TUNIC_WORKERS_MOST = 64 };
int tunic_cipher_pool_open(struct tunic_cipher_pool **pool, struct tunic_crypto *crypto,
                           unsigned workers, struct tunic_error *error);
/* Starts the others; before that the caller's does all of it. A thread has the privileges of the
 * one that starts it, and keeps them when that one gives its own up. */
int tunic_cipher_pool_start(struct tunic_cipher_pool *pool, struct tunic_error *error);
void tunic_cipher_pool_close(struct tunic_cipher_pool *pool); /* NULL too */
const char *tunic_cipher_pool_provider(const struct tunic_cipher_pool *pool);
/* All jobs are done when it returns; in which order is not said, so that packets keep theirs. */
void tunic_cipher_pool_seal(struct tunic_cipher_pool *pool, struct tunic_packet_job *jobs,
                            size_t count);
void tunic_cipher_pool_unseal(struct tunic_cipher_pool *pool, struct tunic_packet_job *jobs,
                              size_t count);

#endif
