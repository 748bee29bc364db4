/* SPDX-License-Identifier: MIT */
/*
 * A batch of packets to be merged, which remembers them as they were. Each lies in a buffer of
 * just its length, so that the sanitizers see what is read or written beyond it.
 */
#ifndef TUNIC_TESTS_PACKET_BATCH_H
#define TUNIC_TESTS_PACKET_BATCH_H

#include "packet/packet.h"

struct batch_packet {
    uint8_t *given;    /* to be merged */
    uint8_t *original; /* a copy */
    size_t length;
    uint64_t flow; /* by addresses, ports and protocol; 0: without ports */
    bool seen;
};

struct batch {
    struct tunic_merge merge;
    struct virtio_net_hdr header; /* of the group that was taken last */
    struct iovec pieces[TUNIC_MERGE_PIECES];
    size_t piece_count;
    uint8_t *taken; /* its bytes in one, exactly as long */
    size_t taken_length;
    size_t count;
    size_t merged; /* packets that came out of groups of several, as batch_check found */
    struct batch_packet packets[TUNIC_MERGE_PACKETS];
};

struct batch *batch_new(enum tunic_layer layer, unsigned kinds);
/* Forgets the packets. */
void batch_reset(struct batch *batch);
void batch_free(struct batch *batch);

/* As tunic_merge_add. */
int batch_add(struct batch *batch, const uint8_t *packet, size_t length);
/* Takes a group, into what the members say. */
void batch_take(struct batch *batch, size_t group);
/* Takes all groups and splits them: each packet must come out once, as it was, and those of a flow
 * in their order. Returns what is wrong, or NULL. */
const char *batch_check(struct batch *batch);

#endif
