/* SPDX-License-Identifier: MIT */
/* What stands between packets and WireGuard's messages: what is looked at, added and taken away. */
#include "relay_guard_side.h"

#include "unit.h"

#include <string.h>

static uint8_t packet[TUNIC_PACKET_MOST];
static uint8_t got[GUARD_BYTES];

static const struct tunic_relay_counters *counters(const struct guard_side *side)
{
    return &side->relay.counters;
}

/* ---- lengths --------------------------------------------------------------------------- */

static void padded(void **state)
{
    static const size_t lengths[][2] = {{20, 32},     {32, 32},     {33, 48},
                                        {1408, 1408}, {1415, 1420}, {GUARD_LIMIT, GUARD_LIMIT}};

    (void)state;
    guard_connect(100);
    for (size_t i = 0; i < TUNIC_COUNT(lengths); i++) {
        guard_make(packet, lengths[i][0], 1, 2);
        guard_seal(&guard_a, packet, lengths[i][0], 0);
        assert_int_equal(guard_a.sent_count, 1);
        assert_int_equal(guard_a.sent[0].length, lengths[i][1] + TUNIC_DATA_OVERHEAD);
        guard_deliver(&guard_b, &guard_a.address);
        assert_int_equal(guard_read(&guard_b, got), lengths[i][0]);
    }
}

static void trimmed(void **state)
{
    uint8_t text[96] = {0x60, [5] = 41, [8] = 0xfd, [23] = 1, [24] = 0xfd, [39] = 2};

    (void)state;
    guard_connect(100);
    guard_seal_text(&guard_a, text, sizeof(text));
    guard_deliver(&guard_b, &guard_a.address);
    assert_int_equal(guard_read(&guard_b, got), 81);
    guard_make(text, 55, 1, 2);
    guard_seal_text(&guard_a, text, sizeof(text));
    guard_deliver(&guard_b, &guard_a.address);
    assert_int_equal(guard_read(&guard_b, got), 55);
    assert_memory_equal(got, text, 55);
}

/* Each is no packet, and goes nowhere. */
static void no_packets(void **state)
{
    static const struct {
        size_t length;
        uint8_t head[6];
    } texts[] = {
        {48, {0x45, 0, 0, 49}}, /* longer than its message */
        {48, {0x45, 0, 5, 0}},
        {48, {0x60, 0, 0, 0, 0, 9}}, /* and of IPv6 */
        {48, {0x50, 0, 0, 0, 0, 8}}, /* of another version */
        {48, {0}},
        {19, {0x45, 0, 0, 19}}, /* half a header */
        {39, {0x60}},
        {1, {0x45}},
    };
    uint64_t expected = 0;

    (void)state;
    guard_connect(100);
    for (size_t i = 0; i < TUNIC_COUNT(texts); i++) {
        guard_make(packet, 64, 1, 2);
        memcpy(packet, texts[i].head, sizeof(texts[i].head));
        guard_seal_text(&guard_a, packet, texts[i].length);
        guard_deliver(&guard_b, &guard_a.address);
        assert_int_equal(counters(&guard_b)->malformed, ++expected);
        assert_int_equal(guard_read(&guard_b, got), 0);
    }
    /* A keepalive is none either, and nothing is wrong with that. */
    guard_seal_text(&guard_a, packet, 0);
    guard_deliver(&guard_b, &guard_a.address);
    assert_int_equal(counters(&guard_b)->malformed, expected);
    assert_int_equal(guard_of(&guard_b)->unauthorised, 0);
}

static void room(void **state)
{
    (void)state;
    assert_int_equal(guard_a.relay.codec->operations->limit(guard_a.relay.codec),
                     1472 - TUNIC_DATA_OVERHEAD);
    assert_int_equal(guard_b.relay.codec->operations->limit(guard_b.relay.codec),
                     GUARD_ROOM6 - TUNIC_DATA_OVERHEAD);
    guard_connect(100);
    /* With what is added it would be larger than a datagram. */
    guard_make(packet, 65510, 1, 2);
    guard_seal(&guard_a, packet, 65510, 0);
    assert_int_equal(counters(&guard_a)->too_big, 1);
    assert_int_equal(guard_a.sent_count, 0);
}

/* ---- addresses inside ------------------------------------------------------------------ */

