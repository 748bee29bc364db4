/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/wireguard: Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s. Knows nothing of peers, indices
 * and MACs. Prologue and payloads are parameters, so that published vectors can be run.
 *
 *   <- s
 *   ...
 *   -> e, es, s, ss    payload
 *   <- e, ee, se, psk  payload
 *
 * A function that fails (-EBADMSG: not authentic; -EKEYREJECTED: a point of low order; -ENOMEM)
 * leaves the handshake that it was given as it was.
 */
#ifndef TUNIC_WIREGUARD_HANDSHAKE_H
#define TUNIC_WIREGUARD_HANDSHAKE_H

#include "crypto/crypto.h"

/* A key pair. */
struct tunic_identity {
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint8_t public_key[TUNIC_KEY_SIZE];
};

struct tunic_handshake {
    uint8_t chaining_key[TUNIC_HASH_SIZE];
    uint8_t hash[TUNIC_HASH_SIZE];
    struct tunic_identity ephemeral; /* our own; private_key clamped by the caller */
    uint8_t remote_ephemeral[TUNIC_KEY_SIZE];
    uint8_t remote_static[TUNIC_KEY_SIZE];
};

/* Initialises a handshake: the protocol's name, the prologue and the responder's static key. The
 * other keys may be set before or behind it. */
int tunic_handshake_begin(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                          const void *prologue, size_t prologue_length,
                          const uint8_t responder_static[TUNIC_KEY_SIZE]);

enum {
    TUNIC_NOISE_FIRST_STATIC = TUNIC_KEY_SIZE, /* offset of the encrypted static key */
    TUNIC_NOISE_FIRST_PAYLOAD = TUNIC_NOISE_FIRST_STATIC + TUNIC_KEY_SIZE + TUNIC_TAG_SIZE,
    TUNIC_NOISE_SECOND_PAYLOAD = TUNIC_KEY_SIZE,
};

/* Initiator, behind begin: `ephemeral.private_key` and `remote_static` are set. `static_static` is
 * X25519 of both static keys, made beforehand; zero is refused. Writes TUNIC_NOISE_FIRST_PAYLOAD
 * bytes and the encrypted payload with its tag. */
int tunic_handshake_write_first(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own,
                                const uint8_t static_static[TUNIC_KEY_SIZE], const void *payload,
                                size_t payload_length, uint8_t *message);
/* Responder, behind begin: takes the part before the payload; `remote_static` says who it claims to
 * be. */
int tunic_handshake_read_static(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own, const uint8_t *message);
/* And then the payload, at `message` + TUNIC_NOISE_FIRST_PAYLOAD, once `static_static` is known. */
int tunic_handshake_read_first(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                               const uint8_t static_static[TUNIC_KEY_SIZE], const uint8_t *message,
                               void *payload, size_t payload_length);

/* Responder: `ephemeral.private_key` is set. Writes TUNIC_NOISE_SECOND_PAYLOAD bytes and the
 * encrypted payload (of length 0 in WireGuard) with its tag. */
int tunic_handshake_write_second(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 const uint8_t preshared[TUNIC_KEY_SIZE], const void *payload,
                                 size_t payload_length, uint8_t *message);
/* Initiator. */
int tunic_handshake_read_second(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                const struct tunic_identity *own,
                                const uint8_t preshared[TUNIC_KEY_SIZE], const uint8_t *message,
                                void *payload, size_t payload_length);

/* Both: the keys of the session; the handshake is wiped, whatever the result. */
int tunic_handshake_split(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                          bool initiator, uint8_t send[TUNIC_KEY_SIZE],
                          uint8_t receive[TUNIC_KEY_SIZE]);
void tunic_handshake_wipe(struct tunic_handshake *handshake);

#endif
