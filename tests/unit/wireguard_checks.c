/* SPDX-License-Identifier: MIT */
/* What an engine has to look at, one thing a test: tests/mutation/checklist names them. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 8);
}

/* Whatever was sent just now. */
static void initiate(struct side_link *link)
{
    link->peer->handshake_sent = 0;
    tunic_wireguard_peer_begin(link->node->wireguard, link->peer, network.now);
}

/* The same, from where it came from. */
static void repeat(unsigned type)
{
    struct side_message message = network.last[type];

    side_deliver(&network, &message);
}

/* ---- messages -------------------------------------------------------------------------- */

/* A message given to where those of another kind belong. */
static void data_elsewhere(void **state)
{
    const struct tunic_wireguard_source source = {.port = 1};
    struct tunic_packet_job job;

    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    struct side_message data = network.last[TUNIC_MESSAGE_DATA];
    tunic_wireguard_receive(right->node->wireguard, data.bytes, data.length, &source, network.now);
    assert_int_equal(counters(right)->malformed, 1);
    assert_int_equal(counters(right)->unauthentic, 0);
    tunic_put32(data.bytes, TUNIC_MESSAGE_INITIATION);
    assert_null(tunic_wireguard_receiving(right->node->wireguard, data.bytes, data.length,
                                          network.now, &job));
    assert_int_equal(counters(right)->malformed, 2);
}

/* As the paper has them (5.4): two engines that are wrong in the same way would agree. */
static void names(void **state)
{
    static const uint8_t chaining_key[TUNIC_HASH_SIZE] = {
        0x60, 0xe2, 0x6d, 0xae, 0xf3, 0x27, 0xef, 0xc0, 0x2e, 0xc3, 0x35,
        0xe2, 0xa0, 0x25, 0xd2, 0xd0, 0x16, 0xeb, 0x42, 0x06, 0xf8, 0x72,
        0x77, 0xf5, 0x2d, 0x38, 0xd1, 0x98, 0x8b, 0x78, 0xcd, 0x36};
    static const uint8_t hash[TUNIC_HASH_SIZE] = {0x22, 0x11, 0xb3, 0x61, 0x08, 0x1a, 0xc5, 0x66,
                                                  0x69, 0x12, 0x43, 0xdb, 0x45, 0x8a, 0xd5, 0x32,
                                                  0x2d, 0x9c, 0x6c, 0x66, 0x22, 0x93, 0xe8, 0xb7,
                                                  0x0e, 0xe1, 0x9c, 0x65, 0xba, 0x07, 0x9e, 0xf3};
    const uint8_t *public_key = network.nodes[1].public_key;
    const struct iovec pieces[] = {tunic_piece(hash, sizeof(hash)),
                                   tunic_piece(public_key, TUNIC_KEY_SIZE)};
    uint8_t expected[TUNIC_HASH_SIZE];
    struct tunic_handshake handshake = {0};

    (void)state;
    assert_int_equal(tunic_handshake_begin(network.crypto, &handshake, tunic_wireguard_prologue,
                                           TUNIC_PROLOGUE_SIZE, public_key),
                     0);
    assert_memory_equal(handshake.chaining_key, chaining_key, sizeof(chaining_key));
    assert_int_equal(tunic_blake2s(network.crypto, expected, pieces, TUNIC_COUNT(pieces)), 0);
    assert_memory_equal(handshake.hash, expected, sizeof(expected));
}

/* ---- handshakes ------------------------------------------------------------------------ */

static void replayed_much_later(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 700 * SIDE_SECOND);
    assert_null(right->peer->current);
    repeat(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->replayed, 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 1);
}

/* Also of two at the same time, and of so many that they run ahead of the clock. */
static void always_later(void **state)
{
    uint64_t seconds = 0;
    uint32_t rest = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        initiate(left);
        assert_true(left->peer->sent_seconds > seconds ||
                    (left->peer->sent_seconds == seconds && left->peer->sent_rest > rest));
        seconds = left->peer->sent_seconds;
        rest = left->peer->sent_rest;
        assert_in_range(rest, 0, 999999999);
        assert_int_equal(rest % (1U << 24), 0);
    }
}

static void twenty_milliseconds(void **state)
{
    (void)state;
    initiate(left);
    side_wait(&network, 20 * SIDE_MILLISECOND - 1);
    initiate(left);
    side_wait(&network, SIDE_LATENCY + 1);
    assert_int_equal(counters(right)->limited, 1);
    side_wait(&network, SIDE_SECOND);
    initiate(left);
    side_wait(&network, 20 * SIDE_MILLISECOND);
    initiate(left);
    side_wait(&network, SIDE_LATENCY);
    assert_int_equal(counters(right)->limited, 1);
    assert_int_equal(right->sent[TUNIC_MESSAGE_RESPONSE], 3);
}

