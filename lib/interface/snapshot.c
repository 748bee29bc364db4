/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Links are read first; addresses and routes that come after are kept only
 * where they belong to one of them, so that a router with a million routes costs a pass but no
 * memory. They are then sorted by interface, stably, so that the kernel's order within one is
 * kept, and each interface is given its slice.
 */
#include "interface/interface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ONE_BY_ONE = 4 }; /* up to so many names, single requests are cheaper than a dump */

/* What the handlers of messages work on. */
struct reading {
    struct tunic_snapshot *snapshot;
    bool any_kind;
    uint8_t family; /* of the routes being read */
    uint32_t table; /* 0: any */
    int32_t *known; /* sorted ifindexes whose addresses and routes are being read */
    size_t known_count;
};

/* Copies an item behind the others. Returns where they are now, or NULL: they stay as they were. */
static void *append(void *items, size_t *count, size_t *capacity, const void *item, size_t size)
{
    void *grown = tunic_array_reserve(items, *count, capacity, size);

    if (!grown)
        return NULL;
    memcpy((char *)grown + *count * size, item, size);
    (*count)++;
    return grown;
}

/* ---- sorted by interface --------------------------------------------------------------- */

/* Every record here begins with its ifindex. */
static int32_t ifindex_of(const void *record)
{
    int32_t ifindex;

    memcpy(&ifindex, record, sizeof(ifindex));
    return ifindex;
}

static int compare_ifindex(const void *left, const void *right)
{
    int32_t first = ifindex_of(left);
    int32_t second = ifindex_of(right);

    return (first > second) - (first < second);
}

/* The kernel's dumps are nearly always sorted already; what is not, glibc's merging qsort sorts
 * stably. */
static void sort(void *records, size_t count, size_t size)
{
    const char *bytes = records;

    for (size_t i = 1; i < count; i++) {
        if (compare_ifindex(bytes + (i - 1) * size, bytes + i * size) > 0) {
            qsort(records, count, size, compare_ifindex);
            return;
        }
    }
}

/* The place of the first record whose ifindex is not smaller. */
static size_t lower_bound(const void *records, size_t count, size_t size, int64_t ifindex)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (ifindex_of((const char *)records + middle * size) < ifindex)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static bool is_known(const struct reading *reading, int32_t ifindex)
{
    size_t place =
        lower_bound(reading->known, reading->known_count, sizeof(*reading->known), ifindex);

    return place < reading->known_count && reading->known[place] == ifindex;
}

static void join(struct tunic_snapshot *snapshot)
{
    sort(snapshot->addresses, snapshot->address_count, sizeof(*snapshot->addresses));
    sort(snapshot->routes, snapshot->route_count, sizeof(*snapshot->routes));
    for (size_t i = 0; i < snapshot->count; i++) {
        struct tunic_interface *interface = &snapshot->interfaces[i];
        int64_t ifindex = interface->link.ifindex;
        size_t size = sizeof(*snapshot->addresses);
        size_t begin = lower_bound(snapshot->addresses, snapshot->address_count, size, ifindex);
        size_t end = lower_bound(snapshot->addresses, snapshot->address_count, size, ifindex + 1);
        interface->addresses = end > begin ? snapshot->addresses + begin : NULL;
        interface->address_count = end - begin;
        size = sizeof(*snapshot->routes);
        begin = lower_bound(snapshot->routes, snapshot->route_count, size, ifindex);
        end = lower_bound(snapshot->routes, snapshot->route_count, size, ifindex + 1);
        interface->routes = end > begin ? snapshot->routes + begin : NULL;
        interface->route_count = end - begin;
    }
}

/* ---- messages -------------------------------------------------------------------------- */

/* Takes the interface over; releases it where memory ran out. */
static int add_interface(struct tunic_snapshot *snapshot, struct tunic_interface *interface)
{
    void *grown = append(snapshot->interfaces, &snapshot->count, &snapshot->capacity, interface,
                         sizeof(*interface));

    if (!grown) {
        tunic_link_release(&interface->link);
        return -ENOMEM;
    }
    snapshot->interfaces = grown;
    return 0;
}

static int take_link(const struct nlmsghdr *message, void *closure)
{
    struct reading *reading = closure;
    struct tunic_snapshot *snapshot = reading->snapshot;
    struct tunic_interface interface = {0};

    if (message->nlmsg_type != RTM_NEWLINK)
        return 0;
    int result = tunic_link_parse(message, &interface.link);
    if (result != 0)
        return result;
    /* A kernel without the filter sends every kind. */
    if (interface.link.kind != TUNIC_KIND_TUN && !reading->any_kind) {
        tunic_link_release(&interface.link);
        return 0;
    }
    return add_interface(snapshot, &interface);
}

