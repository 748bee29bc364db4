/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The peers that will have something to do are in a heap. What packets do to a
 * peer's times mostly puts them off, and then its place is left as it is; it is looked at too early
 * once, and only then gets the place of its true time. So a packet moves something only where it
 * makes its peer due earlier, and peers that are idle are not in the heap.
 */
#include "wireguard/engine.h"

void tunic_schedule_hasten(struct tunic_heap *schedule, struct tunic_wireguard_peer *peer)
{
    uint64_t due = tunic_timers_next(&peer->timers);

    if (peer->scheduled.position != 0 ? due < peer->scheduled.due : due != UINT64_MAX)
        tunic_heap_set(schedule, &peer->scheduled, due);
}

void tunic_schedule_settle(struct tunic_heap *schedule, struct tunic_wireguard_peer *peer)
{
    uint64_t due = tunic_timers_next(&peer->timers);

    if (due == UINT64_MAX)
        tunic_heap_remove(schedule, &peer->scheduled);
    else
        tunic_heap_set(schedule, &peer->scheduled, due);
}
