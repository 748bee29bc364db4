/* SPDX-License-Identifier: MIT */
/* What is carried, and that it stays whole. */
#include "transport_tcp_side.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAMES = 100000,
    PATTERN = 1 << 20,
    HEAD = 24,
    HEAD_ROOM = 32,
    SMALL_FRAMES = 5 * TUNIC_TCP_ARRIVALS,
};

static uint8_t pattern[PATTERN + TUNIC_DATAGRAM_MOST];
static int plain = -1;
static uint16_t plain_port;

/* ---- frames that tell their number ----------------------------------------------------- */

static uint32_t hash(uint32_t number)
{
    number = (number ^ (number >> 16)) * 0x45d9f3bU;
    number = (number ^ (number >> 16)) * 0x45d9f3bU;
    return number ^ (number >> 16);
}

static size_t size_of(size_t number)
{
    uint32_t value = hash((uint32_t)number);

    return value % 1000 == 0 ? 1 + value % TUNIC_DATAGRAM_MOST : 1 + value % 1500;
}

static const uint8_t *bytes_of(size_t number)
{
    return pattern + hash((uint32_t)number + 1) % PATTERN;
}

static int fill_pattern(void **state)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(hash((uint32_t)i) >> 8);
    return side_group_setup(state);
}

static void look_at_number(struct side *side, const struct tunic_arrival *arrival)
{
    if (arrival->length != size_of(side->arrived) ||
        memcmp(arrival->data, bytes_of(side->arrived), arrival->length) != 0)
        side->wrong++;
}

/* ---- both ways ------------------------------------------------------------------------- */

struct flow {
    struct side *side;
    size_t sent;
    bool has_rest;
    struct tunic_outbox outbox;
    uint8_t heads[TUNIC_OUTBOX_PIECES][HEAD_ROOM];
};

static struct flow flows[2];

static bool add_next(struct flow *flow)
{
    size_t size = size_of(flow->sent);
    size_t head = size < HEAD ? size : HEAD;
    uint8_t *copy = flow->heads[flow->outbox.piece_count] + TUNIC_TCP_PREFIX;
    const uint8_t *bytes = bytes_of(flow->sent);

    if (flow->outbox.piece_count == TUNIC_OUTBOX_PIECES)
        return false;
    memcpy(copy, bytes, head);
    return tunic_outbox_add(&flow->outbox, NULL, 0, copy, head, bytes + head, size - head);
}

static void send_more(struct flow *flow)
{
    struct tunic_transport *transport = flow->side->transport;

    flow->outbox.form = transport->form;
    while (!flow->has_rest && flow->sent < FRAMES && add_next(flow))
        flow->sent++;
    transport->operations->send(transport, &flow->outbox);
    flow->has_rest = flow->outbox.message_count > 0;
}

static bool all_arrived(void)
{
    for (size_t i = 0; i < TUNIC_COUNT(flows); i++)
        if (flows[i].side->ready)
            send_more(&flows[i]);
    return left.arrived == FRAMES && right.arrived == FRAMES;
}

static void assert_all_counted(const struct side *from, const struct side *to)
{
    const struct tunic_transport_counters *sent = &from->transport->counters;
    const struct tunic_transport_counters *received = &to->transport->counters;

    assert_int_equal(to->wrong, 0);
    assert_int_equal(sent->sent, FRAMES);
    assert_int_equal(sent->dropped, 0);
    assert_int_equal(received->received, FRAMES);
    assert_int_equal(received->received_bytes, sent->sent_bytes);
    assert_int_equal(received->malformed, 0);
    /* Many at once. */
    assert_in_range(to->batches, FRAMES / TUNIC_TCP_ARRIVALS, FRAMES / 10);
}

static void join(void)
{
    uint16_t port = free_port();
    struct tunic_addresses addresses = to_port(port);

    listen_with(&left, "127.0.0.1", port);
    connect_with(&right, &addresses);
    run_until(both_ready);
}

static void test_many_both_ways(void **state)
{
    size_t bytes = 0;

    (void)state;
    join();
    left.look = right.look = look_at_number;
    flows[0] = (struct flow){.side = &left};
    flows[1] = (struct flow){.side = &right};
    run_until(all_arrived);
    for (size_t i = 0; i < FRAMES; i++)
        bytes += size_of(i);
    assert_int_equal(left.transport->counters.sent_bytes, bytes);
    assert_all_counted(&left, &right);
    assert_all_counted(&right, &left);
}

