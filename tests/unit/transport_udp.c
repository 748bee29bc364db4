/* SPDX-License-Identifier: MIT */
/* UDP over real sockets: what is sent arrives as it was. */
#include "transport_udp_side.h"

/* ---- what the linker redirects --------------------------------------------------------- */

static int flags_of_one; /* that the second message of a read has */
static unsigned reads;

int __real_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout);
int __wrap_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout);

int __wrap_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout)
{
    int got = __real_recvmmsg(descriptor, messages, count, flags, timeout);

    reads++;
    if (got > 1)
        messages[1].msg_hdr.msg_flags |= flags_of_one;
    return got;
}

/* ---- sizes ----------------------------------------------------------------------------- */

/* Each is larger than the one before, and so a message by itself. */
static size_t send_sizes(size_t from, size_t to, size_t step)
{
    size_t sent = 0;

    for (size_t size = from; size <= to; size += step) {
        put(&left, NULL, 0, size);
        sent++;
        if (sent % 32 == 0 || size + step > to) {
            size_t count = left.outbox.message_count;
            right.count = right.used = 0;
            send_all(&left);
            run_until_heard(&right, count);
            for (size_t i = 0; i < count; i++)
                assert_heard(&right, i, i, size - (count - 1 - i) * step);
        }
    }
    return sent;
}

static void test_sizes(void **state)
{
    (void)state;
    for (size_t family = 0; family < FAMILIES; family++) {
        open_both(family, true, true);
        size_t sent = send_sizes(0, 1600, 1);
        sent += send_sizes(1601, TUNIC_UDP_PAYLOAD, 641);
        sent += send_sizes(TUNIC_UDP_PAYLOAD - 20, TUNIC_UDP_PAYLOAD, 1);
        assert_int_equal(left.transport->counters.sent, sent);
        assert_int_equal(right.transport->counters.received, sent);
        assert_int_equal(right.transport->counters.received_bytes,
                         left.transport->counters.sent_bytes);
        assert_int_equal(left.transport->counters.dropped, 0);
        assert_int_equal(right.transport->counters.malformed, 0);
        close_both();
    }
}

/* ---- runs ------------------------------------------------------------------------------ */

enum { RUN = 128, RUN_SIZE = 400, RUN_LAST = 99 };

static void assert_run(bool in_one)
{
    run_until_heard(&right, RUN);
    for (size_t i = 0; i < RUN; i++) {
        assert_heard(&right, i, i, i + 1 < RUN ? RUN_SIZE : RUN_LAST);
        if (in_one)
            assert_int_equal(right.heard[i].size, RUN_SIZE);
    }
    assert_int_equal(right.arrivals, in_one ? 1 : RUN);
    assert_int_equal(right.transport->counters.received, RUN);
}

static void test_runs(void **state)
{
    (void)state;
    for (size_t family = 0; family < FAMILIES; family++) {
        for (unsigned offloads = 0; offloads < 4; offloads++) {
            open_both(family, offloads & 1, offloads & 2);
            for (size_t i = 1; i <= RUN; i++)
                put(&left, NULL, 0, i < RUN ? RUN_SIZE : RUN_LAST);
            assert_int_equal(left.outbox.message_count, offloads & 1 ? 1 : RUN);
            send_all(&left);
            assert_run(offloads == 3);
            assert_int_equal(left.transport->counters.sent, RUN);
            close_both();
        }
    }
}

/* More than one read takes: the other direction has its turn in between. */
static void test_many_at_once(void **state)
{
    enum { MANY = 4 * TUNIC_UDP_SLOTS + 9 };

    (void)state;
    open_both(0, false, false);
    for (size_t i = 0; i < MANY; i++)
        put(&left, NULL, 0, 10 + i);
    send_all(&left);
    reads = 0;
    run_until_heard(&right, MANY);
    assert_in_range(reads, 5, 6);
    for (size_t i = 0; i < MANY; i++)
        assert_heard(&right, i, i, 10 + i);
}

/* ---- traffic class --------------------------------------------------------------------- */

static void test_traffic_class(void **state)
{
    static const uint8_t classes[] = {0, 1, 2, 3, 0x88, 0xBB, 0xFC};

    (void)state;
    for (size_t family = 0; family < FAMILIES; family++) {
        open_both(family, true, true);
        for (size_t i = 0; i < TUNIC_COUNT(classes); i++)
            put(&left, NULL, classes[i], 20);
        assert_int_equal(left.outbox.message_count, TUNIC_COUNT(classes));
        send_all(&left);
        run_until_heard(&right, TUNIC_COUNT(classes));
        for (size_t i = 0; i < TUNIC_COUNT(classes); i++)
            assert_int_equal(right.heard[i].traffic_class, classes[i]);
        /* And back: with the address in each message. */
        for (size_t i = 0; i < TUNIC_COUNT(classes); i++)
            put(&right, &right.heard[0].from, classes[i], 20);
        send_all(&right);
        run_until_heard(&left, TUNIC_COUNT(classes));
        for (size_t i = 0; i < TUNIC_COUNT(classes); i++)
            assert_int_equal(left.heard[i].traffic_class, classes[i]);
        close_both();
    }
}

/* ---- cut off --------------------------------------------------------------------------- */

static void cut_off(int flags)
{
    open_both(0, false, false);
    for (size_t i = 0; i < 3; i++)
        put(&left, NULL, 0, 30 + i);
    send_all(&left);
    flags_of_one = flags;
    run_until_heard(&right, 2);
    flags_of_one = 0;
    assert_heard(&right, 0, 0, 30);
    assert_heard(&right, 1, 2, 32);
    assert_int_equal(right.transport->counters.malformed, 1);
    assert_int_equal(right.transport->counters.received, 2);
    close_both();
}

static void test_cut_off(void **state)
{
    (void)state;
    cut_off(MSG_CTRUNC);
    cut_off(MSG_TRUNC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sizes),         TEST(test_runs),    TEST(test_many_at_once),
        TEST(test_traffic_class), TEST(test_cut_off),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
