/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. An interface that is not persistent goes when its descriptor closes, and
 * the kernel closes it however this process ends. So everything is set while it is not yet
 * persistent, and TUNSETPERSIST comes last: it is the commit. A failure, a signal or a kill at any
 * step before it leaves nothing behind, without a line of roll-back; after it nothing can fail.
 *
 * One that shall live in another network namespace is made there from the start, so that no move,
 * which would follow the commit, is needed.
 */
#include "interface/plan.h"
#include "interface/visit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int tunic_choose_mode(const char *name, const struct tunic_desired *desired, enum tunic_mode *mode,
                      struct tunic_error *error)
{
    if (tunic_is_named(desired, TUNIC_ATTRIBUTE_MODE)) {
        *mode = desired->mode;
        return 0;
    }
    if (strncmp(name, "tun", 3) == 0 || strncmp(name, "tap", 3) == 0) {
        *mode = name[1] == 'a' ? TUNIC_MODE_TAP : TUNIC_MODE_TUN;
        return 0;
    }
    (void)tunic_error_set(error, TUNIC_USAGE, "the mode is missing");
    tunic_error_hint(error,
                     "name 'mode tun' or 'mode tap': only a name that begins with tun or tap "
                     "tells its mode");
    return -EINVAL;
}

/* The mode, and what tunic_desired_check could not know where the name tells it. */
static int check(const char *name, const struct tunic_desired *desired, enum tunic_mode *mode,
                 struct tunic_error *error)
{
    int result = tunic_choose_mode(name, desired, mode, error);

    return result == 0 ? tunic_desired_check_mode(desired, *mode, error) : result;
}

int tunic_interface_add_check(const char *name, const struct tunic_desired *desired,
                              struct tunic_error *error)
{
    enum tunic_mode mode;

    return check(name, desired, &mode, error);
}

static uint16_t creation_flags(const struct tunic_desired *desired, enum tunic_mode mode,
                               unsigned more)
{
    unsigned flags = IFF_TUN_EXCL | more | (mode == TUNIC_MODE_TAP ? IFF_TAP : IFF_TUN);

    flags |= desired->pi ? 0U : IFF_NO_PI;
    flags |= desired->one_queue ? IFF_ONE_QUEUE : 0U;
    flags |= desired->vnet_hdr ? IFF_VNET_HDR : 0U;
    flags |= desired->multi_queue ? IFF_MULTI_QUEUE : 0U;
    flags |= desired->napi ? IFF_NAPI : 0U;
    flags |= desired->napi_frags ? IFF_NAPI_FRAGS : 0U;
    return (uint16_t)flags;
}

/* ---- why it could not be created ------------------------------------------------------- */

static int refuse_existing(struct tunic_context *context, const char *name,
                           struct tunic_error *error)
{
    struct tunic_link link;
    struct tunic_holders holders = {0};
    struct tunic_text text = {0};
    bool read = true;

    if (tunic_link_get(&context->netlink, name, 0, false, &link, error) != 0)
        return tunic_error_set(error, TUNIC_EXISTS, "already exists");
    if (link.kind != TUNIC_KIND_TUN) {
        (void)tunic_error_set(error, TUNIC_EXISTS, "the name is taken by another interface");
        if (link.kind_name[0] != '\0')
            tunic_error_cause(error, "it is a %s", link.kind_name);
    } else {
        if (tunic_interface_looks_held(&link))
            read = tunic_holders_read(&holders, false, error) == 0;
        tunic_interface_describe(&link, read ? &holders : NULL, &text);
        (void)tunic_error_set(error, TUNIC_EXISTS, "already exists (%s); 'tunic ensure' reuses it",
                              text.text ? text.text : "TUN/TAP");
    }
    tunic_text_free(&text);
    tunic_holders_free(&holders);
    tunic_link_release(&link);
    return -EEXIST;
}

static int refuse_creation(struct tunic_context *context, const char *name, uint16_t flags,
                           int result, struct tunic_error *error)
{
    struct tunic_link link;
    struct tunic_error unused;

    if (result == -EPERM) {
        tunic_error_cause(error, "this user may not create interfaces");
        tunic_error_hint(error, "it needs root, or CAP_NET_ADMIN");
        return result;
    }
    if (result == -ENOTTY)
        tunic_context_name_node(context, error);
    if (result == -EBUSY || result == -EEXIST)
        return refuse_existing(context, name, error);
    if (result != -EINVAL)
        return result;
    if (tunic_link_get(&context->netlink, name, 0, false, &link, &unused) == 0) {
        tunic_link_release(&link);
        return refuse_existing(context, name, error);
    }
    if (flags & IFF_NAPI_FRAGS)
        tunic_error_hint(error, "'napi_frags' needs real root, 'mode tap' and 'napi'");
    else
        tunic_error_hint(error, "the kernel takes neither the name nor the flags");
    return result;
}

