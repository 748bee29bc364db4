/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Packets stay where they arrived. A group is a chain of them that becomes one write: a packet that
 * nothing can join, or the first of several of which only the payload will be used any more.
 *
 * A packet is read once, judged alone (kind_of: may it be merged at all?) and then compared with
 * two groups at most: that of the packet before it, since packets come in runs, and that which the
 * flow table has for its hash.
 *
 * Order. Groups are written in the order of their first packets, so a packet may only join the
 * youngest group of its flow. The table keeps to that: a flow has one entry at most, and a packet
 * that joins nothing begins a group and puts it there, or empties it if nothing may be joined to
 * that packet. Where more flows meet than there are ways, one takes another's entry, and a tag is
 * no more than a part of the hash: two flows that are taken for one cost each other merging, never
 * order; so does an attacker who makes collisions. A fragment does not tell its ports and empties
 * the whole table.
 *
 * Reversal. What is merged must come out of a splitter as it went in. Whatever a splitter copies
 * from the first packet is therefore the same in all of them (addresses, ToS, TTL, options, window,
 * VLAN tags…), and what it counts up counts up (sequence, IPv4 identification).
 *
 * Checksums. A super-packet has none that its receiver could verify, so ours is the only look that
 * is taken at what came over the network. It is taken when a merge is about to happen and not
 * before: a packet that stays alone keeps its checksum and is judged by the receiving kernel.
 */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
    UDP_SEGMENTS = 64, /* what every kernel with UDP super-packets takes */
    WAYS = 4,          /* entries that a flow may have one of */
    SET_BITS = 6,
    TAG_BITS = 16,
};

_Static_assert(WAYS << SET_BITS == TUNIC_MERGE_FLOWS, "the table is as large as its hash");

enum state {
    UNVERIFIED, /* the first packet's checksums, as long as it is alone */
    VERIFIED,
    CLOSED,
};

/* A packet on its way into a group. */
struct arrival {
    uint8_t *data;
    uint16_t length;
    uint16_t size; /* of the payload */
    uint8_t kind;
    struct tunic_headers headers;
};

/* ---- one packet ------------------------------------------------------------------------ */

/* TUNIC_MERGE_…, or 0: it stays alone. So does one with padding: there is none inside a
 * super-packet. */
static uint8_t kind_of(const struct tunic_headers *headers, const uint8_t *data, size_t length)
{
    const uint8_t *transport = data + headers->transport;

    if (headers->version == 0 || headers->fragment || headers->options || headers->end != length ||
        headers->payload >= headers->end)
        return 0;
    if (headers->protocol == IPPROTO_TCP) {
        uint8_t flags = transport[TCP_FLAGS] & (uint8_t) ~(TCP_PSH | TCP_ECE);
        if (flags != TCP_ACK)
            return 0;
        return headers->version == 4 ? TUNIC_MERGE_TCP4 : TUNIC_MERGE_TCP6;
    }
    /* No checksum is legal over IPv4, but a super-packet's segments would be given one. */
    if (headers->protocol == IPPROTO_UDP && load16(transport + UDP_CHECKSUM) != 0)
        return TUNIC_MERGE_UDP;
    return 0;
}

static bool verify(const struct tunic_headers *headers, const uint8_t *data)
{
    const uint8_t *network = data + headers->network;
    size_t length = (size_t)headers->end - headers->transport;
    uint32_t sum;

    if (headers->version == 4) {
        sum = tunic_checksum_add(0, network, IPV4_LENGTH);
        if (tunic_checksum_fold(sum) != 0xffff)
            return false;
    }
    sum = tunic_checksum_pseudo(network, headers->protocol, (uint32_t)length);
    sum = tunic_checksum_add(sum, data + headers->transport, length);
    return tunic_checksum_fold(sum) == 0xffff;
}

/* ---- comparing ------------------------------------------------------------------------- */

