/* SPDX-License-Identifier: MIT */
/* A stream that takes no more. */
#include "transport_tcp_side.h"

#include <string.h>
#include <unistd.h>

enum { LARGE = 60000, LARGE_FRAMES = 150, ROUNDS_MOST = 10 };

static uint8_t pattern[LARGE + LARGE_FRAMES * ROUNDS_MOST];
static int plain = -1;
static uint16_t plain_port;

static int fill_pattern(void **state)
{
    uint32_t value = 1;

    for (size_t i = 0; i < sizeof(pattern); i++) {
        value = value * 1103515245 + 12345;
        pattern[i] = (uint8_t)(value >> 16);
    }
    return side_group_setup(state);
}

static struct tunic_outbox large;
static void (*real_ready)(void *closure, uint32_t events);
static unsigned calls;
static size_t given;
static size_t parsed;
static uint8_t plain_input[1 << 18];
static size_t plain_held;

static void fill_large(void)
{
    static uint8_t frames[LARGE_FRAMES][TUNIC_TCP_PREFIX + LARGE];

    large.form = left.transport->form;
    for (size_t i = 0; i < LARGE_FRAMES; i++) {
        assert_true(given + LARGE <= sizeof(pattern));
        memcpy(frames[i] + TUNIC_TCP_PREFIX, pattern + given++, LARGE);
        assert_true(
            tunic_outbox_add(&large, NULL, 0, frames[i] + TUNIC_TCP_PREFIX, LARGE, NULL, 0));
    }
}

static void send_large(void)
{
    left.transport->operations->send(left.transport, &large);
}

static bool full(void)
{
    if (left.ready) {
        if (large.message_count == 0)
            fill_large();
        send_large();
    }
    return !left.ready;
}

/* Reads what there is as whole frames, in their order. */
static void parse_some(void)
{
    ssize_t got =
        recv(plain, plain_input + plain_held, sizeof(plain_input) - plain_held, MSG_DONTWAIT);
    size_t taken = 0;

    if (got > 0)
        plain_held += (size_t)got;
    while (plain_held - taken >= TUNIC_TCP_PREFIX + LARGE) {
        const uint8_t *frame = plain_input + taken;

        assert_int_equal(frame[0] << 8 | frame[1], LARGE);
        assert_memory_equal(frame + TUNIC_TCP_PREFIX, pattern + parsed, LARGE);
        parsed++;
        taken += TUNIC_TCP_PREFIX + LARGE;
    }
    plain_held -= taken;
    memmove(plain_input, plain_input + taken, plain_held);
}

static bool all_parsed(void)
{
    parse_some();
    if (left.ready && large.message_count > 0)
        send_large();
    return parsed == given;
}

static void count_calls(void *closure, uint32_t events)
{
    calls++;
    real_ready(closure, events);
}

/* There is room and nothing to read: nobody has to be called. */
static void assert_idle(void)
{
    struct tunic_source *source = &inside(&left)->stream.source;

    calls = 0;
    real_ready = source->ready;
    source->ready = count_calls;
    run_some_turns();
    source->ready = real_ready;
    assert_int_equal(calls, 0);
}

static void begin_large(void)
{
    tunic_outbox_clear(&large);
    given = parsed = plain_held = 0;
    plain_port = free_port();
    listen_with(&left, "127.0.0.1", plain_port);
    plain = plain_connect("127.0.0.1", plain_port);
    run_until(left_ready);
}

static void test_a_reader_that_stops(void **state)
{
    const struct tunic_transport_counters *counters = NULL;

    (void)state;
    begin_large();
    counters = &left.transport->counters;
    for (size_t round = 0; round < 3; round++) {
        run_until(full);
        assert_true(large.message_count > 0);
        /* Until it is ready again nothing is taken, and nothing is lost. */
        for (size_t i = 0; i < 10; i++)
            send_large();
        assert_int_equal(counters->dropped, 0);
        run_until(all_parsed);
        assert_int_equal(plain_held, 0);
        assert_int_equal(large.message_count, 0);
        assert_int_equal(counters->sent, given);
        assert_int_equal(counters->sent_bytes, given * LARGE);
    }
    assert_idle();
    assert_int_equal(counters->dropped, 0);
    assert_int_equal(left.wrong, 0);
    (void)close(plain);
}

/* What was left for a connection that ended is not for the next: it is late, and lost. */
static void test_a_reader_that_goes(void **state)
{
    const struct tunic_transport_counters *counters = NULL;
    uint8_t bytes[5];

    (void)state;
    begin_large();
    counters = &left.transport->counters;
    run_until(full);
    (void)close(plain);
    run_until(left_ended);
    assert_false(left.ready);
    plain = plain_connect("127.0.0.1", plain_port);
    run_until(left_ready);
    assert_true(large.message_count > 0);
    send_large();
    assert_int_equal(large.message_count, 0);
    assert_in_range(counters->dropped, 1, LARGE_FRAMES);
    assert_int_equal(counters->sent + counters->dropped, given);
    send_one(&left, "new", 3);
    assert_int_equal(recv(plain, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
    assert_memory_equal(bytes, "\0\x03new", 5);
    (void)close(plain);
}

static void test_nobody_to_send_to(void **state)
{
    (void)state;
    listen_with(&left, "127.0.0.1", free_port());
    send_one(&left, "lost", 4);
    send_one(&left, "lost", 4);
    assert_int_equal(left.transport->counters.dropped, 2);
    assert_int_equal(left.transport->counters.sent, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_reader_that_stops),
        TEST(test_a_reader_that_goes),
        TEST(test_nobody_to_send_to),
    };

    return cmocka_run_group_tests(tests, fill_pattern, NULL);
}
