/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { T = IPPROTO_TCP, U = IPPROTO_UDP, ICMP6 = IPPROTO_ICMPV6, RAW = IPPROTO_RAW };

static uint8_t payload[2000];

static enum tunic_layer layer_of(const struct recipe *recipe)
{
    return recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

/* In memory of exactly that size. */
static bool read_exact(struct tunic_headers *headers, enum tunic_layer layer, const uint8_t *packet,
                       size_t length)
{
    uint8_t *exact = made_exact(packet, length);
    bool known = tunic_headers_read(headers, layer, exact, length);

    free(exact);
    return known;
}

static void test_whole_packets(void **state)
{
    static const struct recipe recipes[] = {
        {false, 0, 4, T, 0, 0, MADE_ACK, 1, 1, payload, 0},
        {false, 0, 4, T, 0, 0, MADE_ACK, 1, 1, payload, 1},
        {false, 0, 4, T, 40, 40, MADE_ACK, 1, 1, payload, 1000},
        {false, 0, 4, U, 0, 0, 0, 1, 1, payload, 0},
        {false, 0, 4, U, 4, 0, 0, 1, 1, payload, 1472},
        {false, 0, 4, IPPROTO_ICMP, 0, 0, 0, 1, 1, payload, 64},
        {false, 0, 6, T, 0, 12, MADE_ACK, 1, 1, payload, 7},
        {false, 0, 6, T, 248, 12, MADE_ACK, 1, 1, payload, 7},
        {false, 0, 6, U, 8, 0, 0, 1, 1, payload, 7},
        {false, 0, 6, ICMP6, 0, 0, 0, 1, 1, payload, 0},
        {true, 0, 4, T, 0, 12, MADE_ACK, 1, 1, payload, 100},
        {true, 1, 6, U, 0, 0, 0, 1, 1, payload, 100},
        {true, 2, 4, U, 0, 0, 0, 1, 1, payload, 100},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(recipes); i++) {
        const struct recipe *recipe = &recipes[i];
        uint8_t packet[4096] = {0};
        struct tunic_headers headers;
        size_t end = made_write(recipe, packet);
        for (size_t padding = 0; padding <= 46; padding += 23) {
            assert_true(read_exact(&headers, layer_of(recipe), packet, end + padding));
            assert_int_equal(headers.network, made_network(recipe));
            assert_int_equal(headers.transport, made_transport(recipe));
            assert_int_equal(headers.payload, made_payload(recipe));
            assert_int_equal(headers.end, end);
            assert_int_equal(headers.version, recipe->version);
            assert_int_equal(headers.protocol, recipe->protocol);
            assert_int_equal(headers.traffic_class, MADE_CLASS);
            assert_false(headers.fragment);
            assert_int_equal(headers.options, recipe->options != 0);
        }
        /* What is shorter than it says is no packet, wherever it ends. */
        for (size_t length = 0; length < end; length++)
            assert_false(read_exact(&headers, layer_of(recipe), packet, length));
    }
}

/* Frames of something else pass, of any length that holds their type. */
static void test_other_frames(void **state)
{
    static const struct {
        const char *name;
        uint8_t types[12];
        size_t length;
        int network; /* -1: no frame */
    } rows[] = {
        {"1 ARP", {0x08, 0x06}, 42, 14},
        {"2 type alone", {0x08, 0x06}, 14, 14},
        {"3 no type", {0x08}, 13, -1},
        {"4 length, not type", {0x00, 0x26}, 60, 14},
        {"5 tag", {0x81, 0x00, 0, 1, 0x08, 0x06}, 18, 18},
        {"6 tag cut", {0x81, 0x00, 0, 1, 0x08}, 17, -1},
        {"7 two tags", {0x88, 0xA8, 0, 1, 0x81, 0x00, 0, 2, 0x08, 0x06}, 22, 22},
        {"8 second tag cut", {0x88, 0xA8, 0, 1, 0x81, 0x00, 0, 2, 0x08}, 21, -1},
        {"9 three tags", {0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3}, 26, 22},
        {"10 IPv4 without any", {0x08, 0x00}, 14, -1},
        {"11 IPv6 without any", {0x86, 0xDD}, 14, -1},
        {"12 IPv4 cut", {0x08, 0x00, 0x45}, 33, -1},
        {"13 IPv6 cut", {0x86, 0xDD, 0x60}, 53, -1},
        {"14 IPv4 that is IPv6", {0x08, 0x00, 0x60}, 60, 14},
        {"15 IPv6 that is IPv4", {0x86, 0xDD, 0x45}, 60, 14},
        {"16 IPv4 of no version", {0x08, 0x00, 0x05}, 60, 14},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        uint8_t packet[64] = {0};
        struct tunic_headers headers;
        memcpy(packet + 12, rows[i].types, sizeof(rows[i].types));
        bool known = read_exact(&headers, TUNIC_LAYER_ETHERNET, packet, rows[i].length);
        if (known != (rows[i].network >= 0))
            fail_msg("%s: %d", rows[i].name, known);
        if (known) {
            assert_int_equal(headers.version, 0);
            assert_int_equal(headers.protocol, 0);
            assert_int_equal(headers.network, rows[i].network);
        }
    }
}

static void test_versions(void **state)
{
    uint8_t packet[100] = {0};
    struct tunic_headers headers;

    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        packet[0] = (uint8_t)(version << 4 | 5);
        packet[3] = version == 4 ? 100 : 0;
        assert_int_equal(read_exact(&headers, TUNIC_LAYER_IP, packet, sizeof(packet)),
                         version == 4 || version == 6);
    }
    static uint8_t longest[TUNIC_PACKET_MOST + 1] = {0x60};
    assert_true(tunic_headers_read(&headers, TUNIC_LAYER_IP, longest, TUNIC_PACKET_MOST));
    assert_false(tunic_headers_read(&headers, TUNIC_LAYER_IP, longest, TUNIC_PACKET_MOST + 1));
}