static int take_address(const struct nlmsghdr *message, void *closure)
{
    const struct reading *reading = closure;
    struct tunic_snapshot *snapshot = reading->snapshot;
    struct tunic_address address;

    if (message->nlmsg_type != RTM_NEWADDR || tunic_address_parse(message, &address) != 0 ||
        !is_known(reading, address.ifindex))
        return 0;
    void *grown = append(snapshot->addresses, &snapshot->address_count, &snapshot->address_capacity,
                         &address, sizeof(address));
    if (!grown)
        return -ENOMEM;
    snapshot->addresses = grown;
    return 0;
}

/* The kernel's own routes follow from the addresses: they are nobody's to set. */
static int take_route(const struct nlmsghdr *message, void *closure)
{
    const struct reading *reading = closure;
    struct tunic_snapshot *snapshot = reading->snapshot;
    struct tunic_route route;

    if (message->nlmsg_type != RTM_NEWROUTE || tunic_route_parse(message, &route) != 0 ||
        !is_known(reading, route.ifindex) || route.protocol == RTPROT_KERNEL ||
        route.type != RTN_UNICAST || (reading->table != 0 && route.table != reading->table))
        return 0;
    void *grown = append(snapshot->routes, &snapshot->route_count, &snapshot->route_capacity,
                         &route, sizeof(route));
    if (!grown)
        return -ENOMEM;
    snapshot->routes = grown;
    return 0;
}

/* Where a dump is begun again, what it brought is forgotten, and nothing else. */

static void restart_links(void *closure)
{
    struct tunic_snapshot *snapshot = ((struct reading *)closure)->snapshot;

    while (snapshot->count > 0)
        tunic_link_release(&snapshot->interfaces[--snapshot->count].link);
}

static void restart_addresses(void *closure)
{
    const struct reading *reading = closure;
    struct tunic_snapshot *snapshot = reading->snapshot;
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->address_count; i++)
        if (!is_known(reading, snapshot->addresses[i].ifindex))
            snapshot->addresses[kept++] = snapshot->addresses[i];
    snapshot->address_count = kept;
}

static void restart_routes(void *closure)
{
    const struct reading *reading = closure;
    struct tunic_snapshot *snapshot = reading->snapshot;
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->route_count; i++)
        if (snapshot->routes[i].family != reading->family ||
            !is_known(reading, snapshot->routes[i].ifindex))
            snapshot->routes[kept++] = snapshot->routes[i];
    snapshot->route_count = kept;
}

/* ---- reading --------------------------------------------------------------------------- */

/* Addresses and routes of the known interfaces; where `ifindex` is not 0, the kernel filters. */
static int read_rest(struct tunic_context *context, struct reading *reading, int32_t ifindex,
                     unsigned load, struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];
    static const uint8_t families[] = {AF_INET, AF_INET6};
    int result = 0;

    if (load & TUNIC_LOAD_ADDRESSES)
        result = tunic_netlink_dump(&context->netlink, tunic_address_dump_request(buffer, ifindex),
                                    take_address, restart_addresses, reading, error);
    for (size_t i = 0; i < TUNIC_COUNT(families) && result == 0 && load & TUNIC_LOAD_ROUTES; i++) {
        reading->family = families[i];
        reading->table = load & TUNIC_LOAD_ALL_TABLES ? 0 : RT_TABLE_MAIN;
        result = tunic_netlink_dump(
            &context->netlink,
            tunic_route_dump_request(buffer, families[i], ifindex, reading->table), take_route,
            restart_routes, reading, error);
        /* A table that was never used does not exist, and one family may be switched off. */
        if (result == -ENOENT || result == -EOPNOTSUPP || result == -EAFNOSUPPORT)
            result = 0;
    }
    return result;
}

