/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet_make.h"
#include "packet_question.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* A few bytes of a good request changed, with its sums made right after that. */
struct change {
    const char *name;
    struct question question;
    size_t offset;
    const char *bytes;
    size_t count;
    bool answered;
};

#define ECHO4_FRAME                                                                                \
    {                                                                                              \
        ECHO4, true, 0, 56                                                                         \
    }
#define ECHO6_FRAME                                                                                \
    {                                                                                              \
        ECHO6, true, 0, 56                                                                         \
    }
#define ARP_FRAME                                                                                  \
    {                                                                                              \
        ARP, true, 0, 0                                                                            \
    }
#define GROUP_FRAME                                                                                \
    {                                                                                              \
        GROUP, true, 0, 8                                                                          \
    }
#define DIRECT_FRAME                                                                               \
    {                                                                                              \
        DIRECT, true, 0, 8                                                                         \
    }
#define OWN "\2\1\2\3\4\5"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct change frames[] = {
    {"to another host", ECHO4_FRAME, 5, "\6", 1, false},
    {"to another host, IPv6", ECHO6_FRAME, 5, "\6", 1, false},
    {"to all", ECHO4_FRAME, 0, "\xFF\xFF\xFF\xFF\xFF\xFF", 6, false},
    {"to a group", ECHO6_FRAME, 0, "\x33\x33\xFF\0\0\xFE", 6, false},
    {"from a group", ECHO4_FRAME, 6, "\7", 1, false},
    {"from nobody", ECHO4_FRAME, 6, ZEROS, 6, false},
    {"from itself", ECHO4_FRAME, 6, OWN, 6, false},
    {"of another type", ECHO4_FRAME, 12, "\x86\xDD", 2, false},
    {"of an unknown type", ARP_FRAME, 13, "\7", 1, false},
    {"three tags", {ECHO4, true, 2, 56}, 20, "\x81\0", 2, false},
    {"priority alone", {ECHO4, true, 1, 56}, 14, "\x60\0", 2, true},
};

static const struct change arps[] = {
    {"to it alone", ARP_FRAME, 0, OWN, 6, true},
    {"to another", ARP_FRAME, 0, "\2\1\2\3\4\6", 6, false},
    {"to a group", ARP_FRAME, 0, "\x33\x33\xFF\0\0\xFE", 6, false},
    {"no Ethernet", ARP_FRAME, 15, "\6", 1, false},
    {"no Ethernet either", ARP_FRAME, 14, "\1", 1, false},
    {"no IPv4", ARP_FRAME, 16, "\x86\xDD", 2, false},
    {"long MAC", ARP_FRAME, 18, "\7", 1, false},
    {"long address", ARP_FRAME, 19, "\x10", 1, false},
    {"reply", ARP_FRAME, 21, "\2", 1, false},
    {"reverse", ARP_FRAME, 21, "\3", 1, false},
    {"other operation", ARP_FRAME, 20, "\1", 1, false},
    {"sender is not whose frame it is", ARP_FRAME, 27, "\x0C", 1, false},
    {"sender is a group", ARP_FRAME, 22, "\7", 1, false},
    {"frame from a group", ARP_FRAME, 6, "\7", 1, false},
    {"probe", ARP_FRAME, 28, ZEROS, 4, false},
    {"announcement", ARP_FRAME, 28, "\xC6\x33\x64\xFE", 4, false},
    {"from loopback", ARP_FRAME, 28, "\x7F", 1, false},
    {"from multicast", ARP_FRAME, 28, "\xE0", 1, false},
    {"from broadcast", ARP_FRAME, 31, "\xFF", 1, false},
    {"target named already", ARP_FRAME, 32, OWN, 6, true},
    {"for 0.0.0.0", ARP_FRAME, 38, ZEROS, 4, false},
    {"for loopback", ARP_FRAME, 38, "\x7F", 1, false},
    {"for multicast", ARP_FRAME, 38, "\xE0", 1, false},
    {"for broadcast", ARP_FRAME, 41, "\xFF", 1, false},
    {"for all", ARP_FRAME, 38, "\xFF\xFF\xFF\xFF", 4, false},
};

