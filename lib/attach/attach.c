/* SPDX-License-Identifier: MIT */
#include "attach/engine.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* ---- opening --------------------------------------------------------------------------- */

static int find_interface(struct tunic_attach *attach, struct tunic_error *error)
{
    struct tunic_snapshot snapshot = {0};
    const struct tunic_interface *interface;
    const char *name = attach->options.name;
    int result = tunic_snapshot_read_one(&snapshot, attach->context, name, 0, error);

    if (result == 0 || result == -ENODEV)
        result = tunic_snapshot_require(&snapshot, attach->context, name, &interface, error);
    tunic_snapshot_free(&snapshot);
    if (result == -EEXIST)
        error->reason = TUNIC_FAILED;
    if (result == 0)
        result = tunic_link_get(&attach->context->netlink, name, 0, true, &attach->link, error);
    return result;
}

static int prepare_queues(struct tunic_attach *attach, struct tunic_error *error)
{
    if (attach->options.aside)
        return 0;
    /* Without a carrier nothing comes in the form that the last user had set, or past the filter.
     */
    for (size_t i = 0; i < attach->queue_count; i++) {
        int result = tunic_queue_prepare(&attach->queues[i], false, error);
        if (result != 0)
            return result;
        if (attach->link.tap && !attach->link.multi_queue)
            tunic_filter_install(&attach->filter, &attach->queues[i]);
    }
    return 0;
}

static void stop(void *closure, uint32_t events)
{
    struct tunic_attach *attach = closure;

    (void)events;
    tunic_loop_stop(&attach->loop, 0);
}

static int open_loop(struct tunic_attach *attach, struct tunic_error *error)
{
    int result = tunic_loop_open(&attach->loop, error);

    attach->stop =
        (struct tunic_source){.descriptor = attach->options.stop, .ready = stop, .closure = attach};
    if (result == 0 && attach->options.stop >= 0)
        result = tunic_loop_add(&attach->loop, &attach->stop, EPOLLIN, error);
    return result;
}

int tunic_attach_open(struct tunic_attach **attach, struct tunic_context *context,
                      const struct tunic_attach_options *options, struct tunic_error *error)
{
    struct tunic_attach *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return tunic_error_memory(error);
    opened->context = context;
    opened->options = *options;
    opened->loop.epoll = -1;
    tunic_notify_open(&opened->notify, options->notify);
    int result = find_interface(opened, error);
    opened->layer = opened->link.tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    if (result == 0)
        result = tunic_filter_open(&opened->filter, opened->layer, options->filter, error);
    if (result == 0)
        result =
            tunic_interface_attach(context, &opened->link, opened->queues, options->queues, error);
    if (result == 0) {
        opened->queue_count = options->queues;
        result = prepare_queues(opened, error);
    }
    if (result == 0) {
        tunic_device_carrier_on(opened->queues[0].descriptor);
        result = open_loop(opened, error);
    }
    if (result == 0)
        *attach = opened;
    else
        tunic_attach_close(opened);
    return result;
}

void tunic_attach_close(struct tunic_attach *attach)
{
    if (!attach)
        return;
    for (size_t i = 0; i < attach->queue_count; i++)
        tunic_queue_release(&attach->queues[i]);
    tunic_queues_close(attach->queues, attach->queue_count);
    tunic_loop_close(&attach->loop);
    tunic_filter_close(&attach->filter);
    tunic_notify_close(&attach->notify);
    tunic_link_release(&attach->link);
    free(attach);
}

/* ---- what is known of it --------------------------------------------------------------- */

const struct tunic_link *tunic_attach_link(const struct tunic_attach *attach)
{
    return &attach->link;
}

enum tunic_layer tunic_attach_layer(const struct tunic_attach *attach)
{
    return attach->layer;
}

void tunic_attach_count(struct tunic_attach *attach, struct tunic_attach_counters *counters)
{
    struct tunic_link now;
    struct tunic_error ignored;

    *counters = attach->counters;
    if (tunic_link_get(&attach->context->netlink, NULL, attach->link.ifindex, true, &now,
                       &ignored) != 0)
        return;
    counters->overflow_known =
        now.has_stats && attach->link.has_stats && !attach->queues[0].filtered;
    if (counters->overflow_known)
        counters->overflowed = now.stats.tx_dropped - attach->link.stats.tx_dropped;
    tunic_link_release(&now);
}

/* ---- while an action runs -------------------------------------------------------------- */

static int confine(const struct tunic_attach *attach, struct tunic_error *error)
{
    struct tunic_sandbox sandbox = {.role = TUNIC_SANDBOX_ATTACH};

    tunic_sandbox_choose(&sandbox, attach->link.owner, attach->link.group);
    return attach->options.no_sandbox ? 0 : tunic_sandbox_enter(&sandbox, error);
}

int tunic_attach_run(struct tunic_attach *attach, struct tunic_error *error)
{
    int result = confine(attach, error);

    if (result != 0)
        return result;
    attach->error = error;
    tunic_notify_ready(&attach->notify);
    return tunic_loop_run(&attach->loop, error);
}

void tunic_attach_fail(struct tunic_attach *attach, int result)
{
    tunic_loop_stop(&attach->loop, result);
}

void tunic_attach_deleted(struct tunic_attach *attach)
{
    tunic_attach_fail(attach, tunic_error_set(attach->error, TUNIC_ABSENT, "it was deleted"));
}

bool tunic_attach_counted(struct tunic_attach *attach, size_t length)
{
    attach->counters.packets++;
    attach->counters.bytes += length;
    return attach->counters.packets == attach->options.count;
}

void tunic_attach_took(struct tunic_attach *attach, size_t length)
{
    if (tunic_attach_counted(attach, length))
        tunic_loop_stop(&attach->loop, 0);
}

size_t tunic_attach_next(struct tunic_attach *attach)
{
    struct virtio_net_hdr header;

    for (unsigned unfit = 0; unfit < TUNIC_ATTACH_BURST; unfit++) {
        ssize_t got =
            tunic_queue_read(&attach->queues[0], &header, attach->packet, sizeof(attach->packet));
        if (got == -EBADFD)
            tunic_attach_deleted(attach);
        else if (got < 0 && got != -EAGAIN && got != -EINTR && got != -EBADMSG)
            tunic_attach_fail(
                attach, tunic_error_system(attach->error, (int)-got, "cannot read its packets"));
        if (got <= 0)
            return 0;
        if (tunic_filter_fits(&attach->filter, attach->packet, (size_t)got))
            return (size_t)got;
        attach->counters.unfit++;
    }
    return 0;
}

bool tunic_attach_give(struct tunic_attach *attach, const uint8_t *packet, size_t length)
{
    static const struct virtio_net_hdr plain;
    struct iovec pieces[2] = {{0}, tunic_piece(packet, length)};
    int result = tunic_queue_write(&attach->queues[0], &plain, pieces, TUNIC_COUNT(pieces));

    if (result == -EBADFD) {
        tunic_attach_deleted(attach);
        return false;
    }
    attach->counters.refused += result != 0;
    return true;
}
