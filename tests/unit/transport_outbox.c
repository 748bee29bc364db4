/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/transport.h"

#include <string.h>

static struct tunic_outbox outbox;
static uint8_t memory[1 << 17];

static const struct tunic_outbox_form datagrams = {.most_run = 4, .most_length = 5000};
static const struct tunic_outbox_form frames = {
    .prefix = 2, .most_run = UINT16_MAX, .most_length = UINT32_MAX, .stream = true};

static void begin(const struct tunic_outbox_form *form)
{
    outbox.form = *form;
    tunic_outbox_clear(&outbox);
}

static struct tunic_endpoint endpoint(uint32_t address)
{
    struct tunic_endpoint endpoint = {.ifindex = 0};

    endpoint.remote.inet.sin_family = AF_INET;
    endpoint.remote.inet.sin_addr.s_addr = htonl(address);
    return endpoint;
}

/* Adds one that lies apart from all others. */
static bool add(const struct tunic_endpoint *to, uint8_t traffic_class, size_t length)
{
    uint8_t *head = memory + 16 + (outbox.piece_count % 64) * 1600;

    return tunic_outbox_add(&outbox, to, traffic_class, head, length, NULL, 0);
}

static void test_equal_ones_are_one_message(void **state)
{
    (void)state;
    begin(&datagrams);
    for (int i = 0; i < 3; i++)
        assert_true(add(NULL, 0, 1000));
    assert_int_equal(outbox.message_count, 1);
    assert_int_equal(outbox.messages[0].count, 3);
    assert_int_equal(outbox.messages[0].size, 1000);
    assert_int_equal(outbox.messages[0].length, 3000);
    assert_int_equal(outbox.messages[0].first, 0);
    assert_int_equal(outbox.messages[0].pieces, 3);
    assert_int_equal(outbox.messages[0].to.remote.any.sa_family, AF_UNSPEC);
    assert_ptr_equal(outbox.pieces[1].iov_base, memory + 16 + 1600);
    assert_int_equal(outbox.pieces[1].iov_len, 1000);
}

static void test_a_shorter_one_closes(void **state)
{
    (void)state;
    begin(&datagrams);
    add(NULL, 0, 1000);
    assert_false(outbox.messages[0].closed);
    add(NULL, 0, 999);
    assert_true(outbox.messages[0].closed);
    assert_int_equal(outbox.messages[0].count, 2);
    assert_int_equal(outbox.messages[0].length, 1999);
    add(NULL, 0, 999);
    assert_int_equal(outbox.message_count, 2);
    assert_int_equal(outbox.messages[1].size, 999);
    assert_int_equal(outbox.messages[1].first, 2);
    add(NULL, 0, 1000);
    assert_int_equal(outbox.message_count, 3);
}

static void test_an_empty_one_stands_alone(void **state)
{
    (void)state;
    begin(&datagrams);
    add(NULL, 0, 10);
    add(NULL, 0, 0);
    assert_int_equal(outbox.message_count, 2);
    assert_int_equal(outbox.messages[1].count, 1);
    add(NULL, 0, 0);
    assert_int_equal(outbox.message_count, 3);
}

static void test_limits_of_a_message(void **state)
{
    (void)state;
    begin(&datagrams);
    for (int i = 0; i < 5; i++)
        add(NULL, 0, 100);
    assert_int_equal(outbox.message_count, 2);
    assert_int_equal(outbox.messages[0].count, 4);
    begin(&datagrams);
    outbox.form.most_length = 3000;
    for (int i = 0; i < 4; i++)
        add(NULL, 0, 1000);
    assert_int_equal(outbox.message_count, 2);
    assert_int_equal(outbox.messages[0].count, 3);
    begin(&datagrams);
    outbox.form.most_run = 1;
    add(NULL, 0, 100);
    add(NULL, 0, 100);
    assert_int_equal(outbox.message_count, 2);
}

static void test_what_parts_messages(void **state)
{
    struct tunic_endpoint one = endpoint(0x7f000001);
    struct tunic_endpoint other = endpoint(0x7f000002);
    struct tunic_endpoint none = {.ifindex = 0};
    struct tunic_endpoint elsewhere = one;

    (void)state;
    elsewhere.ifindex = 3;
    begin(&datagrams);
    add(&one, 0, 100);
    add(&one, 0, 100);
    assert_int_equal(outbox.message_count, 1);
    assert_memory_equal(&outbox.messages[0].to, &one, sizeof(one));
    add(&other, 0, 100);
    assert_int_equal(outbox.message_count, 2);
    add(&other, 2, 100);
    assert_int_equal(outbox.message_count, 3);
    assert_int_equal(outbox.messages[2].traffic_class, 2);
    add(NULL, 2, 100);
    assert_int_equal(outbox.message_count, 4);
    add(&none, 2, 100);
    assert_int_equal(outbox.message_count, 4);
    add(&one, 2, 100);
    assert_int_equal(outbox.message_count, 5);
    add(&elsewhere, 2, 100);
    assert_int_equal(outbox.message_count, 6);
}