static bool continues_ipv4(const struct tunic_merge_group *group, const uint8_t *head,
                           const uint8_t *other)
{
    uint16_t identification = load16(other + IPV4_IDENTIFICATION);

    /* Version and ToS; flags; TTL and protocol; addresses. */
    if (load16(head) != load16(other) ||
        load16(head + IPV4_FRAGMENT) != load16(other + IPV4_FRAGMENT) ||
        load16(head + IPV4_TTL) != load16(other + IPV4_TTL) ||
        load64(head + IPV4_ADDRESSES) != load64(other + IPV4_ADDRESSES))
        return false;
    if (identification == (uint16_t)(group->identification + 1))
        return true;
    /* With DF it means nothing (RFC 6864), and Linux leaves it as it is. */
    return (other[IPV4_FRAGMENT] & IPV4_DF) != 0 &&
           load16(head + IPV4_IDENTIFICATION) == load16(other + IPV4_IDENTIFICATION);
}

static bool continues_ipv6(const uint8_t *head, const uint8_t *other)
{
    /* Version, traffic class and flow label; protocol and hop limit; addresses. */
    return load32(head) == load32(other) && load16(head + IPV6_NEXT) == load16(other + IPV6_NEXT) &&
           memcmp(head + IPV6_ADDRESSES, other + IPV6_ADDRESSES, 32) == 0;
}

static bool continues_tcp(const struct tunic_merge_group *group, const uint8_t *head,
                          const uint8_t *other, size_t length)
{
    /* Sequence; acknowledgement; header length and flags, but PSH; window; urgent pointer. */
    return load32(other + TCP_SEQUENCE) == group->sequence &&
           load32(head + TCP_ACKNOWLEDGEMENT) == load32(other + TCP_ACKNOWLEDGEMENT) &&
           head[TCP_OFFSET] == other[TCP_OFFSET] &&
           ((head[TCP_FLAGS] ^ other[TCP_FLAGS]) & ~TCP_PSH) == 0 &&
           load16(head + TCP_WINDOW) == load16(other + TCP_WINDOW) &&
           load16(head + TCP_URGENT) == load16(other + TCP_URGENT) &&
           memcmp(head + TCP_LENGTH, other + TCP_LENGTH, length - TCP_LENGTH) == 0;
}

static bool continues(const struct tunic_merge_group *group, const uint8_t *head,
                      const struct arrival *arrival)
{
    const struct tunic_headers *headers = &arrival->headers;
    const uint8_t *data = arrival->data;

    /* Neither has options, so that the same offsets mean the same version and protocol. */
    if (group->headers.transport != headers->transport ||
        group->headers.payload != headers->payload || arrival->size > group->size ||
        group->length + arrival->size > TUNIC_PACKET_MOST)
        return false;
    if (load32(head + headers->transport) != load32(data + headers->transport)) /* ports */
        return false;
    if (headers->network > 0 && memcmp(head, data, headers->network) != 0)
        return false;
    if (headers->version == 4
            ? !continues_ipv4(group, head + headers->network, data + headers->network)
            : !continues_ipv6(head + headers->network, data + headers->network))
        return false;
    return headers->protocol == IPPROTO_UDP ||
           continues_tcp(group, head + headers->transport, data + headers->transport,
                         (size_t)headers->payload - headers->transport);
}

/* ---- groups ---------------------------------------------------------------------------- */

/* What the next packet of the flow will be compared with. */
static void expect(struct tunic_merge_group *group, const struct arrival *arrival)
{
    const struct tunic_headers *headers = &arrival->headers;
    const uint8_t *transport = arrival->data + headers->transport;

    if (headers->version == 4)
        group->identification = load16(arrival->data + headers->network + IPV4_IDENTIFICATION);
    if (headers->protocol == IPPROTO_TCP) {
        group->sequence = load32(transport + TCP_SEQUENCE) + arrival->size;
        if (transport[TCP_FLAGS] & TCP_PSH)
            group->state = CLOSED;
    }
}

static uint16_t store(struct tunic_merge *merge, const struct arrival *arrival)
{
    uint16_t index = (uint16_t)merge->packet_count++;

    merge->packets[index].data = arrival->data;
    merge->packets[index].length = arrival->length;
    merge->packets[index].payload = arrival->headers.payload;
    return index;
}

