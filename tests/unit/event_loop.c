/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "event/event.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int __real_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);

static int wait_error; /* of the next epoll_wait; 0: none */

int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    if (wait_error) {
        errno = wait_error;
        wait_error = 0;
        return -1;
    }
    return __real_epoll_wait(epoll, events, most, timeout);
}

/* ---- sources that are always ready, and what they do ------------------------------------ */

enum { ENDS = 3 };

struct end {
    struct tunic_source source;
    struct test *test;
    unsigned calls;
    uint32_t events;
};

struct test {
    struct tunic_loop loop;
    struct tunic_error error;
    struct end ends[ENDS];
    struct tunic_timer timer; /* stops the loop */
};

static void count(void *closure, uint32_t events)
{
    struct end *end = closure;

    end->calls++;
    end->events = events;
}

static void stop(void *closure)
{
    struct test *test = closure;

    tunic_loop_stop(&test->loop, 0);
}

static int set_up(void **state)
{
    static struct test test;

    test = (struct test){.timer = {.fire = stop, .closure = &test}};
    assert_int_equal(tunic_loop_open(&test.loop, &test.error), 0);
    assert_int_equal(tunic_timer_add(&test.loop, &test.timer, &test.error), 0);
    for (size_t i = 0; i < ENDS; i++) {
        struct end *end = &test.ends[i];
        end->test = &test;
        end->source = (struct tunic_source){eventfd(1, EFD_CLOEXEC), count, end};
        assert_true(end->source.descriptor >= 0);
    }
    *state = &test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    tunic_loop_close(&test->loop);
    for (size_t i = 0; i < ENDS; i++)
        (void)close(test->ends[i].source.descriptor);
    return 0;
}

static void add(struct test *test, size_t index, uint32_t events)
{
    assert_int_equal(tunic_loop_add(&test->loop, &test->ends[index].source, events, &test->error),
                     0);
}

/* Timers come after the sources of a round: the first round is the last. */
static void one_round(struct test *test)
{
    tunic_timer_set(&test->loop, &test->timer, 0);
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), 0);
}

/* ---- tests ------------------------------------------------------------------------------ */

static void test_calls_what_is_ready(void **state)
{
    struct test *test = *state;
    uint64_t value;

    for (size_t i = 0; i < ENDS; i++)
        add(test, i, EPOLLIN);
    assert_int_equal(read(test->ends[1].source.descriptor, &value, sizeof(value)), sizeof(value));
    one_round(test);
    one_round(test);
    assert_int_equal(test->ends[0].calls, 2);
    assert_int_equal(test->ends[0].events, EPOLLIN);
    assert_int_equal(test->ends[1].calls, 0);
    assert_int_equal(test->ends[2].calls, 2);
}

static void remove_others(void *closure, uint32_t events)
{
    struct end *end = closure;
    struct test *test = end->test;

    count(closure, events);
    for (size_t i = 0; i < ENDS; i++)
        if (&test->ends[i] != end)
            tunic_loop_remove(&test->loop, &test->ends[i].source);
}

static void test_removed_in_the_same_round(void **state)
{
    struct test *test = *state;
    unsigned calls = 0;

    for (size_t i = 0; i < ENDS; i++) {
        test->ends[i].source.ready = remove_others;
        add(test, i, EPOLLIN);
    }
    one_round(test);
    for (size_t i = 0; i < ENDS; i++)
        calls += test->ends[i].calls;
    assert_int_equal(calls, 1);
}

static void remove_self(void *closure, uint32_t events)
{
    struct end *end = closure;

    count(closure, events);
    tunic_loop_remove(&end->test->loop, &end->source);
}

static void test_removes_itself(void **state)
{
    struct test *test = *state;

    test->ends[0].source.ready = remove_self;
    add(test, 0, EPOLLIN);
    add(test, 1, EPOLLIN);
    one_round(test);
    one_round(test);
    assert_int_equal(test->ends[0].calls, 1);
    assert_int_equal(test->ends[1].calls, 2);
}

static void replace_others(void *closure, uint32_t events)
{
    struct end *end = closure;
    struct test *test = end->test;

    remove_others(closure, events);
    for (size_t i = 0; i < ENDS; i++)
        if (&test->ends[i] != end)
            add(test, i, EPOLLOUT);
}

