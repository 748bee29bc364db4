/* SPDX-License-Identifier: MIT */
/* Streams that take no more, among others. */
#include "transport_tcp_hub.h"

#include <string.h>
#include <unistd.h>

enum { LARGE = 60000, BATCH = 20, PEERS = 2, BURSTS = 100 };

/* A plain peer, and what it makes of what it reads: frames that are filled with their number. */
static struct reader {
    int plain;
    union tunic_socket_address address;
    uint32_t sent;   /* frames that were put into an outbox */
    uint32_t parsed; /* frames */
    uint32_t missed; /* numbers that never came */
    uint32_t next;
    size_t held;
    uint8_t input[1 << 18];
} readers[PEERS];

static struct tunic_outbox outbox;
static uint64_t others; /* that were sent, to others than the first */
static uint8_t frames[BATCH][TUNIC_TCP_PREFIX + LARGE];

static void open_reader(struct reader *reader, bool proven)
{
    *reader = (struct reader){.plain = -1};
    reader->plain = hub_plain(&reader->address);
    if (proven)
        tunic_tcp_many_prove(hub.transport, &reader->address);
}

static void send_outbox(void)
{
    hub.transport->operations->send(hub.transport, &outbox);
}

static void add_frame(struct reader *reader, uint8_t *frame)
{
    const struct tunic_endpoint to = {.remote = reader->address};

    memset(frame, (int)(uint8_t)reader->sent, LARGE);
    memcpy(frame, &reader->sent, sizeof(reader->sent));
    memcpy(frame + LARGE - sizeof(reader->sent), &reader->sent, sizeof(reader->sent));
    reader->sent++;
    assert_true(tunic_outbox_add(&outbox, &to, 0, frame, LARGE, NULL, 0));
}

static void fill_outbox(struct reader *reader)
{
    assert_int_equal(outbox.message_count, 0);
    outbox.form = hub.transport->form;
    for (size_t i = 0; i < BATCH; i++)
        add_frame(reader, frames[i] + TUNIC_TCP_PREFIX);
}

static void check(struct reader *reader, const uint8_t *frame)
{
    uint32_t number;
    uint32_t number_again;

    assert_int_equal(frame[0] << 8 | frame[1], LARGE);
    memcpy(&number, frame + TUNIC_TCP_PREFIX, sizeof(number));
    memcpy(&number_again, frame + LARGE + TUNIC_TCP_PREFIX - sizeof(number_again),
           sizeof(number_again));
    assert_int_equal(number, number_again);
    assert_int_equal(frame[LARGE / 2], (uint8_t)number);
    assert_in_range(number, reader->next, reader->sent - 1);
    reader->missed += number - reader->next;
    reader->next = number + 1;
    reader->parsed++;
}

/* Reads what there is. */
static void read_some(struct reader *reader)
{
    ssize_t got = recv(reader->plain, reader->input + reader->held,
                       sizeof(reader->input) - reader->held, MSG_DONTWAIT);
    size_t taken = 0;

    if (got > 0)
        reader->held += (size_t)got;
    while (reader->held - taken >= sizeof(frames[0])) {
        check(reader, reader->input + taken);
        taken += sizeof(frames[0]);
    }
    reader->held -= taken;
    memmove(reader->input, reader->input + taken, reader->held);
}

static bool first_drained(void)
{
    const struct tunic_tcp_link *link = hub_link(&readers[0].address);

    read_some(&readers[0]);
    if (hub.ready && outbox.message_count > 0)
        send_outbox();
    return outbox.message_count == 0 && !link->stream.full && readers[0].held == 0 &&
           readers[0].parsed == hub.transport->counters.sent - others;
}

static bool full(void)
{
    if (hub.ready) {
        if (outbox.message_count == 0)
            fill_outbox(&readers[0]);
        send_outbox();
    }
    return !hub.ready;
}

static void begin(bool second_is_proven)
{
    tunic_outbox_clear(&outbox);
    others = 0;
    open_reader(&readers[0], true);
    open_reader(&readers[1], second_is_proven);
}

static void end(void)
{
    (void)close(readers[0].plain);
    (void)close(readers[1].plain);
}

/* ---- several serve --------------------------------------------------------------------- */

static void test_only_his_are_dropped(void **state)
{
    const struct tunic_transport_counters *counters = &hub.transport->counters;

    (void)state;
    begin(true);
    for (size_t i = 0; i < BURSTS; i++) {
        fill_outbox(&readers[0]); /* who does not read */
        send_outbox();
        assert_int_equal(outbox.message_count, 0);
        uint64_t dropped = counters->dropped;
        hub_send(&readers[1].address, "hello", 5);
        others++;
        assert_int_equal(counters->dropped, dropped);
        hub_assert_received(readers[1].plain, "hello");
        /* There may be room before the transport is told of it. */
        if (hub_link(&readers[0].address)->stream.full)
            read_some(&readers[0]);
        if (i % 2 == 0)
            run_some_turns();
    }
    assert_true(hub.ready);
    assert_in_range(counters->dropped, 1, readers[0].sent - 1);
    run_until(first_drained);
    assert_int_equal(counters->sent + counters->dropped, readers[0].sent + others);
    /* There is room again. */
    uint64_t dropped = counters->dropped;
    readers[0].missed = 0;
    fill_outbox(&readers[0]);
    send_outbox();
    run_until(first_drained);
    assert_in_range(readers[0].parsed, 1, readers[0].sent - dropped);
    end();
}

