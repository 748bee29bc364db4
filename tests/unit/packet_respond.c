/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet_make.h"
#include "packet_question.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static void check_ethernet(const uint8_t *answer, const uint8_t *packet, size_t network)
{
    assert_memory_equal(answer, question_asker, 6);
    assert_memory_equal(answer + 6, question_host.mac, 6);
    assert_memory_equal(answer + 12, packet + 12, network - 12);
}

static void check_echo4(const uint8_t *answer, const uint8_t *packet, size_t length)
{
    assert_int_equal(answer[0], 0x45);
    assert_int_equal(answer[1], MADE_CLASS & 0xFC);
    assert_int_equal(made_get16(answer + 2), length);
    assert_memory_equal(answer + 4, packet + 4, 4);
    assert_int_equal(answer[8], 64);
    assert_int_equal(answer[9], IPPROTO_ICMP);
    assert_int_equal(made_sum(0, answer, 20), 0xFFFF);
    assert_memory_equal(answer + 12, packet + 16, 4);
    assert_memory_equal(answer + 16, packet + 12, 4);
    assert_int_equal(made_get16(answer + 20), 0);
    assert_int_equal(made_sum(0, answer + 20, length - 20), 0xFFFF);
    assert_memory_equal(answer + 24, packet + 24, length - 24);
}

static void check_header6(const uint8_t *answer, const uint8_t *packet, size_t length, uint8_t hops)
{
    uint16_t sum = made_sum((uint32_t)(58 + length - 40), answer + 8, 32);

    assert_int_equal(made_get16(answer + 4), length - 40);
    assert_int_equal(answer[6], IPPROTO_ICMPV6);
    assert_int_equal(answer[7], hops);
    assert_memory_equal(answer + 24, packet + 8, 16);
    assert_int_equal(made_sum(sum, answer + 40, length - 40), 0xFFFF);
}

static void check_echo6(const uint8_t *answer, const uint8_t *packet, size_t length)
{
    static const uint8_t begin[4] = {0x60 | MADE_CLASS >> 4, (MADE_CLASS & 0x0C) << 4};

    check_header6(answer, packet, length, 64);
    assert_memory_equal(answer, begin, sizeof(begin));
    assert_memory_equal(answer + 8, packet + 24, 16);
    assert_int_equal(made_get16(answer + 40), 0x8100);
    assert_memory_equal(answer + 44, packet + 44, length - 44);
}

static void check_arp(const uint8_t *answer, const uint8_t *packet)
{
    static const uint8_t begin[8] = {0, 1, 8, 0, 6, 4, 0, 2};

    assert_memory_equal(answer, begin, sizeof(begin));
    assert_memory_equal(answer + 8, question_host.mac, 6);
    assert_memory_equal(answer + 14, packet + 24, 4);
    assert_memory_equal(answer + 18, question_asker, 6);
    assert_memory_equal(answer + 24, packet + 14, 4);
}

static void check_advertisement(const uint8_t *answer, const uint8_t *packet, size_t length)
{
    static const uint8_t begin[8] = {136, 0, 0, 0, 0x60};
    static const uint8_t option[8] = {2, 1, 2, 1, 2, 3, 4, 5};

    check_header6(answer, packet, length, 255);
    assert_int_equal(made_get16(answer), 0x6000);
    assert_memory_equal(answer + 8, packet + 48, 16);
    assert_int_equal(answer[40], begin[0]);
    assert_int_equal(answer[41], begin[1]);
    assert_memory_equal(answer + 44, begin + 4, 4);
    assert_memory_equal(answer + 48, packet + 48, 16);
    if (length > 64)
        assert_memory_equal(answer + 64, option, sizeof(option));
}

static void check_answer(const struct question *question, const uint8_t *answer, size_t answered,
                         const uint8_t *packet)
{
    size_t network = question_network(question);
    size_t length = answered - network;

    if (question->ethernet)
        check_ethernet(answer, packet, network);
    answer += network;
    packet += network;
    switch (question->kind) {
    case ECHO4:
        assert_int_equal(length, 28 + question->length);
        check_echo4(answer, packet, length);
        break;
    case ECHO6:
        assert_int_equal(length, 48 + question->length);
        check_echo6(answer, packet, length);
        break;
    case ARP:
        assert_int_equal(length, 28);
        check_arp(answer, packet);
        break;
    case GROUP:
    case DIRECT:
        assert_int_equal(length, question->ethernet && question->length >= 8 ? 72 : 64);
        check_advertisement(answer, packet, length);
    }
}

