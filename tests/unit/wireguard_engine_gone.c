/* SPDX-License-Identifier: MIT */
/* Peers that are gone, for a while or for good, and handshakes that get lost. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 8);
}

static unsigned handshakes(const struct side_link *link)
{
    return (unsigned)tunic_wireguard_counters(link->node->wireguard)->handshakes;
}

static unsigned initiations(void)
{
    return left->sent[TUNIC_MESSAGE_INITIATION] + right->sent[TUNIC_MESSAGE_INITIATION];
}

static void nothing_due(const struct side_link *link)
{
    assert_true(tunic_wireguard_due(link->node->wireguard) == UINT64_MAX);
}

/* ---- who is gone ----------------------------------------------------------------------- */

static void dead_peer(void **state)
{
    (void)state;
    network.loss = 100;
    side_send(left);
    side_wait(&network, 89 * SIDE_SECOND);
    assert_int_equal(left->gave_up, 0);
    side_wait(&network, 10 * SIDE_SECOND);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], TUNIC_ATTEMPTS);
    assert_int_equal(left->retried, TUNIC_ATTEMPTS - 1);
    assert_int_equal(left->gave_up, 1);
    assert_int_equal(left->waiting, 0);
    assert_null(left->peer->attempt);
    side_wait(&network, 3600 * SIDE_SECOND);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], TUNIC_ATTEMPTS);
    nothing_due(left);
    /* New data begin it again. */
    network.loss = 0;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 1);
}

/* As long as there are data, it is tried. */
static void dead_peer_and_data(void **state)
{
    (void)state;
    network.loss = 100;
    for (unsigned i = 0; i < 100; i++) {
        side_send(left);
        side_wait(&network, 3 * SIDE_SECOND);
    }
    assert_int_equal(left->gave_up, 0);
    /* And not more often for it. */
    assert_in_range(left->sent[TUNIC_MESSAGE_INITIATION], 300 / 6, 300 / 5 + 1);
    assert_int_equal(left->waiting, 100);
    network.loss = 0;
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(right->received_packets, 100);
}

/* Each try has its own index and ephemeral key. */
static uint8_t tries[64][TUNIC_INITIATION_SIZE];
static unsigned tried;

static bool remember(struct side_network *watched, struct side_message *message)
{
    (void)watched;
    if (message->length == TUNIC_INITIATION_SIZE && tried < TUNIC_COUNT(tries))
        memcpy(tries[tried++], message->bytes, message->length);
    return false;
}

static void fresh_tries(void **state)
{
    (void)state;
    tried = 0;
    network.watch = remember;
    side_send(left);
    side_wait(&network, 120 * SIDE_SECOND);
    assert_int_equal(tried, TUNIC_ATTEMPTS);
    for (unsigned i = 1; i < tried; i++) {
        for (unsigned before = 0; before < i; before++) {
            assert_memory_not_equal(tries[i] + TUNIC_AT_SENDER, tries[before] + TUNIC_AT_SENDER, 4);
            assert_memory_not_equal(tries[i] + TUNIC_AT_NOISE, tries[before] + TUNIC_AT_NOISE,
                                    TUNIC_KEY_SIZE);
        }
    }
}

static void gone_and_back(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    network.loss = 100;
    side_send(left);
    /* Data without a reply: 15 s, up to 333 ms and a packet's way later there is a handshake. */
    side_wait(&network, 14 * SIDE_SECOND);
    assert_int_equal(initiations(), 1);
    side_wait(&network, 2 * SIDE_SECOND);
    assert_int_equal(initiations(), 2);
    assert_int_equal(left->retried, 1);
    network.loss = 0;
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(handshakes(left), 2);
}

static void restarted(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    side_restart(&network, 1);
    side_meet(&network, 1, 0, false);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 0);
    side_wait(&network, 16 * SIDE_SECOND);
    assert_int_equal(handshakes(right), 1);
    side_send(left);
    side_send(right);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 1);
    assert_int_equal(left->received_packets, 1);
    /* The other side, which knows where to go, is quicker. */
    side_restart(&network, 0);
    side_meet(&network, 0, 1, true);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 2);
}

static void response_lost(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_LATENCY / 2);
    network.loss = 100;
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    network.loss = 0;
    side_send(right);
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(left->received_packets, 1);
    assert_int_equal(right->received_packets, 1);
}

/* The responder has something to send, and the initiator is gone before it has confirmed. */
static void initiator_gone(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    network.loss = 100;
    network.flying_count = 0;
    side_send(right);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 1);
    side_wait(&network, 120 * SIDE_SECOND);
    assert_int_equal(right->gave_up, 1);
}

/* An initiation was answered while our own was not: our next try waits for that, and comes. */
static void put_off(void **state)
{
    (void)state;
    network.loss = 100;
    side_send(right);
    side_wait(&network, 3 * SIDE_SECOND);
    network.loss = 0;
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    network.loss = 100;
    network.flying_count = 0;
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    side_wait(&network, 4900 * SIDE_MILLISECOND);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 1);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dead_peer, begin, two_end),
        cmocka_unit_test_setup_teardown(dead_peer_and_data, begin, two_end),
        cmocka_unit_test_setup_teardown(fresh_tries, begin, two_end),
        cmocka_unit_test_setup_teardown(gone_and_back, begin, two_end),
        cmocka_unit_test_setup_teardown(restarted, begin, two_end),
        cmocka_unit_test_setup_teardown(response_lost, begin, two_end),
        cmocka_unit_test_setup_teardown(initiator_gone, begin, two_end),
        cmocka_unit_test_setup_teardown(put_off, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