static const struct change echoes4[] = {
    {"no DF", ECHO4_FRAME, 20, "\0", 1, true},
    {"first fragment", ECHO4_FRAME, 20, "\x20", 1, false},
    {"later fragment", ECHO4_FRAME, 21, "\1", 1, false},
    {"options", ECHO4_FRAME, 14, "\x46", 1, false},
    {"another protocol", ECHO4_FRAME, 23, "\x3A", 1, false},
    {"to 0.0.0.0", ECHO4_FRAME, 30, ZEROS, 4, false},
    {"to multicast", ECHO4_FRAME, 30, "\xE0", 1, false},
    {"to all", ECHO4_FRAME, 30, "\xFF\xFF\xFF\xFF", 4, false},
    {"to broadcast", ECHO4_FRAME, 33, "\xFF", 1, false},
    {"to the other broadcast", ECHO4_FRAME, 30, "\xC0\0\2\xFF", 4, false},
    {"to loopback", ECHO4_FRAME, 30, "\x7F", 1, false},
    {"from 0.0.0.0", ECHO4_FRAME, 26, ZEROS, 4, false},
    {"from multicast", ECHO4_FRAME, 26, "\xE0", 1, false},
    {"from all", ECHO4_FRAME, 26, "\xFF\xFF\xFF\xFF", 4, false},
    {"from broadcast", ECHO4_FRAME, 29, "\xFF", 1, false},
    {"from loopback", ECHO4_FRAME, 26, "\x7F", 1, false},
    {"to oneself", ECHO4_FRAME, 26, "\xC6\x33\x64\xFE", 4, false},
    {"reply", ECHO4_FRAME, 34, "\0", 1, false},
    {"another type", ECHO4_FRAME, 34, "\x0D", 1, false},
    {"another code", ECHO4_FRAME, 35, "\1", 1, false},
};

static const struct change echoes6[] = {
    {"another protocol", ECHO6_FRAME, 20, "\1", 1, false},
    {"extension header", ECHO6_FRAME, 20, "\0", 1, false},
    {"to ::", ECHO6_FRAME, 38, ZEROS, 16, false},
    {"to ::1", ECHO6_FRAME, 38, ZEROS "\1", 16, false},
    {"to multicast", ECHO6_FRAME, 38, "\xFF\2", 2, false},
    {"from ::", ECHO6_FRAME, 22, ZEROS, 16, false},
    {"from ::1", ECHO6_FRAME, 22, ZEROS "\1", 16, false},
    {"from multicast", ECHO6_FRAME, 22, "\xFF\2", 2, false},
    {"to oneself", ECHO6_FRAME, 37, "\xFE", 1, false},
    {"reply", ECHO6_FRAME, 54, "\x81", 1, false},
    {"error", ECHO6_FRAME, 54, "\1", 1, false},
    {"another code", ECHO6_FRAME, 55, "\1", 1, false},
};

static const struct change solicitations[] = {
    {"to the group, but one's own MAC", GROUP_FRAME, 0, OWN, 6, true},
    {"to another group's MAC", GROUP_FRAME, 5, "\xFD", 1, false},
    {"to all", GROUP_FRAME, 0, "\xFF\xFF\xFF\xFF\xFF\xFF", 6, false},
    {"to another group", GROUP_FRAME, 53, "\xFD", 1, false},
    {"to all nodes", GROUP_FRAME, 38, "\xFF\2" ZEROS, 15, false},
    {"to another address", DIRECT_FRAME, 53, "\xFD", 1, false},
    {"to the address, but a group's MAC", DIRECT_FRAME, 0, "\x33\x33\xFF\0\0\xFE", 6, false},
    {"from far", GROUP_FRAME, 21, "\xFE", 1, false},
    {"from ::", GROUP_FRAME, 22, ZEROS, 16, false},
    {"from multicast", GROUP_FRAME, 22, "\xFF\2", 2, false},
    {"for oneself", GROUP_FRAME, 37, "\xFE", 1, false},
    {"for multicast", DIRECT_FRAME, 62, "\xFF", 1, false},
    {"code", GROUP_FRAME, 55, "\1", 1, false},
    {"router", GROUP_FRAME, 54, "\x85", 1, false},
    {"advertisement", GROUP_FRAME, 54, "\x88", 1, false},
    {"option of no length", GROUP_FRAME, 79, "\0", 1, false},
    {"another of no length", GROUP_FRAME, 78, "\x0E\0", 2, false},
    {"option too long", GROUP_FRAME, 79, "\2", 1, false},
    {"another option too long", GROUP_FRAME, 78, "\x0E\2", 2, false},
    {"another MAC", GROUP_FRAME, 85, "\x0C", 1, false},
    {"another option", GROUP_FRAME, 78, "\x0E", 1, true},
    {"half an option", {DIRECT, true, 0, 4}, 78, "\x0E\1", 2, false},
    {"a byte of an option", {DIRECT, true, 0, 9}, 86, "\x0E", 1, false},
    {"MAC of two units", {DIRECT, true, 0, 16}, 79, "\2", 1, false},
    {"group, but no room", {GROUP, true, 0, 0}, 0, "", 0, false},
    {"alone, and no room", {DIRECT, true, 0, 0}, 0, "", 0, true},
};

