/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. What is there is compared with what should be, the difference is carried
 * out, and what is there is read again, until nothing differs: one change may undo another (the
 * kernel drops routes with their addresses, and IPv6 addresses when an interface goes down), and
 * so no order of requests has to be right for every case. It ends after a few rounds, with an
 * error, where something or somebody else keeps changing it back.
 *
 * Others may make and delete the same interface meanwhile. Whoever is overtaken so looks again.
 */
#include "interface/ensure.h"
#include "interface/plan.h"

#include <errno.h>
#include <string.h>

enum { ROUNDS = 4 };

void tunic_ensure_tell(struct tunic_ensure_run *run, const char *name, const char *text)
{
    run->ensure->difference = true;
    if (run->ensure->tell)
        run->ensure->tell(run->ensure->closure, name, text);
}

static void tell_plan(struct tunic_ensure_run *run, const char *name, const struct tunic_plan *plan)
{
    const char *text = plan->differences.text;

    for (size_t i = 0; i < plan->changes; i++, text += strlen(text) + 1)
        tunic_ensure_tell(run, name, text);
}

static int create(struct tunic_ensure_run *run, const struct tunic_wanted *wanted,
                  struct tunic_error *error)
{
    char chosen[IFNAMSIZ] = "";
    struct tunic_desired here = *wanted->desired;

    if (run->ensure->check) {
        int result = tunic_interface_add_check(wanted->name, &here, error);
        if (result == 0)
            tunic_ensure_tell(run, wanted->name, "missing -> created");
        return result;
    }
    memcpy(chosen, wanted->name, strnlen(wanted->name, IFNAMSIZ - 1));
    here.named &= ~TUNIC_NAMED(TUNIC_ATTRIBUTE_NETNS); /* this is the one */
    return tunic_interface_add(run->context, chosen, &here, error);
}

/* Compares once and carries out. `*settled`: nothing (more) differs. */
static int round_of(struct tunic_ensure_run *run, const struct tunic_interface *interface,
                    const struct tunic_desired *desired, bool *settled, struct tunic_error *error)
{
    struct tunic_plan plan;
    int result = tunic_plan_make(&plan, run->context, interface, desired, error);

    *settled = plan.changes == 0 || run->ensure->check;
    if (result == 0 && run->ensure->check)
        tell_plan(run, interface->link.name, &plan);
    else if (result == 0 && plan.changes > 0)
        result = tunic_plan_commit(&plan, -1, error);
    tunic_plan_free(&plan);
    return result;
}

static int unsettled(const struct tunic_ensure_run *run, const struct tunic_interface *interface,
                     const struct tunic_desired *desired, struct tunic_error *error)
{
    struct tunic_plan plan;
    int result = tunic_plan_make(&plan, run->context, interface, desired, error);

    if (result == 0) {
        result = tunic_error_set(error, TUNIC_FAILED, "it does not stay as it was set");
        if (plan.changes > 0)
            tunic_error_cause(error, "%s", plan.differences.text);
        tunic_error_hint(error, "does something else manage it?");
    }
    tunic_plan_free(&plan);
    return result;
}

static int change(struct tunic_ensure_run *run, const struct tunic_interface *interface,
                  const struct tunic_desired *desired, struct tunic_error *error)
{
    struct tunic_snapshot again = {0};
    int32_t ifindex = interface->link.ifindex;
    char name[IFNAMSIZ];
    bool settled = false;
    int result = round_of(run, interface, desired, &settled, error);

    memcpy(name, interface->link.name, sizeof(name));
    for (int i = 1; i < ROUNDS && result == 0 && !settled; i++) {
        tunic_snapshot_free(&again);
        result = tunic_snapshot_read_one(&again, run->context, name, run->load, error);
        /* Or another one, of any kind, has the name now. */
        if (result == -ENODEV || (result == 0 && again.interfaces[0].link.ifindex != ifindex))
            result = tunic_link_refuse_gone(error);
        if (result == 0)
            result = round_of(run, &again.interfaces[0], desired, &settled, error);
    }
    if (result == 0 && !settled)
        result = unsettled(run, &again.interfaces[0], desired, error);
    tunic_snapshot_free(&again);
    return result;
}

/* Whether it may be held only for a moment: it is let go by now, or it is not persistent, as one
 * that another tunic is still making. */
static bool was_held_briefly(const struct tunic_ensure_run *run, int32_t ifindex)
{
    struct tunic_link link;
    struct tunic_error unused;
    int result = tunic_link_get(&run->context->netlink, NULL, ifindex, false, &link, &unused);
    bool lasting = result == 0 && link.persist && tunic_interface_looks_held(&link);

    if (result == 0)
        tunic_link_release(&link);
    return !lasting;
}

/* `*overtaken`: another process has made it, deleted it or let it go since it was looked at. */
static int attempt(struct tunic_ensure_run *run, struct tunic_snapshot *snapshot,
                   const struct tunic_wanted *wanted, bool *overtaken, struct tunic_error *error)
{
    const struct tunic_interface *interface;
    bool makes = run->ensure->create && !run->ensure->check;
    int result;

    *overtaken = false;
    /* Nobody asks once more whether it is there: the kernel says so when it is made. */
    if (makes && !tunic_snapshot_find(snapshot, wanted->name)) {
        result = create(run, wanted, error);
        *overtaken = result == -EEXIST || result == -EBADFD;
        return result;
    }
    result = tunic_snapshot_require(snapshot, run->context, wanted->name, &interface, error);
    if (result == 0) {
        result = change(run, interface, wanted->desired, error);
        *overtaken = (result == -EBADFD && makes) ||
                     (result == -EBUSY && was_held_briefly(run, interface->link.ifindex));
        return result;
    }
    return result == -ENODEV && run->ensure->create ? create(run, wanted, error) : result;
}

int tunic_ensure_one(struct tunic_ensure_run *run, struct tunic_snapshot *snapshot,
                     const struct tunic_wanted *wanted, struct tunic_error *error)
{
    struct tunic_snapshot again = {0};
    bool overtaken;
    int result = attempt(run, snapshot, wanted, &overtaken, error);

    for (int i = 1; i < ROUNDS && overtaken; i++) {
        tunic_snapshot_free(&again);
        result = tunic_snapshot_read_one(&again, run->context, wanted->name, run->load, error);
        if (result != 0 && result != -ENODEV)
            break;
        result = attempt(run, &again, wanted, &overtaken, error);
    }
    tunic_snapshot_free(&again);
    return result;
}
