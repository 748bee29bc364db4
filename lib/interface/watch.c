/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The kernel's events of links and addresses are subscribed to first and the
 * picture is read after that. Each link event is the whole link as it was at that moment, and is
 * told together with what was known before: an interface that came and went within a millisecond
 * is told of twice, in order. What is known is one record for each TUN/TAP interface that there
 * is, found by ifindex, as names may change.
 *
 * A picture is certain to stand at one point of the stream of events only if none came while it
 * was read. So what came before is thrown away, the picture is read, and this again while events
 * are pending, a few times. Where the host never rests the last picture is taken: events older
 * than it are then told as changes to and fro, but what is known ends right.
 *
 * An overrun of the socket means that events were lost. A new picture is read in the same way,
 * and what is known is brought to it, by changes that are told like those of events.
 *
 * The kernel has no event for some changes of an interface that is down: its owner, that it is
 * persistent, that a process opens it. Most are made to a new interface before its maker closes
 * the device node, which inotify tells. So one that is new is read again, and again when a node
 * was closed, until it is persistent, or LOOKS times, as other closings may come before the right
 * one. Later changes of that sort are seen at the next event of that interface.
 */
#include "interface/known.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PICTURE_TRIES = 8,
    LOOKS = 16,
};

struct watch {
    struct tunic_context *context;
    struct tunic_netlink monitor;
    struct tunic_known_list known;
    tunic_event_handle handle;
    void *closure;
    bool ended;
    int closings; /* inotify of the device node, while something is new; -1 */
    bool closed;  /* those that are new are to be read again */
};

/* ---- what is known --------------------------------------------------------------------- */

static int tell(struct watch *watch, enum tunic_event_kind kind,
                const struct tunic_interface *interface, const struct tunic_interface *before)
{
    struct tunic_event event = {kind, interface, before};
    int result = watch->handle(watch->closure, &event);

    watch->ended = watch->ended || result != 0;
    return result;
}

/* Takes `now` over, also where it fails. */
static int appear(struct watch *watch, struct tunic_known *now, enum tunic_event_kind kind)
{
    int result = tunic_known_insert(&watch->known, now);

    return result == 0 ? tell(watch, kind, &now->interface, NULL) : result;
}

static int disappear(struct watch *watch, struct tunic_known *gone)
{
    int result = tell(watch, TUNIC_EVENT_DELETED, &gone->interface, NULL);

    tunic_known_remove(&watch->known, gone);
    return result;
}

/* Puts `now`, which may share the link's texts or the addresses with it, in place of what was
 * known, and takes it over. */
static int change(struct watch *watch, struct tunic_known *known, const struct tunic_known *now)
{
    struct tunic_known before = *known;

    *known = *now;
    int result = tell(watch, TUNIC_EVENT_CHANGED, &known->interface, &before.interface);
    if (before.addresses != known->addresses)
        free(before.addresses);
    if (before.interface.link.alias != known->interface.link.alias)
        free(before.interface.link.alias);
    if (before.interface.link.altnames != known->interface.link.altnames)
        free(before.interface.link.altnames);
    return result;
}

/* ---- new ones --------------------------------------------------------------------------- */

static void open_closings(struct watch *watch)
{
    /* It may be closed already. And where it cannot be watched, that look is the only one. */
    watch->closed = true;
    if (watch->closings >= 0)
        return;
    watch->closings = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->closings >= 0)
        (void)inotify_add_watch(watch->closings, watch->context->device_node, IN_CLOSE);
}

static void close_closings(struct watch *watch)
{
    if (watch->closings >= 0)
        (void)close(watch->closings);
    watch->closings = -1;
}

/* ---- events ---------------------------------------------------------------------------- */

static void name_master(const struct watch *watch, struct tunic_interface *interface)
{
    struct tunic_error unused;
    struct tunic_link master;

    interface->master[0] = '\0';
    if (interface->link.master == 0)
        return;
    if (tunic_link_get(&watch->context->netlink, NULL, interface->link.master, false, &master,
                       &unused) != 0)
        return; /* just deleted, of which an event is to come */
    memcpy(interface->master, master.name, sizeof(interface->master));
    tunic_link_release(&master);
}