/* One byte of a good packet changed. */
static void test_changed(void **state)
{
    static const struct recipe tcp4 = {false, 0, 4, T, 0, 0, 0, 1, 1, payload, 100};
    static const struct recipe tcp40 = {false, 0, 4, T, 0, 0, 0, 1, 1, payload, 40};
    static const struct recipe tcp39 = {false, 0, 4, T, 0, 0, 0, 1, 1, payload, 39};
    static const struct recipe udp4 = {false, 0, 4, U, 0, 0, 0, 1, 1, payload, 100};
    static const struct recipe tcp6 = {false, 0, 6, T, 0, 0, 0, 1, 1, payload, 100};
    static const struct {
        const char *name;
        const struct recipe *recipe;
        uint8_t offset;
        uint8_t value;
        bool known;
        uint8_t protocol;
        bool fragment;
    } rows[] = {
        {"1 header of 16", &tcp4, 0, 0x44, false, 0, false},
        {"2 header of 0", &tcp4, 0, 0x40, false, 0, false},
        {"3 total within header", &tcp4, 3, 19, false, 0, false},
        {"4 total of the header", &tcp4, 3, 20, true, RAW, false},
        {"5 no whole TCP header", &tcp4, 3, 39, true, RAW, false},
        {"6 TCP header alone", &tcp4, 3, 40, true, T, false},
        {"7 one more than there is", &tcp4, 3, 141, false, 0, false},
        {"8 more fragments", &tcp4, 6, 0x20, true, T, true},
        {"9 later fragment", &tcp4, 7, 1, true, T, true},
        {"10 highest offset", &tcp4, 6, 0x10, true, T, true},
        {"11 reserved flag", &tcp4, 6, 0x80, true, T, false},
        {"12 TCP header of 16", &tcp4, 32, 0x40, true, RAW, false},
        {"13 of 60", &tcp4, 32, 0xF0, true, T, false},
        {"14 of 60, all that is there", &tcp40, 32, 0xF0, true, T, false},
        {"15 of 60, one more", &tcp39, 32, 0xF0, true, RAW, false},
        {"16 UDP longer", &udp4, 25, 109, true, RAW, false},
        {"17 UDP shorter", &udp4, 25, 107, true, RAW, false},
        {"18 UDP of 0", &udp4, 25, 0, true, RAW, false},
        {"19 UDP header cut", &udp4, 3, 27, true, RAW, false},
        {"20 IPv6 longer", &tcp6, 5, 121, false, 0, false},
        {"21 IPv6 of 0", &tcp6, 5, 0, true, RAW, false},
        {"22 no next header", &tcp6, 6, 59, true, 59, false},
        {"23 authentication", &tcp6, 6, 51, true, 51, false},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        uint8_t packet[200];
        struct tunic_headers headers;
        size_t length = made_write(rows[i].recipe, packet);
        packet[rows[i].offset] = rows[i].value;
        bool known = read_exact(&headers, TUNIC_LAYER_IP, packet, length);
        if (known != rows[i].known || (known && (headers.protocol != rows[i].protocol ||
                                                 headers.fragment != rows[i].fragment)))
            fail_msg("%s: %d %u %d", rows[i].name, known, headers.protocol, headers.fragment);
        if (known && (headers.fragment || headers.protocol == RAW))
            assert_int_equal(headers.payload, headers.transport);
    }
}

