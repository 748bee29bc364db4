/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet_super.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The packet `index` of a row, as it should be. */
static size_t expect(const struct row *row, size_t index, uint8_t *packet)
{
    struct recipe part = row->recipe;
    size_t offset = index * row->size;

    part.payload = payload + offset;
    part.length -= offset;
    if (part.length > row->size)
        part.length = row->size;
    part.sequence += (uint32_t)offset;
    part.identification = (uint16_t)(part.identification + index);
    if (index != 0)
        part.flags &= (uint8_t)~MADE_CWR;
    if (index + 1 != row->count)
        part.flags &= (uint8_t) ~(MADE_FIN | MADE_PSH);
    return made_write(&part, packet);
}

static void check_packet(const struct row *row, size_t index, struct tunic_packet *packet)
{
    static uint8_t expected[MADE_MOST];
    static uint8_t copied[MADE_MOST];
    size_t length = expect(row, index, expected);

    if (tunic_packet_copy(packet, copied) != length)
        fail_msg("%s: packet %zu: length", row->name, index);
    for (size_t i = 0; i < length; i++) {
        if (copied[i] != expected[i])
            fail_msg("%s: packet %zu: byte %zu is %02x, not %02x", row->name, index, i, copied[i],
                     expected[i]);
    }
    assert_int_equal(packet->traffic_class, MADE_CLASS);
    /* The other way to complete it. */
    tunic_packet_finish(packet);
    assert_int_equal(packet->checksum, 0);
    assert_int_equal(packet->head_length + packet->body_length, length);
    assert_memory_equal(packet->head, expected, packet->head_length);
    if (packet->body_length != 0)
        assert_memory_equal(packet->body, expected + packet->head_length, packet->body_length);
    assert_int_equal(tunic_packet_copy(packet, copied), length);
    assert_memory_equal(copied, expected, length);
}

static void check_row(const struct row *row, size_t room, size_t headroom)
{
    struct tunic_packet packets[8];
    struct tunic_split split;
    size_t length;
    uint8_t *packet = make_super(row->recipe, &length);
    uint8_t *heads = malloc((headroom + TUNIC_HEADERS_MOST) * room);
    struct virtio_net_hdr header = describe(&row->recipe, row->type, row->size);
    size_t index = 0;

    assert_non_null(heads);
    assert_int_equal(tunic_split_begin(&split, &header, layer_of(&row->recipe), packet, length), 0);
    for (;;) {
        size_t used;
        size_t count = tunic_split_next(&split, packets, room, heads, headroom, &used);
        uint8_t *next = heads;
        if (count == 0)
            break;
        assert_true(count <= room);
        for (size_t i = 0; i < count; i++, index++) {
            if (row->count == 1) {
                assert_ptr_equal(packets[i].head, packet);
            } else {
                assert_ptr_equal(packets[i].head, next + headroom);
                memset(next, 0xEE, headroom);
                next = packets[i].head + packets[i].head_length;
            }
            check_packet(row, index, &packets[i]);
        }
        assert_int_equal(used, next - heads);
    }
    assert_int_equal(index, row->count);
    free(heads);
    free(packet);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        check_row(&rows[i], 8, 0);
        check_row(&rows[i], 3, 37);
        check_row(&rows[i], 1, 16);
    }
}

/* A sum of nothing: of UDP it is written as 0xFFFF, of TCP as the kernel has it, 0. */
static void test_zero_checksum(void **state)
{
    static const uint8_t indices[] = {0, 4, 13, 14};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(indices); i++) {
        struct row row = rows[indices[i]];
        size_t first = row.count > 1 ? row.size : 0;
        static uint8_t packet[MADE_MOST];
        row.recipe.payload = payload;
        payload[first] = payload[first + 1] = 0;
        (void)expect(&row, row.count > 1 ? 1 : 0, packet);
        memcpy(payload + first, packet + made_checksum(&row.recipe), 2);
        (void)expect(&row, row.count > 1 ? 1 : 0, packet);
        assert_int_equal(made_get16(packet + made_checksum(&row.recipe)),
                         row.recipe.protocol == U ? 0xFFFF : 0);
        check_row(&row, 8, 0);
        fill_payload();
    }
}

