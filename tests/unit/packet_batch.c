/* SPDX-License-Identifier: MIT */
#include "packet_batch.h"
#include "packet_build.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 7 }; /* few, so that a group is split in several calls */

static void *allocate(size_t length)
{
    void *memory = malloc(length ? length : 1);

    if (!memory)
        abort();
    return memory;
}

static void *exactly(const void *bytes, size_t length)
{
    void *copy = allocate(length);

    if (length != 0)
        memcpy(copy, bytes, length);
    return copy;
}

struct batch *batch_new(enum tunic_layer layer, unsigned kinds)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        abort();
    tunic_merge_prepare(&batch->merge, layer, kinds);
    return batch;
}

void batch_reset(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->packets[i].given);
        free(batch->packets[i].original);
    }
    batch->count = 0;
    batch->merged = 0;
    tunic_merge_reset(&batch->merge);
}

void batch_free(struct batch *batch)
{
    batch_reset(batch);
    free(batch->taken);
    free(batch);
}

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

static uint64_t flow_of(const struct tunic_headers *headers, const uint8_t *packet)
{
    const uint8_t *network = packet + headers->network;

    if (headers->version == 0 || headers->fragment ||
        (headers->protocol != IPPROTO_TCP && headers->protocol != IPPROTO_UDP))
        return 0;
    uint64_t hash = mix(0xcbf29ce484222325, &headers->protocol, 1);
    if (headers->version == 4)
        hash = mix(hash, network + 12, 8);
    else
        hash = mix(hash, network + 8, 32);
    return mix(hash, packet + headers->transport, 4) | 1;
}

int batch_add(struct batch *batch, const uint8_t *packet, size_t length)
{
    struct tunic_headers headers;
    struct batch_packet added = {.length = length};

    added.given = exactly(packet, length);
    int result = tunic_merge_add(&batch->merge, added.given, length);
    if (result != 0) {
        free(added.given);
        return result;
    }
    added.original = exactly(packet, length);
    if (tunic_headers_read(&headers, batch->merge.layer, packet, length))
        added.flow = flow_of(&headers, packet);
    batch->packets[batch->count++] = added;
    return 0;
}

void batch_take(struct batch *batch, size_t group)
{
    size_t length = 0;

    batch->piece_count = tunic_merge_take(&batch->merge, group, &batch->header, batch->pieces);
    for (size_t i = 0; i < batch->piece_count; i++)
        length += batch->pieces[i].iov_len;
    free(batch->taken);
    batch->taken = allocate(length);
    batch->taken_length = 0;
    for (size_t i = 0; i < batch->piece_count; i++) {
        memcpy(batch->taken + batch->taken_length, batch->pieces[i].iov_base,
               batch->pieces[i].iov_len);
        batch->taken_length += batch->pieces[i].iov_len;
    }
}

/* ---- what came out --------------------------------------------------------------------- */

/* Zero has two forms, of which one is written. */
static bool same_sum(uint8_t *left, uint8_t *right)
{
    static const uint8_t ones[2] = {0xff, 0xff};
    bool same = memcmp(left, right, 2) == 0;

    if (!same && memcmp(left, ones, 2) == 0)
        memset(left, 0, 2);
    if (!same && memcmp(right, ones, 2) == 0)
        memset(right, 0, 2);
    return memcmp(left, right, 2) == 0;
}

/* Whether `result`, which was merged and split, is as it was. The identification of a packet that
 * may not be fragmented means nothing, and is counted. */
static bool is_restored(enum tunic_layer layer, uint8_t *original, uint8_t *result, size_t length)
{
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, layer, result, length))
        return false;
    uint8_t *network = result + headers.network;
    uint8_t *before = original + headers.network;
    if (headers.version == 4) {
        if (plain_sum(0, network, 20) != 0xffff)
            return false;
        if (network[6] & 0x40) {
            memcpy(network + 4, before + 4, 2);
            memcpy(network + 10, before + 10, 2);
        }
        if (!same_sum(before + 10, network + 10))
            return false;
    }
    size_t sum = headers.transport + (headers.protocol == IPPROTO_UDP ? 6U : 16U);
    return same_sum(original + sum, result + sum) && memcmp(original, result, length) == 0;
}

static const char *see(struct batch *batch, size_t index)
{
    if (index >= batch->count)
        return "a packet that was not given";
    if (batch->packets[index].seen)
        return "a packet comes out twice";
    batch->packets[index].seen = true;
    return NULL;
}

static const char *check_split(struct batch *batch, const struct tunic_merge_group *group)
{
    enum tunic_layer layer = batch->merge.layer;
    uint8_t heads[ROOM * TUNIC_HEADERS_MOST];
    struct tunic_packet packets[ROOM];
    struct tunic_split split;
    size_t index = group->first;
    size_t left = group->count;
    const char *wrong = NULL;
    size_t count;
    size_t used;

    if (tunic_split_begin(&split, &batch->header, layer, batch->taken, batch->taken_length) != 0)
        return "the super-packet is refused";
    while ((count = tunic_split_next(&split, packets, ROOM, heads, 0, &used)) != 0) {
        for (size_t i = 0; i < count && !wrong; i++) {
            size_t length = (size_t)packets[i].head_length + packets[i].body_length;
            wrong = left-- == 0 ? "more than were merged" : see(batch, index);
            if (wrong)
                break;
            struct batch_packet *expected = &batch->packets[index];
            uint8_t *result = allocate(length);
            (void)tunic_packet_copy(&packets[i], result);
            if (length != expected->length ||
                !is_restored(layer, expected->original, result, length))
                wrong = "not as it was";
            free(result);
            index = batch->merge.packets[index].next;
            batch->merged++;
        }
        if (wrong)
            return wrong;
    }
    return left == 0 ? NULL : "less than were merged";
}

static const char *check_alone(struct batch *batch, const struct tunic_merge_group *group)
{
    static const struct virtio_net_hdr nothing;
    const struct batch_packet *packet = &batch->packets[group->first];
    const char *wrong = see(batch, group->first);

    if (wrong)
        return wrong;
    if (memcmp(&batch->header, &nothing, sizeof(nothing)) != 0)
        return "a single packet with more than an empty header";
    if (batch->piece_count != 1 || batch->taken_length != packet->length ||
        memcmp(batch->taken, packet->original, packet->length) != 0)
        return "a single packet was changed";
    return NULL;
}

/* Within a group the order is that of the chain; between them it is that of their packets. */
static const char *check_order(const struct batch *batch)
{
    for (size_t i = 0; i < batch->merge.group_count; i++) {
        const struct tunic_merge_group *group = &batch->merge.groups[i];
        uint64_t flow = batch->packets[group->first].flow;
        size_t packet = group->first;
        for (size_t n = 1; n < group->count; n++) {
            size_t next = batch->merge.packets[packet].next;
            if (next <= packet)
                return "out of order in a group";
            packet = next;
        }
        for (size_t later = i + 1; flow != 0 && later < batch->merge.group_count; later++) {
            size_t first = batch->merge.groups[later].first;
            if (first < packet && batch->packets[first].flow == flow)
                return "out of order in a flow";
        }
    }
    return NULL;
}

const char *batch_check(struct batch *batch)
{
    for (size_t i = 0; i < batch->merge.group_count; i++) {
        const struct tunic_merge_group *group = &batch->merge.groups[i];
        batch_take(batch, i);
        const char *wrong =
            group->count == 1 ? check_alone(batch, group) : check_split(batch, group);
        if (wrong)
            return wrong;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->packets[i].seen)
            return "a packet is lost";
    return check_order(batch);
}
