/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. What a packet is answered with, lib/packet knows. Here is what it cannot
 * see: that there may be others. A tap that is the port of a bridge would answer for every host of
 * that network, so it is refused, and one that becomes it ends the action. Addresses of the
 * interface bring broadcast addresses with them, which are nobody's to answer; they are read
 * again whenever the kernel tells of a change.
 */
#include "attach/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct responding {
    struct tunic_attach *attach;
    struct tunic_responder responder;
    uint8_t (*broadcasts)[4];
    size_t broadcast_count;
    size_t broadcast_capacity;
    struct tunic_netlink monitor;
    struct tunic_source changes;
    bool changed; /* the interface, since it was read */
    uint8_t answer[TUNIC_PACKET_MOST];
};

/* ---- who it is ------------------------------------------------------------------------- */

/* Made of the interface's own, so that a neighbour cache is right after a restart too. */
static void choose_mac(struct responding *responding)
{
    uint8_t *mac = responding->responder.mac;

    memcpy(mac, responding->attach->link.address, sizeof(responding->responder.mac));
    mac[0] = (uint8_t)((mac[0] & ~0x01U) | 0x02U) ^ 0x04U; /* one host's, by nobody assigned */
}

/* ---- where it is ----------------------------------------------------------------------- */

/* A VRF joins routes, not networks. */
static int check_master(const struct responding *responding,
                        const struct tunic_interface *interface, struct tunic_error *error)
{
    struct tunic_context *context = responding->attach->context;
    char name[64];
    char master[64];
    struct tunic_link link;
    struct tunic_error ignored;
    bool routes = false;

    if (!interface->link.tap || interface->link.master == 0)
        return 0;
    if (tunic_link_get(&context->netlink, NULL, interface->link.master, false, &link, &ignored) ==
        0) {
        routes = strcmp(link.kind_name, "vrf") == 0;
        tunic_link_release(&link);
    }
    if (routes)
        return 0;
    tunic_text_escape(name, sizeof(name), interface->link.name);
    tunic_text_escape(master, sizeof(master), interface->master);
    (void)tunic_error_set(error, TUNIC_FAILED, "it belongs to %s", master);
    tunic_error_cause(error, "it would answer for every address of that network");
    tunic_error_hint(error, "'tunic set %s master none' takes it out", name);
    return tunic_reason_errno(TUNIC_FAILED);
}

static int add_broadcast(struct responding *responding, const uint8_t *address,
                         struct tunic_error *error)
{
    void *grown = tunic_array_reserve(responding->broadcasts, responding->broadcast_count,
                                      &responding->broadcast_capacity, 4);

    if (!grown)
        return tunic_error_memory(error);
    responding->broadcasts = grown;
    memcpy(responding->broadcasts[responding->broadcast_count++], address, 4);
    return 0;
}

/* The one that is set, and the one that the kernel takes for it all the same: the last of the
 * subnet, where that has more than two. */
static int add_broadcasts(struct responding *responding, const struct tunic_address *address,
                          struct tunic_error *error)
{
    enum { BITS = 32, POINT_TO_POINT = 31 };
    int result = 0;
    uint8_t last[4];

    if (address->family != AF_INET)
        return 0;
    if (address->has_broadcast)
        result = add_broadcast(responding, address->broadcast, error);
    if (result != 0 || address->prefix >= POINT_TO_POINT)
        return result;
    memcpy(last, address->has_peer ? address->peer : address->local, sizeof(last));
    for (unsigned bit = address->prefix; bit < BITS; bit++)
        last[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
    return add_broadcast(responding, last, error);
}

static int learn_from(struct responding *responding, const struct tunic_interface *interface,
                      struct tunic_error *error)
{
    int result = check_master(responding, interface, error);

