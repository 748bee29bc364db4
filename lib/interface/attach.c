/* SPDX-License-Identifier: MIT */
#include "interface/plan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int tunic_link_attach(struct tunic_context *context, const struct tunic_link *link, unsigned flags,
                      const char *busy, int *descriptor, struct tunic_error *error)
{
    char name[IFNAMSIZ];
    int attached;

    memcpy(name, link->name, IFNAMSIZ);
    int result = tunic_device_open(context->device_node, &attached, error);
    if (result != 0)
        return result;
    result = tunic_device_set_interface(attached, name, (uint16_t)flags, error);
    bool named = result == 0;
    if (named)
        result = tunic_link_verify(context, attached, link, error);
    if (result == 0) {
        *descriptor = attached;
        return 0;
    }
    (void)close(attached);
    if (named)
        return result;
    if (result == -ENOTTY)
        tunic_context_name_node(context, error);
    if (result == -EPERM)
        return tunic_link_refuse_user(link, "cannot attach to it", error);
    if (result == -EBUSY) {
        struct tunic_holders holders;
        bool read = tunic_holders_read(&holders, false, error) == 0;
        result = tunic_link_refuse_busy(link, read ? &holders : NULL, busy, error);
        tunic_holders_free(&holders);
    }
    return result;
}

void tunic_queues_close(struct tunic_queue *queues, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (queues[i].descriptor >= 0)
            (void)close(queues[i].descriptor);
        queues[i].descriptor = -1;
    }
}

int tunic_interface_attach(struct tunic_context *context, const struct tunic_link *link,
                           struct tunic_queue *queues, size_t count, struct tunic_error *error)
{
    /* Where others are on it, the carrier is theirs too. */
    unsigned flags = tunic_attach_flags(link) | (link->multi_queue ? 0U : IFF_NO_CARRIER);

    if (count > 1 && !link->multi_queue) {
        (void)tunic_error_set(error, TUNIC_EXISTS, "it has one queue");
        tunic_error_hint(error, "one that is made with 'multi_queue' has more");
        return -EEXIST;
    }
    for (size_t i = 0; i < count; i++) {
        int result = tunic_link_attach(context, link, flags, "cannot attach to it",
                                       &queues[i].descriptor, error);
        if (result != 0) {
            tunic_queues_close(queues, i);
            return result;
        }
        queues[i].tap = link->tap;
        queues[i].pi = link->pi;
        queues[i].vnet = link->vnet_hdr;
        queues[i].offloads = 0;
    }
    return 0;
}
