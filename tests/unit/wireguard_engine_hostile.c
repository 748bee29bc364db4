/* SPDX-License-Identifier: MIT */
/* What engines do with messages that are forged, seen before, too many or too late. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 3);
}

/* ---- seen before ----------------------------------------------------------------------- */

static void replayed_initiation(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    unsigned authenticated = right->authenticated;
    const struct tunic_session *current = right->peer->current;
    again(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->replayed, 1);
    assert_int_equal(right->authenticated, authenticated);
    assert_int_equal(right->endpoint, 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
    assert_null(right->peer->next);
    assert_ptr_equal(right->peer->current, current);
}

static void replayed_response(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    unsigned authenticated = left->authenticated;
    const struct tunic_session *current = left->peer->current;
    again(TUNIC_MESSAGE_RESPONSE);
    assert_int_equal(counters(left)->unauthentic, 1);
    assert_int_equal(left->authenticated, authenticated);
    assert_ptr_equal(left->peer->current, current);
    assert_int_equal(left->usable, 1);
}

static void replayed_data(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    again(TUNIC_MESSAGE_DATA);
    assert_int_equal(counters(right)->replayed, 1);
    assert_int_equal(right->received_packets, 1);
    assert_int_equal(right->endpoint, 1);
}

static void late_response(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    struct side_message response = network.last[TUNIC_MESSAGE_RESPONSE];
    network.flying_count = 0;
    side_wait(&network, 6 * SIDE_SECOND);
    assert_int_equal(left->usable, 1);
    /* Of the try before. */
    side_deliver(&network, &response);
    assert_int_equal(counters(left)->unauthentic, 1);
    assert_int_equal(left->usable, 1);
}

/* ---- forged ---------------------------------------------------------------------------- */

/* Every byte of a message changed in turn: nobody takes it, nothing is answered, and the true one
 * is taken afterwards. */
static void damage(unsigned type, struct side_link *link)
{
    const struct side_message message = network.last[type];
    struct tunic_wireguard_peer before = *link->peer;
    unsigned authenticated = link->authenticated;
    uint64_t due = tunic_wireguard_due(link->node->wireguard);

    for (size_t i = 0; i < message.length; i++) {
        if (type == TUNIC_MESSAGE_INITIATION && i >= message.length - TUNIC_MAC_SIZE)
            break; /* mac2, which nobody asked for */
        if (type == TUNIC_MESSAGE_RESPONSE && i >= message.length - TUNIC_MAC_SIZE)
            break;
        struct side_message changed = message;
        changed.bytes[i] ^= (uint8_t)(1U << i % 8);
        side_deliver(&network, &changed);
        assert_memory_equal(link->peer, &before, sizeof(before));
    }
    assert_int_equal(link->authenticated, authenticated);
    assert_int_equal(tunic_wireguard_due(link->node->wireguard), due);
    for (size_t length = 0; length < message.length; length++) {
        struct side_message shorter = message;
        shorter.length = length;
        side_deliver(&network, &shorter);
        assert_memory_equal(link->peer, &before, sizeof(before));
    }
    struct side_message whole = message;
    side_deliver(&network, &whole);
    assert_int_equal(link->authenticated, authenticated + 1);
}

static void damaged(void **state)
{
    (void)state;
    side_send(left);
    network.flying_count = 0;
    damage(TUNIC_MESSAGE_INITIATION, right);
    network.flying_count = 0;
    damage(TUNIC_MESSAGE_RESPONSE, left);
    network.flying_count = 0;
    damage(TUNIC_MESSAGE_DATA, right);
    assert_int_equal(right->received_packets, 1);
    assert_int_equal(counters(right)->replayed, 0);
    assert_int_equal(counters(left)->handshakes, 1);
}

/* The index of a handshake is not one of a session, whatever the handshake looks like. */
static void data_for_a_handshake(void **state)
{
    struct side_message message = {.from = 2, .to = 1, .length = TUNIC_DATA_OVERHEAD};
    struct tunic_packet_job job;

    (void)state;
    side_send(left);
    struct tunic_attempt *attempt = left->peer->attempt;
    uint64_t words[sizeof(attempt->handshake) / sizeof(uint64_t)] = {0};
    for (size_t i = 0; i < TUNIC_COUNT(words); i++)
        words[i] = network.now;
    memcpy(&attempt->handshake, words, sizeof(words));
    tunic_put32(message.bytes, TUNIC_MESSAGE_DATA);
    tunic_put32(message.bytes + TUNIC_AT_DATA_RECEIVER, attempt->indexed.index);
    assert_null(tunic_wireguard_receiving(left->node->wireguard, message.bytes, message.length,
                                          network.now, &job));
    assert_int_equal(counters(left)->unauthentic, 1);
}

static void unknown_peer(void **state)
{
    (void)state;
    side_meet(&network, 2, 1, true);
    struct side_link *stranger = &network.nodes[2].links[1];
    side_send(stranger);
    side_wait(&network, 30 * SIDE_SECOND);
    assert_int_equal(stranger->usable, 0);
    assert_in_range(counters(right)->unauthentic, 5, 7);
    assert_int_equal(right->authenticated, 0);
    assert_int_equal(network.nodes[1].answers, 0);
    assert_int_equal(network.order, stranger->sent[TUNIC_MESSAGE_INITIATION]);
}

/* ---- clocks ---------------------------------------------------------------------------- */

/* The wall clock is set back: the peer must still be able to tell later from earlier. */
static void clock_goes_back(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    left->node->clock = -INT64_C(1000000);
    for (unsigned i = 0; i < 100; i++) {
        side_wait(&network, 181 * SIDE_SECOND);
        side_send(left);
        side_wait(&network, SIDE_SECOND);
    }
    assert_int_equal(right->received_packets, 101);
    assert_int_equal(counters(right)->replayed, 0);
    /* Begun again without what it knew, it has to wait until its clock is right. */
    side_restart(&network, 0);
    side_meet(&network, 0, 1, true);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(counters(right)->replayed, 1);
    left->node->clock = 1;
    side_wait(&network, 20 * SIDE_SECOND);
    assert_int_equal(right->received_packets, 102);
}

static uint8_t seen_steps[256];

static void coarse_timestamps(void **state)
{
    (void)state;
    memset(seen_steps, 0, sizeof(seen_steps));
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    for (unsigned i = 0; i < 20; i++) {
        uint32_t low = right->peer->taken_timestamp[11];
        assert_int_equal(low, 0);
        assert_int_equal(right->peer->taken_timestamp[10], 0);
        assert_int_equal(right->peer->taken_timestamp[9], 0);
        assert_int_equal(right->peer->taken_timestamp[0], 0x40);
        seen_steps[right->peer->taken_timestamp[8]]++;
        side_wait(&network, 181 * SIDE_SECOND + 17 * SIDE_MILLISECOND);
        side_send(left);
        side_wait(&network, SIDE_LATENCY);
    }
    assert_true(seen_steps[0] < 20);
}

/* ---- limits ---------------------------------------------------------------------------- */

static void message_limits(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    /* Also who responded renews for that. */
    right->peer->current->counter = TUNIC_REKEY_AFTER_MESSAGES - 1;
    side_send(right);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
    side_send(right);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 1);
    side_wait(&network, 10 * SIDE_SECOND);
    assert_true(right->peer->current->initiator);
    right->peer->current->counter = TUNIC_REJECT_AFTER_MESSAGES - 1;
    side_send(right);
    assert_int_equal(right->packets, 3);
    side_send(right);
    assert_int_equal(right->packets, 3);
    assert_int_equal(right->waiting, 1);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->waiting, 0);
    assert_int_equal(left->received_packets, 4);
}