static int read_all(struct tunic_snapshot *snapshot, struct tunic_context *context, unsigned load,
                    struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];
    bool any_kind = load & TUNIC_LOAD_ALL_KINDS;
    struct reading reading = {.snapshot = snapshot, .any_kind = any_kind};

    int result = tunic_netlink_dump(
        &context->netlink,
        tunic_link_dump_request(buffer, any_kind ? NULL : "tun", load & TUNIC_LOAD_STATS),
        take_link, restart_links, &reading, error);
    if (result != 0 || snapshot->count == 0 || !(load & (TUNIC_LOAD_ADDRESSES | TUNIC_LOAD_ROUTES)))
        return result;
    reading.known = malloc(snapshot->count * sizeof(*reading.known));
    if (!reading.known)
        return tunic_error_memory(error);
    for (size_t i = 0; i < snapshot->count; i++)
        reading.known[reading.known_count++] = snapshot->interfaces[i].link.ifindex;
    sort(reading.known, reading.known_count, sizeof(*reading.known));
    result = read_rest(context, &reading, 0, load, error);
    free(reading.known);
    return result;
}

static bool holds(const struct tunic_snapshot *snapshot, int32_t ifindex)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->interfaces[i].link.ifindex == ifindex)
            return true;
    return false;
}

/* Adds one interface of any kind. -ENODEV where there is none. */
static int read_one(struct tunic_snapshot *snapshot, struct tunic_context *context,
                    const char *name, unsigned load, struct tunic_error *error)
{
    struct tunic_interface interface = {0};
    struct reading reading = {.snapshot = snapshot, .known_count = 1};

    int result =
        tunic_link_get(&context->netlink, name, 0, load & TUNIC_LOAD_STATS, &interface.link, error);
    if (result != 0)
        return result;
    if (holds(snapshot, interface.link.ifindex)) { /* two names of one, its altname perhaps */
        tunic_link_release(&interface.link);
        return 0;
    }
    if (add_interface(snapshot, &interface) != 0)
        return tunic_error_memory(error);
    reading.known = &interface.link.ifindex;
    return read_rest(context, &reading, interface.link.ifindex, load, error);
}

/* Members of one bridge mostly stand together: its name is asked for once. */
static void name_masters(struct tunic_snapshot *snapshot, struct tunic_context *context)
{
    struct tunic_link master = {0};
    struct tunic_error unused;

    for (size_t i = 0; i < snapshot->count; i++) {
        struct tunic_interface *interface = &snapshot->interfaces[i];
        int32_t ifindex = interface->link.master;
        if (ifindex == 0)
            continue;
        if (ifindex != master.ifindex) {
            tunic_link_release(&master);
            if (tunic_link_get(&context->netlink, NULL, ifindex, false, &master, &unused) != 0)
                master = (struct tunic_link){.ifindex = ifindex, .name = "?"}; /* just deleted */
        }
        memcpy(interface->master, master.name, sizeof(interface->master));
    }
    tunic_link_release(&master);
}

static int finish(struct tunic_snapshot *snapshot, struct tunic_context *context, int result,
                  struct tunic_error *error)
{
    if (result == 0) {
        join(snapshot);
        name_masters(snapshot, context);
        return 0;
    }
    tunic_snapshot_free(snapshot);
    if (result != -ENODEV)
        tunic_error_action(error, "cannot read the interfaces");
    return result;
}

int tunic_snapshot_read(struct tunic_snapshot *snapshot, struct tunic_context *context,
                        unsigned load, struct tunic_error *error)
{
    *snapshot = (struct tunic_snapshot){0};
    return finish(snapshot, context, read_all(snapshot, context, load, error), error);
}

int tunic_snapshot_read_one(struct tunic_snapshot *snapshot, struct tunic_context *context,
                            const char *name, unsigned load, struct tunic_error *error)
{
    *snapshot = (struct tunic_snapshot){0};
    return finish(snapshot, context, read_one(snapshot, context, name, load, error), error);
}

int tunic_snapshot_read_names(struct tunic_snapshot *snapshot, struct tunic_context *context,
                              const struct tunic_name_list *names, unsigned load,
                              struct tunic_error *error)
{
    int result = 0;

    *snapshot = (struct tunic_snapshot){0};
    if (names->count > ONE_BY_ONE)
        return finish(snapshot, context, read_all(snapshot, context, load, error), error);
    for (size_t i = 0; i < names->count && result == 0; i++) {
        result = read_one(snapshot, context, names->names[i], load, error);
        if (result == -ENODEV)
            result = 0;
    }
    return finish(snapshot, context, result, error);
}

void tunic_snapshot_free(struct tunic_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        tunic_link_release(&snapshot->interfaces[i].link);
    free(snapshot->interfaces);
    free(snapshot->addresses);
    free(snapshot->routes);
    free(snapshot->by_name);
    *snapshot = (struct tunic_snapshot){0};
}
