/* SPDX-License-Identifier: MIT */
#include "wireguard/noise.h"

#include <string.h>

static void hash(struct tunic_noise *noise, const struct iovec *pieces, size_t count)
{
    if (noise->result == 0)
        noise->result = tunic_blake2s(noise->crypto, noise->hash, pieces, count);
}

void tunic_noise_initialize(struct tunic_noise *noise, struct tunic_crypto *crypto,
                            const char *protocol)
{
    const struct iovec name = tunic_piece(protocol, strlen(protocol));

    *noise = (struct tunic_noise){.crypto = crypto};
    hash(noise, &name, 1);
    memcpy(noise->chaining_key, noise->hash, sizeof(noise->chaining_key));
}

void tunic_noise_mix_hash(struct tunic_noise *noise, const void *data, size_t length)
{
    const struct iovec pieces[] = {tunic_piece(noise->hash, sizeof(noise->hash)),
                                   tunic_piece(data, length)};

    hash(noise, pieces, TUNIC_COUNT(pieces));
}

static void derive(struct tunic_noise *noise, const uint8_t *input, size_t length,
                   uint8_t *const results[TUNIC_DERIVED_MOST], size_t count)
{
    if (noise->result == 0)
        noise->result =
            tunic_derive(noise->crypto, noise->chaining_key, input, length, results, count);
}

void tunic_noise_mix_key(struct tunic_noise *noise, const uint8_t input[TUNIC_KEY_SIZE])
{
    uint8_t *const results[TUNIC_DERIVED_MOST] = {noise->chaining_key, noise->key};

    derive(noise, input, TUNIC_KEY_SIZE, results, 2);
}

void tunic_noise_mix_key_and_hash(struct tunic_noise *noise, const uint8_t input[TUNIC_KEY_SIZE])
{
    uint8_t *const results[TUNIC_DERIVED_MOST] = {noise->chaining_key, noise->scratch, noise->key};

    derive(noise, input, TUNIC_KEY_SIZE, results, 3);
    tunic_noise_mix_hash(noise, noise->scratch, sizeof(noise->scratch));
}

void tunic_noise_mix_exchange(struct tunic_noise *noise, const uint8_t private_key[TUNIC_KEY_SIZE],
                              const uint8_t public_key[TUNIC_KEY_SIZE])
{
    if (noise->result == 0)
        noise->result = tunic_x25519(noise->crypto, private_key, public_key, noise->scratch);
    tunic_noise_mix_key(noise, noise->scratch);
}

void tunic_noise_encrypt_and_hash(struct tunic_noise *noise, const void *text, size_t length,
                                  uint8_t *output)
{
    const struct tunic_message_text message = {.associated = noise->hash,
                                               .associated_length = sizeof(noise->hash),
                                               .text = text,
                                               .length = length,
                                               .output = output};

    if (noise->result == 0)
        noise->result = tunic_aead_seal(noise->crypto, noise->key, 0, &message);
    tunic_noise_mix_hash(noise, output, length + TUNIC_TAG_SIZE);
}

void tunic_noise_decrypt_and_hash(struct tunic_noise *noise, const uint8_t *text, size_t length,
                                  void *output)
{
    const struct tunic_message_text message = {.associated = noise->hash,
                                               .associated_length = sizeof(noise->hash),
                                               .text = text,
                                               .length = length + TUNIC_TAG_SIZE,
                                               .output = output};

    if (noise->result == 0)
        noise->result = tunic_aead_open(noise->crypto, noise->key, 0, &message);
    tunic_noise_mix_hash(noise, text, length + TUNIC_TAG_SIZE);
}

void tunic_noise_split(struct tunic_noise *noise, uint8_t first[TUNIC_KEY_SIZE],
                       uint8_t second[TUNIC_KEY_SIZE])
{
    uint8_t *const results[TUNIC_DERIVED_MOST] = {first, second};

    derive(noise, NULL, 0, results, 2);
}
