/* SPDX-License-Identifier: MIT */
/*
 * Merging and splitting undo each other, tried on sequences of packets that are drawn by lot: the
 * same in every run. What fails tells its round, and `packet_inverse ROUND` repeats that one.
 */
#include "unit.h"

#include "packet_batch.h"
#include "packet_build.h"

#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALL = TUNIC_MERGE_TCP4 | TUNIC_MERGE_TCP6 | TUNIC_MERGE_UDP,
    ROUNDS = 3000,
    FLOWS_MOST = 12,
    PACKETS_MOST = 60,
};

static uint8_t packet[RECIPE_MOST];
static unsigned only_round = ROUNDS; /* all of them */

/* ---- lots ------------------------------------------------------------------------------ */

static uint64_t lots;

static void begin_lots(unsigned round)
{
    lots = (round + 1) * 0x9e3779b97f4a7c15;
}

/* Below `limit`. */
static unsigned draw(unsigned limit)
{
    lots ^= lots >> 12;
    lots ^= lots << 25;
    lots ^= lots >> 27;
    return (unsigned)(lots * 0x2545f4914f6cdd1d >> 33) % limit;
}

static bool one_in(unsigned odds)
{
    return draw(odds) == 0;
}

/* ---- packets → merge → split ----------------------------------------------------------- */

static struct recipe draw_flow(enum tunic_layer layer)
{
    static const uint16_t payloads[] = {1, 2, 3, 63, 64, 255, 256, 257, 1000, 1001, 1400, 8000};
    struct recipe flow = recipe(layer, one_in(2) ? 4 : 6, one_in(2) ? IPPROTO_TCP : IPPROTO_UDP);

    flow.tags = (uint8_t)(one_in(3) ? 1 + draw(2) : 0);
    flow.host = (uint8_t)draw(3);
    flow.source = (uint16_t)draw(4);
    flow.identification = (uint16_t)draw(65536);
    flow.fragment = one_in(3) ? 0 : DF;
    flow.sequence = one_in(3) ? 0xffffffff - draw(5000) : draw(1U << 30);
    flow.traffic_class = (uint8_t)(one_in(4) ? draw(256) : 0);
    if (flow.protocol == IPPROTO_TCP)
        flow.options = (uint8_t)(draw(11) * 4);
    flow.payload = payloads[draw(TUNIC_COUNT(payloads))];
    return flow;
}

/* Most go on as they are, so that there is something to merge. */
static struct recipe draw_packet(const struct recipe *flow)
{
    struct recipe next = *flow;

    if (one_in(12))
        next.payload = (uint16_t)draw(next.payload + 1U);
    if (one_in(40))
        next.payload = (uint16_t)(next.payload + draw(9));
    if (one_in(12))
        next.flags |= PSH;
    if (one_in(30))
        next.flags ^= (uint8_t)(1U << draw(8));
    if (one_in(40))
        next.sequence += draw(3000);
    if (one_in(40))
        next.identification += (uint16_t)draw(4);
    if (one_in(40))
        next.window++;
    if (one_in(40))
        next.traffic_class ^= (uint8_t)draw(4);
    if (one_in(60))
        next.extra = 8;
    if (one_in(60) && next.layer == TUNIC_LAYER_ETHERNET)
        next.padding = (uint16_t)draw(40);
    if (one_in(80))
        next.fragment = one_in(2) ? MF : (uint16_t)(1 + draw(100));
    if (one_in(80))
        next.protocol = one_in(2) ? IPPROTO_ICMP : IPPROTO_GRE;
    return next;
}

/* Some bits of it are wrong, and the checksums most likely with them. */
static void corrupt(size_t length)
{
    for (unsigned i = draw(3) + 1; i > 0; i--)
        packet[draw((unsigned)length)] ^= (uint8_t)(1U << draw(8));
}

static size_t merge_round(struct batch *batch, unsigned round)
{
    struct recipe flows[FLOWS_MOST];

    begin_lots(round);
    enum tunic_layer layer = one_in(2) ? TUNIC_LAYER_IP : TUNIC_LAYER_ETHERNET;
    unsigned flow_count = 1 + draw(FLOWS_MOST);
    unsigned packet_count = 1 + draw(PACKETS_MOST);
    unsigned flow = 0;
    tunic_merge_prepare(&batch->merge, layer, one_in(4) ? draw(ALL + 1) : ALL);
    for (unsigned i = 0; i < flow_count; i++)
        flows[i] = draw_flow(layer);
    for (unsigned i = 0; i < packet_count; i++) {
        if (one_in(3))
            flow = draw(flow_count);
        struct recipe next = draw_packet(&flows[flow]);
        size_t length = recipe_build(&next, packet);
        if (one_in(50))
            corrupt(length);
        (void)batch_add(batch, packet, length); /* what is refused is not to come out */
        flows[flow].sequence = next.sequence + next.payload;
        flows[flow].identification = (uint16_t)(next.identification + 1);
    }
    const char *wrong = batch_check(batch);
    if (wrong)
        fail_msg("round %u: %s", round, wrong);
    size_t merged = batch->merged;
    batch_reset(batch);
    return merged;
}

