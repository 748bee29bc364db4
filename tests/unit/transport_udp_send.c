/* SPDX-License-Identifier: MIT */
/* What UDP does where the kernel refuses what it sends. */
#include "transport_udp_kernel.h"

#include <errno.h>

/* ---- no room --------------------------------------------------------------------------- */

static int after_some(const struct msghdr *message)
{
    (void)message;
    if (kernel.allowed == 0)
        return EAGAIN;
    kernel.allowed--;
    return 0;
}

static void test_no_room(void **state)
{
    (void)state;
    connect_sides();
    kernel.refuse = after_some;
    kernel.allowed = 2;
    for (size_t i = 0; i < 7; i++)
        put(&left, NULL, 0, 100 + i);
    send_all(&left);
    assert_int_equal(left.told_full, 1);
    assert_int_equal(left.outbox.message_count, 5);
    assert_int_equal(left.transport->counters.sent, 2);
    /* The socket has room as soon as it is asked, the kernel for two more each time. */
    kernel.allowed = 2;
    run_until_heard(&right, 4);
    kernel.allowed = 2;
    run_until_heard(&right, 6);
    kernel.allowed = 2;
    run_until_heard(&right, 7);
    for (size_t i = 0; i < 7; i++)
        assert_heard(&right, i, i, 100 + i);
    assert_counters(7, 7 * 100 + 21, 0);
    assert_true(left.told_ready >= 3);
    assert_int_equal(left.told_ready, left.told_full);
}

static void test_some_at_a_time(void **state)
{
    (void)state;
    connect_sides();
    kernel.most = 3;
    for (size_t i = 0; i < 10; i++)
        put(&left, NULL, 0, 200 + i);
    send_all(&left);
    assert_int_equal(kernel.calls, 4);
    run_until_heard(&right, 10);
    for (size_t i = 0; i < 10; i++)
        assert_heard(&right, i, i, 200 + i);
    assert_counters(10, 2045, 0);
}

/* ---- runs ------------------------------------------------------------------------------ */

static int runs_reason;
static unsigned runs_limit;

static int long_runs(const struct msghdr *message)
{
    return datagrams_of(message) > runs_limit ? runs_reason : 0;
}

/* Two messages: COUNT datagrams of 300 bytes and the last of 77, and the same again. */
static void two_runs(size_t count, const struct tunic_endpoint *to)
{
    for (size_t run = 0; run < 2; run++)
        for (size_t i = 1; i <= count; i++)
            put(&left, to, 0, i < count ? 300 : 77);
    assert_int_equal(left.outbox.message_count, 2);
    send_all(&left);
    run_until_heard(&right, 2 * count);
    for (size_t i = 1; i <= 2 * count; i++)
        assert_heard(&right, i - 1, i - 1, i % count == 0 ? 77 : 300);
    assert_counters(2 * count, 2 * (300 * (count - 1) + 77), 0);
}

static void refuse_runs(int reason, unsigned limit)
{
    kernel.refuse = long_runs;
    runs_reason = reason;
    runs_limit = limit;
}

static void test_no_checksum_offload(void **state)
{
    (void)state;
    connect_sides();
    refuse_runs(EIO, 1);
    two_runs(10, NULL);
    assert_int_equal(kernel.singles, 20);
    /* For good. */
    assert_int_equal(left.transport->form.most_run, 1);
    assert_int_equal(left.outbox.form.most_run, 1);
}

static void test_an_old_kernel(void **state)
{
    (void)state;
    connect_sides();
    assert_int_equal(left.outbox.form.most_run, 128);
    refuse_runs(EINVAL, 64);
    two_runs(128, NULL);
    assert_int_equal(kernel.singles, 256);
    assert_int_equal(left.transport->form.most_run, 64);
    assert_int_equal(left.outbox.form.most_run, 64);
    for (size_t i = 0; i < 128; i++)
        put(&left, NULL, 0, 300);
    assert_int_equal(left.outbox.message_count, 2);
    send_all(&left);
    run_until_heard(&right, 256 + 128);
    assert_int_equal(kernel.longest, 64);
    assert_int_equal(kernel.singles, 256);
}

