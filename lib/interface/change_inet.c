/* SPDX-License-Identifier: MIT */
/* What the attributes of the protocol families change: addresses, routes and settings. */
#include "interface/change.h"

#include "interface/save.h"
#include "interface/values.h"

#include <errno.h>
#include <linux/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tunic_link *link_of(const struct tunic_plan *plan)
{
    return &plan->interface->link;
}

enum { INET6_MTU = 1280 }; /* the least */

/* ---- settings of the protocol families ------------------------------------------------- */

/* IPv6 leaves an interface whose MTU is too small for it; that has been set before. */
static bool has_inet6(const struct tunic_plan *plan)
{
    const struct tunic_desired *desired = plan->desired;

    return link_of(plan)->inet6 &&
           (!tunic_is_named(desired, TUNIC_ATTRIBUTE_MTU) || desired->mtu >= INET6_MTU);
}

static int make_linkdown_routes(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_link *link = link_of(plan);
    bool ignore = plan->desired->linkdown_routes == TUNIC_SWITCH_OFF;
    bool inet = link->inet && link->inet_ignore_linkdown != ignore;

    (void)error;
    plan->set_inet6_linkdown = has_inet6(plan) && link->inet6_ignore_linkdown != ignore;
    if (!inet && !plan->set_inet6_linkdown)
        return 0;
    tunic_plan_differs(plan, "linkdown_routes %s", ignore ? "use -> ignore" : "ignore -> use");
    if (inet)
        tunic_link_inet_setting(&plan->batch, link->ifindex,
                                IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, ignore,
                                "set linkdown_routes");
    return 0;
}

static int make_forwarding(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_link *link = link_of(plan);
    bool on = plan->desired->forwarding == TUNIC_SWITCH_ON;
    bool inet = link->inet && link->inet_forwarding != on;

    (void)error;
    plan->set_inet6_forwarding = has_inet6(plan) && link->inet6_forwarding != on;
    if (!inet && !plan->set_inet6_forwarding)
        return 0;
    tunic_plan_differs(plan, "forwarding %s", on ? "off -> on" : "on -> off");
    if (inet)
        tunic_link_inet_setting(&plan->batch, link->ifindex, IPV4_DEVCONF_FORWARDING, on,
                                "set forwarding");
    return 0;
}

/* ---- addresses ------------------------------------------------------------------------- */

/* The same address, and the same broadcast address where one was asked for. */
static bool address_fits(const struct tunic_address *present, const struct tunic_address *wanted)
{
    if (!tunic_address_equal(present, wanted))
        return false;
    return !wanted->has_broadcast ||
           (present->has_broadcast && memcmp(present->broadcast, wanted->broadcast, 4) == 0);
}

static void queue_address(struct tunic_plan *plan, const struct tunic_address *address, bool add)
{
    struct tunic_address request = *address;
    char text[TUNIC_VALUE_TEXT];
    char label[TUNIC_VALUE_TEXT + 32];

    tunic_address_text(address, text);
    tunic_plan_differs(plan, "addr %c %s", add ? '+' : '-', text);
    (void)snprintf(label, sizeof(label), "%s addr %s", add ? "add" : "remove", text);
    request.ifindex = link_of(plan)->ifindex;
    if (add)
        tunic_address_add(&plan->batch, &request, label);
    else
        tunic_address_delete(&plan->batch, &request, label);
}

/* What is to become of an address that is there. */
enum fate {
    FATE_KEPT,
    FATE_REMOVED,
    FATE_REPLACED, /* first: the kernel takes the wanted one for the same */
};

/* What others manage stays: addresses that are not global, and those with a lifetime, which a
 * router or DHCP gave. */
static enum fate fate_of(const struct tunic_address *present, const struct tunic_desired *desired)
{
    enum fate fate = present->scope != RT_SCOPE_UNIVERSE || present->valid != UINT32_MAX
                         ? FATE_KEPT
                         : FATE_REMOVED;
    size_t length = tunic_family_length(present->family);

    for (size_t i = 0; i < desired->address_count; i++) {
        const struct tunic_address *wanted = &desired->addresses[i];
        if (address_fits(present, wanted))
            return FATE_KEPT;
        if (present->family == wanted->family &&
            (present->family == AF_INET6 || present->prefix == wanted->prefix) &&
            memcmp(present->local, wanted->local, length) == 0)
            fate = FATE_REPLACED;
    }
    return fate;
}

/* From the last to the first: the kernel takes the secondary addresses of a network away with its
 * primary one, which comes before them. */
static void remove_addresses(struct tunic_plan *plan, enum fate fate)
{
    for (size_t i = plan->interface->address_count; i-- > 0;) {
        const struct tunic_address *present = &plan->interface->addresses[i];
        if (fate_of(present, plan->desired) != fate)
            continue;
        queue_address(plan, present, false);
    }
}

static bool removes_inet(const struct tunic_plan *plan)
{
    for (size_t i = 0; i < plan->interface->address_count; i++)
        if (plan->interface->addresses[i].family == AF_INET &&
            fate_of(&plan->interface->addresses[i], plan->desired) == FATE_REMOVED)
            return true;
    return false;
}

static void undo_addr(struct tunic_plan *plan)
{
    remove_addresses(plan, FATE_REPLACED);
}

