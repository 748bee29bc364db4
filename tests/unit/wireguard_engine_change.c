/* SPDX-License-Identifier: MIT */
/* Keys and peers that change while engines talk, and initiations that cross. */
#include "unit.h"

#include "wireguard_two.h"

#include <errno.h>

static int begin(void **state)
{
    return two_begin(state, 4);
}

static unsigned indexed(const struct side_link *link)
{
    const struct tunic_table *table = &link->node->wireguard->table;
    unsigned count = 0;

    for (size_t i = 0; i < table->places; i++)
        for (const struct tunic_indexed *entry = table->indexed[i]; entry; entry = entry->next)
            count++;
    return count;
}

/* ---- crossing -------------------------------------------------------------------------- */

static void crossing(void **state)
{
    (void)state;
    side_send(left);
    side_send(right);
    side_wait(&network, 6 * SIDE_LATENCY);
    assert_int_equal(left->received_packets, 1);
    assert_int_equal(right->received_packets, 1);
    /* One of the two is what both go on with. */
    assert_int_equal(left->peer->current->indexed.index, right->peer->current->remote_index);
    assert_int_equal(right->peer->current->indexed.index, left->peer->current->remote_index);
    side_wait(&network, 100 * SIDE_SECOND);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 1);
    assert_int_equal(left->retried + right->retried, 0);
}

/* The same while there is a session: nothing under way is lost. */
static void crossing_under_way(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
    tunic_wireguard_peer_begin(right->node->wireguard, right->peer, network.now);
    for (unsigned i = 0; i < 100; i++) {
        side_send(left);
        side_send(right);
        side_wait(&network, SIDE_MILLISECOND);
    }
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(left->received_packets, right->packets);
    assert_int_equal(right->received_packets, left->packets);
    assert_int_equal(left->peer->current->indexed.index, right->peer->current->remote_index);
    assert_int_equal(counters(left)->handshakes, 2);
    assert_int_equal(counters(right)->handshakes, 2);
}

/* Of two that cross one gets lost: the other one has to do. */
static unsigned lost_from;

static bool lose(struct side_network *watched, struct side_message *message)
{
    (void)watched;
    return message->length != TUNIC_INITIATION_SIZE || message->from != lost_from;
}

static void crossing_and_lost(void **state)
{
    (void)state;
    for (lost_from = 1; lost_from <= 2; lost_from++) {
        network.watch = lose;
        side_send(left);
        side_send(right);
        side_wait(&network, SIDE_SECOND);
        network.watch = NULL;
        assert_int_equal(left->received_packets, lost_from);
        assert_int_equal(right->received_packets, lost_from);
        assert_null(left->peer->attempt);
        assert_null(right->peer->attempt);
        side_wait(&network, 600 * SIDE_SECOND);
        assert_null(left->peer->current);
    }
}

/* The other side sent with a session that we had not heard of when we began the next: what is under
 * way still counts. */
static void under_way(void **state)
{
    (void)state;
    side_send(right);
    side_wait(&network, 2 * SIDE_LATENCY);
    assert_int_equal(right->packets, 1);
    struct side_message message = network.last[TUNIC_MESSAGE_DATA];
    network.flying_count = 0;
    side_wait(&network, 6 * SIDE_SECOND);
    assert_non_null(left->peer->next);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 1);
    assert_null(left->peer->next);
    assert_int_equal(left->received_packets, 0);
    side_deliver(&network, &message);
    assert_int_equal(left->received_packets, 1);
}

/* ---- peers ----------------------------------------------------------------------------- */

