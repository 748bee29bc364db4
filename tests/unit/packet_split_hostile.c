/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet_super.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int try_begin(const struct recipe *recipe, const struct virtio_net_hdr *header,
                     const uint8_t *packet, size_t length)
{
    struct tunic_split split;
    uint8_t *exact = made_exact(packet, length);
    int result = tunic_split_begin(&split, header, layer_of(recipe), exact, length);

    free(exact);
    return result;
}

/* One thing wrong with what the device says. */
static void test_contradictions(void **state)
{
    static const struct {
        const char *name;
        uint8_t row;
        uint8_t flags;
        uint8_t type;
        uint16_t size;
        int start;
        int offset;
    } wrong[] = {
        {"1 no flag", 4, 0, TCP4, 1000, 0, 0},
        {"2 other flag", 4, VIRTIO_NET_HDR_F_DATA_VALID, TCP4, 1000, 0, 0},
        {"3 other version", 4, NEEDS, TCP6, 1000, 0, 0},
        {"4 other version", 10, NEEDS, TCP4, 1000, 0, 0},
        {"5 other protocol", 4, NEEDS, UDP, 1000, 0, 0},
        {"6 other protocol", 13, NEEDS, TCP4, 1000, 0, 0},
        {"7 UDP fragments", 13, NEEDS, VIRTIO_NET_HDR_GSO_UDP, 1000, 0, 0},
        {"8 unknown type", 4, NEEDS, 2, 1000, 0, 0},
        {"9 unknown type", 4, NEEDS, 0x41, 1000, 0, 0},
        {"10 ECN of nothing", 4, NEEDS, ECN, 1000, 0, 0},
        {"11 no size", 4, NEEDS, TCP4, 0, 0, 0},
        {"12 start before", 4, NEEDS, TCP4, 1000, -2, 0},
        {"13 start behind", 4, NEEDS, TCP4, 1000, 2, 0},
        {"14 start far behind", 4, NEEDS, TCP4, 1000, 65000, 0},
        {"15 offset before", 4, NEEDS, TCP4, 1000, 0, -10},
        {"16 offset behind", 4, NEEDS, TCP4, 1000, 0, 65000},
        {"17 offset of TCP", 13, NEEDS, UDP, 1000, 0, 10},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(wrong); i++) {
        const struct recipe *recipe = &rows[wrong[i].row].recipe;
        size_t length;
        uint8_t *packet = make_super(*recipe, &length);
        struct virtio_net_hdr header = describe(recipe, wrong[i].type, wrong[i].size);
        header.flags = wrong[i].flags;
        header.csum_start = htole16((uint16_t)(le16toh(header.csum_start) + wrong[i].start));
        header.csum_offset = htole16((uint16_t)(le16toh(header.csum_offset) + wrong[i].offset));
        int result = try_begin(recipe, &header, packet, length);
        if (result != -EBADMSG)
            fail_msg("%s: %d", wrong[i].name, result);
        free(packet);
    }
}

/* One byte wrong in the packet itself, `offset` from its IP header. */
static void test_wrong_bytes(void **state)
{
    static const struct {
        const char *name;
        uint8_t row;
        uint8_t offset;
        uint8_t value;
    } wrong[] = {
        {"1 version", 4, 0, 0x65},         {"2 header too short", 4, 0, 0x44},
        {"3 header longer", 4, 0, 0x46},   {"4 total too small", 4, 2, 0},
        {"5 total too large", 4, 2, 0xFF}, {"6 total one less", 3, 3, 0xC7},
        {"7 more fragments", 4, 6, 0x20},  {"8 fragment offset", 4, 7, 1},
        {"9 protocol", 4, 9, 17},          {"10 TCP header too short", 4, 32, 0x40},
        {"11 length of 0", 10, 4, 0},      {"12 too long", 10, 4, 0xFF},
        {"13 not TCP", 10, 6, 58},         {"14 fragment", 10, 6, 44},
        {"15 UDP length", 13, 25, 0},      {"16 IPv6 one less", 14, 5, 0x90},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(wrong); i++) {
        const struct row *row = &rows[wrong[i].row];
        struct virtio_net_hdr header = describe(&row->recipe, row->type, row->size);
        size_t length;
        uint8_t *packet = make_super(row->recipe, &length);
        if (packet[wrong[i].offset] == wrong[i].value)
            fail_msg("%s: was so", wrong[i].name);
        packet[wrong[i].offset] = wrong[i].value;
        int result = try_begin(&row->recipe, &header, packet, length);
        if (result != -EBADMSG)
            fail_msg("%s: %d", wrong[i].name, result);
        free(packet);
    }
}

/* More headers than a head has room for are refused, and less are not (row 13). */
static void test_too_many_headers(void **state)
{
    struct recipe recipe = rows[12].recipe;
    size_t length;

    (void)state;
    assert_int_equal(made_payload(&recipe), TUNIC_HEADERS_MOST);
    recipe.tcp_options += 4;
    uint8_t *packet = make_super(recipe, &length);
    struct virtio_net_hdr header = describe(&recipe, TCP6, 999);
    assert_int_equal(try_begin(&recipe, &header, packet, length), -EBADMSG);
    free(packet);
}

/* Cut off after every byte, and with a byte too many. */
static void test_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        struct virtio_net_hdr header = describe(&row->recipe, row->type, row->size);
        size_t length;
        uint8_t *packet = make_super(row->recipe, &length);
        for (size_t cut = 0; cut < length; cut += cut < 300 ? 1 : 97)
            assert_int_equal(try_begin(&row->recipe, &header, packet, cut), -EBADMSG);
        uint8_t *longer = realloc(packet, length + 1);
        assert_non_null(longer);
        longer[length] = 0;
        assert_int_equal(try_begin(&row->recipe, &header, longer, length + 1), -EBADMSG);
        free(longer);
    }
}

/* Any byte of the headers changed to anything: what is given out stays within the packet. */
static void test_mutations(void **state)
{
    static uint8_t heads[TUNIC_HEADERS_MOST * 8];
    static uint8_t copied[MADE_MOST];
    unsigned seed = 1;

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        const struct row *row = &rows[i % 4 + 11 + i % 3 * 2];
        struct virtio_net_hdr header = describe(&row->recipe, row->type, row->size);
        struct tunic_split split;
        struct tunic_packet packets[8];
        size_t count;
        size_t used;
        size_t length;
        uint8_t *packet = make_super(row->recipe, &length);
        for (size_t change = 0; change < i % 3 + 1; change++) {
            seed = seed * 1103515245 + 12345;
            size_t place = (seed >> 12) % (sizeof(header) + made_payload(&row->recipe));
            uint8_t value = (uint8_t)(seed >> 3);
            if (place < sizeof(header))
                ((uint8_t *)&header)[place] = value;
            else
                packet[place - sizeof(header)] = value;
        }
        if (tunic_split_begin(&split, &header, layer_of(&row->recipe), packet, length) == 0) {
            size_t total = 0;
            while ((count = tunic_split_next(&split, packets, 8, heads, 0, &used)) != 0) {
                assert_true(used <= sizeof(heads));
                for (size_t k = 0; k < count; k++) {
                    (void)tunic_packet_copy(&packets[k], copied);
                    total += split.whole ? packets[k].head_length : packets[k].body_length;
                }
            }
            assert_int_equal(total, split.whole ? length : length - split.headers.payload);
        }
        free(packet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contradictions),   cmocka_unit_test(test_wrong_bytes),
        cmocka_unit_test(test_too_many_headers), cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_mutations),
    };

    fill_payload();
    return cmocka_run_group_tests_name("packet_split_hostile", tests, NULL, NULL);
}
