/* SPDX-License-Identifier: MIT */
/* For the tests of UDP: a kernel that refuses what is sent. */
#ifndef TUNIC_TESTS_TRANSPORT_UDP_KERNEL_H
#define TUNIC_TESTS_TRANSPORT_UDP_KERNEL_H

#include "transport_udp_side.h"

struct kernel {
    int (*refuse)(const struct msghdr *message); /* an errno, or 0; NULL: nothing is refused */
    unsigned most;                               /* messages taken in a call; 0: all */
    unsigned calls;
    unsigned singles; /* by sendmsg */
    unsigned runs;    /* that were taken */
    unsigned longest; /* of them, in datagrams */
    unsigned sources; /* messages taken that tell their source */
    unsigned allowed; /* for `refuse`: how many it takes, or refuses, yet */
};

extern struct kernel kernel;

bool has_source(const struct msghdr *message);
unsigned datagrams_of(const struct msghdr *message);

/* Of a test: nothing is refused yet. */
int kernel_setup(void **state);
/* The left sends to the right, and is connected; or is not, and sends to what is returned, from
 * 127.0.0.1. */
void connect_sides(void);
struct tunic_endpoint listening_sides(void);
/* Of the left; and nothing is left in its outbox. */
void assert_counters(uint64_t sent, uint64_t bytes, uint64_t dropped);

#endif