static void foreign_source(void **state)
{
    static const uint8_t sources[] = {9, 2, 3}; /* nobody's, its own, another peer's */

    (void)state;
    guard_connect(100);
    for (unsigned i = 0; i < TUNIC_COUNT(sources); i++) {
        guard_make(packet, 60, sources[i], 2);
        guard_seal_text(&guard_a, packet, 60);
        guard_deliver(&guard_b, &guard_a.address);
        assert_int_equal(guard_of(&guard_b)->unauthorised, i + 1);
        assert_int_equal(guard_read(&guard_b, got), 0);
    }
    assert_int_equal(counters(&guard_b)->malformed, 0);
}

static void no_route(void **state)
{
    (void)state;
    guard_make(packet, 60, 1, 77);
    guard_seal(&guard_a, packet, 60, 0);
    assert_int_equal(guard_of(&guard_a)->unrouted, 1);
    assert_int_equal(guard_a.sent_count, 0);
    /* ICMP: destination unreachable, with what could not go there. */
    assert_int_equal(guard_read(&guard_a, got), 28 + 60);
    assert_int_equal(got[9], 1);
    assert_int_equal(got[20], 3);
    assert_memory_equal(got + 28, packet, 60);
}

/* ---- where the other side is ----------------------------------------------------------- */

static void roams(void **state)
{
    struct tunic_endpoint elsewhere = guard_a.address;

    (void)state;
    guard_connect(100);
    elsewhere.remote.inet.sin_port = 99;
    guard_make(packet, 60, 1, 2);
    guard_seal(&guard_a, packet, 60, 0);
    struct guard_message message = guard_a.sent[0];
    guard_deliver(&guard_b, &elsewhere);
    guard_make(packet, 60, 2, 1);
    guard_seal(&guard_b, packet, 60, 0);
    assert_true(tunic_endpoint_same(&guard_b.sent[0].to, &elsewhere.remote));
    /* What was seen before, and what is forged, moves nobody. */
    elsewhere.remote.inet.sin_port = 98;
    for (unsigned i = 0; i < 2; i++) {
        guard_a.sent[guard_a.sent_count++] = message;
        guard_a.sent[0].bytes[TUNIC_DATA_HEADER] ^= (uint8_t)i;
        guard_deliver(&guard_b, &elsewhere);
        assert_int_equal(guard_remote(&guard_b)->endpoint.remote.inet.sin_port, 99);
    }
}

/* The address of ours that the other side spoke to is used, until it does not answer. */
static void own_address(void **state)
{
    struct tunic_endpoint from = guard_b.address;
    const struct tunic_endpoint *endpoint = &guard_remote(&guard_a)->endpoint;

    (void)state;
    guard_connect(100);
    from.local = in6addr_loopback;
    from.ifindex = 7;
    guard_make(packet, 60, 2, 1);
    guard_seal(&guard_b, packet, 60, 0);
    guard_deliver(&guard_a, &from);
    assert_memory_equal(&endpoint->local, &in6addr_loopback, sizeof(endpoint->local));
    assert_int_equal(endpoint->ifindex, 7);
    guard_make(packet, 60, 1, 2);
    guard_seal(&guard_a, packet, 60, 0);
    guard_wait(&guard_a, 16 * TUNIC_SECOND);
    assert_memory_equal(&endpoint->local, &in6addr_any, sizeof(endpoint->local));
    assert_int_equal(endpoint->ifindex, 0);
}

/* After 90 seconds of tries what waits is dropped. */
static void given_up(void **state)
{
    (void)state;
    guard_make(packet, 60, 1, 2);
    guard_seal(&guard_a, packet, 60, 0);
    assert_int_equal(guard_remote(&guard_a)->waiting.count, 1);
    for (unsigned i = 0; i < TUNIC_ATTEMPTS; i++) {
        assert_int_equal(counters(&guard_a)->unanswered, 0);
        guard_wait(&guard_a, 5 * TUNIC_SECOND + TUNIC_SECOND / 2);
    }
    assert_int_equal(counters(&guard_a)->unanswered, 1);
    assert_int_equal(guard_remote(&guard_a)->waiting.count, 0);
    assert_int_equal(guard_a.sent_count, TUNIC_ATTEMPTS);
}