/* Of all kinds; and none of what is cut off. */
static void test_answers(void **state)
{
    static const struct question rows[] = {
        {ECHO4, false, 0, 0},     {ECHO4, false, 0, 56}, {ECHO4, false, 0, 1},
        {ECHO4, false, 0, 65507}, {ECHO4, true, 0, 56},  {ECHO4, true, 1, 1473},
        {ECHO4, true, 2, 3},      {ECHO6, false, 0, 0},  {ECHO6, false, 0, 1451},
        {ECHO6, true, 0, 56},     {ECHO6, true, 1, 57},  {ECHO6, false, 0, 65487},
        {ARP, true, 0, 0},        {ARP, true, 1, 0},     {ARP, true, 2, 0},
        {GROUP, true, 0, 8},      {GROUP, true, 1, 8},   {GROUP, false, 0, 8},
        {GROUP, false, 0, 0},     {DIRECT, true, 0, 0},  {DIRECT, true, 0, 8},
        {DIRECT, true, 1, 16},    {DIRECT, false, 0, 8}, {DIRECT, true, 2, 8},
    };
    static uint8_t packet[MADE_MOST + 14];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        enum tunic_layer layer = question_layer(&rows[i]);
        size_t answered;
        size_t length = question_make(&rows[i], packet);
        if (rows[i].length == 16)
            packet[question_network(&rows[i]) + 40 + 33] =
                1; /* another, of which nothing is known */
        if (rows[i].length == 16)
            question_seal(packet + question_network(&rows[i]), length - question_network(&rows[i]));
        uint8_t *answer = question_ask(layer, packet, length, &answered);
        if (answered == 0)
            fail_msg("row %zu: none", i);
        check_answer(&rows[i], answer, answered, packet);
        assert_false(question_answered(layer, answer, answered));
        free(answer);
        for (size_t cut = 0; cut < length && length < 2000; cut++)
            assert_false(question_answered(layer, packet, cut));
    }
}

/* What lies behind a packet in its frame is not part of it. */
static void test_padding(void **state)
{
    static const struct question rows[] = {
        {ECHO4, true, 0, 1}, {ECHO6, true, 0, 1}, {ARP, true, 0, 0}, {GROUP, true, 1, 8}};
    uint8_t packet[200];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        size_t answered;
        size_t length = question_make(&rows[i], packet);
        memset(packet + length, 0xA5, 40);
        uint8_t *answer = question_ask(TUNIC_LAYER_ETHERNET, packet, length + 40, &answered);
        assert_int_equal(answered, length);
        check_answer(&rows[i], answer, answered, packet);
        free(answer);
    }
}

/* Where all words but the checksum are zero, that has to be all ones. */
static void test_nothing_but_zeros(void **state)
{
    static const struct question question = {ECHO4, false, 0, 0};
    uint8_t packet[28];
    size_t answered;

    (void)state;
    size_t length = question_make(&question, packet);
    memset(packet + 24, 0, 4);
    question_seal(packet, length);
    uint8_t *answer = question_ask(TUNIC_LAYER_IP, packet, length, &answered);
    assert_int_equal(answered, 28);
    assert_int_equal(made_get16(answer + 22), 0xFFFF);
    free(answer);
}

/* A reply may be cut where the request might, and has no evil bit (RFC 3514). */
static void test_fragment_bits(void **state)
{
    static const struct question question = {ECHO4, false, 0, 56};
    static const uint8_t bits[][2] = {{0x40, 0x40}, {0, 0}, {0x80, 0}, {0xC0, 0x40}};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(bits); i++) {
        uint8_t packet[200];
        size_t answered;
        size_t length = question_write(&question, packet);
        packet[6] = bits[i][0];
        question_seal(packet, length);
        uint8_t *answer = question_ask(TUNIC_LAYER_IP, packet, length, &answered);
        assert_int_equal(answered, length);
        assert_int_equal(answer[6], bits[i][1]);
        free(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_nothing_but_zeros),
        cmocka_unit_test(test_fragment_bits),
    };

    return cmocka_run_group_tests_name("packet_respond", tests, NULL, NULL);
}
