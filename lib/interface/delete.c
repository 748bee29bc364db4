/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Each deletion on its own costs the kernel a grace period, so that a
 * thousand take many seconds. One request that deletes a whole device group costs one. So many
 * interfaces are first given a group number that nothing uses, a dump proves that exactly they
 * are in it, and the group is deleted. A failure on the way gives them their groups back; a kill
 * leaves only group numbers behind, which a second run passes over.
 *
 * An owner without a capability cannot use netlink, but may attach and make the interface not
 * persistent, so that it goes when the descriptor closes.
 */
#include "interface/failures.h"
#include "interface/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_TRIES = 4 };

/* One run of tunic_interfaces_delete. */
struct run {
    struct tunic_context *context;
    const struct tunic_delete *how;
    struct tunic_holders holders;
    bool holders_read;
    const struct tunic_interface **victims;
    size_t count;
    struct tunic_failures failures;
    bool asked; /* the kernel was asked to delete them all */
};

/* ---- choosing -------------------------------------------------------------------------- */

/* Mode and flags are not needed; where they are given, they must be right. */
static int check_expected(const struct tunic_link *link, const struct tunic_desired *expected,
                          struct tunic_error *error)
{
    const char *what = NULL;

    if (!expected)
        return 0;
    if (tunic_is_named(expected, TUNIC_ATTRIBUTE_MODE) &&
        (expected->mode == TUNIC_MODE_TAP) != link->tap)
        return tunic_error_set(error, TUNIC_EXISTS, "it is a %s interface, not %s",
                               link->tap ? "tap" : "tun", link->tap ? "tun" : "tap");
    if (expected->multi_queue && !link->multi_queue)
        what = "multi_queue";
    else if (expected->pi && !link->pi)
        what = "pi";
    else if (expected->vnet_hdr && !link->vnet_hdr)
        what = "vnet_hdr";
    return what ? tunic_error_set(error, TUNIC_EXISTS, "it is not %s", what) : 0;
}

static int check_free(struct run *run, const struct tunic_link *link, struct tunic_error *error)
{
    bool held = tunic_interface_looks_held(link);
    size_t count;

    if (run->how->force || (link->multi_queue && !held)) /* its queues are counted */
        return 0;
    if (!run->holders_read) {
        int result = tunic_holders_read(&run->holders, false, error);
        if (result != 0)
            return result;
        run->holders_read = true;
    }
    /* The carrier of a single-queue interface is only a hint that it is free: its holder may
     * have switched it off. A holder that was seen for certain settles it. */
    const struct tunic_holder *holder = tunic_holders_of(&run->holders, link->name, &count);
    for (size_t i = 0; i < count; i++)
        held = held || holder[i].certain;
    if (!held)
        return 0;
    int result = tunic_link_refuse_busy(link, &run->holders, "it is in use", error);
    tunic_error_hint(error, "'force' deletes it all the same");
    return result;
}

static int choose(struct run *run, const struct tunic_interface *interface,
                  struct tunic_error *error)
{
    int result = check_expected(&interface->link, run->how->expected, error);

    if (result == 0)
        result = check_free(run, &interface->link, error);
    if (result == 0)
        run->victims[run->count++] = interface;
    return result;
}

static void choose_names(struct run *run, struct tunic_snapshot *snapshot,
                         const struct tunic_name_list *names)
{
    struct tunic_error error;

    for (size_t i = 0; i < names->count; i++) {
        const struct tunic_interface *interface;
        int result =
            tunic_snapshot_require(snapshot, run->context, names->names[i], &interface, &error);
        if (result == -ENODEV && run->how->if_exists)
            continue;
        if (result == 0)
            result = choose(run, interface, &error);
        if (result != 0)
            tunic_failures_add(&run->failures, names->names[i], &error, result);
    }
}

static void choose_all(struct run *run, const struct tunic_snapshot *snapshot)
{
    struct tunic_error error;
    size_t fitting = 0;

    for (size_t i = 0; i < snapshot->count; i++) {
        const struct tunic_interface *interface = &snapshot->interfaces[i];
        if (!tunic_selection_fits(&run->how->selection, &interface->link))
            continue;
        fitting++;
        int result = choose(run, interface, &error);
        if (result != 0)
            tunic_failures_add(&run->failures, interface->link.name, &error, result);
    }
    if (fitting == 0 && !run->how->if_exists)
        tunic_failures_add(
            &run->failures, "all", &error,
            tunic_error_set(&error, TUNIC_ABSENT, "there is no such TUN/TAP interface"));
}

