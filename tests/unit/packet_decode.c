/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_lines.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024, BESIDE = 16 };

static const struct {
    enum tunic_layer layer;
    const struct packet_line *lines;
} tables[] = {
    {TUNIC_LAYER_ETHERNET, lines_ethernet},
    {TUNIC_LAYER_IP, lines_ip},
    {TUNIC_LAYER_IP, lines_ip6},
};

static size_t read_hex(const char *text, uint8_t *bytes)
{
    size_t length = strlen(text) / 2;

    assert_true(length <= ROOM);
    for (size_t i = 0; i < length; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length;
}

/* In memory of exactly the packet's size, at an odd address, into memory that is watched. */
static void decode(enum tunic_layer layer, bool link, const uint8_t *packet, size_t length,
                   char text[TUNIC_DECODE_TEXT])
{
    char *room = malloc(TUNIC_DECODE_TEXT + BESIDE);
    uint8_t *exact = malloc(length + 1);

    assert_non_null(room);
    assert_non_null(exact);
    memset(room, 0x7F, TUNIC_DECODE_TEXT + BESIDE);
    memcpy(exact + 1, packet, length);
    tunic_decode(layer, link, exact + 1, length, room);
    size_t used = strnlen(room, TUNIC_DECODE_TEXT);
    assert_in_range(used, 1, TUNIC_DECODE_TEXT - 1);
    for (size_t i = 0; i < used; i++)
        assert_in_range(room[i], ' ', '~');
    for (size_t i = 0; i < BESIDE; i++)
        assert_int_equal(room[TUNIC_DECODE_TEXT + i], 0x7F);
    memcpy(text, room, used + 1);
    free(exact);
    free(room);
}

static void test_lines(void **state)
{
    uint8_t packet[ROOM];
    char text[TUNIC_DECODE_TEXT];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(tables); i++)
        for (const struct packet_line *line = tables[i].lines; line->packet; line++) {
            size_t length = read_hex(line->packet, packet);
            decode(tables[i].layer, line->link, packet, length, text);
            assert_string_equal(text, line->line);
        }
}

static void test_cut_anywhere(void **state)
{
    uint8_t packet[ROOM];
    char text[TUNIC_DECODE_TEXT];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(tables); i++)
        for (const struct packet_line *line = tables[i].lines; line->packet; line++) {
            size_t length = read_hex(line->packet, packet);
            for (size_t there = 0; there < length; there++) {
                decode(TUNIC_LAYER_ETHERNET, there % 2 == 0, packet, there, text);
                decode(tables[i].layer, line->link, packet, there, text);
                if (tables[i].layer == TUNIC_LAYER_IP && strstr(line->line, "length"))
                    assert_string_not_equal(text, line->line);
            }
        }
}

/* Each byte of each packet at its ends. */
static void test_any_byte(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
    uint8_t packet[ROOM];
    char text[TUNIC_DECODE_TEXT];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(tables); i++)
        for (const struct packet_line *line = tables[i].lines; line->packet; line++) {
            size_t length = read_hex(line->packet, packet);
            for (size_t at = 0; at < length; at++) {
                uint8_t kept = packet[at];
                for (size_t value = 0; value < TUNIC_COUNT(values); value++) {
                    packet[at] = values[value];
                    decode(tables[i].layer, line->link, packet, length, text);
                }
                packet[at] = kept;
            }
        }
}

/* GRE within GRE: it is not followed for ever. */
static void test_nested(void **state)
{
    enum { LAYER = 24 };
    uint8_t packet[LAYER * 40];
    char text[TUNIC_DECODE_TEXT];

    (void)state;
    memset(packet, 0, sizeof(packet));
    for (size_t at = 0; at < sizeof(packet); at += LAYER) {
        packet[at] = 0x45;
        packet[at + 2] = (uint8_t)((sizeof(packet) - at) >> 8);
        packet[at + 3] = (uint8_t)(sizeof(packet) - at);
        packet[at + 9] = 47;
        packet[at + 22] = 0x08;
    }
    decode(TUNIC_LAYER_IP, false, packet, sizeof(packet), text);
    assert_string_equal(text, "IP 0.0.0.0 > 0.0.0.0: GREv0, length 940: "
                              "IP 0.0.0.0 > 0.0.0.0: GREv0, length 916: "
                              "IP 0.0.0.0 > 0.0.0.0: GREv0, length 892");
}

/* What has no room is left out: tunnels, authentication headers, and SCTP behind all of them. */
static void test_full(void **state)
{
    enum { LAYER = 24, LAYERS = 2, OUTER = LAYER * LAYERS, HEADERS = OUTER + 40, EXTENSIONS = 16 };
    uint8_t packet[HEADERS + EXTENSIONS * 44 + 12 + 32 * 4];
    char text[TUNIC_DECODE_TEXT];
    size_t at = OUTER;

    (void)state;
    memset(packet, 0, sizeof(packet));
    for (size_t outer = 0; outer < at; outer += LAYER) {
        packet[outer] = 0x45;
        packet[outer + 2] = (uint8_t)((sizeof(packet) - outer) >> 8);
        packet[outer + 3] = (uint8_t)(sizeof(packet) - outer);
        packet[outer + 9] = 47;
        packet[outer + 22] = outer + LAYER < at ? 0x08 : 0x86;
        packet[outer + 23] = outer + LAYER < at ? 0x00 : 0xDD;
    }
    packet[at] = 0x60;
    packet[at + 4] = (uint8_t)((sizeof(packet) - HEADERS) >> 8);
    packet[at + 5] = (uint8_t)(sizeof(packet) - HEADERS);
    packet[at + 6] = 51;
    at = HEADERS;
    for (size_t i = 0; i < EXTENSIONS; i++, at += 44) {
        memset(packet + at, 0xAB, 44);
        packet[at] = i + 1 < EXTENSIONS ? 51 : 132;
        packet[at + 1] = 44 / 4 - 2;
    }
    for (at += 12; at < sizeof(packet); at += 4) {
        packet[at] = 14;
        packet[at + 3] = 4;
    }
    decode(TUNIC_LAYER_IP, false, packet, sizeof(packet), text);
    assert_int_equal(strlen(text), TUNIC_DECODE_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_any_byte), cmocka_unit_test(test_nested),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests_name("packet_decode", tests, NULL, NULL);
}