static void add_and_find(void **state)
{
    struct tunic_wireguard *wireguard = network.nodes[0].wireguard;
    struct tunic_wireguard_peer *peer = NULL;

    (void)state;
    assert_int_equal(tunic_wireguard_peer_add(wireguard, network.nodes[1].public_key, NULL, &peer),
                     -EEXIST);
    assert_int_equal(tunic_wireguard_peer_add(wireguard, network.nodes[0].public_key, NULL, &peer),
                     -EINVAL);
    assert_null(tunic_wireguard_peer_find(wireguard, network.nodes[2].public_key));
    struct side_link *third = side_meet(&network, 0, 2, true);
    assert_ptr_equal(tunic_wireguard_peer_find(wireguard, network.nodes[2].public_key),
                     third->peer);
    assert_int_equal(tunic_wireguard_peer_count(wireguard), 2);
    assert_ptr_equal(tunic_wireguard_peer_next(wireguard, NULL), left->peer);
    assert_ptr_equal(tunic_wireguard_peer_next(wireguard, left->peer), third->peer);
    assert_null(tunic_wireguard_peer_next(wireguard, third->peer));
    tunic_wireguard_peer_remove(wireguard, left->peer);
    assert_ptr_equal(tunic_wireguard_peer_next(wireguard, NULL), third->peer);
    assert_null(tunic_wireguard_peer_find(wireguard, network.nodes[1].public_key));
    assert_int_equal(tunic_wireguard_peer_count(wireguard), 1);
}

/* At every moment of a handshake. */
static void removed(void **state)
{
    (void)state;
    for (unsigned moment = 0; moment < 7; moment++) {
        side_send(left);
        side_wait(&network, moment * SIDE_LATENCY / 2);
        struct side_link *gone = moment % 2 ? left : right;
        struct tunic_wireguard *wireguard = gone->node->wireguard;
        tunic_wireguard_peer_remove(wireguard, gone->peer);
        assert_int_equal(indexed(gone), 0);
        assert_int_equal(wireguard->schedule.count, 0);
        side_wait(&network, 20 * SIDE_SECOND);
        side_meet(&network, gone == left ? 0 : 1, gone == left ? 1 : 0, true);
        side_send(gone);
        side_wait(&network, 20 * SIDE_SECOND);
        struct side_link *other = gone == left ? right : left;
        assert_true(other->received_packets > 0);
        left->received_packets = right->received_packets = 0;
    }
}

/* ---- our key --------------------------------------------------------------------------- */

static unsigned removals;

static void count_removal(void *closure, void *owner)
{
    assert_ptr_equal(closure, &network);
    assert_ptr_equal(owner, left);
    removals++;
}

static void no_key(void **state)
{
    struct tunic_wireguard *wireguard = network.nodes[0].wireguard;

    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(tunic_wireguard_set_private_key(wireguard, NULL, network.now, NULL, NULL), 0);
    assert_null(tunic_wireguard_private_key(wireguard));
    assert_null(tunic_wireguard_public_key(wireguard));
    assert_int_equal(indexed(left), 0);
    unsigned sent = left->sent[TUNIC_MESSAGE_INITIATION];
    side_send(left);
    side_send(right);
    side_wait(&network, 50 * SIDE_SECOND);
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], sent);
    assert_int_equal(left->sent[TUNIC_MESSAGE_RESPONSE], 0);
    assert_int_equal(left->received_packets, 0);
    assert_true(counters(left)->unauthentic > 0);
    assert_int_equal(tunic_wireguard_set_private_key(wireguard, network.nodes[0].private_key,
                                                     network.now, NULL, NULL),
                     0);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 3);
}

