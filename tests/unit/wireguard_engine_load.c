/* SPDX-License-Identifier: MIT */
/* More handshakes than an engine wants: cookies and limits. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 9);
}

/* ---- too many -------------------------------------------------------------------------- */

static void too_fast(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        left->peer->handshake_sent = 0;
        tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
        side_wait(&network, 19 * SIDE_MILLISECOND);
    }
    side_wait(&network, SIDE_SECOND);
    /* The second is 19 ms behind the first and refused; the third is 38 ms behind it. */
    assert_int_equal(counters(right)->limited, 2);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 2);
}

/* So many initiations with a valid mac1 in a second that there is load. */
static void flood(void)
{
    for (unsigned i = 0; i <= TUNIC_LOAD_MESSAGES; i++)
        again(TUNIC_MESSAGE_INITIATION);
}

static void cookies(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 3 * SIDE_SECOND);
    flood();
    assert_int_equal(counters(right)->replayed, TUNIC_LOAD_MESSAGES);
    assert_int_equal(counters(right)->cookies, 1);
    assert_int_equal(network.nodes[1].answers, 1);
    network.flying_count = 0;
    /* A true one has to show that it can be answered. */
    left->peer->handshake_sent = 0;
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
    uint64_t due = tunic_wireguard_due(left->node->wireguard);
    unsigned authenticated = left->authenticated;
    side_wait(&network, 3 * SIDE_LATENCY);
    assert_int_equal(counters(right)->cookies, 2);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    assert_true(left->peer->maker.has_cookie);
    /* A cookie is no reply: nobody is nearer for it, and the try goes on. */
    assert_int_equal(left->authenticated, authenticated);
    assert_int_equal(tunic_wireguard_due(left->node->wireguard), due);
    assert_non_null(left->peer->attempt);
    left->peer->handshake_sent = 0;
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
    side_wait(&network, 3 * SIDE_LATENCY);
    assert_int_equal(counters(right)->cookies, 2);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 2);
    assert_int_equal(counters(left)->handshakes, 2);
    /* And each only once. */
    again(TUNIC_MESSAGE_COOKIE);
    assert_int_equal(counters(left)->unauthentic, 1);
}

static void load_passes(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 3 * SIDE_SECOND);
    again(TUNIC_MESSAGE_INITIATION); /* the second that is counted begins */
    side_wait(&network, 600 * SIDE_MILLISECOND);
    flood();
    assert_int_equal(counters(right)->cookies, 2);
    side_wait(&network, 999 * SIDE_MILLISECOND);
    again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 3);
    side_wait(&network, SIDE_MILLISECOND);
    again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 3);
    /* Without a valid mac1 there is no load, and no answer. */
    for (unsigned i = 0; i < 3 * TUNIC_LOAD_MESSAGES; i++) {
        struct side_message message = network.last[TUNIC_MESSAGE_INITIATION];
        message.bytes[20] ^= 1;
        side_deliver(&network, &message);
    }
    again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 3);
}

/* With a cookie, but too often from one address. */
static void limited_address(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    flood();
    for (unsigned i = 0; i < 40; i++) {
        left->peer->handshake_sent = 0;
        tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
        side_wait(&network, 25 * SIDE_MILLISECOND);
        if (i % 20 == 0)
            flood();
    }
    assert_true(counters(right)->limited > 0);
    assert_in_range(right->sent[TUNIC_MESSAGE_RESPONSE], 20, 30);
}

/* One address gets as many cookies as it can use, whatever it sends; others get theirs. */
static void limited_cookies(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 3 * SIDE_SECOND);
    flood();
    for (unsigned i = 0; i < 1000; i++)
        again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 5);
    assert_int_equal(counters(right)->limited, 996);
    side_wait(&network, SIDE_SECOND / 10);
    for (unsigned i = 0; i < 1000; i++)
        again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 7);
    network.flying_count = 0;
    left->peer->handshake_sent = 0;
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
    side_wait(&network, 3 * SIDE_LATENCY);
    assert_int_equal(counters(right)->cookies, 8);
    assert_true(left->peer->maker.has_cookie);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(too_fast, begin, two_end),
        cmocka_unit_test_setup_teardown(cookies, begin, two_end),
        cmocka_unit_test_setup_teardown(load_passes, begin, two_end),
        cmocka_unit_test_setup_teardown(limited_address, begin, two_end),
        cmocka_unit_test_setup_teardown(limited_cookies, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