/* Of what waits, as much goes as the session has messages for. */
static void waits_again(void **state)
{
    struct tunic_remote *remote = guard_remote(&guard_a);
    struct tunic_guard *guard = guard_of(&guard_a);
    const struct tunic_packet waiting = {.head = packet, .head_length = 60};

    (void)state;
    guard_connect(100);
    guard_make(packet, 60, 1, 2);
    for (unsigned i = 0; i < 3; i++)
        assert_true(tunic_stage_put(&guard->stage, &remote->waiting, &waiting));
    remote->peer->current->counter = TUNIC_REJECT_AFTER_MESSAGES - 1;
    guard_a.sent_count = 0;
    assert_true(tunic_guard_send_waiting(guard, remote));
    assert_int_equal(remote->waiting.count, 2);
    assert_int_equal(counters(&guard_a)->unanswered, 0);
    assert_false(tunic_guard_send_waiting(guard, remote));
    assert_int_equal(remote->waiting.count, 2);
}

/* ---- traffic classes ------------------------------------------------------------------- */

static void classes(void **state)
{
    enum { AF41 = 0x88 };

    (void)state;
    tunic_wireguard_peer_begin(guard_of(&guard_a)->wireguard, guard_remote(&guard_a)->peer,
                               guard_clocks.boot);
    assert_int_equal(guard_a.sent[0].traffic_class, AF41);
    guard_deliver(&guard_b, &guard_a.address);
    assert_int_equal(guard_b.sent[0].traffic_class, AF41);
    guard_deliver(&guard_a, &guard_b.address);
    /* A keepalive. */
    assert_int_equal(guard_a.sent[0].length, TUNIC_DATA_OVERHEAD);
    assert_int_equal(guard_a.sent[0].traffic_class, 0);
}

static void congestion(void **state)
{
    (void)state;
    guard_connect(100);
    for (uint8_t inside = 0; inside < 4; inside++) {
        guard_make(packet, 60, 1, 2);
        packet[1] = 0xb8 | inside;
        guard_seal(&guard_a, packet, 60, packet[1]);
        assert_int_equal(guard_a.sent[0].traffic_class, inside);
        guard_deliver_class(&guard_b, 3);
        /* Who cannot be told of congestion loses the packet. */
        assert_int_equal(guard_read(&guard_b, got), inside == 0 ? 0 : 60);
        if (inside != 0)
            assert_int_equal(got[1], 0xbb);
    }
}

/* ---- clocks and random numbers --------------------------------------------------------- */

static void clocks(void **state)
{
    const uint8_t *timestamp = guard_remote(&guard_b)->peer->taken_timestamp;
    uint64_t seconds = 0;

    (void)state;
    guard_connect(100);
    for (unsigned i = 0; i < 8; i++)
        seconds = seconds << 8 | timestamp[i];
    assert_true(seconds == (UINT64_C(1) << 62) + 10 + 1700000000);
    /* The clocks are set, and time goes on: the keys are as old as before. */
    guard_clocks.wall += 1000 * TUNIC_SECOND;
    guard_clocks.monotonic += 100 * TUNIC_SECOND;
    guard_make(packet, 60, 1, 2);
    guard_seal(&guard_a, packet, 60, 0);
    assert_int_equal(guard_a.sent[0].bytes[0], TUNIC_MESSAGE_DATA);
    guard_a.sent_count = 0;
    /* The host slept. */
    guard_clocks.boot += TUNIC_REJECT_AFTER_TIME * TUNIC_SECOND;
    guard_seal(&guard_a, packet, 60, 0);
    assert_int_equal(guard_a.sent_count, 1);
    assert_int_equal(guard_a.sent[0].bytes[0], TUNIC_MESSAGE_INITIATION);
}

/* All of them come from the kernel, though it may give fewer than it was asked for. */
static void random_numbers(void **state)
{
    const struct tunic_wireguard *wireguard = guard_of(&guard_a)->wireguard;

    (void)state;
    assert_false(tunic_is_zero(guard_random, sizeof(guard_random)));
    assert_memory_equal(&wireguard->table.seed, guard_random, 8);
    assert_memory_equal(&wireguard->dice, guard_random + 8, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_numbers, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(padded, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(trimmed, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(no_packets, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(room, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(foreign_source, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(no_route, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(roams, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(own_address, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(given_up, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(waits_again, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(classes, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(congestion, guard_begin, guard_end),
        cmocka_unit_test_setup_teardown(clocks, guard_begin, guard_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