/* What was begun is lost with the connection, and nothing else is. */
static void test_full_when_it_ends(void **state)
{
    const struct tunic_transport_counters *counters = &hub.transport->counters;

    (void)state;
    begin(true);
    while (counters->dropped == 0) {
        fill_outbox(&readers[0]);
        send_outbox();
    }
    assert_true(hub_link(&readers[0].address)->stream.full);
    (void)close(readers[0].plain);
    hub_run_until_ended(1);
    assert_int_equal(counters->sent + counters->dropped, readers[0].sent);
    /* The place that it had is clean. */
    open_reader(&readers[0], true);
    fill_outbox(&readers[0]);
    send_outbox();
    while (readers[0].parsed == 0)
        read_some(&readers[0]);
    assert_int_equal(readers[0].missed, 0);
    end();
}

/* ---- one serves ------------------------------------------------------------------------ */

static void test_one_is_waited_for(void **state)
{
    const struct tunic_transport_counters *counters = &hub.transport->counters;

    (void)state;
    begin(false); /* a stranger makes no difference */
    for (size_t round = 0; round < 3; round++) {
        run_until(full);
        for (size_t i = 0; i < 10; i++)
            send_outbox();
        hub_send(&readers[1].address, "hello", 5);
        others++;
        hub_assert_received(readers[1].plain, "hello");
        assert_false(hub.ready);
        run_until(first_drained);
        assert_true(hub.ready);
        assert_int_equal(counters->sent, readers[0].sent + others);
    }
    assert_int_equal(readers[0].missed, 0);
    assert_int_equal(readers[0].parsed, readers[0].sent);
    assert_int_equal(counters->dropped, 0);
    end();
}

/* To an outbox of which the middle was sent, and the beginning waits. */
static void test_more_behind_what_waits(void **state)
{
    static uint8_t hello[] = "\0\0hello";
    static uint8_t more[2][TUNIC_TCP_PREFIX + LARGE];

    (void)state;
    begin(false);
    const struct tunic_endpoint other = {.remote = readers[1].address};
    run_until(full);
    if (outbox.message_count == 0)
        add_frame(&readers[0], more[0] + TUNIC_TCP_PREFIX);
    assert_true(tunic_outbox_add(&outbox, &other, 0, hello + TUNIC_TCP_PREFIX, 5, NULL, 0));
    send_outbox();
    others++;
    hub_assert_received(readers[1].plain, "hello");
    add_frame(&readers[0], more[1] + TUNIC_TCP_PREFIX);
    run_until(first_drained);
    assert_int_equal(readers[0].parsed, readers[0].sent);
    assert_int_equal(hub.transport->counters.dropped, 0);
    end();
}

/* Others are not held up. */
static void test_another_begins_to_serve(void **state)
{
    const struct tunic_transport_counters *counters = &hub.transport->counters;

    (void)state;
    begin(false);
    run_until(full);
    uint32_t remaining = outbox.message_count > 0 ? outbox.messages[0].count : 0;
    tunic_tcp_many_prove(hub.transport, &readers[1].address);
    assert_true(hub.ready);
    send_outbox();
    assert_true(hub.ready);
    assert_int_equal(outbox.message_count, 0);
    assert_int_equal(counters->dropped, remaining);
    run_until(first_drained);
    assert_int_equal(counters->sent + counters->dropped, readers[0].sent);
    end();
}

static void test_it_ends_meanwhile(void **state)
{
    const struct tunic_transport_counters *counters = &hub.transport->counters;

    (void)state;
    begin(false);
    run_until(full);
    (void)close(readers[0].plain);
    hub_run_until_ended(1);
    assert_true(hub.ready);
    send_outbox();
    assert_int_equal(outbox.message_count, 0);
    assert_int_equal(counters->sent + counters->dropped, readers[0].sent);
    tunic_tcp_many_prove(hub.transport, &readers[1].address);
    hub_send(&readers[1].address, "hello", 5);
    hub_assert_received(readers[1].plain, "hello");
    (void)close(readers[1].plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_his_are_dropped),    TEST(test_full_when_it_ends),
        TEST(test_one_is_waited_for),       TEST(test_more_behind_what_waits),
        TEST(test_another_begins_to_serve), TEST(test_it_ends_meanwhile),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
