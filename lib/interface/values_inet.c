/* SPDX-License-Identifier: MIT */
/* The values of the protocol families: addresses and routes. */
#include "interface/values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong(struct tunic_error *error, const char *what)
{
    return tunic_error_set(error, TUNIC_USAGE, "%s", what);
}

/* ---- addresses ------------------------------------------------------------------------- */

/* Reads an address of either family, without a length. */
static int parse_host(const char *word, uint8_t *family, uint8_t bytes[16],
                      struct tunic_error *error)
{
    memset(bytes, 0, 16);
    *family = AF_INET;
    if (inet_pton(AF_INET, word, bytes) == 1)
        return 0;
    *family = AF_INET6;
    if (inet_pton(AF_INET6, word, bytes) == 1)
        return 0;
    return wrong(error, "not an IPv4 or IPv6 address");
}

/* Reads ADDRESS[/LENGTH]; without a length it is the whole address. */
static int parse_cidr(const char *word, uint8_t *family, uint8_t bytes[16], uint8_t *prefix,
                      struct tunic_error *error)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(word, '/');
    size_t length = slash ? (size_t)(slash - word) : strlen(word);
    uint64_t number;

    if (length >= sizeof(host))
        return wrong(error, "not an IPv4 or IPv6 address");
    memcpy(host, word, length);
    host[length] = '\0';
    int result = parse_host(host, family, bytes, error);
    if (result != 0)
        return result;
    number = tunic_family_length(*family) * 8;
    if (slash && tunic_number_parse(slash + 1, 0, number, &number) != 0)
        return tunic_error_set(error, TUNIC_USAGE, "its length is not within 0 to %zu",
                               tunic_family_length(*family) * 8);
    *prefix = (uint8_t)number;
    return 0;
}

static int check_own_address(uint8_t family, const uint8_t *bytes, struct tunic_error *error)
{
    static const uint8_t zero[16];

    if (memcmp(bytes, zero, tunic_family_length(family)) == 0)
        return wrong(error, "the unspecified address cannot be an interface's own");
    if (family == AF_INET ? (bytes[0] & 0xF0) == 0xE0 : bytes[0] == 0xFF)
        return wrong(error, "a multicast address cannot be an interface's own");
    return 0;
}

bool tunic_address_equal(const struct tunic_address *left, const struct tunic_address *right)
{
    size_t length = tunic_family_length(left->family);

    if (left->family != right->family || left->prefix != right->prefix ||
        left->has_peer != right->has_peer || memcmp(left->local, right->local, length) != 0)
        return false;
    return !left->has_peer || memcmp(left->peer, right->peer, length) == 0;
}

int tunic_parse_address(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    struct tunic_address address = {.scope = RT_SCOPE_UNIVERSE};
    int result = parse_cidr(word, &address.family, address.local, &address.prefix, error);

    if (result == 0)
        result = check_own_address(address.family, address.local, error);
    if (result != 0)
        return result;
    /* An interface has an IPv6 address once, whatever its length. */
    for (size_t i = 0; i < target->address_count; i++)
        if (target->addresses[i].family == address.family &&
            memcmp(target->addresses[i].local, address.local,
                   tunic_family_length(address.family)) == 0 &&
            (address.family == AF_INET6 || target->addresses[i].prefix == address.prefix))
            return wrong(error, "it is given twice");
    /* As iproute2: 127/8 is of this host, link-local addresses are of the link. */
    if (address.family == AF_INET && address.local[0] == 127)
        address.scope = RT_SCOPE_HOST;
    if (address.family == AF_INET6 && address.local[0] == 0xFE && (address.local[1] & 0xC0) == 0x80)
        address.scope = RT_SCOPE_LINK;
    struct tunic_address *grown =
        realloc(target->addresses, (target->address_count + 1) * sizeof(*grown));
    if (!grown)
        return tunic_error_memory(error);
    target->addresses = grown;
    target->addresses[target->address_count++] = address;
    target->broadcast_rule = '\0';
    return 0;
}

/* The options of an address follow it directly: they mean the last one. */
static struct tunic_address *last_address(void *desired)
{
    struct tunic_desired *target = desired;