/* With a key of low order, or without one of our own, a handshake is not even begun. */
static void never_begun(void **state)
{
    struct side_link *link = &network.nodes[0].links[2];
    const uint8_t low_order[TUNIC_KEY_SIZE] = {1};

    (void)state;
    link->node = &network.nodes[0];
    assert_int_equal(tunic_wireguard_peer_add(link->node->wireguard, low_order, link, &link->peer),
                     0);
    side_send(link);
    assert_int_equal(link->peer->handshake_sent, 0);
    assert_int_equal(link->peer->timers.retry, 0);
    assert_int_equal(
        tunic_wireguard_set_private_key(left->node->wireguard, NULL, network.now, NULL, NULL), 0);
    /* Nor is there anything left that a secret follows from. */
    assert_true(tunic_is_zero(left->peer->static_static, TUNIC_KEY_SIZE));
    side_send(left);
    assert_int_equal(left->peer->handshake_sent, 0);
    assert_int_equal(left->peer->timers.retry, 0);
}

static const uint32_t drawn[] = {7, 7, 0, 9};
static unsigned drawings;

/* Of indices alone; the rest may be anything. */
static void draw(void *closure, void *bytes, size_t length)
{
    (void)closure;
    memset(bytes, 5, length);
    if (length != sizeof(uint32_t))
        return;
    assert_true(drawings < TUNIC_COUNT(drawn));
    memcpy(bytes, &drawn[drawings++], length);
}

static void indices_differ(void **state)
{
    (void)state;
    struct side_link *third = side_meet(&network, 0, 2, true);
    drawings = 0;
    network.nodes[0].wireguard->user.random = draw;
    initiate(left);
    initiate(third);
    assert_int_equal(left->peer->attempt->indexed.index, 7);
    assert_int_equal(third->peer->attempt->indexed.index, 9);
    assert_int_equal(drawings, 4);
}

/* ---- sessions -------------------------------------------------------------------------- */

static void limits(void **state)
{
    struct tunic_packet_job job;

    (void)state;
    assert_true(TUNIC_REJECT_AFTER_MESSAGES == UINT64_C(0xffffffffffffdfff));
    assert_true(TUNIC_REKEY_AFTER_MESSAGES == UINT64_C(0x1000000000000000));
    assert_int_equal(TUNIC_REPLAY_BITS, 8192);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    struct side_message message = network.last[TUNIC_MESSAGE_DATA];
    tunic_put64(message.bytes + TUNIC_AT_DATA_COUNTER, TUNIC_REJECT_AFTER_MESSAGES - 1);
    assert_non_null(tunic_wireguard_receiving(right->node->wireguard, message.bytes, message.length,
                                              network.now, &job));
    tunic_put64(message.bytes + TUNIC_AT_DATA_COUNTER, TUNIC_REJECT_AFTER_MESSAGES);
    assert_null(tunic_wireguard_receiving(right->node->wireguard, message.bytes, message.length,
                                          network.now, &job));
    assert_int_equal(counters(right)->unauthentic, 1);
    /* What is used up is not sent with, and renewed. */
    left->peer->handshake_sent = 0;
    left->peer->current->counter = TUNIC_REJECT_AFTER_MESSAGES;
    assert_null(tunic_wireguard_sending(left->node->wireguard, left->peer, network.now));
    assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], 2);
}

static void responder_does_not_renew(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 10 * SIDE_SECOND);
    right->peer->current->born = network.now - 179 * SIDE_SECOND;
    side_send(left);
    side_wait(&network, SIDE_LATENCY);
    assert_int_equal(right->received_packets, 2);
    assert_int_equal(right->sent[TUNIC_MESSAGE_INITIATION], 0);
}

static void keepalive_moves(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    network.nodes[0].address = 77;
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 25, network.now);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 1);
    assert_int_equal(right->endpoint, 77);
}

/* Source and destination of both versions; and what is shorter than a header has neither. */
static void inner_addresses(void **state)
{
    const struct tunic_allowed_ip ranges[] = {
        {.length = 32, .address = {10, 1}},
        {.inet6 = true, .length = 128, .address = {0xfd, 1}},
    };
    const uint8_t from_left[2][40] = {{0x45, [12] = 10, [13] = 1, [16] = 10, [17] = 9},
                                      {0x60, [8] = 0xfd, [9] = 1, [24] = 0xfd, [25] = 9}};
    const uint8_t to_left[2][40] = {{0x45, [12] = 10, [13] = 9, [16] = 10, [17] = 1},
                                    {0x60, [8] = 0xfd, [9] = 9, [24] = 0xfd, [25] = 1}};
    const size_t headers[2] = {20, 40};
    struct tunic_wireguard *wireguard = right->node->wireguard;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(tunic_wireguard_allow(wireguard, right->peer, &ranges[i]), 0);
        assert_ptr_equal(tunic_wireguard_origin(wireguard, from_left[i], headers[i]), right->peer);
        assert_null(tunic_wireguard_origin(wireguard, to_left[i], headers[i]));
        assert_ptr_equal(tunic_wireguard_route(wireguard, to_left[i], headers[i]), right->peer);
        assert_null(tunic_wireguard_route(wireguard, from_left[i], headers[i]));
        assert_null(tunic_wireguard_origin(wireguard, from_left[i], headers[i] - 1));
        assert_null(tunic_wireguard_route(wireguard, to_left[i], headers[i] - 1));
    }
}

