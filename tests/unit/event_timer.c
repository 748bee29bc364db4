/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "event/event.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool out_of_memory;

void *__wrap_realloc(void *memory, size_t size)
{
    return out_of_memory ? NULL : __real_realloc(memory, size);
}

struct item {
    struct tunic_timer timer;
    struct item *other;
    uint64_t *order; /* when the one before was due */
    unsigned fired;
};

static struct tunic_loop loop;
static struct tunic_error error;

static int set_up(void **state)
{
    (void)state;
    return tunic_loop_open(&loop, &error);
}

static int tear_down(void **state)
{
    (void)state;
    out_of_memory = false;
    tunic_loop_close(&loop);
    return 0;
}

static void count(void *closure)
{
    struct item *item = closure;

    item->fired++;
    assert_false(tunic_timer_waits(&item->timer));
}

static void add(struct item *item, void (*fire)(void *closure))
{
    *item = (struct item){.timer = {.fire = fire, .closure = item}};
    assert_int_equal(tunic_timer_add(&loop, &item->timer, &error), 0);
}

static void set(struct item *item, uint64_t due)
{
    tunic_timer_set(&loop, &item->timer, due);
}

static void test_fires_once_when_due(void **state)
{
    struct item item;

    (void)state;
    add(&item, count);
    tunic_timers_fire(&loop, UINT64_MAX);
    assert_int_equal(item.fired, 0);
    set(&item, 1000);
    assert_true(tunic_timer_waits(&item.timer));
    tunic_timers_fire(&loop, 999);
    assert_int_equal(item.fired, 0);
    tunic_timers_fire(&loop, 1000);
    assert_int_equal(item.fired, 1);
    tunic_timers_fire(&loop, UINT64_MAX);
    assert_int_equal(item.fired, 1);
    tunic_timer_remove(&loop, &item.timer);
}

static void test_timeout_is_rounded_up(void **state)
{
    struct item item;

    (void)state;
    add(&item, count);
    assert_int_equal(tunic_timers_timeout(&loop, 0), -1);
    set(&item, 3000000);
    assert_int_equal(tunic_timers_timeout(&loop, 0), 3);
    assert_int_equal(tunic_timers_timeout(&loop, 1), 3);
    assert_int_equal(tunic_timers_timeout(&loop, 2000000), 1);
    assert_int_equal(tunic_timers_timeout(&loop, 2999999), 1);
    assert_int_equal(tunic_timers_timeout(&loop, 3000000), 0);
    assert_int_equal(tunic_timers_timeout(&loop, UINT64_MAX), 0);
    set(&item, UINT64_MAX);
    assert_int_equal(tunic_timers_timeout(&loop, 0), INT_MAX);
    tunic_timer_clear(&loop, &item.timer);
    assert_int_equal(tunic_timers_timeout(&loop, 0), -1);
}

/* ---- many ------------------------------------------------------------------------------- */

enum { MANY = 5000 };

static void in_order(void *closure)
{
    struct item *item = closure;

    count(closure);
    assert_true(*item->order <= item->timer.item.due);
    *item->order = item->timer.item.due;
}

/* Not for secrets: the same in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void test_thousands_fire_in_order(void **state)
{
    static struct item items[MANY];
    uint64_t order = 0;
    uint64_t random = 1;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        add(&items[i], in_order);
        items[i].order = &order;
    }
    assert_true(loop.timers.capacity >= MANY);
    out_of_memory = true;
    for (size_t i = 0; i < MANY; i++)
        set(&items[i], next_random(&random) % 1000000);
    for (size_t i = 0; i < MANY; i++) { /* some moved, some cleared, some gone */
        struct item *item = &items[next_random(&random) % MANY];
        if (i % 3 == 0)
            tunic_timer_clear(&loop, &item->timer);
        else
            set(item, next_random(&random) % 1000000);
    }
    size_t waiting = 0;
    for (size_t i = 0; i < MANY; i++)
        waiting += tunic_timer_waits(&items[i].timer);
    assert_int_equal(loop.timers.count, waiting);
    assert_in_range(waiting, MANY / 2, MANY - 1);

    size_t expected = 0;
    for (size_t i = 0; i < MANY; i++)
        expected += tunic_timer_waits(&items[i].timer) && items[i].timer.item.due <= 500000;
    size_t fired = 0;
    tunic_timers_fire(&loop, 500000);
    for (size_t i = 0; i < MANY; i++)
        fired += items[i].fired;
    assert_int_equal(fired, expected);
    tunic_timers_fire(&loop, 1000000);
    fired = 0;
    for (size_t i = 0; i < MANY; i++) {
        assert_in_range(items[i].fired, 0, 1);
        fired += items[i].fired;
    }
    assert_int_equal(fired, waiting);
    assert_int_equal(loop.timers.count, 0);
}

