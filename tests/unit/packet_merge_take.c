/* SPDX-License-Identifier: MIT */
/* What is written of a group: the virtio-net header, the merged headers, the pieces. */
#include "unit.h"

#include "packet_batch.h"
#include "packet_build.h"

#include <netinet/in.h>
#include <string.h>

enum { ALL = TUNIC_MERGE_TCP4 | TUNIC_MERGE_TCP6 | TUNIC_MERGE_UDP };

static uint8_t packet[RECIPE_MOST];

static size_t get16(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

/* `count` packets, the last of which is shorter and, of TCP, pushed. */
static struct batch *begin(const struct recipe *first, size_t count)
{
    struct batch *batch = batch_new(first->layer, ALL);
    struct recipe next = *first;

    for (size_t i = 0; i < count; i++, next = recipe_next(&next)) {
        if (i == count - 1) {
            next.payload--;
            next.flags |= PSH;
        }
        size_t length = recipe_build(&next, packet);
        assert_int_equal(batch_add(batch, packet, length), 0);
    }
    assert_int_equal(batch->merge.group_count, 1);
    batch_take(batch, 0);
    return batch;
}

static uint8_t type_of(const struct recipe *recipe)
{
    if (recipe->protocol == IPPROTO_UDP)
        return VIRTIO_NET_HDR_GSO_UDP_L4;
    return recipe->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
}

/* Byte by byte, since the fields are little endian on every machine. */
static void check_header(const struct virtio_net_hdr *header, const struct recipe *first)
{
    const size_t transport = recipe_transport(first);
    const uint8_t expected[10] = {
        VIRTIO_NET_HDR_F_NEEDS_CSUM,
        type_of(first),
        (uint8_t)recipe_headers(first),
        0,
        (uint8_t)(first->payload & 0xff),
        (uint8_t)(first->payload >> 8),
        (uint8_t)transport,
        0,
        first->protocol == IPPROTO_UDP ? 6 : 16,
        0,
    };

    assert_int_equal(sizeof(*header), sizeof(expected));
    assert_memory_equal(header, expected, sizeof(expected));
}

static void check_packet(const uint8_t *taken, size_t length, const struct recipe *first)
{
    const uint8_t *network = taken + recipe_network(first);
    const uint8_t *transport = taken + recipe_transport(first);
    size_t inner = length - recipe_transport(first);
    uint16_t pseudo = plain_pseudo(network, first->protocol, inner);

    if (first->version == 4) {
        assert_int_equal(get16(network + 2), length - recipe_network(first));
        assert_int_equal(get16(network + 4), first->identification);
        assert_int_equal(plain_sum(0, network, 20), 0xffff);
    } else {
        assert_int_equal(get16(network + 4), inner);
    }
    if (first->protocol == IPPROTO_UDP) {
        assert_int_equal(get16(transport + 4), inner);
        assert_int_equal(get16(transport + 6), pseudo);
    } else {
        assert_int_equal(get16(transport + 6), first->sequence & 0xffff);
        assert_int_equal(transport[13], ACK | PSH);
        assert_int_equal(get16(transport + 16), pseudo);
    }
    for (size_t i = recipe_headers(first); i < length; i++)
        assert_int_equal(taken[i], (i - recipe_headers(first)) & 0xff);
}

static void test_merged(void **state)
{
    static const uint16_t payloads[] = {2, 255, 256, 257, 1400};

    (void)state;
    for (unsigned variant = 0; variant < 8; variant++) {
        struct recipe first = recipe(variant & 1 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP,
                                     variant & 2 ? 4 : 6, variant & 4 ? IPPROTO_TCP : IPPROTO_UDP);
        first.tags = 2;
        for (size_t i = 0; i < TUNIC_COUNT(payloads); i++) {
            first.payload = payloads[i];
            struct batch *batch = begin(&first, 20);
            check_header(&batch->header, &first);
            assert_int_equal(batch->taken_length,
                             recipe_headers(&first) + (size_t)20 * payloads[i] - 1);
            check_packet(batch->taken, batch->taken_length, &first);
            batch_take(batch, 0); /* once more gives the same */
            check_header(&batch->header, &first);
            check_packet(batch->taken, batch->taken_length, &first);
            batch_free(batch);
        }
    }
}

/* Small payloads are one piece together, larger ones stay where they are. */
static void test_pieces(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);

    (void)state;
    first.payload = 256;
    struct batch *batch = begin(&first, 200);
    assert_int_equal(batch->piece_count, 2);
    assert_ptr_equal(batch->pieces[0].iov_base, batch->packets[0].given);
    batch_free(batch);
    first.payload = 257;
    batch = begin(&first, 200);
    assert_int_equal(batch->piece_count, 200);
    for (size_t i = 1; i < 200; i++)
        assert_ptr_equal(batch->pieces[i].iov_base,
                         batch->packets[i].given + recipe_headers(&first));
    batch_free(batch);
}

static void test_most_pieces(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
    size_t most = (TUNIC_PACKET_MOST - recipe_headers(&first)) / 257;

    (void)state;
    first.payload = 257;
    struct batch *batch = begin(&first, most);
    assert_in_range(batch->piece_count, most, TUNIC_MERGE_PIECES);
    batch_free(batch);
}

/* A single packet has an empty header and is what it was, padding included. */
static void test_single(void **state)
{
    static const struct virtio_net_hdr nothing;
    struct recipe first = recipe(TUNIC_LAYER_ETHERNET, 4, IPPROTO_UDP);

    (void)state;
    first.padding = 5;
    size_t length = recipe_build(&first, packet);
    struct batch *batch = batch_new(first.layer, ALL);
    assert_int_equal(batch_add(batch, packet, length), 0);
    memset(&batch->header, 0xff, sizeof(batch->header));
    batch_take(batch, 0);
    assert_memory_equal(&batch->header, &nothing, sizeof(nothing));
    assert_int_equal(batch->piece_count, 1);
    assert_int_equal(batch->taken_length, length);
    assert_memory_equal(batch->taken, packet, length);
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merged),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_most_pieces),
        cmocka_unit_test(test_single),
    };

    return cmocka_run_group_tests_name("merged packets", tests, NULL, NULL);
}
