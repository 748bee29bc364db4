/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The peers that will have something to do form a binary heap: each is due no
 * later than the two below it. What packets do to a peer's times mostly puts them off, and then its
 * place is left as it is; it is looked at too early once, and only then gets the place of its true
 * time. So a packet moves something only where it makes its peer due earlier, and peers that are
 * idle are not in the heap.
 */
#include "wireguard/engine.h"

#include <errno.h>
#include <stdlib.h>

static void place(struct tunic_schedule *schedule, size_t index, struct tunic_wireguard_peer *peer)
{
    schedule->heap[index] = peer;
    peer->position = index + 1;
}

static void rise(struct tunic_schedule *schedule, size_t index, struct tunic_wireguard_peer *peer)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (schedule->heap[parent]->due <= peer->due)
            break;
        place(schedule, index, schedule->heap[parent]);
        index = parent;
    }
    place(schedule, index, peer);
}

static void sink(struct tunic_schedule *schedule, size_t index, struct tunic_wireguard_peer *peer)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= schedule->count)
            break;
        if (child + 1 < schedule->count &&
            schedule->heap[child + 1]->due < schedule->heap[child]->due)
            child++;
        if (peer->due <= schedule->heap[child]->due)
            break;
        place(schedule, index, schedule->heap[child]);
        index = child;
    }
    place(schedule, index, peer);
}

/* Puts a peer where it belongs, the place `index` being free. */
static void put(struct tunic_schedule *schedule, size_t index, struct tunic_wireguard_peer *peer)
{
    if (index > 0 && peer->due < schedule->heap[(index - 1) / 2]->due)
        rise(schedule, index, peer);
    else
        sink(schedule, index, peer);
}

int tunic_schedule_reserve(struct tunic_schedule *schedule, size_t peers)
{
    struct tunic_wireguard_peer **heap = tunic_array_reserve(
        schedule->heap, peers - 1, &schedule->capacity, sizeof(struct tunic_wireguard_peer *));

    if (!heap)
        return -ENOMEM;
    schedule->heap = heap;
    return 0;
}

void tunic_schedule_close(struct tunic_schedule *schedule)
{
    free(schedule->heap);
}

void tunic_schedule_hasten(struct tunic_schedule *schedule, struct tunic_wireguard_peer *peer)
{
    uint64_t due = tunic_timers_next(&peer->timers);

    if (peer->position != 0 ? due >= peer->due : due == UINT64_MAX)
        return;
    peer->due = due;
    rise(schedule, peer->position != 0 ? peer->position - 1 : schedule->count++, peer);
}

void tunic_schedule_settle(struct tunic_schedule *schedule, struct tunic_wireguard_peer *peer)
{
    uint64_t due = tunic_timers_next(&peer->timers);

    if (due == UINT64_MAX) {
        tunic_schedule_remove(schedule, peer);
        return;
    }
    peer->due = due;
    put(schedule, peer->position != 0 ? peer->position - 1 : schedule->count++, peer);
}

void tunic_schedule_remove(struct tunic_schedule *schedule, struct tunic_wireguard_peer *peer)
{
    if (peer->position == 0)
        return;
    size_t index = peer->position - 1;
    struct tunic_wireguard_peer *last = schedule->heap[--schedule->count];
    if (last != peer)
        put(schedule, index, last);
    peer->position = 0;
}
