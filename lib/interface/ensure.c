/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. What is there is compared with what should be, the difference is carried
 * out, and what is there is read again, until nothing differs: one change may undo another (the
 * kernel drops routes with their addresses, and IPv6 addresses when an interface goes down), and
 * so no order of requests has to be right for every case. It ends after a few rounds, with an
 * error, where something or somebody else keeps changing it back.
 *
 * A move to another network namespace comes first: the kernel drops addresses, routes and master
 * with it. What fails after it, a second run mends.
 */
#include "interface/failures.h"
#include "interface/plan.h"
#include "interface/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 4 };

/* One run of tunic_interfaces_ensure. */
struct run {
    struct tunic_context *context;
    const struct tunic_desired *desired;
    struct tunic_ensure *ensure;
    unsigned load;
    struct tunic_failures failures;
};

static void tell(struct run *run, const char *name, const char *text)
{
    run->ensure->difference = true;
    if (run->ensure->tell)
        run->ensure->tell(run->ensure->closure, name, text);
}

static void tell_plan(struct run *run, const char *name, const struct tunic_plan *plan)
{
    const char *text = plan->differences.text;

    for (size_t i = 0; i < plan->changes; i++, text += strlen(text) + 1)
        tell(run, name, text);
}

static int create(struct run *run, const char *name, struct tunic_error *error)
{
    char chosen[IFNAMSIZ] = "";

    if (run->ensure->check) {
        int result = tunic_interface_add_check(name, run->desired, error);
        if (result == 0)
            tell(run, name, "missing -> created");
        return result;
    }
    memcpy(chosen, name, strnlen(name, IFNAMSIZ - 1));
    return tunic_interface_add(run->context, chosen, run->desired, error);
}

/* Compares once and carries out. `*settled`: nothing (more) differs. */
static int round_of(struct run *run, const struct tunic_interface *interface, bool *settled,
                    struct tunic_error *error)
{
    struct tunic_plan plan;
    int result = tunic_plan_make(&plan, run->context, interface, run->desired, error);

    *settled = plan.changes == 0 || run->ensure->check;
    if (result == 0 && run->ensure->check)
        tell_plan(run, interface->link.name, &plan);
    else if (result == 0 && plan.changes > 0)
        result = tunic_plan_commit(&plan, -1, error);
    tunic_plan_free(&plan);
    return result;
}

static int unsettled(const struct run *run, const struct tunic_interface *interface,
                     struct tunic_error *error)
{
    struct tunic_plan plan;
    int result = tunic_plan_make(&plan, run->context, interface, run->desired, error);

    if (result == 0) {
        result = tunic_error_set(error, TUNIC_FAILED, "it does not stay as it was set");
        if (plan.changes > 0)
            tunic_error_cause(error, "%s", plan.differences.text);
        tunic_error_hint(error, "does something else manage it?");
    }
    tunic_plan_free(&plan);
    return result;
}

static int change(struct run *run, const struct tunic_interface *interface,
                  struct tunic_error *error)
{
    struct tunic_snapshot again = {0};
    int32_t ifindex = interface->link.ifindex;
    char name[IFNAMSIZ];
    bool settled = false;
    int result = round_of(run, interface, &settled, error);

    memcpy(name, interface->link.name, sizeof(name));
    for (int i = 1; i < ROUNDS && result == 0 && !settled; i++) {
        tunic_snapshot_free(&again);
        result = tunic_snapshot_read_one(&again, run->context, name, run->load, error);
        /* Or another one, of any kind, has the name now. */
        if (result == -ENODEV || (result == 0 && again.interfaces[0].link.ifindex != ifindex))
            result = tunic_error_set(error, TUNIC_ABSENT, "it was deleted meanwhile");
        if (result == 0)
            result = round_of(run, &again.interfaces[0], &settled, error);
    }
    if (result == 0 && !settled)
        result = unsettled(run, &again.interfaces[0], error);
    tunic_snapshot_free(&again);
    return result;
}

