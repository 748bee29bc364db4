/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Whoever has a descriptor that is attached keeps the carrier up. One of the
 * queues of a multi_queue interface can be detached and keeps it still, while the others get every
 * packet. An only queue fills up unread, and what comes after that is dropped.
 *
 * The kernel wakes those who wait on the descriptor when the interface is deleted, detached or not,
 * whatever its name and namespace are by then. But on some kernels a detached descriptor is ready,
 * with an error, all the time. So only changes are asked for, none of them the arrival of a packet,
 * and what each is about is asked of the kernel.
 */
#include "attach/engine.h"

#include <errno.h>

static void changed(void *closure, uint32_t events)
{
    struct tunic_attach *attach = closure;
    char name[IFNAMSIZ];
    uint16_t flags;

    (void)events;
    if (tunic_device_interface(attach->queues[0].descriptor, name, &flags) == -EBADFD)
        tunic_attach_deleted(attach);
}

int tunic_attach_hold(struct tunic_attach *attach, struct tunic_error *error)
{
    struct tunic_source source = {
        .descriptor = attach->queues[0].descriptor, .ready = changed, .closure = attach};
    int result = attach->link.multi_queue ? tunic_queue_detach(&attach->queues[0], error) : 0;

    if (result == 0)
        result = tunic_loop_add(&attach->loop, &source,
                                (uint32_t)TUNIC_QUEUE_UNREAD | (uint32_t)EPOLLET, error);
    if (result != 0)
        return result;
    result = tunic_attach_run(attach, error);
    tunic_loop_remove(&attach->loop, &source);
    return result;
}
