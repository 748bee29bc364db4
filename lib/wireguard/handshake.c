/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: a step of the handshake works on a copy of it, and all that is secret is in
 * that copy. Each step is the list of the specification's tokens, in their order; `finish`, which
 * ends every step, makes the handshake the copy if all of them succeeded, and wipes the copy.
 *
 * The pattern has a pre-shared key, so that a token "e" is mixed into the key as well as into the
 * hash (specification, 9.2).
 */
#include "wireguard/handshake.h"

#include "wireguard/noise.h"

#include <errno.h>
#include <string.h>

static const char protocol[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";

struct step {
    struct tunic_noise noise;
    struct tunic_handshake handshake;
};

static void start(struct step *step, struct tunic_crypto *crypto,
                  const struct tunic_handshake *handshake)
{
    step->noise = (struct tunic_noise){.crypto = crypto};
    memcpy(step->noise.chaining_key, handshake->chaining_key, TUNIC_HASH_SIZE);
    memcpy(step->noise.hash, handshake->hash, TUNIC_HASH_SIZE);
    step->handshake = *handshake;
}

static int finish(struct step *step, struct tunic_handshake *handshake)
{
    int result = step->noise.result;

    if (result == 0) {
        *handshake = step->handshake;
        memcpy(handshake->chaining_key, step->noise.chaining_key, TUNIC_HASH_SIZE);
        memcpy(handshake->hash, step->noise.hash, TUNIC_HASH_SIZE);
    }
    tunic_wipe(step, sizeof(*step));
    return result;
}

/* ---- tokens ---------------------------------------------------------------------------- */

static void mix_ephemeral(struct step *step, const uint8_t *public_key)
{
    tunic_noise_mix_hash(&step->noise, public_key, TUNIC_KEY_SIZE);
    tunic_noise_mix_key(&step->noise, public_key);
}

static void write_ephemeral(struct step *step, uint8_t *message)
{
    struct tunic_identity *ephemeral = &step->handshake.ephemeral;

    if (step->noise.result == 0)
        step->noise.result =
            tunic_x25519_public(step->noise.crypto, ephemeral->private_key, ephemeral->public_key);
    memcpy(message, ephemeral->public_key, TUNIC_KEY_SIZE);
    mix_ephemeral(step, ephemeral->public_key);
}

static void read_ephemeral(struct step *step, const uint8_t *message)
{
    memcpy(step->handshake.remote_ephemeral, message, TUNIC_KEY_SIZE);
    mix_ephemeral(step, step->handshake.remote_ephemeral);
}

/* Zero: one of the static keys is a point of low order. */
static void mix_static_static(struct step *step, const uint8_t *static_static)
{
    if (step->noise.result == 0 && tunic_is_zero(static_static, TUNIC_KEY_SIZE))
        step->noise.result = -EKEYREJECTED;
    tunic_noise_mix_key(&step->noise, static_static);
}

/* ---- steps ----------------------------------------------------------------------------- */

int tunic_handshake_begin(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                          const void *prologue, size_t prologue_length,
                          const uint8_t responder_static[TUNIC_KEY_SIZE])
{
    struct step step;

    start(&step, crypto, handshake);
    tunic_noise_initialize(&step.noise, crypto, protocol);
    tunic_noise_mix_hash(&step.noise, prologue, prologue_length);
    tunic_noise_mix_hash(&step.noise, responder_static, TUNIC_KEY_SIZE);
    return finish(&step, handshake);
}

int tunic_handshake_write_first(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own,
                                const uint8_t static_static[TUNIC_KEY_SIZE], const void *payload,
                                size_t payload_length, uint8_t *message)
{
    struct step step;
    struct tunic_noise *noise = &step.noise;
    const struct tunic_handshake *keys = &step.handshake;

    start(&step, crypto, handshake);
    /* e, es, s, ss */
    write_ephemeral(&step, message);
    tunic_noise_mix_exchange(noise, keys->ephemeral.private_key, keys->remote_static);
    tunic_noise_encrypt_and_hash(noise, own->public_key, TUNIC_KEY_SIZE,
                                 message + TUNIC_NOISE_FIRST_STATIC);
    mix_static_static(&step, static_static);
    tunic_noise_encrypt_and_hash(noise, payload, payload_length,
                                 message + TUNIC_NOISE_FIRST_PAYLOAD);
    return finish(&step, handshake);
}

int tunic_handshake_read_static(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own, const uint8_t *message)
{
    struct step step;
    struct tunic_handshake *keys = &step.handshake;

    start(&step, crypto, handshake);
    /* e, es, s */
    read_ephemeral(&step, message);
    tunic_noise_mix_exchange(&step.noise, own->private_key, keys->remote_ephemeral);
    tunic_noise_decrypt_and_hash(&step.noise, message + TUNIC_NOISE_FIRST_STATIC, TUNIC_KEY_SIZE,
                                 keys->remote_static);
    return finish(&step, handshake);
}

int tunic_handshake_read_first(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                               const uint8_t static_static[TUNIC_KEY_SIZE], const uint8_t *message,
                               void *payload, size_t payload_length)
{
    struct step step;

    start(&step, crypto, handshake);
    /* ss */
    mix_static_static(&step, static_static);
    tunic_noise_decrypt_and_hash(&step.noise, message + TUNIC_NOISE_FIRST_PAYLOAD, payload_length,
                                 payload);
    return finish(&step, handshake);
}

int tunic_handshake_write_second(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 const uint8_t preshared[TUNIC_KEY_SIZE], const void *payload,
                                 size_t payload_length, uint8_t *message)
{
    struct step step;
    struct tunic_noise *noise = &step.noise;
    const struct tunic_handshake *keys = &step.handshake;

    start(&step, crypto, handshake);
    /* e, ee, se, psk */
    write_ephemeral(&step, message);
    tunic_noise_mix_exchange(noise, keys->ephemeral.private_key, keys->remote_ephemeral);
    tunic_noise_mix_exchange(noise, keys->ephemeral.private_key, keys->remote_static);
    tunic_noise_mix_key_and_hash(noise, preshared);
    tunic_noise_encrypt_and_hash(noise, payload, payload_length,
                                 message + TUNIC_NOISE_SECOND_PAYLOAD);
    return finish(&step, handshake);
}

int tunic_handshake_read_second(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own,
                                const uint8_t preshared[TUNIC_KEY_SIZE], const uint8_t *message,
                                void *payload, size_t payload_length)
{
    struct step step;
    struct tunic_noise *noise = &step.noise;
    const struct tunic_handshake *keys = &step.handshake;

    start(&step, crypto, handshake);
    /* e, ee, se, psk */
    read_ephemeral(&step, message);
    tunic_noise_mix_exchange(noise, keys->ephemeral.private_key, keys->remote_ephemeral);
    tunic_noise_mix_exchange(noise, own->private_key, keys->remote_ephemeral);
    tunic_noise_mix_key_and_hash(noise, preshared);
    tunic_noise_decrypt_and_hash(noise, message + TUNIC_NOISE_SECOND_PAYLOAD, payload_length,
                                 payload);
    return finish(&step, handshake);
}

int tunic_handshake_split(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                          bool initiator, uint8_t send[TUNIC_KEY_SIZE],
                          uint8_t receive[TUNIC_KEY_SIZE])
{
    struct step step;
    int result;

    start(&step, crypto, handshake);
    tunic_noise_split(&step.noise, initiator ? send : receive, initiator ? receive : send);
    result = finish(&step, handshake);
    tunic_handshake_wipe(handshake);
    if (result != 0) {
        tunic_wipe(send, TUNIC_KEY_SIZE);
        tunic_wipe(receive, TUNIC_KEY_SIZE);
    }
    return result;
}

void tunic_handshake_wipe(struct tunic_handshake *handshake)
{
    tunic_wipe(handshake, sizeof(*handshake));
}
