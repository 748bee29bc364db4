/* SPDX-License-Identifier: MIT */
/* Two engines that know each other, as most tests of the protocol have them. */
#ifndef TUNIC_TESTS_WIREGUARD_TWO_H
#define TUNIC_TESTS_WIREGUARD_TWO_H

#include "wireguard_side.h"

extern struct side_network network;
extern struct side_link *left;  /* the first node's, to the second */
extern struct side_link *right; /* and back */

/* Set-up and tear-down. The seed is all of the randomness. */
int two_begin(void **state, uint64_t seed);
int two_end(void **state);

const struct tunic_wireguard_counters *counters(const struct side_link *link);
/* The last message of a type once more, from somewhere else. */
void again(unsigned type);

#endif
