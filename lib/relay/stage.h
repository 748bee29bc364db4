/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/relay: packets that wait for a session. A fixed number of places of one size,
 * shared by all peers, so that what waits is bounded whoever sends and wherever to; a peer that
 * has its share, and anybody where all places are taken, loses its oldest packet.
 */
#ifndef TUNIC_RELAY_STAGE_H
#define TUNIC_RELAY_STAGE_H

#include "packet/packet.h"

enum { TUNIC_STAGE_SHARE = 128 }; /* packets of one peer */

struct tunic_staged {
    struct tunic_staged *next;
    uint16_t length;
    uint8_t traffic_class;
    uint8_t bytes[];
};

struct tunic_stage {
    uint8_t *memory;
    size_t size; /* of a place */
    size_t places;
    size_t packet_most; /* bytes */
    struct tunic_staged *free;
};

/* What waits for one peer, oldest first. Zero: nothing. */
struct tunic_stage_queue {
    struct tunic_staged *first;
    struct tunic_staged *last;
    uint16_t count;
};

/* Packets of up to `packet_most` bytes. -ENOMEM. */
int tunic_stage_open(struct tunic_stage *stage, size_t packet_most);
void tunic_stage_close(struct tunic_stage *stage); /* of one that could not be opened, too */
/* False: something was lost: this packet, which is too large or finds no place, or an older one of
 * the queue, whose place it took. */
bool tunic_stage_put(struct tunic_stage *stage, struct tunic_stage_queue *queue,
                     const struct tunic_packet *packet);
/* The oldest, which stays where it is until tunic_stage_drop_first; false: none. */
bool tunic_stage_first(const struct tunic_stage_queue *queue, struct tunic_packet *packet);
void tunic_stage_drop_first(struct tunic_stage *stage, struct tunic_stage_queue *queue);
/* Drops all; returns how many. */
size_t tunic_stage_drop(struct tunic_stage *stage, struct tunic_stage_queue *queue);

#endif