    responding->broadcast_count = 0;
    for (size_t i = 0; i < interface->address_count && result == 0; i++)
        result = add_broadcasts(responding, &interface->addresses[i], error);
    responding->responder.broadcasts = (const uint8_t(*)[4])responding->broadcasts;
    responding->responder.broadcast_count = responding->broadcast_count;
    return result;
}

/* It may have another name by now. -ENODEV: it is gone. */
static int learn(struct responding *responding, struct tunic_error *error)
{
    const struct tunic_attach *attach = responding->attach;
    struct tunic_context *context = attach->context;
    struct tunic_snapshot snapshot;
    struct tunic_link link;
    int result = tunic_link_get(&context->netlink, NULL, attach->link.ifindex, false, &link, error);

    if (result != 0)
        return result;
    result = tunic_snapshot_read_one(&snapshot, context, link.name, TUNIC_LOAD_ADDRESSES, error);
    tunic_link_release(&link);
    if (result != 0)
        return result;
    result = learn_from(responding, &snapshot.interfaces[0], error);
    tunic_snapshot_free(&snapshot);
    return result;
}

/* ---- what changes ---------------------------------------------------------------------- */

static int32_t ifindex_of(const struct nlmsghdr *message)
{
    struct tunic_address address;
    struct tunic_link link;
    uint16_t type = message->nlmsg_type;

    if ((type == RTM_NEWADDR || type == RTM_DELADDR) && tunic_address_parse(message, &address) == 0)
        return address.ifindex;
    if (type != RTM_NEWLINK || tunic_link_parse(message, &link) != 0)
        return 0;
    tunic_link_release(&link);
    return link.ifindex;
}

static int take_change(const struct nlmsghdr *message, void *closure)
{
    struct responding *responding = closure;

    responding->changed |= ifindex_of(message) == responding->attach->link.ifindex;
    return 0;
}

static void ready(void *closure, uint32_t events)
{
    struct responding *responding = closure;
    struct tunic_error *error = responding->attach->error;
    bool overrun = false;

    (void)events;
    responding->changed = false;
    int result = tunic_monitor_read(&responding->monitor, take_change, responding, &overrun, error);
    if (result == 0 && (responding->changed || overrun))
        result = learn(responding, error);
    if (result != 0 && result != -ENODEV) /* that, its descriptor tells */
        tunic_attach_fail(responding->attach, result);
}

/* Before it is read for the first time: no change may be missed. */
static int follow_changes(struct responding *responding, struct tunic_error *error)
{
    int result = tunic_monitor_open(&responding->monitor, true, error);

    if (result != 0)
        return result;
    responding->changes =
        (struct tunic_source){.descriptor = tunic_monitor_descriptor(&responding->monitor),
                              .ready = ready,
                              .closure = responding};
    result = tunic_loop_add(&responding->attach->loop, &responding->changes, EPOLLIN, error);
    if (result != 0)
        tunic_netlink_close(&responding->monitor);
    return result;
}

/* ---- packets --------------------------------------------------------------------------- */

static int take(void *closure, const struct tunic_attach_packet *packet, struct tunic_error *error)
{
    struct responding *responding = closure;
    struct tunic_attach *attach = responding->attach;
    uint64_t refused = attach->counters.refused;
    size_t length = tunic_responder_answer(&responding->responder, attach->layer, packet->bytes,
                                           packet->length, responding->answer);

    (void)error; /* tunic_attach_give has told it */
    if (length == 0)
        return 0;
    if (!tunic_attach_give(attach, responding->answer, length))
        return -ENODEV;
    attach->counters.answered += attach->counters.refused == refused;
    return 0;
}

int tunic_attach_respond(struct tunic_attach *attach, struct tunic_error *error)
{
    struct responding *responding = calloc(1, sizeof(*responding));
    const struct tunic_attach_user user = {.closure = responding, .take = take};

    if (!responding)
        return tunic_error_memory(error);
    responding->attach = attach;
    choose_mac(responding);
    int result = follow_changes(responding, error);
    if (result == 0) {
        result = learn(responding, error);
        if (result == 0)
            result = tunic_attach_packets(attach, &user, error);
        tunic_loop_remove(&attach->loop, &responding->changes);
        tunic_netlink_close(&responding->monitor);
    }
    free(responding->broadcasts);
    free(responding);
    return result;
}