/* Which of our addresses it comes from stays as it was. */
static void test_an_old_kernel_with_a_source(void **state)
{
    struct tunic_endpoint to = listening_sides();

    (void)state;
    refuse_runs(EINVAL, 64);
    two_runs(100, &to);
    assert_int_equal(kernel.singles, 200);
    assert_int_equal(kernel.sources, 200);
}

static void larger_than_the_path(int reason)
{
    connect_sides();
    refuse_runs(reason, 1);
    two_runs(20, NULL);
    assert_int_equal(kernel.singles, 40);
    /* The next ones may be smaller. */
    assert_int_equal(left.outbox.form.most_run, 128);
}

static void test_larger_than_the_path(void **state)
{
    (void)state;
    larger_than_the_path(EMSGSIZE);
}

static void test_larger_than_the_path_of_an_old_kernel(void **state)
{
    (void)state;
    larger_than_the_path(EINVAL);
}

static int large_ones(const struct msghdr *message)
{
    return message->msg_iov[0].iov_len + message->msg_iov[message->msg_iovlen - 1].iov_len > 1000
               ? EMSGSIZE
               : 0;
}

static void test_one_is_too_large(void **state)
{
    (void)state;
    connect_sides();
    kernel.refuse = large_ones;
    put(&left, NULL, 0, 10);
    put(&left, NULL, 0, 3000);
    put(&left, NULL, 0, 20);
    send_all(&left);
    run_until_heard(&right, 2);
    assert_heard(&right, 0, 0, 10);
    assert_heard(&right, 1, 2, 20);
    assert_counters(2, 30, 1);
}

/* ---- what is told of before ------------------------------------------------------------ */

static int before_reason;

static int some_times(const struct msghdr *message)
{
    (void)message;
    if (kernel.allowed == 0)
        return 0;
    kernel.allowed--;
    return before_reason;
}

static void test_an_error_of_before(void **state)
{
    static const int reasons[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH};

    (void)state;
    connect_sides();
    kernel.refuse = some_times;
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        before_reason = reasons[i];
        kernel.allowed = 1;
        put(&left, NULL, 0, 50);
        send_all(&left);
        run_until_heard(&right, i + 1);
        assert_counters(i + 1, 50 * (i + 1), 0);
    }
    /* Twice is the truth. The next one is tried again in its turn. */
    before_reason = ECONNREFUSED;
    kernel.allowed = 3;
    put(&left, NULL, 0, 60);
    put(&left, NULL, 0, 70);
    send_all(&left);
    run_until_heard(&right, 4);
    assert_heard(&right, 3, 1, 70);
    assert_counters(4, 220, 1);
}

static void test_interrupted(void **state)
{
    (void)state;
    connect_sides();
    kernel.refuse = some_times;
    before_reason = EINTR;
    kernel.allowed = 5;
    put(&left, NULL, 0, 50);
    send_all(&left);
    run_until_heard(&right, 1);
    assert_counters(1, 50, 0);
}

/* ---- our address ----------------------------------------------------------------------- */

static int source_reason;

static int sources(const struct msghdr *message)
{
    return has_source(message) ? source_reason : 0;
}

static void test_our_address_is_gone(void **state)
{
    static const int reasons[] = {ENETUNREACH, EINVAL, EADDRNOTAVAIL};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        struct tunic_endpoint to = listening_sides();

        kernel.refuse = sources;
        source_reason = reasons[i];
        put(&left, &to, 0, 40);
        put(&left, &to, 0, 50);
        send_all(&left);
        run_until_heard(&right, 2);
        assert_heard(&right, 0, 0, 40);
        assert_heard(&right, 1, 1, 50);
        assert_counters(2, 90, 0);
        /* The same of a run. */
        for (size_t number = 0; number < 10; number++)
            put(&left, &to, 0, 60);
        send_all(&left);
        run_until_heard(&right, 12);
        assert_counters(12, 690, 0);
        assert_int_equal(left.outbox.form.most_run, 128);
        close_side(&left);
        close_side(&right);
    }
}

