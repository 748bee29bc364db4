/* SPDX-License-Identifier: MIT */
/* An engine of WireGuard without a network. */
#ifndef TUNIC_BENCH_END_H
#define TUNIC_BENCH_END_H

#include "wireguard/wireguard.h"

enum { END_POST = 256 };

/* An engine, and what it sent last. */
struct end {
    struct tunic_wireguard *wireguard;
    uint8_t post[END_POST];
    size_t posted;
    uint64_t dice;
};

void end_open(struct end *end, struct tunic_crypto *crypto, uint64_t seed);
/* The same in every run: good enough to be measured with, and for nothing else. */
uint64_t end_dice(uint64_t *dice);
void end_random(void *closure, void *bytes, size_t length);

#endif