static void too_old(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    side_send(left);
    network.flying_count = 0;
    struct side_message message = network.last[TUNIC_MESSAGE_DATA];
    struct side_message copy = message;
    right->peer->current->born = network.now - TUNIC_REJECT_AFTER_TIME * SIDE_SECOND;
    side_deliver(&network, &copy);
    assert_int_equal(right->received_packets, 1);
    right->peer->current->born++;
    side_deliver(&network, &message);
    assert_int_equal(right->received_packets, 2);
}

/* ---- keys that are none ---------------------------------------------------------------- */

static void low_order(void **state)
{
    static const uint8_t keys[3][TUNIC_KEY_SIZE] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    };
    struct side_link *link = &network.nodes[0].links[2];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(keys); i++) {
        link->node = &network.nodes[0];
        link->endpoint = 3;
        assert_int_equal(
            tunic_wireguard_peer_add(link->node->wireguard, keys[i], link, &link->peer), 0);
        tunic_wireguard_peer_set_keepalive(link->node->wireguard, link->peer, 1, network.now);
        side_send(link);
        tunic_wireguard_peer_begin(link->node->wireguard, link->peer, network.now);
        side_wait(&network, 100 * SIDE_SECOND);
        assert_int_equal(network.order, 0);
        assert_int_equal(link->peer->handshake_sent, 0);
        tunic_wireguard_peer_remove(link->node->wireguard, link->peer);
    }
}