    return &target->addresses[target->address_count - 1];
}

/* The host part all ones or all zeros, of the network that the peer is in, if there is one. */
static void work_out_broadcast(struct tunic_address *address, char rule)
{
    uint32_t host_bits = address->prefix == 0 ? UINT32_MAX : (1U << (32 - address->prefix)) - 1U;
    uint32_t network;

    memcpy(&network, address->has_peer ? address->peer : address->local, sizeof(network));
    network = ntohl(network);
    network = htonl(rule == '+' ? network | host_bits : network & ~host_bits);
    memcpy(address->broadcast, &network, sizeof(network));
}

int tunic_parse_peer(const char *word, void *desired, struct tunic_error *error)
{
    const struct tunic_desired *target = desired;
    struct tunic_address *address = last_address(desired);
    uint8_t family;
    int result = parse_host(word, &family, address->peer, error);

    if (result != 0)
        tunic_error_hint(error, "directly behind 'addr', 'peer' is the address of the other end");
    if (result == 0)
        result = check_own_address(family, address->peer, error);
    if (result == 0 && family != address->family)
        result = wrong(error, "of another family than the address");
    address->has_peer =
        result == 0 && memcmp(address->peer, address->local, tunic_family_length(family)) != 0;
    if (address->has_peer && target->broadcast_rule != '\0')
        work_out_broadcast(address, target->broadcast_rule);
    return result;
}

int tunic_parse_broadcast(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    struct tunic_address *address = last_address(desired);

    if (address->family != AF_INET)
        return wrong(error, "IPv6 has no broadcast addresses");
    address->has_broadcast = true;
    if (strcmp(word, "+") != 0 && strcmp(word, "-") != 0) {
        if (inet_pton(AF_INET, word, address->broadcast) != 1)
            return wrong(error, "not an IPv4 address, '+' or '-'");
        return 0;
    }
    if (address->prefix > 30)
        return wrong(error, "the network is too small to have one");
    target->broadcast_rule = *word;
    work_out_broadcast(address, *word);
    return 0;
}

int tunic_parse_nodad(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_address *address = last_address(desired);

    (void)word;
    if (address->family != AF_INET6)
        return tunic_error_set(error, TUNIC_USAGE,
                               "'nodad' belongs to IPv6 addresses: IPv4 detects no duplicates");
    address->nodad = true;
    return 0;
}

/* ---- routes ---------------------------------------------------------------------------- */

static bool has_host_bits(const uint8_t *bytes, uint8_t family, uint8_t prefix)
{
    for (size_t bit = prefix; bit < tunic_family_length(family) * 8; bit++)
        if (bytes[bit / 8] & 0x80 >> bit % 8)
            return true;
    return false;
}

/* IPv6 gives a route without a metric 1024; IPv4 keeps 0. */
static uint32_t effective_metric(const struct tunic_route *route)
{
    return route->family == AF_INET6 && route->metric == 0 ? 1024 : route->metric;
}

static int compare_numbers(uint32_t left, uint32_t right)
{
    return (left > right) - (left < right);
}

/* 0: the kernel takes one for the other. */
static int compare_routes(const void *left, const void *right)
{
    const struct tunic_route *one = *(const struct tunic_route *const *)left;
    const struct tunic_route *other = *(const struct tunic_route *const *)right;
    int order = compare_numbers(one->family, other->family);

    if (order == 0)
        order = memcmp(one->destination, other->destination, tunic_family_length(one->family));
    if (order == 0)
        order = compare_numbers(one->prefix, other->prefix);
    if (order == 0)
        order = compare_numbers(one->table, other->table);
    if (order == 0)
        order = compare_numbers(effective_metric(one), effective_metric(other));
    if (order == 0)
        order = compare_numbers(one->has_via, other->has_via);
    if (order != 0 || !one->has_via)
        return order;
    order = compare_numbers(one->via_family, other->via_family);
    return order == 0 ? memcmp(one->via, other->via, tunic_family_length(one->via_family)) : order;
}

bool tunic_route_equal(const struct tunic_route *left, const struct tunic_route *right)
{
    return compare_routes(&left, &right) == 0;
}

