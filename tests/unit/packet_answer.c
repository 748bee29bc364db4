/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { T = IPPROTO_TCP, U = IPPROTO_UDP, I = IPPROTO_ICMP, I6 = IPPROTO_ICMPV6 };

static uint8_t payload[MADE_MOST];

static enum tunic_layer layer_of(const struct recipe *recipe)
{
    return recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

/* What goes through whole where IP has `mtu` of it. */
static uint32_t limit_of(enum tunic_layer layer, const uint8_t *packet, size_t length, uint32_t mtu)
{
    struct tunic_headers headers;

    (void)tunic_headers_read(&headers, layer, packet, length);
    return mtu + headers.network;
}

/* Asks in memory of exactly the sizes; the caller frees the answer. */
static uint8_t *ask(enum tunic_layer layer, const uint8_t *packet, size_t length, uint32_t mtu,
                    size_t *answered)
{
    uint8_t *exact = made_exact(packet, length);
    uint8_t *answer = malloc(TUNIC_ANSWER_MOST);

    assert_non_null(answer);
    *answered = tunic_too_big(layer, exact, length, limit_of(layer, exact, length, mtu), answer);
    assert_memory_equal(exact, packet, length);
    free(exact);
    return answer;
}

static void check4(const uint8_t *answer, const uint8_t *packet, size_t quote, uint32_t mtu)
{
    assert_int_equal(answer[0], 0x45);
    assert_int_equal(made_get16(answer + 2), 28 + quote);
    assert_int_not_equal(answer[8], 0);
    assert_int_equal(answer[9], I);
    assert_int_equal(made_sum(0, answer, 20), 0xFFFF);
    assert_memory_equal(answer + 12, packet + 16, 4);
    assert_memory_equal(answer + 16, packet + 12, 4);
    assert_int_equal(answer[20], 3);
    assert_int_equal(answer[21], 4);
    assert_int_equal(made_get16(answer + 24), 0);
    assert_int_equal(made_get16(answer + 26), mtu);
    assert_memory_equal(answer + 28, packet, quote);
    assert_int_equal(made_sum(0, answer + 20, 8 + quote), 0xFFFF);
}

static void check6(const uint8_t *answer, const uint8_t *packet, size_t quote, uint32_t mtu)
{
    assert_int_equal(answer[0], 0x60);
    assert_int_equal(made_get16(answer + 4), 8 + quote);
    assert_int_equal(answer[6], I6);
    assert_int_not_equal(answer[7], 0);
    assert_memory_equal(answer + 8, packet + 24, 16);
    assert_memory_equal(answer + 24, packet + 8, 16);
    assert_int_equal(answer[40], 2);
    assert_int_equal(answer[41], 0);
    assert_int_equal(made_get16(answer + 44), mtu >> 16);
    assert_int_equal(made_get16(answer + 46), mtu & 0xFFFF);
    assert_memory_equal(answer + 48, packet, quote);
    uint16_t sum = made_sum((uint32_t)(I6 + 8 + quote), answer + 8, 32);
    assert_int_equal(made_sum(sum, answer + 40, 8 + quote), 0xFFFF);
}

static void check_ethernet(const struct recipe *recipe, const uint8_t *answer,
                           const uint8_t *packet)
{
    assert_memory_equal(answer, packet + 6, 6);
    assert_memory_equal(answer + 6, packet, 6);
    assert_memory_equal(answer + 12, packet + 12, made_network(recipe) - 12);
}

static void test_answers(void **state)
{
    static const struct {
        struct recipe recipe;
        uint32_t mtu;
        size_t quote;
    } rows[] = {
        {{false, 0, 4, T, 0, 12, MADE_ACK, 1, 1, payload, 1448}, 1400, 548},
        {{false, 0, 4, U, 40, 0, 0, 1, 1, payload, 1400}, 1280, 548},
        {{false, 0, 4, T, 0, 12, MADE_ACK, 1, 1, payload, 65483}, 65534, 548},
        {{false, 0, 4, U, 0, 0, 0, 1, 1, payload, 519}, 68, 547},
        {{false, 0, 4, U, 0, 0, 0, 1, 1, payload, 520}, 68, 548},
        {{false, 0, 4, U, 0, 0, 0, 1, 1, payload, 521}, 547, 548},
        {{false, 0, 4, U, 0, 0, 0, 1, 1, payload, 40}, 68, 68},
        {{false, 0, 6, T, 0, 12, MADE_ACK, 1, 1, payload, 1448}, 1400, 1232},
        {{false, 0, 6, U, 8, 0, 0, 1, 1, payload, 1400}, 1280, 1232},
        {{false, 0, 6, U, 0, 0, 0, 1, 1, payload, 1183}, 1280, 1231},
        {{false, 0, 6, U, 0, 0, 0, 1, 1, payload, 65000}, 65536, 1232},
        {{true, 0, 4, T, 0, 12, MADE_ACK, 1, 1, payload, 1448}, 1400, 548},
        {{true, 1, 6, T, 0, 12, MADE_ACK, 1, 1, payload, 1448}, 1400, 1232},
        {{true, 2, 6, T, 0, 12, MADE_ACK, 1, 1, payload, 1448}, 1400, 1232},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        const struct recipe *recipe = &rows[i].recipe;
        static uint8_t packet[MADE_MOST];
        size_t network = made_network(recipe);
        size_t header = recipe->version == 4 ? 28 : 48;
        size_t answered;
        size_t length = made_write(recipe, packet);
        uint8_t *answer = ask(layer_of(recipe), packet, length, rows[i].mtu, &answered);
        if (answered != network + header + rows[i].quote)
            fail_msg("row %zu: %zu bytes", i, answered);
        if (recipe->ethernet)
            check_ethernet(recipe, answer, packet);
        if (recipe->version == 4)
            check4(answer + network, packet + network, rows[i].quote, rows[i].mtu);
        else
            check6(answer + network, packet + network, rows[i].quote, rows[i].mtu);
        free(answer);
    }
}

/* The field of IPv4 has 16 bits. */
static void test_largest(void **state)
{
    static const struct recipe recipe = {false, 0, 4, U, 0, 0, 0, 1, 1, payload, 1000};
    uint8_t packet[2000];
    size_t answered;
    size_t length = made_write(&recipe, packet);
    uint8_t *answer = ask(TUNIC_LAYER_IP, packet, length, 70000, &answered);

    (void)state;
    assert_int_equal(answered, 576);
    check4(answer, packet, 548, 65535);
    free(answer);
}

/* What may be answered, and what may not: a few bytes of a good packet changed. */
static const struct recipe tcp4 = {true, 0, 4, T, 0, 0, 0, 1, 1, payload, 1300};
static const struct recipe tcp6 = {true, 0, 6, T, 0, 0, 0, 1, 1, payload, 1300};
static const struct recipe icmp4 = {true, 0, 4, I, 0, 0, 0, 1, 1, payload, 1300};
static const struct recipe icmp6 = {true, 0, 6, I6, 0, 0, 0, 1, 1, payload, 1300};
static const struct recipe arp = {true, 0, 0, 0, 0, 0, 0, 1, 1, payload, 1300};
static const struct {
    const char *name;
    const struct recipe *recipe;
    uint32_t mtu;
    size_t offset;
    const char *bytes;
    size_t count;
    bool answered;
} limits[] = {
    {"1 IPv4", &tcp4, 1280, 0, "", 0, true},
    {"2 IPv6", &tcp6, 1280, 0, "", 0, true},
    {"3 not IP", &arp, 1280, 0, "", 0, false},
    {"4 least MTU", &tcp4, 68, 0, "", 0, true},
    {"5 below it", &tcp4, 67, 0, "", 0, false},
    {"6 below it", &tcp6, 1279, 0, "", 0, false},
    {"7 no DF", &tcp4, 1280, 20, "\0", 1, false},
    {"8 first fragment", &tcp4, 1280, 20, "\x60", 1, true},
    {"9 later fragment", &tcp4, 1280, 20, "\x60\x01", 2, false},
    {"10 highest offset", &tcp4, 1280, 20, "\x50", 1, false},
    {"11 TCP cut short", &tcp4, 1280, 46, "\x40", 1, true},
    {"12 a chain that leads out", &tcp6, 1280, 20, "\x00", 1, true},
    {"13 from 0.0.0.0", &tcp4, 1280, 26, "\0\0\0\0", 4, false},
    {"14 to 0.0.0.0", &tcp4, 1280, 30, "\0\0\0\0", 4, false},
    {"15 from multicast", &tcp4, 1280, 26, "\xE0\0\0\1", 4, false},
    {"16 to multicast", &tcp4, 1280, 30, "\xEF\0\0\1", 4, false},
    {"17 from broadcast", &tcp4, 1280, 26, "\xFF\xFF\xFF\xFF", 4, false},
    {"18 to broadcast", &tcp4, 1280, 30, "\xFF\xFF\xFF\xFF", 4, false},
    {"19 from loopback", &tcp4, 1280, 26, "\x7F\0\0\1", 4, false},
    {"20 highest host", &tcp4, 1280, 26, "\xDF\xFF\xFF\xFE", 4, true},
    {"21 from ::", &tcp6, 1280, 22, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, false},
    {"22 to ::", &tcp6, 1280, 38, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, false},
    {"23 from multicast", &tcp6, 1280, 22, "\xFF\x02", 2, false},
    {"24 to multicast", &tcp6, 1280, 38, "\xFF\x02", 2, false},
    {"25 echo request", &icmp4, 1280, 34, "\x08", 1, true},
    {"26 echo reply", &icmp4, 1280, 34, "\x00", 1, true},
    {"27 unreachable", &icmp4, 1280, 34, "\x03", 1, false},
    {"28 quench", &icmp4, 1280, 34, "\x04", 1, false},
    {"29 redirect", &icmp4, 1280, 34, "\x05", 1, false},
    {"30 exceeded", &icmp4, 1280, 34, "\x0B", 1, false},
    {"31 problem", &icmp4, 1280, 34, "\x0C", 1, false},
    {"32 unknown", &icmp4, 1280, 34, "\x28", 1, false},
    {"33 unknown", &icmp4, 1280, 34, "\xFF", 1, false},
    {"34 echo request", &icmp6, 1280, 54, "\x80", 1, true},
    {"35 too big", &icmp6, 1280, 54, "\x02", 1, false},
    {"36 unknown error", &icmp6, 1280, 54, "\x7F", 1, false},
    {"37 redirect", &icmp6, 1280, 54, "\x89", 1, false},
    {"38 to a group", &tcp4, 1280, 0, "\x03", 1, false},
    {"39 from a group", &tcp4, 1280, 6, "\x01", 1, false},
    {"40 to all", &tcp6, 1280, 0, "\xFF\xFF\xFF\xFF\xFF\xFF", 6, false},
    {"41 wrong version", &tcp4, 1280, 14, "\x65", 1, false},
    {"42 from ::1", &tcp6, 1280, 22, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, false},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(limits); i++) {
        uint8_t packet[2000];
        size_t answered;
        size_t length = made_write(limits[i].recipe, packet);
        memcpy(packet + limits[i].offset, limits[i].bytes, limits[i].count);
        free(ask(TUNIC_LAYER_ETHERNET, packet, length, limits[i].mtu, &answered));
        if ((answered != 0) != limits[i].answered)
            fail_msg("%s: %zu", limits[i].name, answered);
    }
}