/* ---- in their own call-backs ------------------------------------------------------------ */

static void set_again(void *closure)
{
    struct item *item = closure;

    count(closure);
    set(item, item->timer.item.due);
}

static void test_set_again_in_its_call(void **state)
{
    struct item item;
    struct item later;

    (void)state;
    add(&item, set_again);
    add(&later, count);
    set(&item, 10);
    set(&later, 20);
    tunic_timers_fire(&loop, 10);
    assert_in_range(item.fired, 1, 2); /* and comes to an end */
    assert_true(tunic_timer_waits(&item.timer));
    assert_true(tunic_timer_waits(&later.timer));
    assert_int_equal(later.fired, 0);
}

static void clear_other(void *closure)
{
    struct item *item = closure;

    count(closure);
    tunic_timer_clear(&loop, &item->timer);
    tunic_timer_clear(&loop, &item->other->timer);
}

static void move_other(void *closure)
{
    struct item *item = closure;

    count(closure);
    set(item->other, 100);
}

static void remove_self(void *closure)
{
    struct item *item = closure;

    count(closure);
    tunic_timer_remove(&loop, &item->timer);
    item->timer = (struct tunic_timer){0};
}

static void test_clears_moves_removes_in_a_call(void **state)
{
    struct item items[4];

    (void)state;
    add(&items[0], clear_other);
    add(&items[1], count);
    add(&items[2], move_other);
    add(&items[3], count);
    items[0].other = &items[1];
    items[2].other = &items[3];
    for (size_t i = 0; i < 4; i++)
        set(&items[i], i);
    tunic_timers_fire(&loop, 50);
    assert_int_equal(items[0].fired, 1);
    assert_int_equal(items[1].fired, 0);
    assert_int_equal(items[2].fired, 1);
    assert_int_equal(items[3].fired, 0);
    tunic_timers_fire(&loop, 100);
    assert_int_equal(items[3].fired, 1);

    struct item own;
    add(&own, remove_self);
    set(&own, 1);
    size_t reserved = loop.timer_count;
    tunic_timers_fire(&loop, 1);
    assert_int_equal(own.fired, 1);
    assert_int_equal(loop.timer_count, reserved - 1);
}

static void stop(void *closure)
{
    count(closure);
    tunic_loop_stop(&loop, 5);
}

static void test_the_loop_waits_for_them(void **state)
{
    enum { WAIT = 5000000 };
    struct item first;
    struct item last;
    struct item never;
    uint64_t begin = tunic_clock_now();

    (void)state;
    add(&first, count);
    add(&last, stop);
    add(&never, count);
    set(&first, begin + WAIT / 2);
    set(&last, begin + WAIT);
    set(&never, begin + WAIT);
    set(&never, UINT64_MAX);
    assert_int_equal(tunic_loop_run(&loop, &error), 5);
    assert_true(tunic_clock_now() >= begin + WAIT);
    assert_int_equal(first.fired, 1);
    assert_int_equal(last.fired, 1);
    assert_int_equal(never.fired, 0);
}

static void test_memory_runs_out(void **state)
{
    struct item item = {0};

    (void)state;
    out_of_memory = true;
    assert_int_equal(tunic_timer_add(&loop, &item.timer, &error), -ENOMEM);
    assert_int_equal(loop.timer_count, 0);
    out_of_memory = false;
    add(&item, count);
    set(&item, 1);
    tunic_timers_fire(&loop, 1);
    assert_int_equal(item.fired, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fires_once_when_due, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeout_is_rounded_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_thousands_fire_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_again_in_its_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clears_moves_removes_in_a_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_loop_waits_for_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
