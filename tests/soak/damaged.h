/* SPDX-License-Identifier: MIT */
/*
 * Packets to throw at a relay. They begin as whole ones of flows, several of a flow one after the
 * other; some are left so, and of the others bits are turned around, lengths lie, ends are cut off
 * or spliced, with or without the checksums that make it look right.
 */
#ifndef TUNIC_TESTS_DAMAGED_H
#define TUNIC_TESTS_DAMAGED_H

#include "../netns/traffic.h"
#include "../unit/packet_build.h"

struct damaged {
    enum tunic_layer layer;
    struct lot lot;
    struct recipe recipe;
    uint32_t left; /* of the run of this recipe */
    uint8_t before[2000];
    size_t before_length;
};

enum { DAMAGED_MOST = 65507, DAMAGED_ROOM = 2 * RECIPE_MOST };

/* Writes the next one, of DAMAGED_MOST bytes at most; takes DAMAGED_ROOM. Returns its length. */
size_t damaged_make(struct damaged *damaged, uint8_t *packet);
/* Puts bytes drawn by lot behind it. Returns how long it is then. */
size_t damaged_append(struct damaged *damaged, uint8_t *packet, size_t length, size_t more);

/* True once in so many. */
static inline bool once_in(struct lot *lot, uint32_t times)
{
    return draw(lot, times) == 0;
}

#endif
