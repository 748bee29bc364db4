/* SPDX-License-Identifier: MIT */
/* What the tests of merging have in common: a batch, empty when a test begins. */
#ifndef TUNIC_TESTS_PACKET_MERGING_H
#define TUNIC_TESTS_PACKET_MERGING_H

#include "unit.h"

#include "packet_batch.h"
#include "packet_build.h"

enum { ALL = TUNIC_MERGE_TCP4 | TUNIC_MERGE_TCP6 | TUNIC_MERGE_UDP };

extern struct batch *batch;
extern uint8_t packet[RECIPE_MOST]; /* to build one in */

int merging_begin(void **state);
/* Before each test: one that failed leaves its packets. */
int merging_empty(void **state);
int merging_end(void **state);

#define MERGING_TEST(function) cmocka_unit_test_setup(function, merging_empty)

void add(const struct recipe *recipe);

/* The numbers of packets in the groups, and that they come out as they were. Empties the batch. */
void check_groups(const size_t *counts, size_t count);

#define CHECK_GROUPS(...)                                                                          \
    do {                                                                                           \
        static const size_t counts[] = {__VA_ARGS__};                                              \
        check_groups(counts, TUNIC_COUNT(counts));                                                 \
    } while (0)

#endif
