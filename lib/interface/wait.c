/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The kernel's link events are subscribed to first and the state is read
 * after that, so that no change falls between. What an event says is not believed: it only has
 * the state read again. That makes lost events, renames and a name that passes to another
 * interface no cases of their own. (Of a new altname the kernel tells only if the interface is up.)
 *
 * `free` is the hard one. Of an interface that is down the kernel tells nothing when its last
 * descriptor closes, and of one that is up it may tell a second later. So the device node is
 * watched for closings with inotify; and as a holder may have opened another node (a container
 * has its own), so is the very file that each holder has open, by /proc/PID/fd/N, which inotify
 * follows without opening it.
 *
 * The kernel reports a closing *before* the driver lets go of the interface, and that may have to
 * wait for the lock of the whole network configuration. So after each closing the state is read
 * at once and then a few times more, at distances that double up to RECHECK_LAST: half a second
 * altogether, and no more, as most closings of the node are other interfaces'. When they were in
 * vain the holders are looked up anew: one that has come since may have used yet another node.
 *
 * Where a single-queue interface has no carrier it is mostly free, but a holder may have switched
 * the carrier off: a holder that is certain decides.
 */
#include "interface/interface.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define NEVER UINT64_MAX
#define RECHECK_FIRST TUNIC_MILLISECOND
#define RECHECK_LAST (256 * TUNIC_MILLISECOND)

struct wait {
    struct tunic_context *context;
    const char *name;
    enum tunic_condition condition;
    struct tunic_netlink monitor;
    int closings;      /* inotify, for `free` alone; -1 */
    uint64_t deadline; /* by tunic_clock_now */
    uint64_t recheck;  /* when to look again although nothing was told */
    uint64_t delay;    /* from the look before to that one */
    bool followed;     /* the holders' files are watched */
    int32_t ifindex;   /* of the interface once it was seen; 0 */
    bool present;      /* as last seen, with the members below */
    bool held;
    struct tunic_link link;
};

/* ---- looking --------------------------------------------------------------------------- */

/* The words for a condition in "timed out before it ...". */
static const char *condition_text(enum tunic_condition condition)
{
    switch (condition) {
    case TUNIC_CONDITION_PRESENT:
        return "was there";
    case TUNIC_CONDITION_UP:
        return "was up";
    case TUNIC_CONDITION_CARRIER:
        return "had a carrier";
    case TUNIC_CONDITION_FREE:
        return "was free";
    case TUNIC_CONDITION_GONE:
        return "was gone";
    }
    return "";
}

static void forget(struct wait *wait)
{
    if (wait->present)
        tunic_link_release(&wait->link);
    wait->present = false;
    wait->held = false;
}

static int read_held(struct wait *wait, struct tunic_error *error)
{
    struct tunic_holders holders;
    size_t count;

    wait->held = tunic_interface_looks_held(&wait->link);
    if (wait->held || wait->link.multi_queue)
        return 0;
    int result = tunic_holders_read(&holders, false, error);
    if (result != 0)
        return result;
    const struct tunic_holder *holder = tunic_holders_of(&holders, wait->link.name, &count);
    for (size_t i = 0; i < count; i++)
        wait->held = wait->held || holder[i].certain;
    tunic_holders_free(&holders);
    return 0;
}

static int judge_absent(const struct wait *wait, struct tunic_error *error)
{
    if (wait->condition == TUNIC_CONDITION_GONE)
        return 1;
    /* One that is not persistent goes with its last holder. Nobody may ever make it again, so
     * to wait on would be to hang. */
    if (wait->condition == TUNIC_CONDITION_FREE && wait->ifindex != 0) {
        int result = tunic_error_set(error, TUNIC_ABSENT, "the interface went away");
        tunic_error_object(error, wait->name);
        return result;
    }
    return 0;
}

