/* SPDX-License-Identifier: MIT */
/*
 * lib/event: the only place that waits on many things.
 *
 *   loop.c     descriptors (epoll) and the order in which their owners are called
 *   timer.c    what is due when; thousands cost nothing while they wait
 *   signals.c  signals as one more descriptor
 *
 * One loop belongs to one thread. Owners keep their struct tunic_source and struct tunic_timer as
 * long as the loop knows of them; a call-back may add, change and remove any of them, itself too.
 * Nothing here allocates once everything is added.
 */
#ifndef TUNIC_EVENT_H
#define TUNIC_EVENT_H

#include "base/base.h"

#include <signal.h>
#include <sys/epoll.h>

/* ---- the loop -------------------------------------------------------------------------- */

struct tunic_loop {
    int epoll;
    bool stopped;
    int result;                  /* of tunic_loop_run, once stopped */
    struct tunic_heap timers;    /* that wait */
    size_t timer_count;          /* added, waiting or not */
    struct epoll_event *pending; /* of the round that is being worked on */
    size_t pending_count;
};

/* A descriptor and what to do when it is ready. Level-triggered. */
struct tunic_source {
    int descriptor;
    void (*ready)(void *closure, uint32_t events); /* EPOLLIN… */
    void *closure;
};

int tunic_loop_open(struct tunic_loop *loop, struct tunic_error *error);
/* Also of one that could not be opened. Sources and timers need not be removed before. */
void tunic_loop_close(struct tunic_loop *loop);

int tunic_loop_add(struct tunic_loop *loop, struct tunic_source *source, uint32_t events,
                   struct tunic_error *error);
/* Of a source that was added. No events: it is asked for nothing (but errors are told). */
void tunic_loop_change(struct tunic_loop *loop, struct tunic_source *source, uint32_t events);
/* Before its descriptor is closed. It is not called any more, not even in this round. */
void tunic_loop_remove(struct tunic_loop *loop, struct tunic_source *source);

/* Calls sources and timers until it is stopped. Returns what tunic_loop_stop was given, or the
 * negative errno of a failure of its own, with `error`. It may be run again. */
int tunic_loop_run(struct tunic_loop *loop, struct tunic_error *error);
/* At once: the rest of the round is not called. Of several stops the first counts; before it runs,
 * it is the next run that is stopped. */
void tunic_loop_stop(struct tunic_loop *loop, int result);

/* ---- timers ---------------------------------------------------------------------------- */

struct tunic_timer {
    struct tunic_heap_item item; /* the first member; due by tunic_clock_now */
    void (*fire)(void *closure);
    void *closure;
};

/* Makes room for a timer: once, before it is first set. */
int tunic_timer_add(struct tunic_loop *loop, struct tunic_timer *timer, struct tunic_error *error);
void tunic_timer_remove(struct tunic_loop *loop, struct tunic_timer *timer);
/* Fires once, at `due` or soon after; set again, it is moved. */
void tunic_timer_set(struct tunic_loop *loop, struct tunic_timer *timer, uint64_t due);
void tunic_timer_clear(struct tunic_loop *loop, struct tunic_timer *timer);
static inline bool tunic_timer_waits(const struct tunic_timer *timer)
{
    return timer->item.position != 0;
}
/* Private to this folder: calls what is due at `now`, each once; and milliseconds until the next
 * is, rounded up, -1 for none. */
void tunic_timers_fire(struct tunic_loop *loop, uint64_t now);
int tunic_timers_timeout(const struct tunic_loop *loop, uint64_t now);

/* ---- signals --------------------------------------------------------------------------- */

struct tunic_signals {
    struct tunic_source source;
    struct tunic_loop *loop;
    sigset_t blocked_before;
    void (*arrived)(void *closure, int signal_number);
    void *closure;
};

/* Takes the signals of `numbers` (0-terminated) for the calling thread and those that it starts.
 * One that is ignored, as by nohup, stays so. */
int tunic_signals_open(struct tunic_signals *signals, struct tunic_loop *loop, const int *numbers,
                       void (*arrived)(void *closure, int signal_number), void *closure,
                       struct tunic_error *error);
/* Also of one that could not be opened, or is zero. What arrived and was not told is dropped. */
void tunic_signals_close(struct tunic_signals *signals);

#endif
