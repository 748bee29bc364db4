/* SPDX-License-Identifier: MIT */
/* JSON: the keys of `ip -j tuntap` and `ip -j addr`, and our own. What is not set is absent. The
 * schema is in tunic-show(8). */
#include "show/show.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void print_flags(struct json *json, const struct tunic_link *link)
{
    json_open(json, "flags", '[');
    json_text(json, NULL, link->tap ? "tap" : "tun");
    if (link->pi)
        json_text(json, NULL, "pi");
    if (link->multi_queue)
        json_text(json, NULL, "multi_queue");
    if (link->vnet_hdr)
        json_text(json, NULL, "vnet_hdr");
    if (link->persist)
        json_text(json, NULL, "persist");
    json_close(json, ']');
}

static void print_ids(struct json *json, const struct showing *showing,
                      const struct tunic_link *link)
{
    if (link->owner != TUNIC_ID_NONE) {
        json_number(json, "user", link->owner);
        json_text(json, "user_name", accounts_user(showing->accounts, link->owner));
    }
    if (link->group != TUNIC_ID_NONE) {
        json_number(json, "group", link->group);
        json_text(json, "group_name", accounts_group(showing->accounts, link->group));
    }
    json_bool(json, "open_to_all", tunic_interface_open_to_all(link));
}

static void print_link(struct json *json, const struct tunic_interface *interface)
{
    const struct tunic_link *link = &interface->link;
    char text[TUNIC_VALUE_TEXT];

    json_text(json, "mode", link->tap ? "tap" : "tun");
    json_bool(json, "persist", link->persist);
    json_bool(json, "up", link->flags & IFF_UP);
    json_bool(json, "carrier", link->carrier);
    json_text(json, "operstate", show_operstate(link->operstate));
    json_number(json, "mtu", link->mtu);
    json_number(json, "txqlen", link->txqueuelen);
    if (link->multi_queue)
        json_number(json, "queues", link->queues);
    if (link->disabled_queues > 0)
        json_number(json, "disabled_queues", link->disabled_queues);
    if (link->address_length > 0) {
        tunic_lladdr_text(link->address, link->address_length, text);
        json_text(json, "address", text);
    }
    if (interface->master[0] != '\0')
        json_text(json, "master", interface->master);
    if (link->alias)
        json_text(json, "ifalias", link->alias);
    if (link->altnames) {
        json_open(json, "altnames", '[');
        for (const char *name = link->altnames; *name != '\0'; name += strlen(name) + 1)
            json_text(json, NULL, name);
        json_close(json, ']');
    }
    if (link->inet)
        json_bool(json, "forwarding", link->inet_forwarding);
}

static void print_address(struct json *json, const char *key, uint8_t family, const void *bytes)
{
    char text[INET6_ADDRSTRLEN];

    json_text(json, key, inet_ntop(family, bytes, text, sizeof(text)) ? text : "");
}

static void print_scope(struct json *json, uint8_t scope)
{
    switch (scope) {
    case RT_SCOPE_UNIVERSE:
        json_text(json, "scope", "global");
        break;
    case RT_SCOPE_SITE:
        json_text(json, "scope", "site");
        break;
    case RT_SCOPE_LINK:
        json_text(json, "scope", "link");
        break;
    case RT_SCOPE_HOST:
        json_text(json, "scope", "host");
        break;
    default:
        json_number(json, "scope", scope);
        break;
    }
}

static void print_addresses(struct json *json, const struct tunic_interface *interface)
{
    if (interface->address_count == 0)
        return;
    json_open(json, "addr_info", '[');
    for (size_t i = 0; i < interface->address_count; i++) {
        const struct tunic_address *address = &interface->addresses[i];
        json_open(json, NULL, '{');
        json_text(json, "family", address->family == AF_INET ? "inet" : "inet6");
        print_address(json, "local", address->family, address->local);
        if (address->has_peer) /* the word of ip -j addr */
            print_address(json, "address", address->family, address->peer);
        json_number(json, "prefixlen", address->prefix);
        if (address->has_broadcast)
            print_address(json, "broadcast", AF_INET, address->broadcast);
        print_scope(json, address->scope);
        if (address->label[0] != '\0')
            json_text(json, "label", address->label);
        if (address->nodad)
            json_bool(json, "nodad", true);
        if (address->tentative)
            json_bool(json, "tentative", true);
        if (address->duplicate)
            json_bool(json, "dadfailed", true);
        json_number(json, "valid_life_time", address->valid);
        json_number(json, "preferred_life_time", address->preferred);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_routes(struct json *json, const struct tunic_interface *interface)
{
    char text[INET6_ADDRSTRLEN];
    char prefixed[INET6_ADDRSTRLEN + 8];

    if (interface->route_count == 0)
        return;
    json_open(json, "routes", '[');
    for (size_t i = 0; i < interface->route_count; i++) {
        const struct tunic_route *route = &interface->routes[i];
        json_open(json, NULL, '{');
        (void)inet_ntop(route->family, route->destination, text, sizeof(text));
        (void)snprintf(prefixed, sizeof(prefixed), "%s/%u", text, route->prefix);
        json_text(json, "dst", prefixed);
        if (route->has_via)
            print_address(json, "gateway", route->via_family, route->via);
        if (route->metric != 0)
            json_number(json, "metric", route->metric);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_processes(struct json *json, const struct showing *showing,
                            const struct tunic_link *link)
{
    size_t count;
    const struct tunic_holder *holder = tunic_holders_of(showing->holders, link->name, &count);

    json_open(json, "processes", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "name", holder[i].name);
        json_number(json, "pid", (uint64_t)holder[i].pid);
        json_text(json, "user_name", accounts_user(showing->accounts, holder[i].user));
        json_number(json, "queues", holder[i].queues);
        if (holder[i].disabled_queues > 0)
            json_number(json, "disabled_queues", holder[i].disabled_queues);
        json_bool(json, "certain", holder[i].certain);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_direction(struct json *json, const char *key, uint64_t bytes, uint64_t packets,
                            uint64_t errors, uint64_t dropped)
{
    json_open(json, key, '{');
    json_number(json, "bytes", bytes);
    json_number(json, "packets", packets);
    json_number(json, "errors", errors);
    json_number(json, "dropped", dropped);
    json_close(json, '}');
}

static void print_stats(struct json *json, const struct rtnl_link_stats64 *stats)
{
    json_open(json, "stats64", '{');
    print_direction(json, "rx", stats->rx_bytes, stats->rx_packets, stats->rx_errors,
                    stats->rx_dropped);
    print_direction(json, "tx", stats->tx_bytes, stats->tx_packets, stats->tx_errors,
                    stats->tx_dropped);
    json_close(json, '}');
}

void show_json_interface(struct json *json, const struct showing *showing,
                         const struct tunic_interface *interface)
{
    const struct tunic_link *link = &interface->link;

    json_number(json, "ifindex", (uint64_t)link->ifindex);
    json_text(json, "ifname", link->name);
    print_flags(json, link);
    print_ids(json, showing, link);
    print_link(json, interface);
    print_addresses(json, interface);
    print_routes(json, interface);
    if (showing->holders)
        print_processes(json, showing, link);
    if (showing->options->stats && link->has_stats)
        print_stats(json, &link->stats);
}

void show_json(const struct showing *showing)
{
    struct json json = {.pretty = showing->options->pretty};

    json_open(&json, NULL, '[');
    for (size_t i = 0; i < showing->count; i++) {
        json_open(&json, NULL, '{');
        show_json_interface(&json, showing, showing->interfaces[i]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    (void)putchar('\n');
}