/* ---- answers --------------------------------------------------------------------------- */

static size_t answered; /* bytes */

static bool weigh(struct side_network *seen, struct side_message *message)
{
    (void)seen;
    answered += message->length;
    return true;
}

static void assert_no_more(struct side_message message)
{
    size_t length = message.length;

    answered = 0;
    message.from = 99;
    side_deliver(&network, &message);
    assert_in_range(answered, 0, length);
}

/* Who sends from an address that is not his own cannot have more sent there than he sends: with
 * bytes of any kind, with true messages of any length, and under load. */
static void answers_are_no_larger(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_LATENCY / 2);
    const struct side_message message = network.last[TUNIC_MESSAGE_INITIATION];
    network.flying_count = 0;
    network.watch = weigh;
    assert_no_more(message);
    assert_int_equal(answered, TUNIC_RESPONSE_SIZE);
    for (unsigned type = 0; type <= TUNIC_MESSAGE_DATA + 1; type++)
        for (size_t length = 0; length <= SIDE_MESSAGE; length++) {
            struct side_message forged = message;
            forged.bytes[0] = (uint8_t)type;
            forged.length = length;
            assert_no_more(forged);
            if (type != TUNIC_MESSAGE_INITIATION || length != TUNIC_INITIATION_SIZE)
                assert_int_equal(answered, 0);
        }
    for (unsigned i = 0; i <= TUNIC_LOAD_MESSAGES; i++)
        assert_no_more(message);
    assert_int_equal(answered, TUNIC_COOKIE_REPLY_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replayed_initiation, begin, two_end),
        cmocka_unit_test_setup_teardown(replayed_response, begin, two_end),
        cmocka_unit_test_setup_teardown(replayed_data, begin, two_end),
        cmocka_unit_test_setup_teardown(late_response, begin, two_end),
        cmocka_unit_test_setup_teardown(damaged, begin, two_end),
        cmocka_unit_test_setup_teardown(data_for_a_handshake, begin, two_end),
        cmocka_unit_test_setup_teardown(unknown_peer, begin, two_end),
        cmocka_unit_test_setup_teardown(clock_goes_back, begin, two_end),
        cmocka_unit_test_setup_teardown(coarse_timestamps, begin, two_end),
        cmocka_unit_test_setup_teardown(message_limits, begin, two_end),
        cmocka_unit_test_setup_teardown(too_old, begin, two_end),
        cmocka_unit_test_setup_teardown(low_order, begin, two_end),
        cmocka_unit_test_setup_teardown(answers_are_no_larger, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