static void test_merge_then_split(void **state)
{
    struct batch *batch = batch_new(TUNIC_LAYER_IP, ALL);
    size_t merged = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++)
        if (only_round == ROUNDS || only_round == round)
            merged += merge_round(batch, round);
    if (only_round == ROUNDS) /* else it would be a test of nothing */
        assert_in_range(merged, (size_t)ROUNDS * PACKETS_MOST / 8, SIZE_MAX);
    batch_free(batch);
}

/* ---- super-packet → split → merge ------------------------------------------------------ */

/* Writes one as the device would give it. Returns its length. */
static size_t draw_super(struct recipe *super, struct virtio_net_hdr *header)
{
    bool udp = super->protocol == IPPROTO_UDP;
    unsigned most = udp ? 64 : 1000;
    unsigned size = super->payload;
    unsigned payload = size * (2 + draw(most - 1)) - draw(size);
    unsigned room = TUNIC_PACKET_MOST - (unsigned)recipe_headers(super);

    super->payload = (uint16_t)(payload < room ? payload : room);
    if (one_in(2))
        super->flags |= PSH;
    size_t length = recipe_build(super, packet);
    uint8_t *network = packet + recipe_network(super);
    size_t transport = recipe_transport(super);
    uint16_t sum = htons(plain_pseudo(network, super->protocol, length - transport));
    memcpy(packet + transport + (udp ? 6 : 16), &sum, sizeof(sum));
    *header = (struct virtio_net_hdr){
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .hdr_len = htole16((uint16_t)recipe_headers(super)),
        .gso_size = htole16((uint16_t)size),
        .csum_start = htole16((uint16_t)transport),
        .csum_offset = htole16(udp ? 6 : 16),
    };
    if (udp)
        header->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
    else
        header->gso_type =
            super->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
    return length;
}

static void split_round(struct batch *batch, unsigned round)
{
    static uint8_t before[TUNIC_PACKET_MOST];
    uint8_t heads[5 * TUNIC_HEADERS_MOST];
    struct tunic_packet packets[5];
    struct virtio_net_hdr header;
    struct tunic_split split;
    size_t count;
    size_t used;

    begin_lots(round);
    struct recipe super = draw_flow(one_in(2) ? TUNIC_LAYER_IP : TUNIC_LAYER_ETHERNET);
    size_t length = draw_super(&super, &header);
    memcpy(before, packet, length);
    tunic_merge_prepare(&batch->merge, super.layer, ALL);
    if (tunic_split_begin(&split, &header, super.layer, packet, length) != 0)
        fail_msg("round %u: refused", round);
    while ((count = tunic_split_next(&split, packets, 5, heads, 0, &used)) > 0) {
        for (size_t i = 0; i < count; i++) {
            uint8_t one[TUNIC_HEADERS_MOST + 8000];
            size_t bytes = tunic_packet_copy(&packets[i], one);
            assert_int_equal(batch_add(batch, one, bytes), 0);
        }
    }
    if (batch->merge.group_count != 1)
        fail_msg("round %u: merged to %zu", round, batch->merge.group_count);
    batch_take(batch, 0);
    if (batch->taken_length != length || memcmp(batch->taken, before, length) != 0 ||
        memcmp(&batch->header, &header, sizeof(header)) != 0)
        fail_msg("round %u: not as it was", round);
    batch_reset(batch);
}

static void test_split_then_merge(void **state)
{
    struct batch *batch = batch_new(TUNIC_LAYER_IP, ALL);

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++)
        if (only_round == ROUNDS || only_round == round)
            split_round(batch, round);
    batch_free(batch);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_then_split),
        cmocka_unit_test(test_split_then_merge),
    };

    if (count > 1)
        only_round = (unsigned)strtoul(arguments[1], NULL, 10);
    return cmocka_run_group_tests_name("merging and splitting", tests, NULL, NULL);
}
