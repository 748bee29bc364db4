/* SPDX-License-Identifier: MIT */
/* Two sides of a handshake, with keys that are the same in every run. */
#ifndef TUNIC_TESTS_WIREGUARD_PAIR_H
#define TUNIC_TESTS_WIREGUARD_PAIR_H

#include "unit.h"

#include "wireguard/handshake.h"

enum {
    PAIR_TIMESTAMP = 12,
    PAIR_FIRST = TUNIC_NOISE_FIRST_PAYLOAD + PAIR_TIMESTAMP + TUNIC_TAG_SIZE,
    PAIR_SECOND = TUNIC_NOISE_SECOND_PAYLOAD + TUNIC_TAG_SIZE,
};

extern struct tunic_crypto *pair_crypto;
int pair_open_crypto(void **state);
int pair_close_crypto(void **state);

/* Bytes that never come twice in a run. */
void pair_fill(void *bytes, size_t length);
struct tunic_identity pair_identity(void);
/* Every point of small order, in every encoding that X25519 takes. */
enum { PAIR_LOW_ORDER = 14 };
void pair_low_order(size_t index, uint8_t point[TUNIC_KEY_SIZE]);

struct side {
    struct tunic_identity identity;
    struct tunic_handshake handshake;
};

struct pair {
    struct side initiator;
    struct side responder;
    uint8_t static_static[TUNIC_KEY_SIZE];
    uint8_t preshared[TUNIC_KEY_SIZE];
    uint8_t timestamp[PAIR_TIMESTAMP];
    uint8_t first[PAIR_FIRST];
    uint8_t second[PAIR_SECOND];
};

/* One step each; what they return is the step's. */
int pair_write_first(struct pair *pair);
int pair_read_static(struct pair *pair);
int pair_read_first(struct pair *pair);
int pair_write_second(struct pair *pair);
int pair_read_second(struct pair *pair);

/* The steps in their order. */
typedef int (*pair_step)(struct pair *pair);
enum { PAIR_STEPS = 5 };
extern const pair_step pair_steps[PAIR_STEPS];
/* New keys, and all steps before that one. */
void pair_before(struct pair *pair, pair_step step);
/* The same again with new ephemeral keys alone. */
void pair_again(struct pair *pair, pair_step step);

#endif
