/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>
#include <string.h>

enum { DROPPED = 4 };

/* By what is inside and outside: Not-ECT, ECT(1), ECT(0), CE (RFC 6040, figure 4). */
static const uint8_t results[4][4] = {
    {0, 0, 0, DROPPED},
    {1, 1, 1, 3},
    {2, 1, 2, 3},
    {3, 3, 3, 3},
};

static void set_traffic_class(uint8_t *network, uint8_t value)
{
    if (network[0] >> 4 == 4) {
        network[1] = value;
        made_put16(network + 10, 0);
        made_put16(network + 10, (uint16_t)~made_sum(0, network, 20));
        return;
    }
    network[0] = (uint8_t)(0x60 | value >> 4);
    network[1] = (uint8_t)(value << 4 | (network[1] & 0x0f));
}

static void check(const struct recipe *recipe, uint8_t inside, uint8_t outside)
{
    enum tunic_layer layer = recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    uint8_t packet[200];
    uint8_t expected[200];
    size_t length = made_write(recipe, packet);
    uint8_t result = results[inside][outside];
    /* The other six bits stay as they are. */
    set_traffic_class(packet + made_network(recipe), 0xb8 | inside);
    memcpy(expected, packet, length);
    if (result != DROPPED)
        set_traffic_class(expected + made_network(recipe), 0xb8 | result);
    assert_int_equal(tunic_congestion_mark(layer, 0x20 | outside, packet, length),
                     result != DROPPED);
    assert_memory_equal(packet, expected, length);
}

static void test_all(void **state)
{
    static const struct recipe recipes[] = {
        {.version = 4, .protocol = IPPROTO_UDP},
        {.version = 6, .protocol = IPPROTO_UDP},
        {.ethernet = true, .tags = 1, .version = 4, .protocol = IPPROTO_TCP},
        {.ethernet = true, .tags = 2, .version = 6, .protocol = IPPROTO_TCP},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(recipes); i++)
        for (uint8_t inside = 0; inside < 4; inside++)
            for (uint8_t outside = 0; outside < 4; outside++)
                check(&recipes[i], inside, outside);
}

static void test_others(void **state)
{
    const struct recipe arp = {.ethernet = true, .version = 0};
    uint8_t packet[200];
    uint8_t before[200];
    size_t length = made_write(&arp, packet);

    (void)state;
    memcpy(before, packet, length);
    assert_true(tunic_congestion_mark(TUNIC_LAYER_ETHERNET, 3, packet, length));
    assert_true(tunic_congestion_mark(TUNIC_LAYER_IP, 3, packet, 1));
    assert_true(tunic_congestion_mark(TUNIC_LAYER_IP, 3, packet, 0));
    assert_memory_equal(packet, before, length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