/* Takes the link over. */
static int take_new_link(struct watch *watch, struct tunic_link *link)
{
    struct tunic_known *known = tunic_known_find(&watch->known, link->ifindex);
    struct tunic_known now = {0};

    if (known)
        now = *known;
    now.interface.link = *link;
    if (!known || known->interface.link.master != link->master)
        name_master(watch, &now.interface);
    if (known)
        return change(watch, known, &now);
    struct tunic_known *added = malloc(sizeof(*added));
    if (!added) {
        tunic_link_release(link);
        return -ENOMEM;
    }
    *added = now;
    added->looks = LOOKS;
    open_closings(watch);
    return appear(watch, added, TUNIC_EVENT_ADDED);
}

static int take_link(struct watch *watch, const struct nlmsghdr *message)
{
    const struct ifinfomsg *header = (const struct ifinfomsg *)(message + 1);
    struct tunic_link link;

    /* A bridge tells of its ports in the same group: that one leaves it deletes nothing. */
    if (message->nlmsg_len < sizeof(*message) + sizeof(*header) || header->ifi_family != AF_UNSPEC)
        return 0;
    if (message->nlmsg_type == RTM_DELLINK) {
        struct tunic_known *gone = tunic_known_find(&watch->known, header->ifi_index);
        return gone ? disappear(watch, gone) : 0;
    }
    int result = tunic_link_parse(message, &link);
    if (result != 0)
        return result == -ENOMEM ? result : 0;
    if (link.kind == TUNIC_KIND_TUN)
        return take_new_link(watch, &link);
    tunic_link_release(&link);
    return 0;
}

static int take_address(struct watch *watch, const struct nlmsghdr *message)
{
    struct tunic_address address;
    size_t count = 0;

    if (tunic_address_parse(message, &address) != 0)
        return 0;
    struct tunic_known *known = tunic_known_find(&watch->known, address.ifindex);
    if (!known)
        return 0;
    struct tunic_known now = *known;
    now.addresses = malloc((known->interface.address_count + 1) * sizeof(*now.addresses));
    if (!now.addresses)
        return -ENOMEM;
    bool pending = message->nlmsg_type == RTM_NEWADDR;
    for (size_t i = 0; i < known->interface.address_count; i++) {
        bool same = tunic_address_equal(&known->addresses[i], &address);
        if (!same)
            now.addresses[count++] = known->addresses[i];
        else if (pending)
            now.addresses[count++] = address;
        pending = pending && !same;
    }
    if (pending)
        now.addresses[count++] = address;
    now.interface.addresses = now.addresses;
    now.interface.address_count = count;
    return change(watch, known, &now);
}

static int take_event(const struct nlmsghdr *message, void *closure)
{
    struct watch *watch = closure;

    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return take_link(watch, message);
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return take_address(watch, message);
    default:
        return 0;
    }
}

/* ---- pictures -------------------------------------------------------------------------- */

static int ignore_event(const struct nlmsghdr *message, void *closure)
{
    (void)message;
    (void)closure;
    return 0;
}

static bool events_pending(const struct watch *watch)
{
    struct pollfd ready = {.fd = tunic_monitor_descriptor(&watch->monitor), .events = POLLIN};

    return poll(&ready, 1, 0) > 0;
}

static int read_picture(struct watch *watch, struct tunic_snapshot *snapshot,
                        struct tunic_error *error)
{
    bool overrun;

    for (int try = 1;; try++) {
        int result = tunic_monitor_read(&watch->monitor, ignore_event, NULL, &overrun, error);
        if (result == 0)
            result = tunic_snapshot_read(snapshot, watch->context,
                                         TUNIC_LOAD_ADDRESSES | TUNIC_LOAD_STATS, error);
        if (result != 0 || try == PICTURE_TRIES || !events_pending(watch))
            return result;
        tunic_snapshot_free(snapshot);
    }
}

/* Brings what is known of one interface to the picture, whose link it takes. */
static int take_pictured(struct watch *watch, struct tunic_interface *pictured,
                         enum tunic_event_kind kind)
{
    struct tunic_known *known = tunic_known_find(&watch->known, pictured->link.ifindex);
    struct tunic_known *added = known ? NULL : malloc(sizeof(*added));
    struct tunic_known now = {.interface = *pictured, .seen = true};
    size_t count = pictured->address_count;