static bool join(struct tunic_merge *merge, uint16_t index, const struct arrival *arrival)
{
    struct tunic_merge_group *group = &merge->groups[index];
    uint8_t *head = merge->packets[group->first].data;

    if (group->state == CLOSED || !continues(group, head, arrival))
        return false;
    if (group->state == UNVERIFIED && !verify(&group->headers, head)) {
        group->state = CLOSED;
        return false;
    }
    group->state = VERIFIED;
    if (!verify(&arrival->headers, arrival->data))
        return false;
    uint16_t packet = store(merge, arrival);
    merge->packets[group->last].next = packet;
    group->last = packet;
    group->count++;
    group->length += arrival->size;
    expect(group, arrival);
    if (arrival->size < group->size ||
        (group->kind == TUNIC_MERGE_UDP && group->count == UDP_SEGMENTS))
        group->state = CLOSED;
    if (arrival->headers.protocol == IPPROTO_TCP) /* none but PSH differs */
        head[group->headers.transport + TCP_FLAGS] |=
            arrival->data[arrival->headers.transport + TCP_FLAGS];
    merge->recent = index;
    return true;
}

static uint16_t begin(struct tunic_merge *merge, const struct arrival *arrival)
{
    uint16_t index = (uint16_t)merge->group_count++;
    struct tunic_merge_group *group = &merge->groups[index];

    group->first = store(merge, arrival);
    group->last = group->first;
    group->count = 1;
    group->size = arrival->size;
    group->length = arrival->length;
    group->kind = arrival->kind;
    group->state = arrival->kind ? UNVERIFIED : CLOSED;
    group->headers = arrival->headers;
    if (arrival->kind)
        expect(group, arrival);
    merge->recent = index;
    return index;
}

/* ---- flows ----------------------------------------------------------------------------- */

/* The flow's entry, or an empty one for it. */
static struct tunic_merge_flow *flow_of(struct tunic_merge *merge,
                                        const struct tunic_headers *headers, const uint8_t *data)
{
    uint64_t hash = tunic_flow_hash(headers, data);
    struct tunic_merge_flow *set = &merge->flows[(hash >> (64 - SET_BITS)) * WAYS];
    uint16_t tag = (uint16_t)(hash >> (64 - SET_BITS - TAG_BITS));
    struct tunic_merge_flow *flow = &set[tag % WAYS];

    for (size_t way = 0; way < WAYS; way++) {
        if (set[way].group == 0)
            flow = &set[way];
        else if (set[way].tag == tag)
            return &set[way];
    }
    *flow = (struct tunic_merge_flow){.tag = tag};
    return flow;
}

/* Nothing that comes later may go into a group that began before this packet. */
static void separate(struct tunic_merge *merge, const struct arrival *arrival)
{
    const struct tunic_headers *headers = &arrival->headers;

    if (headers->version == 0)
        return;
    if (headers->fragment || headers->protocol == IPPROTO_RAW)
        memset(merge->flows, 0, sizeof(merge->flows));
    else if (headers->protocol == IPPROTO_TCP || headers->protocol == IPPROTO_UDP)
        flow_of(merge, headers, arrival->data)->group = 0;
}

void tunic_merge_prepare(struct tunic_merge *merge, enum tunic_layer layer, unsigned kinds)
{
    merge->layer = layer;
    merge->kinds = kinds;
    tunic_merge_reset(merge);
}

void tunic_merge_reset(struct tunic_merge *merge)
{
    merge->packet_count = 0;
    merge->group_count = 0;
    memset(merge->flows, 0, sizeof(merge->flows));
}

int tunic_merge_add(struct tunic_merge *merge, uint8_t *packet, size_t length)
{
    struct arrival arrival = {.data = packet, .length = (uint16_t)length};
    const struct tunic_headers *headers = &arrival.headers;

    if (merge->packet_count == TUNIC_MERGE_PACKETS)
        return -ENOSPC;
    if (!tunic_headers_read(&arrival.headers, merge->layer, packet, length))
        return -EBADMSG;
    arrival.kind = kind_of(headers, packet, length);
    if (!(arrival.kind & merge->kinds)) {
        if (arrival.kind == 0) /* else all of the flow stay alone: there is no group to leave */
            separate(merge, &arrival);
        arrival.kind = 0;
        (void)begin(merge, &arrival);
        return 0;
    }
    arrival.size = (uint16_t)(headers->end - headers->payload);
    if (merge->group_count > 0 && join(merge, merge->recent, &arrival))
        return 0;
    struct tunic_merge_flow *flow = flow_of(merge, headers, packet);
    if (flow->group != 0 && flow->group - 1 != merge->recent &&
        join(merge, (uint16_t)(flow->group - 1), &arrival))
        return 0;
    flow->group = (uint16_t)(begin(merge, &arrival) + 1);
    return 0;
}