/* ---- creating -------------------------------------------------------------------------- */

/* Without owner and group every local user could attach: where neither is named, it is the user
 * who makes it. */
static int set_ids(int descriptor, const struct tunic_desired *desired, struct tunic_error *error)
{
    bool has_user = tunic_is_named(desired, TUNIC_ATTRIBUTE_USER);
    bool has_group = tunic_is_named(desired, TUNIC_ATTRIBUTE_GROUP);
    uint32_t user = has_user ? desired->user : has_group ? TUNIC_ID_NONE : geteuid();
    int result = 0;

    if (user != TUNIC_ID_NONE)
        result = tunic_device_set_owner(descriptor, user, error);
    if (result == 0 && has_group && desired->group != TUNIC_ID_NONE)
        result = tunic_device_set_group(descriptor, desired->group, error);
    return result;
}

/* What netlink sets. The attributes that the node has set already must not be looked at again. */
static int configure(struct tunic_context *context, char name[IFNAMSIZ],
                     const struct tunic_desired *desired, int descriptor, struct tunic_error *error)
{
    static const uint64_t of_the_node =
        TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE) | TUNIC_NAMED(TUNIC_ATTRIBUTE_USER) |
        TUNIC_NAMED(TUNIC_ATTRIBUTE_GROUP) | TUNIC_NAMED(TUNIC_ATTRIBUTE_PI) |
        TUNIC_NAMED(TUNIC_ATTRIBUTE_ONE_QUEUE) | TUNIC_NAMED(TUNIC_ATTRIBUTE_VNET_HDR) |
        TUNIC_NAMED(TUNIC_ATTRIBUTE_MULTI_QUEUE) | TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI) |
        TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI_FRAGS) | TUNIC_NAMED(TUNIC_ATTRIBUTE_NETNS);
    struct tunic_desired rest = *desired;
    struct tunic_interface interface = {0};
    struct tunic_plan plan;

    rest.named &= ~of_the_node;
    if (rest.named == 0)
        return 0;
    /* Fresh from the kernel: it has no addresses and no routes yet. */
    int result = tunic_link_of(context, descriptor, name, &interface.link, error);
    if (result != 0) {
        if (result != -EBADFD)
            tunic_error_action(error, "cannot find the interface just made");
        return result;
    }
    result = tunic_plan_make(&plan, context, &interface, &rest, error);
    if (result == 0)
        result = tunic_plan_commit(&plan, descriptor, error);
    tunic_plan_free(&plan);
    tunic_link_release(&interface.link);
    return result;
}

int tunic_interface_make(struct tunic_context *context, char name[IFNAMSIZ],
                         const struct tunic_desired *desired, unsigned more_flags, int *descriptor,
                         struct tunic_error *error)
{
    enum tunic_mode mode;
    int made;
    int result = check(name, desired, &mode, error);

    if (result != 0)
        return result;
    result = tunic_device_open(context->device_node, &made, error);
    if (result != 0)
        return result;
    uint16_t flags = creation_flags(desired, mode, more_flags);
    result = tunic_device_set_interface(made, name, flags, error);
    if (result != 0)
        result = refuse_creation(context, name, flags, result, error);
    if (result == 0)
        result = set_ids(made, desired, error);
    if (result == 0)
        result = configure(context, name, desired, made, error);
    if (result == 0)
        *descriptor = made;
    else
        (void)close(made);
    return result;
}

static int add_here(struct tunic_context *context, char name[IFNAMSIZ],
                    const struct tunic_desired *desired, struct tunic_error *error)
{
    /* Nobody reads yet: on one that is up the kernel would begin to speak, had it a carrier even
     * for this moment (duplicate detection, a bridge's forwarding), and tell those who wait. */
    unsigned quiet = desired->up ? IFF_NO_CARRIER : 0U;
    int descriptor;
    int result = tunic_interface_make(context, name, desired, quiet, &descriptor, error);

    if (result == 0) {
        result = tunic_device_set_persist(descriptor, true, error);
        (void)close(descriptor);
    }
    return result;
}

int tunic_interface_add(struct tunic_context *context, char name[IFNAMSIZ],
                        const struct tunic_desired *desired, struct tunic_error *error)
{
    struct tunic_visit visit;

    if (!tunic_is_named(desired, TUNIC_ATTRIBUTE_NETNS))
        return add_here(context, name, desired, error);
    int result = tunic_visit_begin(&visit, context, desired->netns, error);
    if (result != 0)
        return result;
    return tunic_visit_end(&visit, add_here(&visit.context, name, desired, error), error);
}
