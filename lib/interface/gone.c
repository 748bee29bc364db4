/* SPDX-License-Identifier: MIT */
/* Interfaces that another process deletes or renames between the look at them and what follows from
 * it. */
#include "interface/plan.h"

#include <errno.h>
#include <string.h>

int tunic_link_remains(struct tunic_context *context, int32_t ifindex, struct tunic_error *error)
{
    struct tunic_link link;
    int result = tunic_link_get(&context->netlink, NULL, ifindex, false, &link, error);

    if (result == 0)
        tunic_link_release(&link);
    else if (result == -ENODEV)
        result = tunic_link_refuse_gone(error);
    return result;
}

int tunic_link_refuse_gone(struct tunic_error *error)
{
    (void)tunic_error_set(error, TUNIC_ABSENT, "it was deleted meanwhile");
    return -EBADFD;
}

int tunic_link_of(struct tunic_context *context, int descriptor, char name[IFNAMSIZ],
                  struct tunic_link *link, struct tunic_error *error)
{
    enum { TRIES = 5 };
    char before[IFNAMSIZ];
    uint16_t flags;
    int result = tunic_device_interface(descriptor, name, &flags);

    for (unsigned tries = 0; tries < TRIES; tries++) {
        if (result == -EBADFD)
            return tunic_link_refuse_gone(error);
        if (result != 0)
            return tunic_error_system(error, -result, "cannot find the interface");
        memcpy(before, name, IFNAMSIZ);
        int found = tunic_link_get(&context->netlink, before, 0, false, link, error);
        if (found != 0 && found != -ENODEV)
            return found;
        result = tunic_device_interface(descriptor, name, &flags);
        if (found == 0 && result == 0 && strncmp(name, before, IFNAMSIZ) == 0)
            return 0;
        if (found == 0)
            tunic_link_release(link);
    }
    return tunic_error_set(error, TUNIC_FAILED, "it is renamed again and again");
}

int tunic_link_verify(struct tunic_context *context, int descriptor, const struct tunic_link *link,
                      struct tunic_error *error)
{
    struct tunic_link attached = {0};
    char name[IFNAMSIZ];
    int result = tunic_link_of(context, descriptor, name, &attached, error);

    if (result != 0)
        return result;
    bool same = attached.ifindex == link->ifindex;
    tunic_link_release(&attached);
    if (!same)
        result = tunic_link_remains(context, link->ifindex, error);
    if (same || result != 0)
        return result;
    (void)tunic_error_set(error, TUNIC_ABSENT, "it was renamed meanwhile");
    return -EBADFD;
}