/* ---- times ----------------------------------------------------------------------------- */

static void any_traffic(void **state)
{
    (void)state;
    assert_int_equal(TUNIC_JITTER, 333);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 25, network.now);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_keepalives, 1);
    side_wait(&network, 20 * SIDE_SECOND);
    side_send(left);
    assert_int_equal(left->peer->timers.persistent, network.now + 25 * SIDE_SECOND);
    side_wait(&network, 5 * SIDE_SECOND);
    assert_int_not_equal(left->peer->timers.new_handshake, 0);
    side_send(right);
    side_wait(&network, SIDE_LATENCY);
    assert_int_equal(left->peer->timers.new_handshake, 0);
    assert_int_equal(left->peer->timers.persistent, network.now + 25 * SIDE_SECOND);
}

/* Data that come while nobody answers have 90 seconds of their own. */
static void asked_again(void **state)
{
    (void)state;
    network.loss = 100;
    side_send(left);
    side_wait(&network, 60 * SIDE_SECOND);
    side_send(left);
    side_wait(&network, 80 * SIDE_SECOND);
    assert_int_equal(left->gave_up, 0);
    assert_int_equal(left->waiting, 2);
    side_wait(&network, 20 * SIDE_SECOND);
    assert_int_equal(left->gave_up, 1);
}

/* ---- load ------------------------------------------------------------------------------ */

static void load_begins(void **state)
{
    (void)state;
    side_send(left);
    side_wait(&network, 3 * SIDE_SECOND);
    for (unsigned i = 0; i < 512; i++)
        repeat(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 0);
    repeat(TUNIC_MESSAGE_INITIATION);
    assert_int_equal(counters(right)->cookies, 1);
    /* One reply, and smaller than what it answers. */
    assert_int_equal(network.nodes[1].answers, 1);
    assert_true(network.last[TUNIC_MESSAGE_COOKIE].length <
                network.last[TUNIC_MESSAGE_RESPONSE].length);
}

static void cookie_moves_no_timer(void **state)
{
    (void)state;
    tunic_wireguard_peer_set_keepalive(left->node->wireguard, left->peer, 25, network.now);
    side_send(left);
    side_wait(&network, 3 * SIDE_SECOND);
    side_send(left); /* a reply is awaited */
    network.flying_count = 0;
    for (unsigned i = 0; i <= 512; i++)
        repeat(TUNIC_MESSAGE_INITIATION);
    network.flying_count = 0;
    initiate(left);
    side_wait(&network, SIDE_LATENCY + SIDE_LATENCY / 2);
    assert_int_equal(counters(right)->cookies, 2);
    struct tunic_timers before = left->peer->timers;
    assert_int_not_equal(before.retry, 0);
    assert_int_not_equal(before.new_handshake, 0);
    side_wait(&network, SIDE_LATENCY);
    assert_true(left->peer->maker.has_cookie);
    assert_memory_equal(&left->peer->timers, &before, sizeof(before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(data_elsewhere, begin, two_end),
        cmocka_unit_test_setup_teardown(names, begin, two_end),
        cmocka_unit_test_setup_teardown(replayed_much_later, begin, two_end),
        cmocka_unit_test_setup_teardown(always_later, begin, two_end),
        cmocka_unit_test_setup_teardown(twenty_milliseconds, begin, two_end),
        cmocka_unit_test_setup_teardown(never_begun, begin, two_end),
        cmocka_unit_test_setup_teardown(indices_differ, begin, two_end),
        cmocka_unit_test_setup_teardown(limits, begin, two_end),
        cmocka_unit_test_setup_teardown(responder_does_not_renew, begin, two_end),
        cmocka_unit_test_setup_teardown(keepalive_moves, begin, two_end),
        cmocka_unit_test_setup_teardown(inner_addresses, begin, two_end),
        cmocka_unit_test_setup_teardown(any_traffic, begin, two_end),
        cmocka_unit_test_setup_teardown(asked_again, begin, two_end),
        cmocka_unit_test_setup_teardown(load_begins, begin, two_end),
        cmocka_unit_test_setup_teardown(cookie_moves_no_timer, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
