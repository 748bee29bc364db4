/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#include <errno.h>
#include <unistd.h>

enum { ROUND = 64 }; /* ready descriptors told at once; more of them wait for the next round */

int tunic_loop_open(struct tunic_loop *loop, struct tunic_error *error)
{
    *loop = (struct tunic_loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (loop->epoll < 0)
        return tunic_error_system(error, errno, "cannot make an event loop");
    return 0;
}

void tunic_loop_close(struct tunic_loop *loop)
{
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
    tunic_heap_free(&loop->timers);
    *loop = (struct tunic_loop){.epoll = -1};
}

/* ---- sources --------------------------------------------------------------------------- */

/* Narrows what this round still has to tell a source. */
static void narrow_pending(struct tunic_loop *loop, const struct tunic_source *source,
                           uint32_t events)
{
    for (size_t i = 0; i < loop->pending_count; i++)
        if (loop->pending[i].data.ptr == source)
            loop->pending[i].events &= events;
}

int tunic_loop_add(struct tunic_loop *loop, struct tunic_source *source, uint32_t events,
                   struct tunic_error *error)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->descriptor, &event) < 0)
        return tunic_error_system(error, errno, "cannot wait on a descriptor");
    return 0;
}

void tunic_loop_change(struct tunic_loop *loop, struct tunic_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    /* It cannot fail for a descriptor that is in the set. */
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->descriptor, &event);
    narrow_pending(loop, source, events | EPOLLERR | EPOLLHUP);
}

void tunic_loop_remove(struct tunic_loop *loop, struct tunic_source *source)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->descriptor, NULL);
    narrow_pending(loop, source, 0);
}

/* ---- running --------------------------------------------------------------------------- */

static void call_sources(struct tunic_loop *loop, struct epoll_event *events, size_t count)
{
    loop->pending = events;
    loop->pending_count = count;
    for (size_t i = 0; i < count && !loop->stopped; i++) {
        const struct epoll_event *event = &events[i];
        if (event->events) {
            const struct tunic_source *source = event->data.ptr;
            source->ready(source->closure, event->events);
        }
    }
    loop->pending = NULL;
    loop->pending_count = 0;
}

int tunic_loop_run(struct tunic_loop *loop, struct tunic_error *error)
{
    struct epoll_event events[ROUND];

    while (!loop->stopped) {
        int timeout = tunic_timers_timeout(loop, tunic_clock_now());
        int count = epoll_wait(loop->epoll, events, ROUND, timeout);
        if (count < 0 && errno != EINTR)
            return tunic_error_system(error, errno, "cannot wait for events");
        call_sources(loop, events, count > 0 ? (size_t)count : 0);
        if (!loop->stopped)
            tunic_timers_fire(loop, tunic_clock_now());
    }
    loop->stopped = false;
    return loop->result;
}

void tunic_loop_stop(struct tunic_loop *loop, int result)
{
    if (loop->stopped)
        return;
    loop->stopped = true;
    loop->result = result;
}
