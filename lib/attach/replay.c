/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A packet is due as long after the first one that is sent as the file says:
 * every time is taken from that beginning, so that what one is late for is not added to the next.
 * One descriptor of the loop, an alarm, is readable as long as there is something to send. In the
 * file's timing it is set to the next packet that is not due yet; to go fast it rang once and is
 * never set again. After a burst the loop goes round, and the alarm still rings.
 */
#include "attach/savefile.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    LONGEST = 2000000000, /* seconds of a wait: 63 years */
};

struct replaying {
    struct tunic_attach *attach;
    const struct tunic_replay *replay;
    struct tunic_savefile file;
    struct tunic_saved packet; /* the next */
    bool waits;                /* there is one, for its time */
    bool begun;                /* something of this round was sent */
    uint32_t rounds;           /* after this one */
    uint64_t start;            /* when the first was sent, of tunic_clock_now */
    struct timespec first;     /* what the file says about that */
    uint64_t due;
    uint64_t now; /* or a little earlier */
    struct tunic_source alarm;
    struct tunic_source device;
};

/* ---- when ------------------------------------------------------------------------------ */

/* A time before the first is now; and one that makes no sense must not overflow. */
static uint64_t since(const struct timespec *first, const struct timespec *time)
{
    if (time->tv_sec < first->tv_sec)
        return 0;
    uint64_t seconds = (uint64_t)time->tv_sec - (uint64_t)first->tv_sec;
    if (seconds > LONGEST)
        seconds = LONGEST;
    int64_t passed = (int64_t)(seconds * TUNIC_SECOND) + time->tv_nsec - first->tv_nsec;
    return passed > 0 ? (uint64_t)passed : 0;
}

static void set_due(struct replaying *replaying)
{
    if (replaying->replay->fast)
        return;
    if (!replaying->begun) {
        replaying->begun = true;
        replaying->first = replaying->packet.time;
        replaying->start = tunic_clock_now();
    }
    replaying->due = replaying->start + since(&replaying->first, &replaying->packet.time);
}

static bool is_due(struct replaying *replaying)
{
    if (replaying->due > replaying->now)
        replaying->now = tunic_clock_now();
    return replaying->due <= replaying->now;
}

static void set_alarm(const struct replaying *replaying, uint64_t due)
{
    const struct itimerspec time = {.it_value = {.tv_sec = (time_t)(due / TUNIC_SECOND),
                                                 .tv_nsec = (long)(due % TUNIC_SECOND)}};

    /* It cannot fail with a time that is in order. */
    (void)timerfd_settime(replaying->alarm.descriptor, TFD_TIMER_ABSTIME, &time, NULL);
}

/* ---- what ------------------------------------------------------------------------------ */

static bool is_sendable(struct replaying *replaying)
{
    struct tunic_attach *attach = replaying->attach;
    const struct tunic_saved *packet = &replaying->packet;

    if (packet->cut || packet->length > TUNIC_PACKET_MOST) {
        attach->counters.cut++;
        return false;
    }
    if (tunic_filter_fits(&attach->filter, packet->bytes, packet->length))
        return true;
    attach->counters.unfit++;
    return false;
}

/* The end of a round. False: it was the last. */
static bool turn(struct replaying *replaying)
{
    tunic_savefile_rewind(&replaying->file);
    replaying->begun = false;
    if (replaying->rounds-- > 0)
        return true;
    tunic_loop_stop(&replaying->attach->loop, 0);
    return false;
}

/* Reads one packet, which need not be one to send. False: there is none for now, or no more. */
static bool fetch(struct replaying *replaying)
{
    struct tunic_attach *attach = replaying->attach;
    struct tunic_savefile *file = &replaying->file;
    int result = TUNIC_SAVEFILE_READY;

    if (!file->reader)
        result = tunic_savefile_begin(file, attach->error);
    if (result == TUNIC_SAVEFILE_READY)
        result = tunic_savefile_next(file, &replaying->packet, attach->error);
    if (result == TUNIC_SAVEFILE_END)
        return turn(replaying);
    if (result < 0)
        tunic_attach_fail(attach, result);
    if (result != TUNIC_SAVEFILE_READY)
        return false;
    replaying->waits = is_sendable(replaying);
    if (replaying->waits)
        set_due(replaying);
    return true;
}

/* False: the action ends. */
static bool send_packet(struct replaying *replaying)
{
    struct tunic_attach *attach = replaying->attach;
    const struct tunic_saved *packet = &replaying->packet;

    replaying->waits = false;
    if (!tunic_attach_give(attach, packet->bytes, packet->length))
        return false;
    tunic_attach_took(attach, packet->length);
    return attach->counters.packets != attach->options.count;
}

static void ring(void *closure, uint32_t events)
{
    struct replaying *replaying = closure;

    (void)events;
    for (unsigned i = 0; i < TUNIC_ATTACH_BURST; i++) {
        if (!replaying->waits && !fetch(replaying))
            return;
        if (!replaying->waits)
            continue;
        if (!is_due(replaying)) {
            set_alarm(replaying, replaying->due);
            return;
        }
        if (!send_packet(replaying))
            return;
    }
}

/* ---- the action ------------------------------------------------------------------------ */

/* Nothing is read of the device, so nothing but this tells that it is gone. */
static void watch(void *closure, uint32_t events)
{
    struct replaying *replaying = closure;

    if (events & (EPOLLERR | EPOLLHUP))
        tunic_attach_deleted(replaying->attach);
}

static int run(struct replaying *replaying, struct tunic_error *error)
{
    struct tunic_loop *loop = &replaying->attach->loop;
    int result = tunic_loop_add(loop, &replaying->alarm, EPOLLIN, error);

    if (result != 0)
        return result;
    result = tunic_loop_add(loop, &replaying->device, TUNIC_QUEUE_UNREAD, error);
    if (result == 0) {
        set_alarm(replaying, 1);
        result = tunic_attach_run(replaying->attach, error);
        tunic_loop_remove(loop, &replaying->device);
    }
    tunic_loop_remove(loop, &replaying->alarm);
    return result;
}

int tunic_attach_replay(struct tunic_attach *attach, const struct tunic_replay *replay,
                        struct tunic_error *error)
{
    struct replaying replaying = {.attach = attach, .replay = replay, .rounds = replay->loop - 1};

    if (replay->loop > 1 && replay->path[0] == '-' && replay->path[1] == '\0') {
        int refused = tunic_error_set(error, TUNIC_USAGE, "standard input is read only once");
        tunic_error_hint(error, "'loop' needs a file");
        return refused;
    }
    int alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (alarm < 0)
        return tunic_error_system(error, errno, "cannot make a timer");
    replaying.alarm =
        (struct tunic_source){.descriptor = alarm, .ready = ring, .closure = &replaying};
    replaying.device = (struct tunic_source){
        .descriptor = attach->queues[0].descriptor, .ready = watch, .closure = &replaying};
    /* A file that is no use is told before anybody hears that all is ready. */
    int result = tunic_savefile_open(&replaying.file, attach, replay->path, error);
    if (result >= 0)
        result = run(&replaying, error);
    tunic_savefile_close(&replaying.file);
    (void)close(alarm);
    return result;
}
