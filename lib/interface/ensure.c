/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. All that are to be in one network namespace are read with one look at it,
 * and made so one after the other.
 *
 * A move to another network namespace comes first: the kernel drops addresses, routes and master
 * with it. What fails after it, a second run mends.
 */
#include "interface/ensure.h"
#include "interface/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void ensure_here(struct tunic_ensure_run *run, const struct tunic_wanted *wanted,
                        size_t count)
{
    struct tunic_name_list names = {0};
    struct tunic_snapshot snapshot = {0};
    struct tunic_error error;
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++)
        result = tunic_name_list_add(&names, wanted[i].name, &error);
    if (result == 0)
        result = tunic_snapshot_read_names(&snapshot, run->context, &names, run->load, &error);
    tunic_name_list_free(&names);
    if (result != 0) {
        tunic_failures_add(&run->failures, "", &error, result);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        result = tunic_ensure_one(run, &snapshot, &wanted[i], &error);
        if (result != 0)
            tunic_failures_add(&run->failures, wanted[i].name, &error, result);
        if (run->ensure->done)
            run->ensure->done(run->ensure->closure);
    }
    tunic_snapshot_free(&snapshot);
}

/* ---- another namespace ----------------------------------------------------------------- */

struct refusal {
    struct tunic_error *error;
    int result;
};

static void move_refused(void *closure, size_t index, const char *label, int errno_value,
                         const char *text)
{
    struct refusal *refusal = closure;

    (void)index;
    refusal->result = tunic_error_system(refusal->error, errno_value, "cannot %s", label);
    if (*text != '\0')
        tunic_error_cause(refusal->error, "%s", text);
    if (errno_value == EPERM)
        tunic_error_hint(refusal->error, "it needs root, or CAP_NET_ADMIN in both namespaces");
    else if (errno_value == EEXIST)
        tunic_error_hint(refusal->error, "the name is taken there");
}

static int move(struct tunic_context *home, int32_t ifindex, int there, const char *netns,
                struct tunic_error *error)
{
    struct tunic_batch batch = {0};
    struct refusal refusal = {.error = error};
    char label[96];

    (void)snprintf(label, sizeof(label), "move it to the network namespace '%s'", netns);
    tunic_link_set(&batch, ifindex, IFLA_NET_NS_FD, &there, sizeof(there), label);
    int result = tunic_batch_send(&batch, &home->netlink, move_refused, &refusal, error);
    tunic_batch_free(&batch);
    return result == 0 ? refusal.result : result;
}

/* Brings one over, where it is here and not there. In a check it is told, and not looked at any
 * further: everything that a move drops is going to be set anyway. */
static int bring(struct tunic_ensure_run *run, struct tunic_context *home,
                 const struct tunic_wanted *wanted, int there, bool *moved,
                 struct tunic_error *error)
{
    struct tunic_snapshot snapshot;
    struct tunic_link present;
    const struct tunic_interface *interface;

    *moved = false;
    int result = tunic_link_get(&run->context->netlink, wanted->name, 0, false, &present, error);
    if (result == 0)
        tunic_link_release(&present);
    if (result != -ENODEV)
        return result;
    result = tunic_snapshot_read_one(&snapshot, home, wanted->name, 0, error);
    if (result != 0)
        return result == -ENODEV ? 0 : result; /* made, or missed, there */
    result = tunic_snapshot_require(&snapshot, home, wanted->name, &interface, error);
    if (result == 0) {
        *moved = true;
        if (run->ensure->check)
            tunic_ensure_tell(run, wanted->name, "netns: moved");
        else
            result = move(home, interface->link.ifindex, there, wanted->desired->netns, error);
    }
    tunic_snapshot_free(&snapshot);
    return result;
}

/* Leaves in `wanted` those that are still to be looked at, in the namespace visited. Returns how
 * many. */
static size_t bring_all(struct tunic_ensure_run *run, struct tunic_context *home,
                        struct tunic_wanted *wanted, size_t count, int there)
{
    size_t here = 0;

    for (size_t i = 0; i < count; i++) {
        struct tunic_error error;
        bool moved;
        int result = bring(run, home, &wanted[i], there, &moved, &error);
        if (result != 0)
            tunic_failures_add(&run->failures, wanted[i].name, &error, result);
        else if (!(moved && run->ensure->check))
            wanted[here++] = wanted[i];
    }
    return here;
}

