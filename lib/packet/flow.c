/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <netinet/in.h>
#include <string.h>

uint64_t tunic_flow_hash(const struct tunic_headers *headers, const uint8_t *packet)
{
    const uint64_t multiplier = 0x9e3779b97f4a7c15; /* odd, its bits spread out */
    const uint8_t *network = packet + headers->network;
    uint64_t hash = multiplier;

    if (headers->version == 0 || headers->fragment || headers->protocol == IPPROTO_RAW)
        return 0;
    if (headers->protocol == IPPROTO_TCP || headers->protocol == IPPROTO_UDP)
        hash = (load32(packet + headers->transport) + hash) * multiplier;
    if (headers->version == 4) {
        hash ^= load64(network + IPV4_ADDRESSES);
    } else {
        for (size_t i = 0; i < 32; i += 8)
            hash = (hash ^ load64(network + IPV6_ADDRESSES + i)) * multiplier;
    }
    hash ^= hash >> 32;
    return (hash * multiplier) | 1;
}

/* ---- arranging ------------------------------------------------------------------------- */

enum {
    TABLE = 2 * TUNIC_ARRANGE_MOST, /* a power of two */
    NONE = UINT16_MAX,
};

/* The packets of one flow, in order. */
struct flow {
    uint32_t hash;
    uint16_t first;
    uint16_t last;
};

struct arrangement {
    size_t flow_count;
    struct flow flows[TUNIC_ARRANGE_MOST];
    uint16_t next[TUNIC_ARRANGE_MOST];
    uint16_t table[TABLE]; /* by hash: index in `flows`, or NONE */
    struct tunic_packet packets[TUNIC_ARRANGE_MOST];
};

/* Where it is in the table, or the empty place for it. */
static uint16_t *place_of(struct arrangement *arrangement, uint32_t hash)
{
    size_t place = hash & (TABLE - 1);

    while (arrangement->table[place] != NONE &&
           arrangement->flows[arrangement->table[place]].hash != hash)
        place = (place + 1) & (TABLE - 1);
    return &arrangement->table[place];
}

static void sort_in(struct arrangement *arrangement, uint32_t hash, uint16_t index)
{
    uint16_t *place = place_of(arrangement, hash);

    arrangement->next[index] = NONE;
    if (*place == NONE) {
        *place = (uint16_t)arrangement->flow_count;
        arrangement->flows[arrangement->flow_count++] = (struct flow){hash, index, index};
        return;
    }
    struct flow *flow = &arrangement->flows[*place];
    arrangement->next[flow->last] = index;
    flow->last = index;
}

/* Of packets that all belong to a flow. */
static void arrange(struct arrangement *arrangement, struct tunic_packet *packets, size_t count)
{
    size_t filled = 0;

    arrangement->flow_count = 0;
    memset(arrangement->table, 0xff, sizeof(arrangement->table));
    for (size_t i = 0; i < count; i++)
        sort_in(arrangement, packets[i].flow, (uint16_t)i);
    if (arrangement->flow_count == 1 || arrangement->flow_count == count)
        return;
    memcpy(arrangement->packets, packets, count * sizeof(*packets));
    for (size_t i = 0; i < arrangement->flow_count; i++)
        for (uint16_t at = arrangement->flows[i].first; at != NONE; at = arrangement->next[at])
            packets[filled++] = arrangement->packets[at];
}

void tunic_packets_arrange(struct tunic_packet *packets, size_t count)
{
    struct arrangement arrangement;
    size_t begin = 0;
    size_t changes = 0;

    for (size_t i = 0; i < count && i < TUNIC_ARRANGE_MOST; i++) {
        changes += i > begin && packets[i].flow != packets[i - 1].flow;
        if (packets[i].flow != 0 && i + 1 < count)
            continue;
        size_t end = packets[i].flow != 0 ? i + 1 : i;
        if (changes > 1)
            arrange(&arrangement, packets + begin, end - begin);
        begin = i + 1;
        changes = 0;
    }
}