/* IPv6 with a fragment header: the first is answered, a later one is not. */
static void test_fragments6(void **state)
{
    static const struct recipe recipe = {false, 0, 6, U, 8, 0, 0, 1, 1, payload, 1300};
    uint8_t packet[2000];
    size_t length = made_write(&recipe, packet);

    (void)state;
    packet[6] = 44;
    for (unsigned offset = 0; offset < 4; offset++) {
        static const uint16_t fields[] = {0x0001, 0x0008, 0x8001, 0x0000};
        size_t answered;
        made_put16(packet + 42, fields[offset]);
        free(ask(TUNIC_LAYER_IP, packet, length, 1280, &answered));
        assert_int_equal(answered != 0, fields[offset] < 8);
    }
    /* Of an error that has no type: the packet ends where it would be. */
    size_t answered;
    memset(packet, 0, 8);
    packet[0] = 0x60;
    packet[6] = I6;
    free(ask(TUNIC_LAYER_IP, packet, 40, 1280, &answered));
    assert_int_equal(answered, 0);
}

/* Cut off after every byte: none is a packet. */
static void test_cut_off(void **state)
{
    static const struct recipe recipes[] = {
        {true, 1, 4, T, 0, 12, 0, 1, 1, payload, 100},
        {true, 2, 6, T, 8, 12, 0, 1, 1, payload, 100},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(recipes); i++) {
        uint8_t packet[300];
        size_t length = made_write(&recipes[i], packet);
        for (size_t cut = 0; cut < length; cut++) {
            size_t answered;
            free(ask(TUNIC_LAYER_ETHERNET, packet, cut, 1280, &answered));
            assert_int_equal(answered, 0);
        }
    }
}