static void ensure_here(struct run *run, const struct tunic_name_list *names)
{
    struct tunic_snapshot snapshot;
    struct tunic_error error;
    int result = tunic_snapshot_read_names(&snapshot, run->context, names, run->load, &error);

    if (result != 0) {
        tunic_failures_add(&run->failures, "", &error, result);
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct tunic_interface *interface;
        result =
            tunic_snapshot_require(&snapshot, run->context, names->names[i], &interface, &error);
        if (result == 0)
            result = change(run, interface, &error);
        else if (result == -ENODEV && run->ensure->create)
            result = create(run, names->names[i], &error);
        if (result != 0)
            tunic_failures_add(&run->failures, names->names[i], &error, result);
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

/* Brings one name over, where it is here and not there. In a check it is told, and not looked at
 * any further: everything that a move drops is going to be set anyway. */
static int bring(struct run *run, struct tunic_context *home, const char *name, int there,
                 bool *moved, struct tunic_error *error)
{
    struct tunic_snapshot snapshot;
    struct tunic_link present;
    const struct tunic_interface *interface;

    *moved = false;
    int result = tunic_link_get(&run->context->netlink, name, 0, false, &present, error);
    if (result == 0)
        tunic_link_release(&present);
    else if (result != -ENODEV)
        tunic_error_action(error, "cannot read the interface");
    if (result != -ENODEV)
        return result;
    result = tunic_snapshot_read_one(&snapshot, home, name, 0, error);
    if (result != 0)
        return result == -ENODEV ? 0 : result; /* made, or missed, there */
    result = tunic_snapshot_require(&snapshot, home, name, &interface, error);
    if (result == 0) {
        *moved = true;
        if (run->ensure->check)
            tell(run, name, "netns: moved");
        else
            result = move(home, interface->link.ifindex, there, run->desired->netns, error);
    }
    tunic_snapshot_free(&snapshot);
    return result;
}

/* Fills `here` with the names that are still to be looked at, in the namespace visited. */
static void bring_all(struct run *run, struct tunic_context *home,
                      const struct tunic_name_list *names, int there, struct tunic_name_list *here)
{
    for (size_t i = 0; i < names->count; i++) {
        struct tunic_error error;
        bool moved;
        int result = bring(run, home, names->names[i], there, &moved, &error);
        if (result == 0 && !(moved && run->ensure->check))
            result = tunic_name_list_add(here, names->names[i], &error);
        if (result != 0)
            tunic_failures_add(&run->failures, names->names[i], &error, result);
    }
}

/* Runs in another namespace what `home_run` describes. */
static int ensure_there(const struct run *home_run, const struct tunic_name_list *names)
{
    struct tunic_error *error = home_run->failures.first;
    struct tunic_name_list here = {0};
    struct tunic_visit visit;
    struct run run = *home_run;
    int result = tunic_visit_begin(&visit, home_run->context, run.desired->netns, error);

    if (result != 0) {
        run.failures.report(run.failures.closure, "", error);
        return result;
    }
    run.context = &visit.context;
    int there = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (there < 0) {
        struct tunic_error failure;
        result = tunic_error_system(&failure, errno, "cannot open the network namespace");
        tunic_failures_add(&run.failures, "", &failure, result);
    } else {
        bring_all(&run, home_run->context, names, there, &here);
        (void)close(there);
        if (here.count > 0)
            ensure_here(&run, &here);
    }
    tunic_name_list_free(&here);
    result = tunic_visit_end(&visit, run.failures.result, error);
    if (run.failures.result == 0 && result != 0)
        run.failures.report(run.failures.closure, "", error);
    return result;
}

int tunic_interfaces_ensure(struct tunic_context *context, const struct tunic_name_list *names,
                            const struct tunic_desired *desired, struct tunic_ensure *ensure,
                            tunic_report report, void *closure, struct tunic_error *error)
{
    struct tunic_desired here = *desired;
    struct run run = {.context = context,
                      .desired = desired,
                      .ensure = ensure,
                      .failures = {.report = report, .closure = closure, .first = error}};

    ensure->difference = false;
    if (tunic_is_named(desired, TUNIC_ATTRIBUTE_ADDR))
        run.load |= TUNIC_LOAD_ADDRESSES;
    if (tunic_is_named(desired, TUNIC_ATTRIBUTE_ROUTE))
        run.load |= TUNIC_LOAD_ROUTES;
    for (size_t i = 0; i < desired->route_count; i++) /* nobody pays for other tables otherwise */
        if (desired->routes[i].table != RT_TABLE_MAIN)
            run.load |= TUNIC_LOAD_ALL_TABLES;
    if (tunic_is_named(desired, TUNIC_ATTRIBUTE_NETNS)) {
        /* Once there, it is here. */
        here.named &= ~TUNIC_NAMED(TUNIC_ATTRIBUTE_NETNS);
        run.desired = &here;
        return ensure_there(&run, names);
    }
    ensure_here(&run, names);
    return run.failures.result;
}
