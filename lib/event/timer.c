/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The timers that wait form a binary heap: each is due no later than the two
 * below it, so that the first is the next. A timer knows its own place, which makes moving and
 * clearing one as cheap as adding it. The array has a place for every timer that was added,
 * waiting or not: setting one never allocates.
 */
#include "event/event.h"

#include <limits.h>

/* ---- the heap -------------------------------------------------------------------------- */

static void place(struct tunic_loop *loop, size_t index, struct tunic_timer *timer)
{
    loop->timers[index] = timer;
    timer->position = index + 1;
}

/* Puts a timer at `index` or, past those that are due later, above it. */
static void rise(struct tunic_loop *loop, size_t index, struct tunic_timer *timer)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (loop->timers[parent]->due <= timer->due)
            break;
        place(loop, index, loop->timers[parent]);
        index = parent;
    }
    place(loop, index, timer);
}

/* The same downwards, past those that are due earlier. */
static void sink(struct tunic_loop *loop, size_t index, struct tunic_timer *timer)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= loop->timer_count)
            break;
        if (child + 1 < loop->timer_count &&
            loop->timers[child + 1]->due < loop->timers[child]->due)
            child++;
        if (timer->due <= loop->timers[child]->due)
            break;
        place(loop, index, loop->timers[child]);
        index = child;
    }
    place(loop, index, timer);
}

/* Puts a timer where it belongs, the place `index` being free. */
static void settle(struct tunic_loop *loop, size_t index, struct tunic_timer *timer)
{
    if (index > 0 && timer->due < loop->timers[(index - 1) / 2]->due)
        rise(loop, index, timer);
    else
        sink(loop, index, timer);
}

/* ---- timers ---------------------------------------------------------------------------- */

int tunic_timer_add(struct tunic_loop *loop, struct tunic_timer *timer, struct tunic_error *error)
{
    struct tunic_timer **timers = tunic_array_reserve(
        loop->timers, loop->timer_reserved, &loop->timer_capacity, sizeof(struct tunic_timer *));

    if (!timers)
        return tunic_error_memory(error);
    loop->timers = timers;
    loop->timer_reserved++;
    timer->position = 0;
    return 0;
}

void tunic_timer_remove(struct tunic_loop *loop, struct tunic_timer *timer)
{
    tunic_timer_clear(loop, timer);
    loop->timer_reserved--;
}

void tunic_timer_set(struct tunic_loop *loop, struct tunic_timer *timer, uint64_t due)
{
    size_t index = tunic_timer_waits(timer) ? timer->position - 1 : loop->timer_count++;

    timer->due = due;
    settle(loop, index, timer);
}

void tunic_timer_clear(struct tunic_loop *loop, struct tunic_timer *timer)
{
    if (!tunic_timer_waits(timer))
        return;
    size_t index = timer->position - 1;
    struct tunic_timer *last = loop->timers[--loop->timer_count];
    if (last != timer)
        settle(loop, index, last);
    timer->position = 0;
}

void tunic_timers_fire(struct tunic_loop *loop, uint64_t now)
{
    /* One that sets itself to what is past already must not keep the descriptors waiting. */
    size_t most = loop->timer_count;

    for (size_t i = 0; i < most && !loop->stopped && loop->timer_count > 0; i++) {
        struct tunic_timer *timer = loop->timers[0];
        if (timer->due > now)
            break;
        tunic_timer_clear(loop, timer);
        timer->fire(timer->closure);
    }
}

int tunic_timers_timeout(const struct tunic_loop *loop, uint64_t now)
{
    if (loop->timer_count == 0)
        return -1;
    uint64_t due = loop->timers[0]->due;
    if (due <= now)
        return 0;
    uint64_t milliseconds = (due - now - 1) / TUNIC_MILLISECOND + 1;
    return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}