/* ---- a plain peer ---------------------------------------------------------------------- */

static bool three_arrived(void)
{
    return left.arrived == 3;
}

static void join_plain(void)
{
    plain_port = free_port();
    listen_with(&left, "127.0.0.1", plain_port);
    plain = plain_connect("127.0.0.1", plain_port);
    run_until(left_ready);
}

static uint8_t three[3 * TUNIC_TCP_PREFIX + 1 + 258 + 5] = {0, 1, 'a', 1, 2};
static size_t three_sent;

static bool sent_byte_by_byte(void)
{
    if (three_sent < sizeof(three))
        plain_send(plain, three + three_sent++, 1);
    return three_arrived();
}

static void test_byte_by_byte(void **state)
{
    static const uint8_t last[] = {0, 5, 't', 'h', 'i', 'r', 'd'};

    (void)state;
    join_plain();
    memcpy(three + sizeof(three) - sizeof(last), last, sizeof(last));
    three_sent = 0;
    run_until(sent_byte_by_byte);
    assert_int_equal(three_sent, sizeof(three));
    assert_int_equal(left.transport->counters.received_bytes, 1 + 258 + 5);
    assert_int_equal(left.last_length, 5);
    assert_memory_equal(left.last, "third", 5);
    (void)close(plain);
    run_until(left_ended);
    assert_int_equal(left.transport->counters.malformed, 0);
}

static void test_the_largest(void **state)
{
    static uint8_t frame[TUNIC_TCP_PREFIX + TUNIC_DATAGRAM_MOST];

    (void)state;
    join_plain();
    memcpy(frame + TUNIC_TCP_PREFIX, pattern, TUNIC_DATAGRAM_MOST);
    frame[0] = frame[1] = 0xff;
    plain_send(plain, frame, sizeof(frame));
    run_until(one_arrived);
    assert_int_equal(left.last_length, TUNIC_DATAGRAM_MOST);
    assert_memory_equal(left.last, pattern, TUNIC_DATAGRAM_MOST);
    send_one(&left, pattern, TUNIC_DATAGRAM_MOST);
    assert_int_equal(recv(plain, frame, sizeof(frame), MSG_WAITALL), sizeof(frame));
    assert_memory_equal(frame, "\xff\xff", 2);
    assert_memory_equal(frame + TUNIC_TCP_PREFIX, pattern, TUNIC_DATAGRAM_MOST);
    (void)close(plain);
}

static bool many_arrived(void)
{
    return left.arrived == SMALL_FRAMES;
}

/* More frames than are told at once, and nothing comes behind them. */
static void test_many_small_ones(void **state)
{
    uint8_t frames[SMALL_FRAMES][3];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(frames); i++) {
        frames[i][0] = 0;
        frames[i][1] = 1;
        frames[i][2] = (uint8_t)i;
    }
    join_plain();
    plain_send(plain, frames, sizeof(frames));
    run_until(many_arrived);
    assert_int_equal(left.transport->counters.received_bytes, TUNIC_COUNT(frames));
    (void)close(plain);
}

static void test_a_length_of_nothing(void **state)
{
    (void)state;
    join_plain();
    plain_send(plain, "\0\x01x\0\0\0\x01y", 8);
    run_until(left_ended);
    assert_int_equal(left.arrived, 1);
    assert_int_equal(left.transport->counters.malformed, 1);
    assert_false(left.ready);
    (void)close(plain);
    /* The next one begins anew. */
    plain = plain_connect("127.0.0.1", plain_port);
    run_until(left_ready);
    plain_send(plain, "\0\x03new", 5);
    left.arrived = 0;
    run_until(one_arrived);
    assert_memory_equal(left.last, "new", 3);
    (void)close(plain);
}

static void test_ends_inside_a_frame(void **state)
{
    (void)state;
    join_plain();
    plain_send(plain, "\0\x01x\0\x09half", 9);
    (void)close(plain);
    run_until(left_ended);
    assert_int_equal(left.arrived, 1);
    assert_int_equal(left.transport->counters.malformed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_both_ways),  TEST(test_byte_by_byte),        TEST(test_the_largest),
        TEST(test_many_small_ones), TEST(test_a_length_of_nothing), TEST(test_ends_inside_a_frame),
    };

    return cmocka_run_group_tests(tests, fill_pattern, NULL);
}