/* With its last IPv4 address the kernel drops every IPv4 route of the interface, also those that
 * are not ours to touch. So old ones go when the new ones are there; and as a new one in an old
 * one's network is its secondary, and would go with it, secondaries are promoted meanwhile. */
static void tidy_addr(struct tunic_plan *plan)
{
    bool promote = removes_inet(plan) && !link_of(plan)->inet_promote_secondaries;

    if (promote)
        tunic_link_inet_setting(&plan->batch, link_of(plan)->ifindex,
                                IPV4_DEVCONF_PROMOTE_SECONDARIES, 1, "keep secondary addresses");
    remove_addresses(plan, FATE_REMOVED);
    if (promote)
        tunic_link_inet_setting(&plan->batch, link_of(plan)->ifindex,
                                IPV4_DEVCONF_PROMOTE_SECONDARIES, 0, "drop secondary addresses");
}

static int make_addr(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_desired *desired = plan->desired;

    (void)error;
    for (size_t i = 0; i < desired->address_count; i++) {
        bool present = false;
        for (size_t k = 0; k < plan->interface->address_count; k++)
            present =
                present || address_fits(&plan->interface->addresses[k], &desired->addresses[i]);
        if (!present)
            queue_address(plan, &desired->addresses[i], true);
    }
    return 0;
}

static void explain_addr(int errno_value, struct tunic_error *error)
{
    if (errno_value == EOPNOTSUPP || errno_value == EAFNOSUPPORT)
        tunic_error_cause(error, "this kernel does not have the protocol");
    else if (errno_value == EACCES) {
        error->reason = TUNIC_FAILED;
        tunic_error_cause(error, "IPv6 is switched off for this interface");
        tunic_error_hint(error,
                         "the setting disable_ipv6 below /proc/sys/net/ipv6/conf switches it");
    } else if (errno_value == EINVAL) {
        tunic_error_hint(error, "an IPv6 address needs an 'mtu' of at least 1280");
    }
}

/* ---- routes ---------------------------------------------------------------------------- */

static void queue_route(struct tunic_plan *plan, const struct tunic_route *route, bool add)
{
    struct tunic_route request = *route;
    char text[TUNIC_VALUE_TEXT];
    char label[TUNIC_VALUE_TEXT + 32];

    tunic_route_text(route, text);
    tunic_plan_differs(plan, "route %c %s", add ? '+' : '-', text);
    (void)snprintf(label, sizeof(label), "%s route %s", add ? "add" : "remove", text);
    request.ifindex = link_of(plan)->ifindex;
    if (add)
        tunic_route_add(&plan->batch, &request, label);
    else
        tunic_route_delete(&plan->batch, &request, label);
}

/* Only routes that were set by hand: a routing daemon's, or a router's, are theirs. Other tables
 * than the main one are left alone: who fills them is not known. */
bool tunic_route_is_manual(const struct tunic_route *route)
{
    return (route->protocol == RTPROT_BOOT || route->protocol == RTPROT_STATIC) &&
           route->table == RT_TABLE_MAIN;
}

static void undo_route(struct tunic_plan *plan)
{
    const struct tunic_desired *desired = plan->desired;
    const struct tunic_route **wanted = tunic_routes_sort(desired->routes, desired->route_count);

    plan->items.failed = plan->items.failed || !wanted; /* out of memory */
    for (size_t i = 0; wanted && i < plan->interface->route_count; i++) {
        const struct tunic_route *present = &plan->interface->routes[i];
        if (tunic_route_is_manual(present) &&
            !tunic_routes_have(wanted, desired->route_count, present))
            queue_route(plan, present, false);
    }
    free(wanted);
}

static int make_route(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_desired *desired = plan->desired;
    const struct tunic_interface *interface = plan->interface;
    const struct tunic_route **present =
        tunic_routes_sort(interface->routes, interface->route_count);

    if (!present)
        return tunic_error_memory(error);
    for (size_t i = 0; i < desired->route_count; i++)
        if (!tunic_routes_have(present, interface->route_count, &desired->routes[i]))
            queue_route(plan, &desired->routes[i], true);
    free(present);
    return 0;
}

static void explain_route(int errno_value, struct tunic_error *error)
{
    if (errno_value == ENETDOWN)
        tunic_error_hint(error, "a route needs the interface up: name 'up' too");
    else if (errno_value == ENETUNREACH || errno_value == EHOSTUNREACH)
        tunic_error_hint(error, "the gateway must lie in a network of the interface's addresses");
    else if (errno_value == EEXIST) {
        tunic_error_cause(error, "there is this route already, through this or another interface");
        tunic_error_hint(error, "another 'metric' lets both stand");
    }
}

/* ---- the rows -------------------------------------------------------------------------- */

const struct tunic_attribute_actions tunic_change_addr = {.undo = undo_addr,
                                                          .make = make_addr,
                                                          .tidy = tidy_addr,
                                                          .explain = explain_addr,
                                                          .save = tunic_save_addr};
const struct tunic_attribute_actions tunic_change_linkdown_routes = {
    .make = make_linkdown_routes, .save = tunic_save_linkdown_routes};
const struct tunic_attribute_actions tunic_change_forwarding = {.make = make_forwarding,
                                                                .save = tunic_save_forwarding};
const struct tunic_attribute_actions tunic_change_route = {
    .undo = undo_route, .make = make_route, .explain = explain_route, .save = tunic_save_route};
