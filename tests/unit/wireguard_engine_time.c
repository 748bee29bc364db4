/* SPDX-License-Identifier: MIT */
/* What engines do as time goes by: days of it, loss and silence. */
#include "unit.h"

#include "wireguard_two.h"

#define HOUR (3600 * SIDE_SECOND)

static int begin(void **state)
{
    return two_begin(state, 2);
}

static unsigned handshakes(const struct side_link *link)
{
    return (unsigned)tunic_wireguard_counters(link->node->wireguard)->handshakes;
}

static unsigned initiations(void)
{
    return left->sent[TUNIC_MESSAGE_INITIATION] + right->sent[TUNIC_MESSAGE_INITIATION];
}

static unsigned keepalives(const struct side_link *link)
{
    return link->sent[TUNIC_MESSAGE_DATA] - link->packets;
}

/* ---- days ------------------------------------------------------------------------------ */

/* Packets every `pause`, from both or from one; the network's checks hold meanwhile. */
static void talk(uint64_t time, uint64_t pause, bool both)
{
    for (uint64_t until = network.now + time; network.now < until;) {
        side_send(left);
        if (both)
            side_send(right);
        side_wait(&network, pause);
    }
}

static void three_days_both_ways(void **state)
{
    const unsigned expected = 3 * 24 * 3600 / 120;

    (void)state;
    unit_long();
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    talk(72 * HOUR, 3 * SIDE_SECOND, true);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, left->packets);
    assert_int_equal(left->received_packets, right->packets);
    /* One at 120 s or with the next packet, and always the same side. */
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    assert_in_range(handshakes(left), expected * 120 / 124, expected + 1);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], handshakes(left));
    assert_int_equal(handshakes(right), handshakes(left));
    assert_int_equal(left->retried + right->retried, 0);
    /* Data go both ways all the time: only the first of each session may be a keepalive. */
    assert_true(keepalives(left) <= handshakes(left));
    assert_int_equal(keepalives(right), 0);
}

static void three_days_one_way(void **state)
{
    (void)state;
    unit_long();
    talk(72 * HOUR, 4 * SIDE_SECOND, false);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, left->packets);
    assert_in_range(handshakes(left), 2000, 2200);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], handshakes(left));
    /* Each 10 s after the first packet without an answer, and never more. */
    assert_in_range(keepalives(right), 72 * 3600 / 16, 72 * 3600 / 10);
    assert_int_equal(left->retried, 0);
}

/* Data come from the side that responded alone: the initiator sees that its keys are about to
 * end, and renews them before anything is lost. */
static void initiator_listens(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    for (unsigned i = 0; i < 3600; i++) {
        side_send(right);
        side_wait(&network, SIDE_SECOND);
    }
    assert_int_equal(left->received_packets, right->packets);
    assert_int_equal(right->packets, 3600);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    /* Its keepalives count as sending: at the first one past 120 s. */
    assert_in_range(handshakes(left), 3600 / 131, 3600 / 119);
}

static void last_minute(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    /* Nothing that the initiator sends lets it renew: what comes has to. */
    left->peer->current->born = network.now - 164 * SIDE_SECOND;
    side_send(right);
    side_wait(&network, 2 * SIDE_SECOND);
    assert_int_equal(initiations(), 1);
    network.loss = 100;
    for (unsigned i = 0; i < 2; i++) {
        side_send(right);
        left->peer->handshake_sent = 0; /* whatever was sent just now */
        side_deliver(&network, &network.last[TUNIC_MESSAGE_DATA]);
        assert_int_equal(left->received_packets, 2 + i);
        assert_int_equal(initiations(), 2); /* once */
    }
}

/* Who responded leaves that to the other side. */
static void not_the_responder(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    right->peer->current->born = network.now - 170 * SIDE_SECOND;
    side_send(left);
    side_send(right);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 2);
    assert_int_equal(initiations(), 1);
}

/* ---- loss ------------------------------------------------------------------------------ */

static void loss(void **state)
{
    (void)state;
    unit_long();
    network.loss = 30;
    talk(12 * HOUR, 2 * SIDE_SECOND, true);
    network.loss = 0;
    side_wait(&network, 30 * SIDE_SECOND);
    /* What waited was sent, and what was sent came with the network's odds. */
    assert_int_equal(left->waiting + right->waiting, 0);
    assert_in_range(right->received_packets * 100 / left->packets, 65, 75);
    assert_in_range(left->received_packets * 100 / right->packets, 65, 75);
    /* A session may be missing for a moment, not for long. */
    assert_in_range(left->packets, 12 * 3600 / 2 * 97 / 100, 12 * 3600 / 2);
    assert_in_range(handshakes(left), 300, 800);
    assert_int_equal(left->gave_up + right->gave_up, 0);
}

/* ---- silence --------------------------------------------------------------------------- */

static void one_keepalive(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    for (unsigned silences = 1; silences <= 3; silences++) {
        side_send(left);
        side_wait(&network, SIDE_SECOND);
        side_send(left);
        side_wait(&network, 8 * SIDE_SECOND);
        assert_int_equal(keepalives(right), silences - 1);
        side_wait(&network, 25 * SIDE_SECOND);
        assert_int_equal(keepalives(right), silences);
    }
    assert_int_equal(keepalives(left), 0);
    assert_int_equal(initiations(), 1);
}

static void nothing_due(const struct side_link *link)
{
    assert_true(tunic_wireguard_due(link->node->wireguard) == UINT64_MAX);
}

static void idle_forgets(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    unsigned data = left->sent[TUNIC_MESSAGE_DATA] + right->sent[TUNIC_MESSAGE_DATA];
    side_wait(&network, 538 * SIDE_SECOND);
    assert_non_null(left->peer->current);
    assert_non_null(right->peer->current);
    side_wait(&network, 2 * SIDE_SECOND);
    assert_null(left->peer->current);
    assert_null(right->peer->current);
    assert_int_equal(initiations(), 1);
    assert_int_equal(left->sent[TUNIC_MESSAGE_DATA] + right->sent[TUNIC_MESSAGE_DATA], data + 1);
    nothing_due(left);
    nothing_due(right);
    /* And comes back. */
    side_send(right);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, 1);
}

static void persistent(void **state)
{
    (void)state;
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 25, network.now);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 1);
    /* Any traffic puts it off. */
    for (unsigned i = 0; i < 10; i++) {
        side_send(right);
        side_wait(&network, 6 * SIDE_SECOND);
    }
    unsigned before = keepalives(left);
    assert_in_range(before, 5, 7); /* of the passive kind */
    side_wait(&network, 2500 * SIDE_SECOND);
    /* And one with each new session. */
    assert_in_range(keepalives(left) - before, 100, 125);
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 0, network.now);
    before = keepalives(left);
    side_wait(&network, HOUR);
    assert_int_equal(keepalives(left), before);
    nothing_due(left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(three_days_both_ways, begin, two_end),
        cmocka_unit_test_setup_teardown(three_days_one_way, begin, two_end),
        cmocka_unit_test_setup_teardown(initiator_listens, begin, two_end),
        cmocka_unit_test_setup_teardown(last_minute, begin, two_end),
        cmocka_unit_test_setup_teardown(not_the_responder, begin, two_end),
        cmocka_unit_test_setup_teardown(loss, begin, two_end),
        cmocka_unit_test_setup_teardown(one_keepalive, begin, two_end),
        cmocka_unit_test_setup_teardown(idle_forgets, begin, two_end),
        cmocka_unit_test_setup_teardown(persistent, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