static int judge_present(struct wait *wait, struct tunic_error *error)
{
    int32_t before = wait->ifindex;
    int result;

    /* Another one of the same name: the one that was there is gone. */
    if (wait->condition == TUNIC_CONDITION_GONE && before != 0 && before != wait->link.ifindex)
        return 1;
    if (wait->link.kind != TUNIC_KIND_TUN)
        return tunic_link_refuse(&wait->link, error);
    wait->ifindex = wait->link.ifindex;
    wait->followed = wait->followed && before == wait->ifindex;
    bool up = wait->link.flags & IFF_UP;
    switch (wait->condition) {
    case TUNIC_CONDITION_PRESENT:
        return 1;
    case TUNIC_CONDITION_UP:
        return up;
    case TUNIC_CONDITION_CARRIER: /* one that is down passes nothing, held or not */
        return up && wait->link.carrier;
    case TUNIC_CONDITION_FREE:
        result = read_held(wait, error);
        return result != 0 ? result : !wait->held;
    case TUNIC_CONDITION_GONE:
        return 0;
    }
    return 0;
}

/* Reads the state: 1 where it is as wanted, 0 where not yet. */
static int look(struct wait *wait, struct tunic_error *error)
{
    forget(wait);
    int result = tunic_link_get(&wait->context->netlink, wait->name, 0, false, &wait->link, error);
    if (result == -ENODEV)
        return judge_absent(wait, error);
    if (result != 0)
        return result;
    wait->present = true;
    return judge_present(wait, error);
}

/* ---- the end of patience --------------------------------------------------------------- */

static void tell_holders(const struct wait *wait, struct tunic_error *error)
{
    struct tunic_holders holders;
    struct tunic_error ignored;
    struct tunic_text text = {0};

    tunic_error_cause(error, "it is held");
    if (tunic_holders_read(&holders, false, &ignored) != 0)
        return;
    tunic_holders_describe(&wait->link, &holders, &text);
    if (!text.failed && text.length > 0)
        tunic_error_cause(error, "it is %s", text.text);
    tunic_text_free(&text);
    tunic_holders_free(&holders);
}

static int time_out(const struct wait *wait, struct tunic_error *error)
{
    int result = tunic_error_set(error, TUNIC_TIMED_OUT, "timed out before it %s",
                                 condition_text(wait->condition));

    tunic_error_object(error, wait->name);
    if (!wait->present)
        tunic_error_cause(error, "there is no such interface");
    else if (wait->condition == TUNIC_CONDITION_GONE)
        tunic_error_cause(error, "it is still there");
    else if (wait->condition == TUNIC_CONDITION_FREE)
        tell_holders(wait, error);
    else if (!(wait->link.flags & IFF_UP))
        tunic_error_cause(error, "it is down");
    else
        tunic_error_cause(error, "it is up, but no process holds it, or its holder switched the "
                                 "carrier off");
    return result;
}

/* ---- waiting --------------------------------------------------------------------------- */

static int open_closings(struct wait *wait, struct tunic_error *error)
{
    wait->closings = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (wait->closings < 0)
        return tunic_error_system(error, errno, "cannot watch the device node");
    /* A node that is missing or secret to this user may still be held by others: the kernel's
     * events and the holders' own files are left. */
    if (inotify_add_watch(wait->closings, wait->context->device_node, IN_CLOSE) < 0 &&
        (errno == ENOSPC || errno == ENOMEM))
        return tunic_error_system(error, errno, "cannot watch the device node");
    return 0;
}

/* Watches the files that the holders have open. One that cannot be watched is no failure: most
 * are the device node, which is watched already. */
static int follow_holders(struct wait *wait, struct tunic_error *error)
{
    struct tunic_holders holders;
    char path[48];
    size_t count;

    wait->followed = true;
    int result = tunic_holders_read(&holders, false, error);
    if (result != 0)
        return result;
    const struct tunic_holder *holder = tunic_holders_of(&holders, wait->link.name, &count);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", holder[i].pid, holder[i].descriptor);
        (void)inotify_add_watch(wait->closings, path, IN_CLOSE);
    }
    tunic_holders_free(&holders);
    return 0;
}