/* Chains of extension headers: 8-byte units, `next` and `units` of each. */
static void test_extensions(void **state)
{
    static const struct {
        const char *name;
        uint8_t first;
        uint8_t chain[10][4]; /* next, length, and of a fragment the offset */
        size_t length;        /* behind the IPv6 header */
        uint8_t protocol;
        uint16_t transport;
        bool fragment;
    } rows[] = {
        {"1 hop by hop", 0, {{ICMP6}}, 16, ICMP6, 48, false},
        {"2 three", 0, {{43}, {60}, {ICMP6}}, 24, ICMP6, 64, false},
        {"3 longer one", 60, {{ICMP6, 1}}, 16, ICMP6, 56, false},
        {"4 one too long", 60, {{ICMP6, 2}}, 16, RAW, 40, false},
        {"5 the longest", 60, {{ICMP6, 255}}, 80, RAW, 40, false},
        {"6 cut", 60, {{ICMP6}}, 7, RAW, 40, false},
        {"7 cut after a byte", 60, {{ICMP6}}, 1, RAW, 40, false},
        {"8 fragment cut", 44, {{ICMP6}}, 3, RAW, 40, false},
        {"9 nothing", 0, {{ICMP6}}, 0, RAW, 40, false},
        {"10 second cut", 60, {{43}, {ICMP6}}, 15, RAW, 48, false},
        {"11 first fragment", 44, {{T, 0, 0, 1}}, 60, T, 48, true},
        {"12 later fragment", 44, {{T, 0, 0, 8}}, 60, T, 48, true},
        {"13 high offset", 44, {{U, 0, 0x80, 0}}, 60, U, 48, true},
        {"14 whole fragment", 44, {{ICMP6, 0, 0, 6}}, 60, ICMP6, 48, false},
        {"15 length of a fragment header", 44, {{ICMP6, 9, 0, 0}}, 16, ICMP6, 48, false},
        {"16 behind a fragment", 44, {{60, 0, 0, 1}, {T}}, 60, 60, 48, true},
        {"17 eight",
         60,
         {{60}, {60}, {60}, {60}, {60}, {60}, {60}, {ICMP6}},
         80,
         ICMP6,
         104,
         false},
        {"18 nine",
         60,
         {{60}, {60}, {60}, {60}, {60}, {60}, {60}, {60}, {ICMP6}},
         80,
         RAW,
         104,
         false},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        uint8_t packet[120] = {0x60};
        struct tunic_headers headers;
        packet[5] = (uint8_t)rows[i].length;
        packet[6] = rows[i].first;
        for (size_t k = 0; k < 10; k++)
            memcpy(packet + 40 + 8 * k, rows[i].chain[k], 4);
        assert_true(read_exact(&headers, TUNIC_LAYER_IP, packet, 40 + rows[i].length));
        if (headers.protocol != rows[i].protocol || headers.transport != rows[i].transport ||
            headers.fragment != rows[i].fragment)
            fail_msg("%s: %u at %u, %d", rows[i].name, headers.protocol, headers.transport,
                     headers.fragment);
        assert_true(headers.options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_packets), cmocka_unit_test(test_other_frames),
        cmocka_unit_test(test_versions),      cmocka_unit_test(test_changed),
        cmocka_unit_test(test_extensions),
    };

    return cmocka_run_group_tests_name("packet_headers", tests, NULL, NULL);
}
