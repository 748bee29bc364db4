/* SPDX-License-Identifier: MIT */
#include "relay/guard.h"

static int take(const struct nlmsghdr *message, void *closure)
{
    struct tunic_relay *relay = closure;
    struct tunic_link link;

    if (message->nlmsg_type != RTM_NEWLINK || tunic_link_parse(message, &link) != 0)
        return 0;
    if (link.ifindex == relay->ifindex)
        relay->mtu = link.mtu;
    tunic_link_release(&link);
    return 0;
}

static void ready(void *closure, uint32_t events)
{
    struct tunic_guard *guard = closure;
    struct tunic_error error;
    bool overrun = false;

    (void)events;
    if (tunic_monitor_read(&guard->monitor, take, guard->codec.relay, &overrun, &error) != 0)
        tunic_guard_watch_close(guard); /* the MTU that is known will do */
    else if (overrun)
        guard->codec.relay->mtu = UINT32_MAX; /* until it is told again: what the way takes */
}

int tunic_guard_watch(struct tunic_guard *guard, struct tunic_error *error)
{
    int result = tunic_monitor_open(&guard->monitor, false, error);

    if (result != 0)
        return result;
    guard->monitor_source =
        (struct tunic_source){tunic_monitor_descriptor(&guard->monitor), ready, guard};
    result = tunic_loop_add(&guard->codec.relay->loop, &guard->monitor_source, EPOLLIN, error);
    if (result != 0) {
        tunic_netlink_close(&guard->monitor);
        guard->monitor_source.ready = NULL;
    }
    return result;
}

void tunic_guard_watch_close(struct tunic_guard *guard)
{
    if (!guard->monitor_source.ready)
        return;
    tunic_loop_remove(&guard->codec.relay->loop, &guard->monitor_source);
    tunic_netlink_close(&guard->monitor);
    guard->monitor_source.ready = NULL;
}
