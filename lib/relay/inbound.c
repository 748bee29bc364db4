/* SPDX-License-Identifier: MIT */
#include "relay/engine.h"

#include <errno.h>

static unsigned merge_kinds(const struct tunic_queue *queue)
{
    unsigned kinds = 0;

    kinds |= (queue->offloads & TUN_F_TSO4) != 0 ? TUNIC_MERGE_TCP4 : 0U;
    kinds |= (queue->offloads & TUN_F_TSO6) != 0 ? TUNIC_MERGE_TCP6 : 0U;
    kinds |= (queue->offloads & TUN_F_USO4) != 0 ? TUNIC_MERGE_UDP : 0U;
    return kinds;
}

void tunic_inbound_open(struct tunic_relay *relay)
{
    tunic_merge_prepare(&relay->inbound.merge, relay->layer, merge_kinds(&relay->queue));
}

/* A super-packet that the kernel refuses, it will refuse again: some releases had such a fault. */
static void give_up(struct tunic_merge *merge, uint8_t type)
{
    unsigned kinds = merge->kinds;

    if (type == VIRTIO_NET_HDR_GSO_TCPV4)
        kinds &= ~(unsigned)TUNIC_MERGE_TCP4;
    else if (type == VIRTIO_NET_HDR_GSO_TCPV6)
        kinds &= ~(unsigned)TUNIC_MERGE_TCP6;
    else
        kinds &= ~(unsigned)TUNIC_MERGE_UDP;
    merge->kinds = kinds;
}

/* As many as came in: a merged packet has the headers of the others no more. */
static uint64_t bytes_of(const struct tunic_merge_group *group)
{
    return group->length + (group->count - 1U) * (uint64_t)group->headers.payload;
}

static void write_group(struct tunic_relay *relay, size_t index)
{
    struct tunic_inbound *inbound = &relay->inbound;
    struct tunic_merge_group *group = &inbound->merge.groups[index];
    struct virtio_net_hdr header;
    size_t count = tunic_merge_take(&inbound->merge, index, &header, inbound->pieces + 1);

    if (group->count == 1 && !relay->options->no_mss)
        tunic_clamp_mss(&group->headers, inbound->pieces[1].iov_base, inbound->pieces[1].iov_len,
                        relay->limit);
    int result = tunic_queue_write(&relay->queue, &header, inbound->pieces, count + 1);
    if (result == 0) {
        relay->counters.device_out += group->count;
        relay->counters.device_out_bytes += bytes_of(group);
        return;
    }
    relay->counters.device_refused += group->count;
    if (result == -EINVAL && group->count > 1)
        give_up(&inbound->merge, header.gso_type);
    else if (result == -EBADFD)
        tunic_relay_device_failed(relay, result);
}

void tunic_inbound_flush(struct tunic_relay *relay)
{
    struct tunic_merge *merge = &relay->inbound.merge;

    relay->inbound.busy = true;
    for (size_t i = 0; i < merge->group_count && !relay->loop.stopped; i++)
        write_group(relay, i);
    tunic_merge_reset(merge);
}

size_t tunic_inbound_deliver(struct tunic_relay *relay, const struct tunic_span *spans,
                             size_t count)
{
    struct tunic_merge *merge = &relay->inbound.merge;
    size_t accepted = 0;

    for (size_t i = 0; i < count; i++) {
        const struct tunic_span *span = &spans[i];

        if (!tunic_congestion_mark(relay->layer, span->traffic_class, span->data, span->length)) {
            relay->counters.malformed++;
            continue;
        }
        int result = tunic_merge_add(merge, span->data, span->length);
        if (result == -ENOSPC) {
            tunic_inbound_flush(relay);
            result = tunic_merge_add(merge, span->data, span->length);
        }
        if (result == 0)
            accepted++;
        else
            relay->counters.malformed++;
    }
    return accepted;
}