/* Runs in another namespace what `home` describes. */
static void ensure_there(struct tunic_ensure_run *home, const char *netns,
                         struct tunic_wanted *wanted, size_t count)
{
    struct tunic_error error;
    struct tunic_visit visit;
    struct tunic_ensure_run run = *home;
    int result = tunic_visit_begin(&visit, home->context, netns, &error);

    for (size_t i = 0; i < count && result != 0; i++)
        tunic_failures_add(&home->failures, wanted[i].name, &error, result);
    if (result != 0)
        return;
    run.context = &visit.context;
    int there = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (there < 0) {
        result = tunic_error_system(&error, errno, "cannot open the network namespace");
        tunic_failures_add(&run.failures, "", &error, result);
    } else {
        count = bring_all(&run, home->context, wanted, count, there);
        (void)close(there);
        if (count > 0)
            ensure_here(&run, wanted, count);
    }
    home->failures = run.failures;
    result = tunic_visit_end(&visit, 0, &error);
    if (result != 0)
        tunic_failures_add(&home->failures, "", &error, result);
}

/* ---- all of them ----------------------------------------------------------------------- */

/* The namespace that it is to be in; NULL: this one. */
static const char *netns_of(const struct tunic_wanted *wanted)
{
    return tunic_is_named(wanted->desired, TUNIC_ATTRIBUTE_NETNS) ? wanted->desired->netns : NULL;
}

static bool is_in(const struct tunic_wanted *wanted, const char *netns)
{
    const char *wanted_netns = netns_of(wanted);

    return netns ? wanted_netns && strcmp(wanted_netns, netns) == 0 : !wanted_netns;
}

static unsigned load_of(const struct tunic_wanted *wanted, size_t count)
{
    unsigned load = 0;

    for (size_t i = 0; i < count; i++) {
        const struct tunic_desired *desired = wanted[i].desired;
        if (tunic_is_named(desired, TUNIC_ATTRIBUTE_ADDR))
            load |= TUNIC_LOAD_ADDRESSES;
        if (tunic_is_named(desired, TUNIC_ATTRIBUTE_ROUTE))
            load |= TUNIC_LOAD_ROUTES;
        for (size_t k = 0; k < desired->route_count;
             k++) /* nobody pays for other tables otherwise */
            if (desired->routes[k].table != RT_TABLE_MAIN)
                load |= TUNIC_LOAD_ALL_TABLES;
    }
    return load;
}

/* Moves those of one namespace to the front, in their order. Returns how many. */
static size_t gather(struct tunic_wanted *wanted, size_t count, const char *netns,
                     struct tunic_wanted *others)
{
    size_t gathered = 0;
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_in(&wanted[i], netns))
            wanted[gathered++] = wanted[i];
        else
            others[left++] = wanted[i];
    }
    memcpy(wanted + gathered, others, left * sizeof(*others));
    return gathered;
}

int tunic_interfaces_ensure(struct tunic_context *context, const struct tunic_wanted *wanted,
                            size_t count, struct tunic_ensure *ensure, tunic_report report,
                            void *closure, struct tunic_error *error)
{
    struct tunic_ensure_run run = {
        .context = context,
        .ensure = ensure,
        .failures = {.report = report, .closure = closure, .first = error}};
    struct tunic_wanted *left = calloc(2 * count + 1, sizeof(*left));

    ensure->difference = false;
    if (!left) {
        tunic_failures_add(&run.failures, "", error, tunic_error_memory(error));
        return run.failures.result;
    }
    memcpy(left, wanted, count * sizeof(*left));
    run.load = load_of(wanted, count);
    size_t done = gather(left, count, NULL, left + count);
    if (done > 0)
        ensure_here(&run, left, done);
    while (done < count) {
        const char *netns = netns_of(&left[done]);
        size_t together = gather(left + done, count - done, netns, left + count);
        ensure_there(&run, netns, left + done, together);
        done += together;
    }
    free(left);
    return run.failures.result;
}

int tunic_names_ensure(struct tunic_context *context, const struct tunic_name_list *names,
                       const struct tunic_desired *desired, struct tunic_ensure *ensure,
                       tunic_report report, void *closure, struct tunic_error *error)
{
    struct tunic_wanted *wanted = calloc(names->count + 1, sizeof(*wanted));

    ensure->difference = false;
    if (!wanted) {
        int failed = tunic_error_memory(error);
        report(closure, "", error);
        return failed;
    }
    for (size_t i = 0; i < names->count; i++)
        wanted[i] = (struct tunic_wanted){.name = names->names[i], .desired = desired};
    int result =
        tunic_interfaces_ensure(context, wanted, names->count, ensure, report, closure, error);
    free(wanted);
    return result;
}