/* Two names of one interface make one victim. */
static int compare_victims(const void *left, const void *right)
{
    const struct tunic_interface *const *first = left;
    const struct tunic_interface *const *second = right;

    return ((*first)->link.ifindex > (*second)->link.ifindex) -
           ((*first)->link.ifindex < (*second)->link.ifindex);
}

static void sort_victims(struct run *run)
{
    size_t kept = 0;

    if (run->count > 1)
        qsort(run->victims, run->count, sizeof(*run->victims), compare_victims);
    for (size_t i = 0; i < run->count; i++)
        if (kept == 0 || run->victims[kept - 1]->link.ifindex != run->victims[i]->link.ifindex)
            run->victims[kept++] = run->victims[i];
    run->count = kept;
}

/* ---- deleting one ---------------------------------------------------------------------- */

struct refusal {
    int errno_value;
    char text[256];
};

static void refused(void *closure, size_t index, const char *label, int errno_value,
                    const char *text)
{
    struct refusal *refusal = closure;

    (void)index;
    (void)label;
    refusal->errno_value = errno_value;
    (void)snprintf(refusal->text, sizeof(refusal->text), "%s", text);
}

/* As its owner may, without a capability. One with multi_queue that is held goes when let go. */
static int unpersist(struct tunic_context *context, const struct tunic_link *link,
                     struct tunic_error *error)
{
    /* An owner may not ask for fragments; it is only for as long as the deletion takes. */
    unsigned flags = tunic_attach_flags(link) & ~(unsigned)IFF_NAPI_FRAGS;
    char name[IFNAMSIZ];
    int descriptor;
    int result = tunic_device_open(context->device_node, &descriptor, error);

    if (result != 0)
        return result;
    memcpy(name, link->name, sizeof(name));
    result = tunic_device_set_interface(descriptor, name, (uint16_t)flags, error);
    if (result == -ENOTTY)
        tunic_context_name_node(context, error);
    if (result == -EPERM)
        result = tunic_link_refuse_user(link, "cannot delete it", error);
    if (result == -EBUSY)
        result = tunic_link_refuse_busy(link, NULL, "it is in use", error);
    if (result == 0)
        result = tunic_link_verify(context, descriptor, link, error);
    if (result == 0)
        result = tunic_device_set_persist(descriptor, false, error);
    (void)close(descriptor);
    return result;
}

static void delete_one(struct run *run, const struct tunic_link *link)
{
    struct tunic_batch batch = {0};
    struct refusal refusal = {0};
    struct tunic_error error;

    /* The analyser takes a victim below `count` for one that was never set.
     * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    tunic_link_delete(&batch, link->ifindex, "delete it");
    int result = tunic_batch_send(&batch, &run->context->netlink, refused, &refusal, &error);
    tunic_batch_free(&batch);
    if (result == 0 && refusal.errno_value == EPERM)
        result = unpersist(run->context, link, &error);
    else if (result == 0 && refusal.errno_value == ENODEV)
        /* Gone, where only the answer was lost, is what was asked for. */
        result = run->how->if_exists || run->asked
                     ? 0
                     : tunic_error_set(&error, TUNIC_ABSENT, "it was deleted meanwhile");
    else if (result == 0 && refusal.errno_value != 0) {
        result = tunic_error_system(&error, refusal.errno_value, "cannot delete it");
        if (refusal.text[0] != '\0')
            tunic_error_cause(&error, "%s", refusal.text);
    }
    if (result != 0)
        tunic_failures_add(&run->failures, link->name, &error, result);
}

/* ---- deleting many --------------------------------------------------------------------- */

struct census {
    const struct run *run;
    uint32_t group;
    size_t victims;
    bool others;
};

static int count_member(const struct nlmsghdr *message, void *closure)
{
    struct census *census = closure;
    const struct run *run = census->run;
    struct tunic_interface interface = {0};
    const struct tunic_interface *key = &interface;

    if (message->nlmsg_type != RTM_NEWLINK)
        return 0;
    int result = tunic_link_parse(message, &interface.link);
    if (result != 0)
        return result;
    if (interface.link.device_group == census->group) {
        if (bsearch(&key, run->victims, run->count, sizeof(*run->victims), compare_victims))
            census->victims++;
        else
            census->others = true;
    }
    tunic_link_release(&interface.link);
    return 0;
}

