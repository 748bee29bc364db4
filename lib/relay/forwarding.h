/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/relay: which peer of a tap has a MAC address.
 *
 * Learned from the frames that come, forgotten after a while without any. Bounded, and so that a
 * peer which makes addresses up pushes out what is old, not what is in use. Frames go between the
 * device and the peers, never from peer to peer (split horizon): meshes need no spanning tree.
 */
#ifndef TUNIC_RELAY_FORWARDING_H
#define TUNIC_RELAY_FORWARDING_H

#include "base/base.h"

enum {
    TUNIC_FORWARDING_MAC = 6,
    TUNIC_FORWARDING_WAYS = 4, /* addresses that share a place in the table */
    TUNIC_FORWARDING_SETS = 1024,
    TUNIC_FORWARDING_AGE = 300, /* seconds */
};

struct tunic_forwarding_entry {
    void *port; /* NULL: empty */
    uint64_t seen;
    uint8_t mac[TUNIC_FORWARDING_MAC];
};

struct tunic_forwarding {
    uint64_t seed;
    struct tunic_forwarding_entry sets[TUNIC_FORWARDING_SETS][TUNIC_FORWARDING_WAYS];
};

/* `seed`: random, so that nobody can choose addresses that meet in one place. */
void tunic_forwarding_open(struct tunic_forwarding *table, uint64_t seed);
/* A frame of this source came by `port`. Group addresses are nobody's. */
void tunic_forwarding_learn(struct tunic_forwarding *table, const uint8_t mac[TUNIC_FORWARDING_MAC],
                            void *port, uint64_t now);
/* NULL: unknown, or a group: to all of them. */
void *tunic_forwarding_find(const struct tunic_forwarding *table,
                            const uint8_t mac[TUNIC_FORWARDING_MAC], uint64_t now);
void tunic_forwarding_forget(struct tunic_forwarding *table, const void *port);

#endif
