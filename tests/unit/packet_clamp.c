/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { T = IPPROTO_TCP, SYN = MADE_SYN, MTU = 1420 };

static const struct row {
    const char *name;
    uint8_t version;
    uint8_t flags;
    uint8_t length; /* of the options */
    uint8_t options[40];
    uint32_t mtu;
    uint8_t changed; /* where the value stands that is lowered; 0: nothing changes */
    uint16_t value;
} rows[] = {
    {"1 SYN", 4, SYN, 4, {2, 4, 0x05, 0xB4}, MTU, 2, 1380},
    {"2 SYN and ACK", 4, SYN | MADE_ACK, 4, {2, 4, 0x05, 0xB4}, MTU, 2, 1380},
    {"3 IPv6", 6, SYN, 4, {2, 4, 0x05, 0xA0}, MTU, 2, 1360},
    {"4 not SYN", 4, MADE_ACK, 4, {2, 4, 0x05, 0xB4}, MTU, 0, 0},
    {"5 the same", 4, SYN, 4, {2, 4, 0x05, 0x64}, MTU, 0, 0},
    {"6 one more", 4, SYN, 4, {2, 4, 0x05, 0x65}, MTU, 2, 1380},
    {"7 less", 4, SYN, 4, {2, 4, 0x02, 0x18}, MTU, 0, 0},
    {"8 the most", 4, SYN, 4, {2, 4, 0xFF, 0xFF}, MTU, 2, 1380},
    {"9 never raised", 4, SYN, 4, {2, 4, 0x05, 0xB4}, 65535, 0, 0},
    {"10 large MTU", 4, SYN, 4, {2, 4, 0xFF, 0xFF}, 65535, 2, 65495},
    {"11 larger MTU", 4, SYN, 4, {2, 4, 0xFF, 0xFF}, 100000, 0, 0},
    {"12 MTU of the headers", 4, SYN, 4, {2, 4, 0x05, 0xB4}, 40, 0, 0},
    {"13 one more", 4, SYN, 4, {2, 4, 0x05, 0xB4}, 41, 2, 1},
    {"14 IPv6 MTU of the headers", 6, SYN, 4, {2, 4, 0x05, 0xB4}, 60, 0, 0},
    {"15 no MTU", 4, SYN, 4, {2, 4, 0x05, 0xB4}, 0, 0, 0},
    {"16 behind others", 4, SYN, 16, {3, 3, 7, 4, 2, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, MTU, 0, 0},
    {"17 odd", 4, SYN, 8, {1, 2, 4, 0x05, 0xB4, 1, 1, 0}, MTU, 3, 1380},
    {"18 odd, length", 4, SYN, 8, {3, 3, 7, 2, 4, 0x23, 0x28, 0}, MTU, 5, 1380},
    {"19 last", 4, SYN, 8, {1, 1, 1, 1, 2, 4, 0x23, 0x28}, MTU, 6, 1380},
    {"20 behind the end", 4, SYN, 8, {0, 2, 2, 4, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"21 wrong length", 4, SYN, 8, {2, 3, 0x23, 0x28, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"22 longer", 4, SYN, 8, {2, 6, 0x23, 0x28, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"23 length of 0", 4, SYN, 8, {3, 0, 2, 4, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"24 length of 1", 4, SYN, 8, {3, 1, 2, 4, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"25 cut", 4, SYN, 4, {1, 2, 4, 0x23}, MTU, 0, 0},
    {"26 cut", 4, SYN, 4, {1, 1, 1, 2}, MTU, 0, 0},
    {"27 leads out", 4, SYN, 8, {3, 9, 2, 4, 0x23, 0x28, 1, 1}, MTU, 0, 0},
    {"28 longest", 6, SYN, 40, {8, 36, [36] = 2, 4, 0x23, 0x28}, MTU, 38, 1360},
    {"29 none", 4, SYN, 0, {0}, MTU, 0, 0},
    {"30 padding alone", 4, SYN, 4, {1, 1, 1, 1}, MTU, 0, 0},
};

/* In exact memory, with its headers; the caller frees it. */
static uint8_t *make(const struct row *row, struct tunic_headers *headers, size_t *length)
{
    const struct recipe recipe = {
        .version = row->version, .protocol = T, .tcp_options = row->length, .flags = row->flags};
    uint8_t packet[200];
    size_t options = made_transport(&recipe) + 20;

    *length = made_write(&recipe, packet);
    memcpy(packet + options, row->options, row->length);
    made_put16(packet + made_checksum(&recipe), 0);
    made_leave_checksum(&recipe, packet);
    uint16_t sum = made_sum(0, packet + made_transport(&recipe), *length - made_transport(&recipe));
    made_put16(packet + made_checksum(&recipe), (uint16_t)~sum);
    assert_true(tunic_headers_read(headers, TUNIC_LAYER_IP, packet, *length));
    assert_int_equal(headers->protocol, T);
    return made_exact(packet, *length);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        struct row lowered = rows[i];
        struct tunic_headers headers;
        size_t length;
        uint8_t *packet = make(&rows[i], &headers, &length);
        if (rows[i].changed != 0)
            made_put16(lowered.options + rows[i].changed, rows[i].value);
        uint8_t *expected = make(&lowered, &headers, &length);
        tunic_clamp_mss(&headers, packet, length, rows[i].mtu);
        if (memcmp(packet, expected, length) != 0)
            fail_msg("%s", rows[i].name);
        free(packet);
        free(expected);
    }
}

/* The segments have the tags that the SYN has. */
static void test_tagged(void **state)
{
    (void)state;
    for (uint8_t tags = 0; tags <= 2; tags++) {
        const struct recipe recipe = {.ethernet = true,
                                      .tags = tags,
                                      .version = 4,
                                      .protocol = T,
                                      .tcp_options = 4,
                                      .flags = SYN};
        static const uint8_t option[] = {2, 4, 0x23, 0x28};
        struct tunic_headers headers;
        uint8_t packet[200];
        size_t length = made_write(&recipe, packet);
        uint8_t *field = packet + made_transport(&recipe) + 20;

        memcpy(field, option, sizeof(option));
        assert_true(tunic_headers_read(&headers, TUNIC_LAYER_ETHERNET, packet, length));
        tunic_clamp_mss(&headers, packet, length, 1500);
        assert_int_equal(made_get16(field + 2), 1500 - 14 - 4 * tags - 40);
    }
}

/* What is no whole TCP segment is left alone, and a wrong checksum remains wrong. */
static void test_left_alone(void **state)
{
    struct tunic_headers headers;
    size_t length;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        uint8_t *packet = make(&rows[0], &headers, &length);
        uint8_t *before = made_exact(packet, length);
        if (i == 0)
            headers.version = 0;
        else if (i == 1)
            headers.protocol = IPPROTO_UDP;
        else if (i == 2)
            headers.fragment = true;
        else if (i == 3)
            headers.payload = (uint16_t)(length + 1);
        else
            headers.protocol = IPPROTO_RAW;
        tunic_clamp_mss(&headers, packet, length, MTU);
        assert_memory_equal(packet, before, length);
        free(before);
        free(packet);
    }
    uint8_t *packet = make(&rows[0], &headers, &length);
    uint16_t right = made_get16(packet + 36);
    made_put16(packet + 36, (uint16_t)(right ^ 0x0100));
    tunic_clamp_mss(&headers, packet, length, MTU);
    assert_int_equal(made_get16(packet + 42), 1380);
    uint16_t sum = made_sum(IPPROTO_TCP + 24, packet + 12, 8);
    assert_int_not_equal(made_sum(sum, packet + 20, 24), 0xFFFF);
    free(packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_tagged),
        cmocka_unit_test(test_left_alone),
    };

    return cmocka_run_group_tests_name("packet_clamp", tests, NULL, NULL);
}