const struct tunic_route **tunic_routes_sort(const struct tunic_route *routes, size_t count)
{
    const struct tunic_route **sorted = calloc(count + 1, sizeof(*sorted));

    if (!sorted)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &routes[i];
    qsort(sorted, count, sizeof(*sorted), compare_routes);
    return sorted;
}

bool tunic_routes_have(const struct tunic_route *const *sorted, size_t count,
                       const struct tunic_route *route)
{
    return bsearch(&route, sorted, count, sizeof(*sorted), compare_routes) != NULL;
}

const struct tunic_route *tunic_routes_double(const struct tunic_route *const *sorted, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (tunic_route_equal(sorted[i - 1], sorted[i]))
            return sorted[i];
    return NULL;
}

int tunic_parse_route(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    struct tunic_route route = {.table = RT_TABLE_MAIN,
                                .protocol = RTPROT_STATIC,
                                .scope = RT_SCOPE_LINK,
                                .type = RTN_UNICAST};

    if (strcmp(word, "default") == 0) {
        route.family = AF_INET;
    } else {
        int result = parse_cidr(word, &route.family, route.destination, &route.prefix, error);
        if (result != 0)
            return result;
    }
    if (has_host_bits(route.destination, route.family, route.prefix))
        return wrong(error, "it has bits set behind its length");
    if (route.family == AF_INET6)
        route.scope = RT_SCOPE_UNIVERSE;
    struct tunic_route *grown = realloc(target->routes, (target->route_count + 1) * sizeof(*grown));
    if (!grown)
        return tunic_error_memory(error);
    target->routes = grown;
    target->routes[target->route_count++] = route;
    target->route_default = strcmp(word, "default") == 0;
    return 0;
}

int tunic_parse_via(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    struct tunic_route *route = &target->routes[target->route_count - 1];
    int result = parse_host(word, &route->via_family, route->via, error);

    if (result == 0)
        result = check_own_address(route->via_family, route->via, error);
    if (result != 0)
        return result;
    /* "default" says no family: its gateway does. */
    if (target->route_default)
        route->family = route->via_family;
    if (route->family == AF_INET6 && route->via_family == AF_INET)
        return wrong(error, "IPv6 has no way via an IPv4 address");
    route->has_via = true;
    route->scope = RT_SCOPE_UNIVERSE;
    return 0;
}

int tunic_parse_metric(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    uint64_t metric;

    if (tunic_number_parse(word, 1, UINT32_MAX, &metric) != 0)
        return wrong(error, "not a number within 1 to 4294967295");
    target->routes[target->route_count - 1].metric = (uint32_t)metric;
    return 0;
}

/* ---- in words -------------------------------------------------------------------------- */

void tunic_address_text(const struct tunic_address *address, char text[TUNIC_VALUE_TEXT])
{
    char local[INET6_ADDRSTRLEN];
    char peer[INET6_ADDRSTRLEN];

    (void)inet_ntop(address->family, address->local, local, sizeof(local));
    (void)inet_ntop(address->family, address->peer, peer, sizeof(peer));
    (void)snprintf(text, TUNIC_VALUE_TEXT, "%s/%u%s%s", local, address->prefix,
                   address->has_peer ? " peer " : "", address->has_peer ? peer : "");
}

void tunic_route_text(const struct tunic_route *route, char text[TUNIC_VALUE_TEXT])
{
    char destination[INET6_ADDRSTRLEN];
    char via[INET6_ADDRSTRLEN] = "";
    char metric[24] = "";
    char table[24] = "";

    (void)inet_ntop(route->family, route->destination, destination, sizeof(destination));
    if (route->has_via)
        (void)inet_ntop(route->via_family, route->via, via, sizeof(via));
    if (effective_metric(route) != (route->family == AF_INET6 ? 1024 : 0))
        (void)snprintf(metric, sizeof(metric), " metric %u", route->metric);
    if (route->table != RT_TABLE_MAIN)
        (void)snprintf(table, sizeof(table), " table %u", route->table);
    (void)snprintf(text, TUNIC_VALUE_TEXT, "%s/%u%s%s%s%s", destination, route->prefix,
                   route->has_via ? " via " : "", via, metric, table);
}
