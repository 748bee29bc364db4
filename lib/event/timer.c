/* SPDX-License-Identifier: MIT */
/* Every timer that was added has room, waiting or not: setting one never allocates. */
#include "event/event.h"

#include <limits.h>

int tunic_timer_add(struct tunic_loop *loop, struct tunic_timer *timer, struct tunic_error *error)
{
    if (!tunic_heap_reserve(&loop->timers, loop->timer_count + 1))
        return tunic_error_memory(error);
    loop->timer_count++;
    timer->item.position = 0;
    return 0;
}

void tunic_timer_remove(struct tunic_loop *loop, struct tunic_timer *timer)
{
    tunic_timer_clear(loop, timer);
    loop->timer_count--;
}

void tunic_timer_set(struct tunic_loop *loop, struct tunic_timer *timer, uint64_t due)
{
    tunic_heap_set(&loop->timers, &timer->item, due);
}

void tunic_timer_clear(struct tunic_loop *loop, struct tunic_timer *timer)
{
    tunic_heap_remove(&loop->timers, &timer->item);
}

void tunic_timers_fire(struct tunic_loop *loop, uint64_t now)
{
    /* One that sets itself to what is past already must not keep the descriptors waiting. */
    size_t most = loop->timers.count;

    for (size_t i = 0; i < most && !loop->stopped && loop->timers.count > 0; i++) {
        struct tunic_timer *timer = (struct tunic_timer *)loop->timers.items[0];
        if (timer->item.due > now)
            break;
        tunic_timer_clear(loop, timer);
        timer->fire(timer->closure);
    }
}

int tunic_timers_timeout(const struct tunic_loop *loop, uint64_t now)
{
    uint64_t due = tunic_heap_due(&loop->timers);

    if (loop->timers.count == 0)
        return -1;
    if (due <= now)
        return 0;
    uint64_t milliseconds = (due - now - 1) / TUNIC_MILLISECOND + 1;
    return milliseconds < INT_MAX ? (int)milliseconds : INT_MAX;
}