/* Empties the inotify queue; whether anything was in it. */
static bool take_closings(const struct wait *wait)
{
    _Alignas(struct inotify_event) char events[4096];
    bool any = false;

    while (wait->closings >= 0 && read(wait->closings, events, sizeof(events)) > 0)
        any = true;
    return any;
}

static int take_event(const struct nlmsghdr *message, void *closure)
{
    (void)message;
    (void)closure;
    return 0;
}

/* Plans the next look that nothing may ask for. */
static void plan_recheck(struct wait *wait, bool closed)
{
    uint64_t now = tunic_clock_now();

    if (closed) {
        wait->delay = RECHECK_FIRST;
        wait->followed = false;
    } else if (now < wait->recheck) {
        return;
    } else {
        wait->delay *= 2;
    }
    wait->recheck = wait->delay > RECHECK_LAST ? NEVER : now + wait->delay;
}

/* Sleeps until there is a reason to look again. */
static int sleep_on(struct wait *wait, int stop, struct tunic_error *error)
{
    struct pollfd waits[] = {
        {.fd = stop, .events = POLLIN},
        {.fd = tunic_monitor_descriptor(&wait->monitor), .events = POLLIN},
        {.fd = wait->closings, .events = POLLIN},
    };
    uint64_t now = tunic_clock_now();
    uint64_t until = wait->recheck < wait->deadline ? wait->recheck : wait->deadline;
    uint64_t left = until > now ? until - now : 0;
    struct timespec limit = {.tv_sec = (time_t)(left / TUNIC_SECOND),
                             .tv_nsec = (long)(left % TUNIC_SECOND)};
    bool overrun;

    if (now >= wait->deadline)
        return time_out(wait, error);
    if (ppoll(waits, TUNIC_COUNT(waits), until == NEVER ? NULL : &limit, NULL) < 0)
        return errno == EINTR ? 0 : tunic_error_system(error, errno, "cannot wait");
    if (waits[0].revents) {
        int result = tunic_error_system(error, ECANCELED, "stopped before it %s",
                                        condition_text(wait->condition));
        tunic_error_object(error, wait->name);
        return result;
    }
    if (waits[1].revents) {
        /* An overrun needs no more than any event: to look again. */
        int result = tunic_monitor_read(&wait->monitor, take_event, NULL, &overrun, error);
        if (result != 0)
            return result;
    }
    plan_recheck(wait, take_closings(wait));
    return 0;
}

static int wait_for(struct wait *wait, int stop, struct tunic_error *error)
{
    int result = 0;

    if (wait->condition == TUNIC_CONDITION_FREE)
        result = open_closings(wait, error);
    while (result == 0) {
        result = look(wait, error);
        if (result != 0)
            break;
        if (wait->held && !wait->followed && wait->recheck == NEVER)
            result = follow_holders(wait, error); /* then look: it may have closed before */
        else
            result = sleep_on(wait, stop, error);
    }
    return result > 0 ? 0 : result;
}

int tunic_interface_wait(struct tunic_context *context, const char *name,
                         enum tunic_condition condition, uint64_t limit, int stop,
                         struct tunic_error *error)
{
    struct wait wait = {
        .context = context,
        .name = name,
        .condition = condition,
        .closings = -1,
        .recheck = NEVER,
    };
    uint64_t now = tunic_clock_now();

    wait.deadline = limit < NEVER - now ? now + limit : NEVER;
    int result = tunic_monitor_open(&wait.monitor, false, error);
    if (result != 0)
        return result;
    result = wait_for(&wait, stop, error);
    forget(&wait);
    if (wait.closings >= 0)
        (void)close(wait.closings);
    tunic_netlink_close(&wait.monitor);
    return result;
}