static void check_changes(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        size_t network = question_network(&change->question);
        uint8_t packet[300] = {0};
        size_t length = question_write(&change->question, packet);
        memcpy(packet + change->offset, change->bytes, change->count);
        if (change->question.kind != ARP)
            question_seal(packet + network, length - network);
        if (question_answered(TUNIC_LAYER_ETHERNET, packet, length) != change->answered)
            fail_msg("%s", change->name);
    }
}

static void test_rules(void **state)
{
    (void)state;
    check_changes(frames, TUNIC_COUNT(frames));
    check_changes(arps, TUNIC_COUNT(arps));
    check_changes(echoes4, TUNIC_COUNT(echoes4));
    check_changes(echoes6, TUNIC_COUNT(echoes6));
    check_changes(solicitations, TUNIC_COUNT(solicitations));
}

/* Every bit that a checksum is of. */
static void test_sums(void **state)
{
    static const struct question rows[] = {
        {ECHO4, false, 0, 10}, {ECHO6, false, 0, 11}, {GROUP, false, 0, 8}};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        uint8_t packet[300];
        size_t length = question_make(&rows[i], packet);
        assert_true(question_answered(TUNIC_LAYER_IP, packet, length));
        for (size_t bit = rows[i].kind == ECHO4 ? 0 : 8 * 8; bit < 8 * length; bit++) {
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (question_answered(TUNIC_LAYER_IP, packet, length))
                fail_msg("row %zu: bit %zu", i, bit);
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* Messages that end too early in packets that are whole. */
static void test_short_messages(void **state)
{
    static const struct {
        struct question question;
        size_t least;
    } rows[] = {{{ECHO4, false, 0, 0}, 8}, {{ECHO6, false, 0, 0}, 8}, {{DIRECT, false, 0, 0}, 24}};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        bool old = rows[i].question.kind == ECHO4;
        for (size_t length = 0; length <= rows[i].least; length++) {
            uint8_t packet[100];
            size_t whole = (old ? 20 : 40) + length;
            (void)question_write(&rows[i].question, packet);
            made_put16(packet + (old ? 2 : 4), old ? whole : length);
            question_seal(packet, whole);
            bool answered = question_answered(TUNIC_LAYER_IP, packet, whole);
            assert_int_equal(answered, length == rows[i].least);
        }
    }
}

/* With options, extension headers, and fragment headers, sums and all else being right. */
static void test_more_headers(void **state)
{
    static const uint8_t data[64] = {0};
    static const struct recipe recipes[] = {
        {false, 0, 4, IPPROTO_ICMP, 8, 0, 0, 1, 1, data, 64},
        {false, 0, 6, IPPROTO_ICMPV6, 8, 0, 0, 1, 1, data, 64},
    };
    uint8_t packet[300];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(recipes); i++) {
        size_t length = made_write(&recipes[i], packet);
        uint8_t *message = packet + made_transport(&recipes[i]);
        message[0] = i == 0 ? 8 : 128;
        message[1] = 0;
        made_put16(message + 2, 0);
        uint16_t sum = i == 0 ? 0 : made_sum(58 + 64, packet + 8, 32);
        made_put16(message + 2, (uint16_t)~made_sum(sum, message, 64));
        assert_false(question_answered(TUNIC_LAYER_IP, packet, length));
        packet[6] = i == 0 ? packet[6] : 44; /* of IPv6: the options become a fragment header */
        packet[41] = i == 0 ? packet[41] : 0;
        made_put16(packet + 42, i == 0 ? 0x0101 : 0);
        assert_false(question_answered(TUNIC_LAYER_IP, packet, length));
    }
}

/* Nothing at all, and no packet of that layer. */
static void test_nonsense(void **state)
{
    static const struct question arp = {ARP, true, 0, 0};
    uint8_t packet[100] = {0};
    size_t length = question_make(&arp, packet);

    (void)state;
    assert_false(question_answered(TUNIC_LAYER_IP, packet, 0));
    assert_false(question_answered(TUNIC_LAYER_ETHERNET, packet, 0));
    assert_false(question_answered(TUNIC_LAYER_IP, packet + 14, length - 14));
    assert_false(question_answered(TUNIC_LAYER_ETHERNET, packet, 14));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),          cmocka_unit_test(test_sums),
        cmocka_unit_test(test_short_messages), cmocka_unit_test(test_more_headers),
        cmocka_unit_test(test_nonsense),
    };

    return cmocka_run_group_tests_name("packet_respond_rules", tests, NULL, NULL);
}
