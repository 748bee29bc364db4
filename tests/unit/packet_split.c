/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
    TCP4 = VIRTIO_NET_HDR_GSO_TCPV4,
    TCP6 = VIRTIO_NET_HDR_GSO_TCPV6,
    UDP = VIRTIO_NET_HDR_GSO_UDP_L4,
    ECN = VIRTIO_NET_HDR_GSO_ECN,
    NEEDS = VIRTIO_NET_HDR_F_NEEDS_CSUM,
    T = IPPROTO_TCP,
    U = IPPROTO_UDP,
    ALL_FLAGS = MADE_FIN | MADE_PSH | MADE_ACK | MADE_CWR,
};

/* Super-packets, and how many packets of which size they stand for. */
static const struct row {
    const char *name;
    struct recipe recipe;
    uint8_t type;
    uint16_t size;
    size_t count;
} rows[] = {
    {"1 one size", {false, 0, 4, T, 0, 12, MADE_ACK, 7, 100, NULL, 1000}, TCP4, 1000, 1},
    {"2 less than one", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 999}, TCP4, 1000, 1},
    {"3 one byte more", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 1001}, TCP4, 1000, 2},
    {"4 a multiple", {false, 0, 4, T, 0, 0, ALL_FLAGS, 7, 100, NULL, 4000}, TCP4, 1000, 4},
    {"5 odd size", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 40001}, TCP4, 1337, 30},
    {"6 both wrap",
     {false, 0, 4, T, 0, 12, ALL_FLAGS, 65534, UINT32_MAX - 1500, NULL, 5000},
     TCP4,
     1000,
     5},
    {"7 ECN type", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 3000}, TCP4 | ECN, 1400, 3},
    {"8 options", {false, 0, 4, T, 40, 40, ALL_FLAGS, 7, 100, NULL, 3000}, TCP4, 1400, 3},
    {"9 the longest", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 65483}, TCP4, 1428, 46},
    {"10 byte by byte", {false, 0, 4, T, 0, 0, ALL_FLAGS, 7, 100, NULL, 300}, TCP4, 1, 300},
    {"11 IPv6", {false, 0, 6, T, 0, 12, ALL_FLAGS, 0, 100, NULL, 60000}, TCP6, 1408, 43},
    {"12 extension", {false, 0, 6, T, 24, 12, ALL_FLAGS, 0, 100, NULL, 3000}, TCP6, 1401, 3},
    {"13 most headers", {false, 0, 6, T, 176, 20, ALL_FLAGS, 0, 1, NULL, 3000}, TCP6, 999, 4},
    {"14 UDP", {false, 0, 4, U, 0, 0, 0, 9, 0, NULL, 5000}, UDP, 1200, 5},
    {"15 UDP over IPv6", {false, 0, 6, U, 0, 0, 0, 0, 0, NULL, 5001}, UDP, 1251, 4},
    {"16 UDP in one", {false, 0, 6, U, 0, 0, 0, 0, 0, NULL, 1000}, UDP, 1200, 1},
    {"17 frame", {true, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 9000}, TCP4, 1448, 7},
    {"18 tag", {true, 1, 6, T, 0, 12, ALL_FLAGS, 0, 100, NULL, 9000}, TCP6, 1448, 7},
    {"19 two tags", {true, 2, 4, U, 4, 0, 0, 65535, 0, NULL, 9000}, UDP, 1471, 7},
    {"20 frame in one", {true, 1, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 5}, TCP4, 1448, 1},
    {"21 no payload", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 0}, TCP4, 1448, 1},
};

static uint8_t payload[MADE_MOST];

/* Something that the checksum notices the order of. */
static void fill_payload(void)
{
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
}

static enum tunic_layer layer_of(const struct recipe *recipe)
{
    return recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

/* What the device says of it. */
static struct virtio_net_hdr describe(const struct recipe *recipe, uint8_t type, uint16_t size)
{
    size_t transport = made_transport(recipe);

    return (struct virtio_net_hdr){
        .flags = NEEDS,
        .gso_type = type,
        .hdr_len = htole16(0xDEAD), /* not to be trusted */
        .gso_size = htole16(size),
        .csum_start = htole16((uint16_t)transport),
        .csum_offset = htole16((uint16_t)(made_checksum(recipe) - transport)),
    };
}

/* In exact memory; the caller frees it. */
static uint8_t *make(struct recipe recipe, size_t *length)
{
    static uint8_t packet[MADE_MOST + 100];

    recipe.payload = payload;
    *length = made_write(&recipe, packet);
    assert_true(*length <= MADE_MOST);
    made_leave_checksum(&recipe, packet);
    return made_exact(packet, *length);
}

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
    uint8_t *packet = make(row->recipe, &length);
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
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
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

/* ---- what contradicts itself ----------------------------------------------------------- */

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
        uint8_t *packet = make(*recipe, &length);
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
        uint8_t *packet = make(row->recipe, &length);
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
    uint8_t *packet = make(recipe, &length);
    struct virtio_net_hdr header = describe(&recipe, TCP6, 999);
    assert_int_equal(try_begin(&recipe, &header, packet, length), -EBADMSG);
    free(packet);
}

/* Cut off after every byte, and with a byte too many. */
static void test_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct virtio_net_hdr header = describe(&row->recipe, row->type, row->size);
        size_t length;
        uint8_t *packet = make(row->recipe, &length);
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
        uint8_t *packet = make(row->recipe, &length);
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

/* ---- what is not split ----------------------------------------------------------------- */

/* Whatever the packet is, the checksum goes where the device says, if that is inside. */
static void test_completion(void **state)
{
    static const struct {
        const char *name;
        uint16_t start;
        uint16_t offset;
        int result;
    } places[] = {
        {"1 UDP", 20, 6, 0},
        {"2 odd start", 21, 6, 0},
        {"3 odd offset", 20, 7, 0},
        {"4 from the first byte", 0, 0, 0},
        {"5 at the end", 20, 106, 0},
        {"6 half outside", 20, 107, -EBADMSG},
        {"7 start at the end", 128, 0, -EBADMSG},
        {"8 start outside", 129, 0, -EBADMSG},
        {"9 offset outside", 20, 65535, -EBADMSG},
        {"10 both", 65535, 65535, -EBADMSG},
    };
    struct recipe recipe = {false, 0, 4, U, 0, 0, 0, 1, 0, NULL, 100};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(places); i++) {
        struct virtio_net_hdr header = {.flags = NEEDS,
                                        .csum_start = htole16(places[i].start),
                                        .csum_offset = htole16(places[i].offset)};
        struct tunic_split split;
        size_t length;
        uint8_t *packet = make(recipe, &length);
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
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_wrong_bytes),
        cmocka_unit_test(test_too_many_headers),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_untouched),
    };

    fill_payload();
    return cmocka_run_group_tests_name("packet_split", tests, NULL, NULL);
}