static void test_neighbours_are_one_piece(void **state)
{
    (void)state;
    begin(&datagrams);
    assert_true(tunic_outbox_add(&outbox, NULL, 0, memory, 40, memory + 40, 60));
    assert_int_equal(outbox.piece_count, 1);
    assert_int_equal(outbox.pieces[0].iov_len, 100);
    assert_true(tunic_outbox_add(&outbox, NULL, 0, memory + 100, 40, memory + 141, 60));
    assert_int_equal(outbox.piece_count, 2);
    assert_int_equal(outbox.pieces[0].iov_len, 140);
    assert_int_equal(outbox.pieces[1].iov_len, 60);
    assert_int_equal(outbox.messages[0].pieces, 2);
    /* Directly behind, but of another message. */
    assert_true(tunic_outbox_add(&outbox, NULL, 1, memory + 201, 40, NULL, 0));
    assert_int_equal(outbox.piece_count, 3);
    assert_int_equal(outbox.messages[1].first, 2);
    assert_int_equal(outbox.messages[1].pieces, 1);
}

static void test_a_stream_takes_all_sizes(void **state)
{
    static uint8_t body[TUNIC_DATAGRAM_MOST];

    (void)state;
    begin(&frames);
    memset(memory, 0xee, sizeof(memory));
    assert_true(tunic_outbox_add(&outbox, NULL, 0, memory + 2, 0x0102, NULL, 0));
    assert_true(tunic_outbox_add(&outbox, NULL, 7, memory + 1000, 1, memory + 1001, 3));
    assert_true(
        tunic_outbox_add(&outbox, NULL, 0, memory + 2000, 20, body, TUNIC_DATAGRAM_MOST - 20));
    assert_int_equal(outbox.message_count, 1);
    assert_int_equal(outbox.messages[0].count, 3);
    assert_int_equal(outbox.messages[0].pieces, 4);
    assert_int_equal(outbox.messages[0].length, 6 + 0x0102 + 4 + TUNIC_DATAGRAM_MOST);
    assert_false(outbox.messages[0].closed);
    assert_memory_equal(memory, "\x01\x02", 2);
    assert_memory_equal(memory + 998, "\x00\x04", 2);
    assert_memory_equal(memory + 1998, "\xff\xff", 2);
    assert_ptr_equal(outbox.pieces[0].iov_base, memory);
    assert_int_equal(outbox.pieces[0].iov_len, 2 + 0x0102);
    assert_ptr_equal(outbox.pieces[1].iov_base, memory + 998);
    assert_int_equal(outbox.pieces[1].iov_len, 6);
    assert_int_equal(outbox.pieces[2].iov_len, 22);
    assert_ptr_equal(outbox.pieces[3].iov_base, body);
    assert_int_equal(memory[997], 0xee);
}

/* Frames packed with room for their lengths become one piece. */
static void test_a_packed_stream_is_one_piece(void **state)
{
    (void)state;
    begin(&frames);
    for (size_t i = 0; i < 2000; i++)
        assert_true(tunic_outbox_add(&outbox, NULL, 0, memory + 2 + i * 12, 10, NULL, 0));
    assert_int_equal(outbox.piece_count, 1);
    assert_int_equal(outbox.message_count, 1);
    assert_int_equal(outbox.messages[0].count, 2000);
    assert_int_equal(outbox.pieces[0].iov_len, 24000);
}

static void test_no_room_for_pieces(void **state)
{
    size_t added = 0;

    (void)state;
    begin(&frames);
    while (tunic_outbox_add(&outbox, NULL, 0, memory + 2 + (added % 8) * 100, 20,
                            memory + 80 + (added % 8) * 100, 10))
        added++;
    assert_int_equal(added, TUNIC_OUTBOX_PIECES / 2);
    assert_int_equal(outbox.piece_count, TUNIC_OUTBOX_PIECES);
    tunic_outbox_clear(&outbox);
    assert_true(add(NULL, 0, 10));
}

static void test_no_room_for_messages(void **state)
{
    struct tunic_message last;
    size_t added = 0;

    (void)state;
    begin(&datagrams);
    while (add(NULL, (uint8_t)(added % 2), 10))
        added++;
    assert_int_equal(added, TUNIC_OUTBOX_MESSAGES);
    last = outbox.messages[TUNIC_OUTBOX_MESSAGES - 1];
    assert_int_equal(last.count, 1);
    /* The last one still takes its like. */
    assert_true(add(NULL, last.traffic_class, 10));
    assert_int_equal(outbox.messages[TUNIC_OUTBOX_MESSAGES - 1].count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_ones_are_one_message),
        cmocka_unit_test(test_a_shorter_one_closes),
        cmocka_unit_test(test_an_empty_one_stands_alone),
        cmocka_unit_test(test_limits_of_a_message),
        cmocka_unit_test(test_what_parts_messages),
        cmocka_unit_test(test_neighbours_are_one_piece),
        cmocka_unit_test(test_a_stream_takes_all_sizes),
        cmocka_unit_test(test_a_packed_stream_is_one_piece),
        cmocka_unit_test(test_no_room_for_pieces),
        cmocka_unit_test(test_no_room_for_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