/* What the old one was to be told is not told to the new one in its place. */
static void test_replaced_in_the_same_round(void **state)
{
    struct test *test = *state;
    unsigned calls = 0;

    for (size_t i = 0; i < ENDS; i++) {
        test->ends[i].source.ready = replace_others;
        add(test, i, EPOLLIN);
    }
    one_round(test);
    for (size_t i = 0; i < ENDS; i++)
        calls += test->ends[i].calls;
    assert_int_equal(calls, 1);
}

static void test_changes_what_is_asked_for(void **state)
{
    struct test *test = *state;

    add(test, 0, EPOLLIN);
    tunic_loop_change(&test->loop, &test->ends[0].source, EPOLLIN | EPOLLOUT);
    one_round(test);
    assert_int_equal(test->ends[0].events, EPOLLIN | EPOLLOUT);
    tunic_loop_change(&test->loop, &test->ends[0].source, 0);
    one_round(test);
    assert_int_equal(test->ends[0].calls, 1);
    tunic_loop_change(&test->loop, &test->ends[0].source, EPOLLOUT);
    one_round(test);
    assert_int_equal(test->ends[0].calls, 2);
    assert_int_equal(test->ends[0].events, EPOLLOUT);
}

static void quieten_others(void *closure, uint32_t events)
{
    struct end *end = closure;
    struct test *test = end->test;

    count(closure, events);
    for (size_t i = 0; i < ENDS; i++)
        if (&test->ends[i] != end)
            tunic_loop_change(&test->loop, &test->ends[i].source, i == ENDS - 1 ? EPOLLOUT : 0);
}

static void test_changed_in_the_same_round(void **state)
{
    struct test *test = *state;
    unsigned calls = 0;

    for (size_t i = 0; i < ENDS; i++) {
        test->ends[i].source.ready = quieten_others;
        add(test, i, EPOLLIN);
    }
    one_round(test);
    for (size_t i = 0; i < ENDS; i++)
        calls += test->ends[i].calls;
    assert_int_equal(calls, 1);
}

static void stop_twice(void *closure, uint32_t events)
{
    struct end *end = closure;

    count(closure, events);
    tunic_loop_stop(&end->test->loop, 17);
    tunic_loop_stop(&end->test->loop, 18);
}

static void test_stops_at_once(void **state)
{
    struct test *test = *state;
    unsigned calls = 0;

    for (size_t i = 0; i < ENDS; i++) {
        test->ends[i].source.ready = stop_twice;
        add(test, i, EPOLLIN);
    }
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), 17);
    for (size_t i = 0; i < ENDS; i++)
        calls += test->ends[i].calls;
    assert_int_equal(calls, 1);
    tunic_loop_stop(&test->loop, -ENODEV);
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), -ENODEV);
    for (size_t i = 0; i < ENDS; i++)
        calls += test->ends[i].calls;
    assert_int_equal(calls, 2);
}

static void test_more_than_a_round(void **state)
{
    enum { MANY = 200 };
    struct test *test = *state;
    struct end many[MANY];

    for (size_t i = 0; i < MANY; i++) {
        many[i] = (struct end){.test = test};
        many[i].source = (struct tunic_source){eventfd(1, EFD_CLOEXEC), remove_self, &many[i]};
        assert_int_equal(tunic_loop_add(&test->loop, &many[i].source, EPOLLIN, &test->error), 0);
    }
    for (size_t i = 0; i < MANY; i++)
        one_round(test);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(many[i].calls, 1);
        (void)close(many[i].source.descriptor);
    }
}

static void test_interrupted_and_failed(void **state)
{
    struct test *test = *state;

    add(test, 0, EPOLLIN);
    wait_error = EINTR;
    one_round(test);
    assert_int_equal(test->ends[0].calls, 0);
    wait_error = EBADF;
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), -EBADF);
    assert_int_equal(test->error.reason, TUNIC_FAILED);
    one_round(test);
    assert_int_equal(test->ends[0].calls, 1);
}

static void test_refuses_what_cannot_be_waited_on(void **state)
{
    struct test *test = *state;
    struct tunic_source closed = {-1, count, NULL};

    assert_int_equal(tunic_loop_add(&test->loop, &closed, EPOLLIN, &test->error), -EBADF);
    assert_string_equal(test->error.action, "cannot wait on a descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls_what_is_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_removed_in_the_same_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_removes_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replaced_in_the_same_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changes_what_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_in_the_same_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stops_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_than_a_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupted_and_failed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_what_cannot_be_waited_on, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