static void new_key(void **state)
{
    struct side_node *node = &network.nodes[0];
    uint8_t key[TUNIC_KEY_SIZE] = {[5] = 9};
    unsigned first_of_new = 0;

    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    const struct tunic_session *session = left->peer->current;
    /* The same key, clamped or not, changes nothing. */
    node->private_key[0] ^= 1;
    assert_int_equal(tunic_wireguard_set_private_key(node->wireguard, node->private_key,
                                                     network.now, NULL, NULL),
                     0);
    assert_ptr_equal(left->peer->current, session);
    for (unsigned i = 0; i < 50; i++) {
        side_send(left);
        side_send(right);
        if (i == 20)
            assert_int_equal(
                tunic_wireguard_set_private_key(node->wireguard, key, network.now, NULL, NULL), 0);
        if (i == 21)
            first_of_new = left->sent[TUNIC_MESSAGE_INITIATION];
        side_wait(&network, 50 * SIDE_MILLISECOND);
    }
    /* At once, though one was begun just now: that was with the old key. */
    assert_int_equal(first_of_new, 2);
    /* The other side knows only the old one. */
    assert_in_range(right->received_packets, 18, 22);
    assert_null(left->peer->current);
    memcpy(node->public_key, tunic_wireguard_public_key(node->wireguard), TUNIC_KEY_SIZE);
    tunic_wireguard_peer_remove(right->node->wireguard, right->peer);
    side_meet(&network, 1, 0, true);
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(left->waiting, 0);
    assert_int_equal(right->received_packets, left->packets);
}

static void own_key(void **state)
{
    (void)state;
    removals = 0;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(tunic_wireguard_set_private_key(network.nodes[0].wireguard,
                                                     network.nodes[1].private_key, network.now,
                                                     count_removal, &network),
                     0);
    assert_int_equal(removals, 1);
    assert_int_equal(tunic_wireguard_peer_count(network.nodes[0].wireguard), 0);
    assert_int_equal(indexed(left), 0);
}

static void key_and_keepalive(void **state)
{
    (void)state;
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 10, network.now);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 1);
    assert_int_equal(
        tunic_wireguard_set_private_key(left->node->wireguard, NULL, network.now, NULL, NULL), 0);
    side_wait(&network, 60 * SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 1);
    assert_int_equal(tunic_wireguard_set_private_key(left->node->wireguard,
                                                     network.nodes[0].private_key, network.now,
                                                     NULL, NULL),
                     0);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 2);
}

/* ---- sessions -------------------------------------------------------------------------- */

/* Never more than two and a handshake, whatever comes; and none that nobody has. */
static void bounded(void **state)
{
    (void)state;
    network.loss = 40;
    for (unsigned i = 0; i < 2000; i++) {
        side_send(i % 2 ? left : right);
        if (i % 7 == 0) {
            left->peer->handshake_sent = 0;
            tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
        }
        if (i % 11 == 0) {
            right->peer->handshake_sent = 0;
            tunic_wireguard_peer_begin(right->node->wireguard, right->peer, network.now);
        }
        side_wait(&network, 7 * SIDE_MILLISECOND);
        const struct side_link *links[] = {left, right};
        for (unsigned k = 0; k < 2; k++) {
            const struct tunic_wireguard_peer *peer = links[k]->peer;
            int held = (peer->attempt ? 1 : 0) + (peer->previous ? 1 : 0) +
                       (peer->current ? 1 : 0) + (peer->next ? 1 : 0);
            assert_int_equal(indexed(links[k]), held);
            assert_false(peer->next && peer->previous);
        }
    }
    network.loss = 0;
    side_send(left);
    side_send(right);
    side_wait(&network, 10 * SIDE_SECOND);
    assert_int_equal(left->waiting + right->waiting, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(crossing, begin, two_end),
        cmocka_unit_test_setup_teardown(crossing_under_way, begin, two_end),
        cmocka_unit_test_setup_teardown(crossing_and_lost, begin, two_end),
        cmocka_unit_test_setup_teardown(under_way, begin, two_end),
        cmocka_unit_test_setup_teardown(add_and_find, begin, two_end),
        cmocka_unit_test_setup_teardown(removed, begin, two_end),
        cmocka_unit_test_setup_teardown(no_key, begin, two_end),
        cmocka_unit_test_setup_teardown(new_key, begin, two_end),
        cmocka_unit_test_setup_teardown(own_key, begin, two_end),
        cmocka_unit_test_setup_teardown(key_and_keepalive, begin, two_end),
        cmocka_unit_test_setup_teardown(bounded, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
