/* SPDX-License-Identifier: MIT */
#include "interface/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- comparing ------------------------------------------------------------------------- */

void tunic_plan_differs(struct tunic_plan *plan, const char *format, ...)
{
    va_list arguments;
    char text[2 * TUNIC_VALUE_TEXT + 64];

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    tunic_text_add_bytes(&plan->differences, text, strlen(text) + 1);
    plan->changes++;
}

/* Remembers which attribute the requests begun last are for. */
static void note_queued(struct tunic_plan *plan)
{
    char attribute = (char)plan->current;

    while (plan->items.length < plan->batch.count && !plan->items.failed)
        tunic_text_add_bytes(&plan->items, &attribute, 1);
}

/* Asks the rows for what they remove before the additions, or after them. */
static void remove_first_or_last(struct tunic_plan *plan, bool first)
{
    for (unsigned i = TUNIC_ATTRIBUTE_COUNT; i-- > 0;) {
        const struct tunic_attribute_actions *actions = tunic_attribute_actions(i);
        if (!tunic_is_named(plan->desired, i) || !actions)
            continue;
        plan->current = i;
        if (first && actions->undo)
            actions->undo(plan);
        else if (!first && actions->tidy)
            actions->tidy(plan);
        note_queued(plan);
    }
}

int tunic_plan_make(struct tunic_plan *plan, struct tunic_context *context,
                    const struct tunic_interface *interface, const struct tunic_desired *desired,
                    struct tunic_error *error)
{
    *plan = (struct tunic_plan){.context = context, .desired = desired, .interface = interface};
    remove_first_or_last(plan, true);
    for (unsigned i = 0; i < TUNIC_ATTRIBUTE_COUNT; i++) {
        const struct tunic_attribute_actions *actions = tunic_attribute_actions(i);
        if (!tunic_is_named(desired, i) || !actions || !actions->make)
            continue;
        plan->current = i;
        int result = actions->make(plan, error);
        if (result != 0)
            return result;
        note_queued(plan);
    }
    remove_first_or_last(plan, false);
    if (plan->items.failed || plan->differences.failed)
        return tunic_error_memory(error);
    return 0;
}

void tunic_plan_free(struct tunic_plan *plan)
{
    tunic_batch_free(&plan->batch);
    tunic_text_free(&plan->items);
    tunic_text_free(&plan->differences);
}

/* ---- what needs a descriptor ----------------------------------------------------------- */

static int attach(const struct tunic_plan *plan, int *descriptor, struct tunic_error *error)
{
    const struct tunic_link *link = &plan->interface->link;
    /* Nobody is going to read: the carrier stays as it is, where the kernel knows how. */
    unsigned flags = tunic_attach_flags(link) | IFF_NO_CARRIER | plan->add_flags;

    if (plan->add_pi)
        flags &= ~(unsigned)IFF_NO_PI;
    return tunic_link_attach(plan->context, link, flags,
                             "owner, group, pi and vnet_hdr change only while it is free",
                             descriptor, error);
}

static int commit_device(const struct tunic_plan *plan, int descriptor, struct tunic_error *error)
{
    const struct tunic_desired *desired = plan->desired;
    int attached = -1;
    int result = 0;

    if (!plan->attach && !plan->set_owner && !plan->set_group)
        return 0;
    if (descriptor < 0) {
        result = attach(plan, &attached, error);
        if (result != 0)
            return result;
        descriptor = attached;
    }
    if (plan->set_owner)
        result = tunic_device_set_owner(descriptor, desired->user, error);
    if (result == 0 && plan->set_group)
        result = tunic_device_set_group(descriptor, desired->group, error);
    if (attached >= 0)
        (void)close(attached);
    return result;
}

/* ---- what needs files ------------------------------------------------------------------ */

static int write_inet6_setting(const struct tunic_plan *plan, const char *setting, bool on,
                               struct tunic_error *error)
{
    char path[128];

    /* A name cannot hold a '/': it cannot lead elsewhere. */
    (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", plan->interface->link.name,
                   setting);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    int reason = descriptor < 0 ? errno : 0;
    if (descriptor >= 0) {
        ssize_t written = write(descriptor, on ? "1\n" : "0\n", 2);
        if (written != 2)
            reason = written < 0 ? errno : EIO;
        if (close(descriptor) != 0 && reason == 0)
            reason = errno;
    }
    return reason == 0
               ? 0
               : tunic_error_system(error, reason, "cannot set the IPv6 setting '%s'", setting);
}

static int commit_files(const struct tunic_plan *plan, struct tunic_error *error)
{
    int result = 0;

    if (plan->set_inet6_forwarding)
        result = write_inet6_setting(plan, "forwarding",
                                     plan->desired->forwarding == TUNIC_SWITCH_ON, error);
    if (result == 0 && plan->set_inet6_linkdown)
        result = write_inet6_setting(plan, "ignore_routes_with_linkdown",
                                     plan->desired->linkdown_routes == TUNIC_SWITCH_OFF, error);
    return result;
}

/* ---- requests -------------------------------------------------------------------------- */

struct refusals {
    const struct tunic_plan *plan;
    struct tunic_error *error; /* of the first one: those behind it are often its consequences */
    int result;
};

static void refused(void *closure, size_t index, const char *label, int errno_value,
                    const char *text)
{
    struct refusals *refusals = closure;
    unsigned attribute = (unsigned char)refusals->plan->items.text[index];
    const struct tunic_attribute_actions *actions = tunic_attribute_actions(attribute);

    if (refusals->result != 0)
        return;
    refusals->result = tunic_error_system(refusals->error, errno_value, "cannot %s", label);
    if (*text != '\0')
        tunic_error_cause(refusals->error, "%s", text);
    else if (errno_value == EPERM)
        tunic_error_cause(refusals->error, "this user may not change interfaces");
    if (errno_value == EPERM || errno_value == EACCES)
        tunic_error_hint(refusals->error, "it needs root, or CAP_NET_ADMIN");
    if (actions && actions->explain)
        actions->explain(errno_value, refusals->error);
}

int tunic_plan_commit(struct tunic_plan *plan, int descriptor, struct tunic_error *error)
{
    struct refusals refusals = {.plan = plan, .error = error};
    struct tunic_error unused;
    int result = commit_device(plan, descriptor, error);

    if (result == 0)
        result = tunic_batch_send(&plan->batch, &plan->context->netlink, refused, &refusals, error);
    if (result == 0)
        result = refusals.result;
    if (result == 0)
        result = commit_files(plan, error);
    if (result == 0 ||
        tunic_link_remains(plan->context, plan->interface->link.ifindex, &unused) != -EBADFD)
        return result;
    return tunic_link_refuse_gone(error);
}
