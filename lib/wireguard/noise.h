/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/wireguard: the symmetric state of Noise (specification, 5.2), one function for
 * each of its operations.
 *
 * A failure is kept in `result`, and operations behind it do nothing, so that a handshake is
 * written as a list of tokens and asks once, at its end. The state never leaves that function,
 * which wipes it.
 *
 * There is no counter of messages: in IKpsk2 every key encrypts one message, with the nonce 0.
 */
#ifndef TUNIC_WIREGUARD_NOISE_H
#define TUNIC_WIREGUARD_NOISE_H

#include "crypto/crypto.h"

struct tunic_noise {
    struct tunic_crypto *crypto;
    uint8_t chaining_key[TUNIC_HASH_SIZE];
    uint8_t hash[TUNIC_HASH_SIZE];
    uint8_t key[TUNIC_KEY_SIZE];
    uint8_t scratch[TUNIC_KEY_SIZE]; /* a secret on its way into the others */
    int result;                      /* 0, or the first failure */
};

/* The protocol's name, of more than TUNIC_HASH_SIZE bytes; sets all there is. */
void tunic_noise_initialize(struct tunic_noise *noise, struct tunic_crypto *crypto,
                            const char *protocol);
void tunic_noise_mix_hash(struct tunic_noise *noise, const void *data, size_t length);
void tunic_noise_mix_key(struct tunic_noise *noise, const uint8_t input[TUNIC_KEY_SIZE]);
void tunic_noise_mix_key_and_hash(struct tunic_noise *noise, const uint8_t input[TUNIC_KEY_SIZE]);
/* MixKey of a Diffie-Hellman result. -EKEYREJECTED: it is zero. */
void tunic_noise_mix_exchange(struct tunic_noise *noise, const uint8_t private_key[TUNIC_KEY_SIZE],
                              const uint8_t public_key[TUNIC_KEY_SIZE]);
/* Writes `length` bytes and a tag. */
void tunic_noise_encrypt_and_hash(struct tunic_noise *noise, const void *text, size_t length,
                                  uint8_t *output);
/* Reads `length` bytes and a tag; `output` is another place. */
void tunic_noise_decrypt_and_hash(struct tunic_noise *noise, const uint8_t *text, size_t length,
                                  void *output);
void tunic_noise_split(struct tunic_noise *noise, uint8_t first[TUNIC_KEY_SIZE],
                       uint8_t second[TUNIC_KEY_SIZE]);

#endif
