/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "event/event.h"

#include <errno.h>
#include <unistd.h>

static struct tunic_loop loop;
static struct tunic_error error;
static struct tunic_signals signals;
static struct tunic_timer timer;
static const int numbers[] = {SIGUSR1, SIGUSR2, SIGHUP, 0};

static unsigned arrived_calls;
static int arrived_last;

static void arrived(void *closure, int number)
{
    assert_ptr_equal(closure, &arrived_last);
    arrived_calls++;
    arrived_last = number;
}

static void stop(void *closure)
{
    (void)closure;
    tunic_loop_stop(&loop, 0);
}

static void one_round(void)
{
    tunic_timer_set(&loop, &timer, 0);
    assert_int_equal(tunic_loop_run(&loop, &error), 0);
}

static int set_up(void **state)
{
    (void)state;
    arrived_calls = 0;
    arrived_last = 0;
    timer = (struct tunic_timer){.fire = stop};
    assert_int_equal(tunic_loop_open(&loop, &error), 0);
    return tunic_timer_add(&loop, &timer, &error);
}

static int tear_down(void **state)
{
    (void)state;
    tunic_loop_close(&loop);
    return 0;
}

static void open_signals(void)
{
    assert_int_equal(tunic_signals_open(&signals, &loop, numbers, arrived, &arrived_last, &error),
                     0);
}

static bool is_blocked(int number)
{
    sigset_t blocked;

    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
    return sigismember(&blocked, number) == 1;
}

static void test_arrive_one_by_one(void **state)
{
    (void)state;
    open_signals();
    one_round();
    assert_int_equal(arrived_calls, 0);
    assert_int_equal(raise(SIGUSR2), 0);
    one_round();
    assert_int_equal(arrived_calls, 1);
    assert_int_equal(arrived_last, SIGUSR2);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGHUP), 0);
    one_round();
    one_round();
    one_round();
    assert_int_equal(arrived_calls, 3);
    tunic_signals_close(&signals);
}

/* Where it were not dropped the signal would end this program. */
static void test_closing_restores_and_drops(void **state)
{
    (void)state;
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    assert_int_equal(sigprocmask(SIG_BLOCK, &hangup, NULL), 0);
    open_signals();
    assert_true(is_blocked(SIGUSR1));
    assert_true(is_blocked(SIGHUP));
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGUSR2), 0);
    tunic_signals_close(&signals);
    assert_int_equal(arrived_calls, 0);
    assert_false(is_blocked(SIGUSR1));
    assert_false(is_blocked(SIGUSR2));
    assert_true(is_blocked(SIGHUP));
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &hangup, NULL), 0);
    tunic_signals_close(&signals); /* again: it changes nothing any more */
    assert_false(is_blocked(SIGHUP));
}

static void close_and_stop(void *closure, int number)
{
    arrived(closure, number);
    tunic_signals_close(&signals);
}

static void test_closed_in_the_call(void **state)
{
    (void)state;
    assert_int_equal(
        tunic_signals_open(&signals, &loop, numbers, close_and_stop, &arrived_last, &error), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGUSR2), 0);
    one_round();
    one_round();
    assert_int_equal(arrived_calls, 1);
    assert_false(is_blocked(SIGUSR1));
}

static void test_an_ignored_one_stays_so(void **state)
{
    (void)state;
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    open_signals();
    assert_false(is_blocked(SIGHUP));
    assert_int_equal(raise(SIGHUP), 0);
    one_round();
    assert_int_equal(arrived_calls, 0);
    assert_int_equal(raise(SIGUSR1), 0);
    one_round();
    assert_int_equal(arrived_calls, 1);
    tunic_signals_close(&signals);
    assert_true(signal(SIGHUP, SIG_DFL) == SIG_IGN);
}

static void test_cannot_be_opened(void **state)
{
    struct tunic_loop closed = {.epoll = -1};

    (void)state;
    int before = dup(STDIN_FILENO);
    assert_int_equal(close(before), 0);
    assert_int_equal(tunic_signals_open(&signals, &closed, numbers, arrived, &arrived_last, &error),
                     -EBADF);
    assert_false(is_blocked(SIGUSR1));
    int after = dup(STDIN_FILENO);
    assert_int_equal(close(after), 0);
    assert_int_equal(after, before);
    tunic_signals_close(&signals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_arrive_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closing_restores_and_drops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_in_the_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_ignored_one_stays_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cannot_be_opened, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
