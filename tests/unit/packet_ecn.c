/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_CAPABLE, CAPABLE_1, CAPABLE_0, EXPERIENCED };

static const struct row {
    const char *name;
    struct recipe recipe;
} rows[] = {
    {"IPv4", {.version = 4, .protocol = IPPROTO_UDP, .length = 33}},
    {"IPv4 with options", {.version = 4, .protocol = IPPROTO_TCP, .options = 12}},
    {"IPv6", {.version = 6, .protocol = IPPROTO_UDP, .length = 8}},
    {"IPv6 with a header more", {.version = 6, .protocol = IPPROTO_TCP, .options = 16}},
    {"IPv4 in a frame", {.ethernet = true, .version = 4, .protocol = IPPROTO_TCP, .length = 99}},
    {"IPv6 in a frame", {.ethernet = true, .version = 6, .protocol = IPPROTO_UDP}},
    {"IPv4, tagged", {.ethernet = true, .tags = 1, .version = 4, .protocol = IPPROTO_UDP}},
    {"IPv6, tagged twice", {.ethernet = true, .tags = 2, .version = 6, .protocol = IPPROTO_TCP}},
};

static enum tunic_layer layer_of(const struct recipe *recipe)
{
    return recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

/* With this traffic class, in exact memory. */
static uint8_t *make(const struct recipe *recipe, uint8_t class, size_t *length)
{
    static const uint8_t payload[100] = {1, 2, 3};
    struct recipe filled = *recipe;
    uint8_t packet[300];

    filled.payload = payload;
    *length = made_write(&filled, packet);
    uint8_t *network = packet + made_network(recipe);
    if (recipe->version == 6) {
        network[0] = (uint8_t)(0x60 | class >> 4);
        network[1] = (uint8_t)(class << 4 | (network[1] & 0x0F));
    } else if (recipe->version == 4) {
        size_t header = (size_t)(network[0] & 0x0F) * 4;
        network[1] = class;
        made_put16(network + 10, 0);
        made_put16(network + 10, (uint16_t)~made_sum(0, network, header));
    }
    return made_exact(packet, *length);
}

static void check(const struct row *row, uint8_t class)
{
    const struct recipe *recipe = &row->recipe;
    bool understood = (class & EXPERIENCED) != NOT_CAPABLE;
    size_t length;
    uint8_t *packet = make(recipe, class, &length);
    uint8_t *expected = make(recipe, understood ? class | EXPERIENCED : class, &length);

    if (tunic_congestion_mark(layer_of(recipe), packet, length) != understood)
        fail_msg("%s, traffic class %u: is it understood?", row->name, class);
    /* Nothing else is changed, and the checksum is that of the whole. */
    if (memcmp(packet, expected, length) != 0)
        fail_msg("%s, traffic class %u", row->name, class);
    free(packet);
    free(expected);
}

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        for (unsigned class = 0; class < 256; class ++)
            check(&rows[i], (uint8_t) class);
}

/* One that is wrong stays wrong, whatever it is; and the sums 0 and 0xFFFF of RFC 1624. */
static void test_checksums(void **state)
{
    static const struct recipe recipe = {.version = 4, .protocol = IPPROTO_UDP};
    size_t length;

    (void)state;
    for (unsigned identification = 0; identification < 65536; identification++) {
        uint8_t *packet = make(&recipe, CAPABLE_0, &length);
        uint16_t before = made_get16(packet + 10);
        /* The header is right with any identification that the checksum makes good. */
        uint32_t rest = (uint32_t)before + made_get16(packet + 4) + 65535U * 2 - identification;
        made_put16(packet + 4, identification);
        while (rest > 65535)
            rest = (rest & 65535) + (rest >> 16);
        made_put16(packet + 10, rest);
        assert_int_equal(made_sum(0, packet, 20), 0xFFFF);
        assert_true(tunic_congestion_mark(TUNIC_LAYER_IP, packet, length));
        assert_int_equal(made_sum(0, packet, 20), 0xFFFF);
        made_put16(packet + 10, made_get16(packet + 10) ^ 0x0101U);
        packet[1] = CAPABLE_1;
        assert_true(tunic_congestion_mark(TUNIC_LAYER_IP, packet, length));
        assert_int_not_equal(made_sum(0, packet, 20), 0xFFFF);
        free(packet);
    }
}

/* Whoever takes it refuses it. */
static void check_left_alone(enum tunic_layer layer, const uint8_t *bytes, size_t length)
{
    uint8_t *packet = made_exact(bytes, length);

    assert_true(tunic_congestion_mark(layer, packet, length));
    assert_memory_equal(packet, bytes, length);
    free(packet);
}

static void test_what_is_not_ip(void **state)
{
    static const struct recipe arp = {.ethernet = true};
    size_t length;

    (void)state;
    uint8_t *packet = make(&arp, 0, &length);
    check_left_alone(TUNIC_LAYER_ETHERNET, packet, length);
    free(packet);
}

static void test_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        size_t length;
        uint8_t *packet = make(&rows[i].recipe, NOT_CAPABLE, &length);
        for (size_t cut = 1; cut < length; cut++)
            check_left_alone(layer_of(&rows[i].recipe), packet, cut);
        packet[made_network(&rows[i].recipe)] = 0x95; /* a version that there is not */
        check_left_alone(layer_of(&rows[i].recipe), packet, length);
        free(packet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_what_is_not_ip),
        cmocka_unit_test(test_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