/* ---- what is not split ----------------------------------------------------------------- */

/* The checksum goes where the device says, if that is inside and no other field of the headers. */
static void test_completion(void **state)
{
    static const struct {
        const char *name;
        uint16_t start;
        uint16_t offset;
        int result;
    } places[] = {
        {"1 UDP", 20, 6, 0},
        {"2 odd start", 21, 8, 0},
        {"3 odd offset", 20, 9, 0},
        {"4 from the first byte", 0, 28, 0},
        {"5 at the end", 20, 106, 0},
        {"6 half outside", 20, 107, -EBADMSG},
        {"7 start at the end", 128, 0, -EBADMSG},
        {"8 start outside", 129, 0, -EBADMSG},
        {"9 offset outside", 20, 65535, -EBADMSG},
        {"10 both", 65535, 65535, -EBADMSG},
        {"11 first of the payload", 20, 8, 0},
        {"12 last of the headers", 20, 7, -EBADMSG},
        {"13 its own, summed from elsewhere", 18, 8, -EBADMSG},
        {"14 the IP header's", 0, 10, -EBADMSG},
        {"15 the first field", 0, 0, -EBADMSG},
    };
    struct recipe recipe = {false, 0, 4, U, 0, 0, 0, 1, 0, NULL, 100};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(places); i++) {
        struct virtio_net_hdr header = {.flags = NEEDS,
                                        .csum_start = htole16(places[i].start),
                                        .csum_offset = htole16(places[i].offset)};
        struct tunic_split split;
        size_t length;
        uint8_t *packet = make_super(recipe, &length);
        uint8_t *expected = made_exact(packet, length);
        int result = tunic_split_begin(&split, &header, TUNIC_LAYER_IP, packet, length);
        if (result != places[i].result)
            fail_msg("%s: %d", places[i].name, result);
        if (result == 0)
            made_put16(
                expected + places[i].start + places[i].offset,
                (uint16_t)~made_sum(0, expected + places[i].start, length - places[i].start));
        assert_memory_equal(packet, expected, length);
        free(expected);
        free(packet);
    }
}

/* Without the flag nothing is touched; no room is no end. */
static void test_untouched(void **state)
{
    static const struct recipe recipes[] = {
        {false, 0, 4, U, 0, 0, 0, 1, 0, NULL, 100}, {true, 2, 6, T, 8, 4, 0, 1, 0, NULL, 1401},
        {true, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 28},   {false, 0, 6, 58, 0, 0, 0, 0, 0, NULL, 0},
        {true, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0},
    };
    struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(recipes); i++) {
        struct tunic_split split;
        struct tunic_packet got;
        static uint8_t packet[MADE_MOST];
        size_t used;
        struct recipe recipe = recipes[i];
        recipe.payload = payload;
        size_t length = made_write(&recipe, packet);
        uint8_t *exact = made_exact(packet, length);
        assert_int_equal(tunic_split_begin(&split, &header, layer_of(&recipe), exact, length), 0);
        assert_int_equal(tunic_split_next(&split, &got, 0, NULL, 16, &used), 0);
        assert_int_equal(tunic_split_next(&split, &got, 1, NULL, 16, &used), 1);
        assert_int_equal(used, 0);
        assert_ptr_equal(got.head, exact);
        assert_int_equal(got.head_length, length);
        assert_int_equal(got.body_length, 0);
        assert_int_equal(got.checksum, 0);
        assert_int_equal(got.traffic_class, recipe.version != 0 ? MADE_CLASS : 0);
        assert_int_equal(tunic_split_next(&split, &got, 1, NULL, 16, &used), 0);
        assert_memory_equal(exact, packet, length);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_zero_checksum),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_untouched),
    };

    fill_payload();
    return cmocka_run_group_tests_name("packet_split", tests, NULL, NULL);
}