/* Whoever sent it is told, also of what may be fragmented, and by the same rules. */
static void test_no_route(void **state)
{
    static const struct recipe recipes[] = {
        {false, 0, 4, U, 0, 0, 0, 1, 1, payload, 40},
        {false, 0, 6, U, 0, 0, 0, 1, 1, payload, 40},
    };
    uint8_t answer[TUNIC_ANSWER_MOST];
    uint8_t packet[300];

    (void)state;
    size_t length = made_write(&recipes[0], packet);
    assert_int_equal(tunic_no_route(TUNIC_LAYER_IP, packet, length, answer), 28 + length);
    assert_int_equal(answer[20], 3);
    assert_int_equal(answer[21], 1);
    assert_int_equal(made_get16(answer + 26), 0);
    assert_int_equal(made_sum(0, answer + 20, 8 + length), 0xFFFF);
    packet[16] = 224; /* to a group */
    assert_int_equal(tunic_no_route(TUNIC_LAYER_IP, packet, length, answer), 0);
    assert_int_equal(tunic_no_route(TUNIC_LAYER_IP, packet, 12, answer), 0);

    length = made_write(&recipes[1], packet);
    assert_int_equal(tunic_no_route(TUNIC_LAYER_IP, packet, length, answer), 48 + length);
    assert_int_equal(answer[40], 1);
    assert_int_equal(answer[41], 0);
    assert_int_equal(made_get16(answer + 46), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_largest),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_fragments6),
        cmocka_unit_test(test_cut_off), cmocka_unit_test(test_no_route),
    };

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
    return cmocka_run_group_tests_name("packet_answer", tests, NULL, NULL);
}