/* ---- anything else --------------------------------------------------------------------- */

static int one_reason;

static int one_of_them(const struct msghdr *message)
{
    return message->msg_iov[0].iov_len == 11 ? one_reason : 0;
}

static void test_others_are_dropped(void **state)
{
    static const int reasons[] = {EPERM,  EACCES, EADDRNOTAVAIL, ENETDOWN,
                                  EINVAL, EIO,    ENETUNREACH,   ENOBUFS};

    (void)state;
    connect_sides();
    kernel.refuse = one_of_them;
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        one_reason = reasons[i];
        right.count = 0;
        put(&left, NULL, 0, 30);
        put(&left, NULL, 0, 33); /* whose first piece is 11 bytes */
        put(&left, NULL, 0, 36);
        send_all(&left);
        run_until_heard(&right, 2);
        assert_heard(&right, 0, 0, 30);
        assert_heard(&right, 1, 2, 36);
        assert_counters(2 * (i + 1), 66 * (i + 1), i + 1);
        assert_int_equal(left.outbox.form.most_run, 128);
    }
}

/* Of a run that is sent singly each is counted for itself. */
static int runs_and_short_ones(const struct msghdr *message)
{
    if (datagrams_of(message) > 1)
        return EMSGSIZE;
    return message->msg_iov[0].iov_len < 300 ? EPERM : 0;
}

static void test_some_of_a_run(void **state)
{
    (void)state;
    connect_sides();
    kernel.refuse = runs_and_short_ones;
    for (size_t i = 0; i < 10; i++)
        put(&left, NULL, 0, i < 9 ? 300 : 77);
    send_all(&left);
    run_until_heard(&right, 9);
    assert_counters(9, 2700, 1);
}

/* ---- the way is lost ------------------------------------------------------------------- */

static int everything(const struct msghdr *message)
{
    (void)message;
    return source_reason;
}

static void test_connected_anew(void **state)
{
    static const int reasons[] = {EINVAL, ENETUNREACH, EADDRNOTAVAIL};

    (void)state;
    uint16_t port = listen_at(&right, "127.0.0.1", true);
    const struct tunic_addresses addresses = addresses_of("127.0.0.1", port);
    connect_to(&left, "127.0.0.1", port, true);
    for (size_t i = 0; i < TUNIC_COUNT(reasons); i++) {
        kernel.refuse = everything;
        source_reason = reasons[i];
        put(&left, NULL, 0, 30);
        send_all(&left);
        assert_true(inside(&left)->lost);
        left.transport->operations->reconnect(left.transport, &addresses);
        assert_false(inside(&left)->lost);
        kernel.refuse = NULL;
        put(&left, NULL, 0, 30);
        send_all(&left);
        run_until_heard(&right, i + 1);
    }
    /* What says nothing of it is no reason. */
    kernel.refuse = everything;
    source_reason = EPERM;
    put(&left, NULL, 0, 30);
    send_all(&left);
    assert_false(inside(&left)->lost);
    /* It came back by itself. */
    source_reason = ENETUNREACH;
    put(&left, NULL, 0, 30);
    send_all(&left);
    assert_true(inside(&left)->lost);
    kernel.refuse = NULL;
    put(&left, NULL, 0, 30);
    send_all(&left);
    assert_false(inside(&left)->lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kernel_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_room),
        TEST(test_some_at_a_time),
        TEST(test_no_checksum_offload),
        TEST(test_an_old_kernel),
        TEST(test_an_old_kernel_with_a_source),
        TEST(test_larger_than_the_path),
        TEST(test_larger_than_the_path_of_an_old_kernel),
        TEST(test_one_is_too_large),
        TEST(test_an_error_of_before),
        TEST(test_interrupted),
        TEST(test_our_address_is_gone),
        TEST(test_others_are_dropped),
        TEST(test_some_of_a_run),
        TEST(test_connected_anew),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