static void restart_census(void *closure)
{
    struct census *census = closure;

    census->victims = 0;
    census->others = false;
}

static int count_members(struct census *census, struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];

    restart_census(census);
    return tunic_netlink_dump(&census->run->context->netlink,
                              tunic_link_dump_request(buffer, NULL, false), count_member,
                              restart_census, census, error);
}

static int send_groups(const struct run *run, uint32_t group, bool restore, struct refusal *refusal,
                       struct tunic_error *error)
{
    struct tunic_batch batch = {0};

    for (size_t i = 0; i < run->count; i++) {
        const struct tunic_link *link = &run->victims[i]->link;
        uint32_t value = restore ? link->device_group : group;
        tunic_link_set(&batch, link->ifindex, IFLA_GROUP, &value, sizeof(value), "set the group");
    }
    int result = tunic_batch_send(&batch, &run->context->netlink, refused, refusal, error);
    tunic_batch_free(&batch);
    return result;
}

/* One attempt with one group number. 0: all deleted. Otherwise the groups are as they were;
 * -EAGAIN: another number may do, -EPERM: other means must be tried. */
static int delete_group(struct run *run, struct tunic_error *error)
{
    struct census census = {.run = run};
    struct refusal refusal = {0};
    struct refusal ignored = {0};
    struct tunic_error unused;

    if (tunic_random(&census.group, sizeof(census.group)) != 0)
        return -EAGAIN;
    /* Far from the small numbers that people use; and not negative, as iproute2 reads it: should a
     * kill leave it behind, `ip` can still name it. */
    census.group = (census.group & 0x7FFFFFFFU) | 0x40000000U;
    int result = send_groups(run, census.group, false, &refusal, error);
    if (result == 0 && refusal.errno_value == 0)
        result = count_members(&census, error);
    if (result == 0 && refusal.errno_value == 0 && !census.others && census.victims == run->count) {
        struct tunic_batch batch = {0};
        tunic_link_delete_group(&batch, census.group, "delete them");
        run->asked = true;
        result = tunic_batch_send(&batch, &run->context->netlink, refused, &refusal, error);
        tunic_batch_free(&batch);
        if (result == 0 && refusal.errno_value == 0)
            return 0;
    }
    if (result == 0 && refusal.errno_value == EPERM)
        return -EPERM;
    (void)send_groups(run, census.group, true, &ignored, &unused);
    return -EAGAIN;
}

static void delete_victims(struct run *run)
{
    struct tunic_error error;

    int result = run->count > 1 ? -EAGAIN : -EPERM;

    for (int i = 0; i < GROUP_TRIES && result == -EAGAIN; i++)
        result = delete_group(run, &error);
    if (result == 0)
        return;
    /* One alone, or something came between: one by one each finds its own error. */
    for (size_t i = 0; i < run->count; i++)
        delete_one(run, &run->victims[i]->link);
}

int tunic_interfaces_delete(struct tunic_context *context, const struct tunic_name_list *names,
                            const struct tunic_delete *how, tunic_report report, void *closure,
                            struct tunic_error *error)
{
    struct run run = {.context = context,
                      .how = how,
                      .failures = {.report = report, .closure = closure, .first = error}};
    struct tunic_snapshot snapshot;
    struct tunic_error failure;
    int result = how->all ? tunic_snapshot_read(&snapshot, context, 0, &failure)
                          : tunic_snapshot_read_names(&snapshot, context, names, 0, &failure);

    if (result != 0) {
        tunic_failures_add(&run.failures, "", &failure, result);
        return run.failures.result;
    }
    run.victims = calloc(snapshot.count + names->count + 1, sizeof(*run.victims));
    if (!run.victims) {
        tunic_failures_add(&run.failures, "", &failure, tunic_error_memory(&failure));
    } else {
        if (how->all)
            choose_all(&run, &snapshot);
        else
            choose_names(&run, &snapshot, names);
        sort_victims(&run);
        delete_victims(&run);
    }
    free(run.victims);
    tunic_holders_free(&run.holders);
    tunic_snapshot_free(&snapshot);
    return run.failures.result;
}
