/* SPDX-License-Identifier: MIT */
/* Batches of packets, and what they must become. */
#ifndef TUNIC_TESTS_CRYPTO_SIDE_H
#define TUNIC_TESTS_CRYPTO_SIDE_H

#include "unit.h"

#include "crypto/state.h"

enum { SIDE_KEYS = 3, SIDE_LONGEST = 65535 };

extern struct tunic_crypto *crypto;
extern const struct tunic_packet_key side_keys[SIDE_KEYS];

int side_setup(void **state);
int side_teardown(void **state);

/* Bytes that look random, of a number. */
void side_fill(uint8_t *text, size_t length, uint64_t number);
/* What sealing must give, by the functions for single messages: length + TUNIC_TAG_SIZE bytes. */
void side_seal(uint8_t *output, const struct tunic_packet_job *job);

/* `size` bytes between two pages that may not be touched: they end where the second begins, or
 * begin where the first ends. */
struct side_fence {
    uint8_t *begin;
    uint8_t *end;
};
struct side_fence side_fence(size_t size);

#endif
