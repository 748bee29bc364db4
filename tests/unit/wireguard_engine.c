/* SPDX-License-Identifier: MIT */
/* Handshakes and data between engines: how it goes where nothing goes wrong. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 1);
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

static void nothing_to_send(void **state)
{
    (void)state;
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
    /* Not twice. */
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now + SIDE_SECOND);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], 1);
    assert_int_equal(left->sent[TUNIC_MESSAGE_DATA], 1);
    assert_int_equal(right->received_keepalives, 1);
    assert_int_equal(right->usable, 1);
    /* A keepalive is not answered. */
    side_wait(&network, 100 * SIDE_SECOND);
    assert_int_equal(left->received_keepalives, 0);
    assert_int_equal(left->sent[TUNIC_MESSAGE_DATA], 1);
}

/* Who responded sends nothing until the other side has shown that it has the session. */
static void responder_waits(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    assert_non_null(right->peer->next);
    side_send(right);
    assert_int_equal(right->sent[TUNIC_MESSAGE_DATA], 0);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    side_wait(&network, 2 * SIDE_LATENCY);
    assert_int_equal(right->packets, 1);
    assert_null(right->peer->next);
    side_wait(&network, 60 * SIDE_SECOND);
    assert_int_equal(left->received_packets, 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
}

static void bytes_counted(void **state)
{
    enum { PACKET = SIDE_PACKET + TUNIC_DATA_OVERHEAD };
    struct tunic_wireguard_status status;

    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    side_send(right);
    side_send(right);
    side_wait(&network, SIDE_SECOND);
    tunic_wireguard_peer_status(left->peer, &status);
    assert_int_equal(status.sent_bytes, TUNIC_INITIATION_SIZE + PACKET);
    assert_int_equal(status.received_bytes, TUNIC_RESPONSE_SIZE + 2 * PACKET);
    assert_int_equal(status.handshake.tv_sec, 1700001000);
    tunic_wireguard_peer_status(right->peer, &status);
    assert_int_equal(status.received_bytes, TUNIC_INITIATION_SIZE + PACKET);
    assert_int_equal(status.sent_bytes, TUNIC_RESPONSE_SIZE + 2 * PACKET);
    assert_memory_equal(status.public_key, network.nodes[0].public_key, TUNIC_KEY_SIZE);
}

static void roaming(void **state)
{
    (void)state;
    right->endpoint = 0;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->endpoint, 1);
    network.nodes[0].address = 77;
    side_send(right); /* gets lost */
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, 0);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->endpoint, 77);
    side_send(right);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, 1);
}

static void preshared(void **state)
{
    const uint8_t key[TUNIC_KEY_SIZE] = {7};

    (void)state;
    tunic_wireguard_peer_set_preshared(left->peer, key);
    side_send(left);
    side_wait(&network, 2 * SIDE_SECOND);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    assert_int_equal(left->usable, 0);
    assert_int_equal(counters(left)->unauthentic, 1);
    assert_int_equal(left->authenticated, 0);
    tunic_wireguard_peer_set_preshared(right->peer, key);
    side_wait(&network, 5 * SIDE_SECOND);
    assert_int_equal(left->usable, 1);
    assert_int_equal(right->received_packets, 1);
    /* Of the next handshake: what is agreed on stays. */
    tunic_wireguard_peer_set_preshared(right->peer, (const uint8_t[TUNIC_KEY_SIZE]){0});
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 2);
}

static void three_nodes(void **state)
{
    struct tunic_allowed_ip range = {.length = 8, .address = {10}};
    struct tunic_allowed_ip longer = {.length = 16, .address = {10, 2}};
    const uint8_t packet[20] = {0x45, [12] = 10, [13] = 2, [16] = 10, [17] = 9};
    struct tunic_wireguard *middle = network.nodes[1].wireguard;

    (void)state;
    side_join(&network, 1, 2);
    struct side_link *third = &network.nodes[1].links[2];
    assert_int_equal(tunic_wireguard_allow(middle, right->peer, &range), 0);
    assert_int_equal(tunic_wireguard_allow(middle, third->peer, &longer), 0);
    assert_ptr_equal(tunic_wireguard_route(middle, packet, sizeof(packet)), right->peer);
    assert_ptr_equal(tunic_wireguard_origin(middle, packet, sizeof(packet)), third->peer);
    assert_null(tunic_wireguard_route(middle, packet, sizeof(packet) - 1));
    assert_null(tunic_wireguard_route(middle, packet, 0));
    side_send(right);
    side_send(third);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, 1);
    assert_int_equal(network.nodes[2].links[1].received_packets, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_packet, begin, two_end),
        cmocka_unit_test_setup_teardown(both_ways, begin, two_end),
        cmocka_unit_test_setup_teardown(nothing_to_send, begin, two_end),
        cmocka_unit_test_setup_teardown(responder_waits, begin, two_end),
        cmocka_unit_test_setup_teardown(bytes_counted, begin, two_end),
        cmocka_unit_test_setup_teardown(roaming, begin, two_end),
        cmocka_unit_test_setup_teardown(preshared, begin, two_end),
        cmocka_unit_test_setup_teardown(three_nodes, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