    now.addresses = malloc((count + 1) * sizeof(*now.addresses));
    if (!now.addresses || (!known && !added)) {
        free(now.addresses);
        free(added);
        return -ENOMEM;
    }
    if (count > 0)
        memcpy(now.addresses, pictured->addresses, count * sizeof(*now.addresses));
    now.interface.addresses = now.addresses;
    now.interface.routes = NULL; /* they are not followed */
    now.interface.route_count = 0;
    pictured->link.alias = NULL;
    pictured->link.altnames = NULL;
    if (known)
        return change(watch, known, &now);
    *added = now;
    return appear(watch, added, kind);
}

/* Those that are gone first: their names may be others' now. */
static int take_picture(struct watch *watch, enum tunic_event_kind kind, struct tunic_error *error)
{
    struct tunic_snapshot snapshot;
    int result = read_picture(watch, &snapshot, error);

    if (result != 0)
        return result;
    for (size_t i = 0; i < watch->known.count; i++)
        watch->known.items[i]->seen = false;
    for (size_t i = 0; i < snapshot.count; i++) {
        struct tunic_known *known =
            tunic_known_find(&watch->known, snapshot.interfaces[i].link.ifindex);
        if (known)
            known->seen = true;
    }
    for (size_t i = watch->known.count; i-- > 0 && !watch->ended;)
        if (!watch->known.items[i]->seen)
            result = disappear(watch, watch->known.items[i]);
    for (size_t i = 0; i < snapshot.count && result == 0 && !watch->ended; i++)
        result = take_pictured(watch, &snapshot.interfaces[i], kind);
    tunic_snapshot_free(&snapshot);
    return result;
}

/* ---- following ------------------------------------------------------------------------- */

static int look_again(struct watch *watch, struct tunic_error *error)
{
    struct tunic_link link;
    bool more = false;
    int result = 0;

    watch->closed = false;
    for (size_t i = 0; i < watch->known.count && result == 0; i++) {
        struct tunic_known *known = watch->known.items[i];
        if (known->looks == 0)
            continue;
        known->looks--;
        result = tunic_link_get(&watch->context->netlink, NULL, known->interface.link.ifindex, true,
                                &link, error);
        if (result == 0)
            result = take_new_link(watch, &link);
        else if (result == -ENODEV)
            result = 0; /* of which an event is to come */
        if (known->interface.link.persist)
            known->looks = 0;
        more = more || known->looks > 0;
    }
    if (!more)
        close_closings(watch);
    return result;
}

/* What is read is newer than events that are pending: those first. */
static int take_closings(struct watch *watch, struct tunic_error *error)
{
    _Alignas(struct inotify_event) char events[4096];

    while (watch->closings >= 0 && read(watch->closings, events, sizeof(events)) > 0)
        watch->closed = true;
    return watch->closed && !events_pending(watch) ? look_again(watch, error) : 0;
}

/* Sleeps until something comes, and takes it. */
static int follow(struct watch *watch, int stop, struct tunic_error *error)
{
    struct pollfd waits[] = {
        {.fd = stop, .events = POLLIN},
        {.fd = tunic_monitor_descriptor(&watch->monitor), .events = POLLIN},
        {.fd = watch->closings, .events = POLLIN},
    };
    bool overrun = false;

    if (poll(waits, TUNIC_COUNT(waits), -1) < 0)
        return errno == EINTR ? 0 : tunic_error_system(error, errno, "cannot wait");
    if (waits[0].revents) {
        watch->ended = true;
        return 0;
    }
    int result = tunic_monitor_read(&watch->monitor, take_event, watch, &overrun, error);
    if (result == 0 && overrun && !watch->ended)
        result = take_picture(watch, TUNIC_EVENT_ADDED, error);
    if (result == 0 && !watch->ended)
        result = take_closings(watch, error);
    return result;
}

int tunic_interfaces_watch(struct tunic_context *context, int stop, tunic_event_handle handle,
                           void *closure, struct tunic_error *error)
{
    struct watch watch = {.context = context, .handle = handle, .closure = closure, .closings = -1};
    int result = tunic_monitor_open(&watch.monitor, true, error);

    if (result != 0)
        return result;
    result = take_picture(&watch, TUNIC_EVENT_PRESENT, error);
    while (result == 0 && !watch.ended)
        result = follow(&watch, stop, error);
    tunic_known_free(&watch.known);
    close_closings(&watch);
    tunic_netlink_close(&watch.monitor);
    if (result == -ENOMEM)
        return tunic_error_memory(error);
    return result < 0 ? result : 0;
}
