/* SPDX-License-Identifier: MIT */
/* Handshakes and data between engines: how it goes where nothing goes wrong. */
#include "unit.h"

#include "wireguard_side.h"

static struct side_network network;
static struct side_link *left;
static struct side_link *right;

static int begin(void **state)
{
    (void)state;
    side_open(&network, 1);
    side_join(&network, 0, 1);
    left = &network.nodes[0].links[1];
    right = &network.nodes[1].links[0];
    return 0;
}

static int end(void **state)
{
    (void)state;
    side_close(&network);
    return 0;
}

static const struct tunic_wireguard_counters *counters(const struct side_link *link)
{
    return tunic_wireguard_counters(link->node->wireguard);
}

static void nothing_was_wrong(const struct side_link *link)
{
    assert_int_equal(counters(link)->malformed, 0);
    assert_int_equal(counters(link)->unauthentic, 0);
    assert_int_equal(counters(link)->replayed, 0);
    assert_int_equal(counters(link)->limited, 0);
}

static void first_packet(void **state)
{
    (void)state;
    side_send(left);
    assert_int_equal(left->waiting, 1);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], 1);
    side_wait(&network, 2 * SIDE_LATENCY);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    assert_int_equal(left->usable, 1);
    assert_int_equal(left->waiting, 0);
    /* What waited confirms the session: no keepalive. */
    assert_int_equal(left->sent[TUNIC_MESSAGE_DATA], 1);
    assert_int_equal(right->usable, 0);
    side_wait(&network, SIDE_LATENCY);
    assert_int_equal(right->received_packets, 1);
    assert_int_equal(right->usable, 1);
    assert_int_equal(counters(left)->handshakes, 1);
    assert_int_equal(counters(right)->handshakes, 1);
    nothing_was_wrong(left);
    nothing_was_wrong(right);
}

static void both_ways(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    for (unsigned i = 0; i < 100; i++) {
        side_send(i % 3 == 0 ? left : right);
        side_wait(&network, SIDE_MILLISECOND);
    }
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, 66);
    assert_int_equal(right->received_packets, 35);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    nothing_was_wrong(left);
    nothing_was_wrong(right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_packet, begin, end),
        cmocka_unit_test_setup_teardown(both_ways, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
