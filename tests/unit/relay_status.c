/* SPDX-License-Identifier: MIT */
/* The texts of a running relay's counters. */
#include "unit.h"

#include "relay/status.h"

#include <arpa/inet.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static const struct tunic_relay_counters none;

static struct tunic_relay_counters with_peer(void)
{
    struct tunic_relay_counters counters = {.started = 100 * SECOND, .last_received = 200 * SECOND};

    counters.peer.inet = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(55555), .sin_addr = {htonl(0xC0000207)}};
    return counters;
}

static void check_line(const struct tunic_relay_counters *before,
                       const struct tunic_relay_counters *counters, uint64_t elapsed, uint64_t now,
                       const char *expected)
{
    struct tunic_text text = {0};

    status_line(before, counters, elapsed, now, &text);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void test_line(void **state)
{
    struct tunic_relay_counters counters = with_peer();

    (void)state;
    check_line(&none, &none, SECOND, 100 * SECOND, "out 0 bit/s (0/s), in 0 bit/s (0/s), no peer");
    counters.device_in = 30;
    counters.device_in_bytes = 30000;
    counters.device_out = 2000000;
    counters.device_out_bytes = 123456789;
    check_line(&none, &counters, SECOND, 202 * SECOND,
               "out 240 kbit/s (30/s), in 987 Mbit/s (2000000/s), peer 192.0.2.7:55555");
    check_line(&none, &counters, 2 * SECOND, 203 * SECOND,
               "out 120 kbit/s (15/s), in 493 Mbit/s (1000000/s), silent for 3 s, "
               "peer 192.0.2.7:55555");
    /* What was counted before is not counted again; no time at all is survived. */
    check_line(&counters, &counters, 0, 200 * SECOND,
               "out 0 bit/s (0/s), in 0 bit/s (0/s), peer 192.0.2.7:55555");
}

static void test_scales(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *expected;
    } cases[] = {
        {124, "out 992 bit/s (0/s), in 0 bit/s (0/s), no peer"},
        {125, "out 1.0 kbit/s (0/s), in 0 bit/s (0/s), no peer"},
        {1543, "out 12.3 kbit/s (0/s), in 0 bit/s (0/s), no peer"},
        {124999, "out 999 kbit/s (0/s), in 0 bit/s (0/s), no peer"},
        {125000, "out 1.0 Mbit/s (0/s), in 0 bit/s (0/s), no peer"},
        {1250000000, "out 10.0 Gbit/s (0/s), in 0 bit/s (0/s), no peer"},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(cases); i++) {
        struct tunic_relay_counters counters = {.device_in_bytes = cases[i].bytes};
        check_line(&none, &counters, SECOND, SECOND, cases[i].expected);
    }
}

/* The room that is made beforehand is enough for both. */
static void test_longest(void **state)
{
    struct tunic_relay_counters counters;
    struct tunic_text text = {0};

    (void)state;
    memset(&counters, 0xFF, sizeof(counters));
    counters.started = 0;
    counters.has_keys = true;
    counters.last_received = counters.last_handshake = 1;
    counters.peer.inet6.sin6_family = AF_INET6;
    status_line(&none, &counters, 1, UINT64_MAX, &text);
    status_report(&counters, UINT64_MAX, &text);
    assert_true(text.length < STATUS_TEXT);
    tunic_text_free(&text);
}

static void check_report(const struct tunic_relay_counters *counters, const char *expected)
{
    struct tunic_text text = {0};

    status_report(counters, 210 * SECOND, &text);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void test_report(void **state)
{
    struct tunic_relay_counters counters = with_peer();

    (void)state;
    check_report(&(struct tunic_relay_counters){.started = 209 * SECOND},
                 "running for 1 s, peer none, nothing heard yet\n");
    counters.device_in = 3;
    counters.transport.sent = 2;
    counters.transport.refused = 1;
    check_report(&counters, "running for 110 s, peer 192.0.2.7:55555, last heard 10 s ago\n"
                            "  packets from the interface    3\n"
                            "  datagrams sent                2\n"
                            "  refused: sender not admitted  1\n");
}

static size_t report_length(const struct tunic_relay_counters *counters)
{
    struct tunic_text text = {0};

    status_report(counters, 210 * SECOND, &text);
    size_t length = text.length;
    tunic_text_free(&text);
    return length;
}

static struct tunic_relay_counters with_keys(void)
{
    return (struct tunic_relay_counters){
        .has_keys = true, .peers = 3, .peers_alive = 2, .started = 100 * SECOND};
}

static void test_keys(void **state)
{
    struct tunic_relay_counters counters = with_keys();

    (void)state;
    check_line(&counters, &counters, SECOND, 210 * SECOND,
               "out 0 bit/s (0/s), in 0 bit/s (0/s), sessions with 2 of 3");
    check_report(&counters, "running for 110 s, sessions with 2 of 3 peers, no handshake yet, "
                            "nothing heard yet\n");
    counters.last_handshake = 150 * SECOND;
    counters.unrouted = 4;
    counters.wireguard.replayed = 5;
    check_report(&counters, "running for 110 s, sessions with 2 of 3 peers, last handshake 60 s "
                            "ago, nothing heard yet\n"
                            "  dropped: address of no peer   4\n"
                            "  dropped: seen before          5\n");
    /* One peer, whose place is known. */
    counters = with_keys();
    counters.peer = with_peer().peer;
    check_line(&counters, &counters, SECOND, 210 * SECOND,
               "out 0 bit/s (0/s), in 0 bit/s (0/s), sessions with 2 of 3, peer 192.0.2.7:55555");
    check_report(&counters, "running for 110 s, sessions with 2 of 3 peers, no handshake yet, "
                            "peer 192.0.2.7:55555, nothing heard yet\n");
}

/* Each counter has its row: set alone, it makes one line more. */
static void test_every_counter(void **state)
{
    const struct tunic_relay_counters base = with_peer();
    size_t quiet = report_length(&base);

    (void)state;
    for (size_t at = 0; at < offsetof(struct tunic_relay_counters, peer); at += sizeof(uint64_t)) {
        struct tunic_relay_counters counters = base;
        uint64_t one = 1;
        memcpy((char *)&counters + at, &one, sizeof(one));
        assert_true(report_length(&counters) > quiet);
    }
    /* And those of keys, where there are any. */
    struct tunic_relay_counters keyed = with_keys();
    quiet = report_length(&keyed);
    for (size_t at = 0; at < sizeof(keyed.wireguard); at += sizeof(uint64_t)) {
        keyed = with_keys();
        uint64_t one = 1;
        memcpy((char *)&keyed.wireguard + at, &one, sizeof(one));
        assert_true(report_length(&keyed) > quiet);
    }
    keyed = with_keys();
    keyed.unrouted = 1;
    assert_true(report_length(&keyed) > quiet);
    keyed = with_keys();
    keyed.unauthorised = 1;
    assert_true(report_length(&keyed) > quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),          cmocka_unit_test(test_scales),
        cmocka_unit_test(test_longest),       cmocka_unit_test(test_report),
        cmocka_unit_test(test_every_counter), cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
