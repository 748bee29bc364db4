/* SPDX-License-Identifier: MIT */
#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void parse_via(const uint8_t *payload, size_t length, struct tunic_route *route)
{
    uint16_t family;

    if (length < sizeof(family))
        return;
    memcpy(&family, payload, sizeof(family));
    if ((family != AF_INET && family != AF_INET6) ||
        length != sizeof(family) + tunic_family_length((uint8_t)family))
        return;
    memcpy(route->via, payload + sizeof(family), length - sizeof(family));
    route->via_family = (uint8_t)family;
    route->has_via = true;
}

static void parse_attribute(const struct nlattr *attribute, struct tunic_route *route)
{
    const uint8_t *payload = mnl_attr_get_payload(attribute);
    size_t length = mnl_attr_get_payload_len(attribute);

    switch (mnl_attr_get_type(attribute)) {
    case RTA_DST:
        if (length == tunic_family_length(route->family))
            memcpy(route->destination, payload, length);
        break;
    case RTA_GATEWAY:
        if (length == tunic_family_length(route->family)) {
            memcpy(route->via, payload, length);
            route->via_family = route->family;
            route->has_via = true;
        }
        break;
    case RTA_VIA: /* a gateway of another family: two bytes of family, then the address */
        parse_via(payload, length, route);
        break;
    case RTA_OIF:
        if (length >= sizeof(uint32_t))
            route->ifindex = (int32_t)mnl_attr_get_u32(attribute);
        break;
    case RTA_PRIORITY:
        if (length >= sizeof(uint32_t))
            route->metric = mnl_attr_get_u32(attribute);
        break;
    case RTA_TABLE:
        if (length >= sizeof(uint32_t))
            route->table = mnl_attr_get_u32(attribute);
        break;
    default:
        break;
    }
}

int tunic_route_parse(const struct nlmsghdr *message, struct tunic_route *route)
{
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;

    *route = (struct tunic_route){0};
    if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
        (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
        return -EBADMSG;
    route->family = header->rtm_family;
    route->prefix = header->rtm_dst_len;
    route->protocol = header->rtm_protocol;
    route->scope = header->rtm_scope;
    route->type = header->rtm_type;
    route->table = header->rtm_table;
    TUNIC_ATTRIBUTES(attribute, message, sizeof(*header))
    parse_attribute(attribute, route);
    return 0;
}

struct nlmsghdr *tunic_route_dump_request(void *buffer, uint8_t family, int32_t ifindex,
                                          uint32_t table)
{
    struct nlmsghdr *request =
        tunic_request_begin(buffer, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
    struct rtmsg *header = mnl_nlmsg_get_payload(request);

    header->rtm_family = family;
    if (table != 0)
        mnl_attr_put_u32(request, RTA_TABLE, table);
    if (ifindex != 0)
        mnl_attr_put_u32(request, RTA_OIF, (uint32_t)ifindex);
    return request;
}

static void route_message(struct tunic_batch *batch, uint16_t type, uint16_t flags,
                          const struct tunic_route *route, const char *label)
{
    struct nlmsghdr *request = tunic_batch_add(batch, type, flags, sizeof(struct rtmsg), label);

    if (!request)
        return;
    struct rtmsg *header = mnl_nlmsg_get_payload(request);
    header->rtm_family = route->family;
    header->rtm_dst_len = route->prefix;
    header->rtm_table = route->table <= UINT8_MAX ? (uint8_t)route->table : RT_TABLE_UNSPEC;
    header->rtm_protocol = route->protocol;
    header->rtm_scope = route->scope;
    header->rtm_type = route->type;
    mnl_attr_put(request, RTA_DST, tunic_family_length(route->family), route->destination);
    mnl_attr_put_u32(request, RTA_OIF, (uint32_t)route->ifindex);
    if (route->table > UINT8_MAX)
        mnl_attr_put_u32(request, RTA_TABLE, route->table);
    if (route->metric != 0)
        mnl_attr_put_u32(request, RTA_PRIORITY, route->metric);
    if (!route->has_via)
        return;
    if (route->via_family == route->family) {
        mnl_attr_put(request, RTA_GATEWAY, tunic_family_length(route->family), route->via);
        return;
    }
    uint8_t via[sizeof(uint16_t) + 16];
    uint16_t family = route->via_family;
    size_t length = tunic_family_length(route->via_family);
    memcpy(via, &family, sizeof(family));
    memcpy(via + sizeof(family), route->via, length);
    mnl_attr_put(request, RTA_VIA, sizeof(family) + length, via);
}

void tunic_route_add(struct tunic_batch *batch, const struct tunic_route *route, const char *label)
{
    route_message(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, label);
}

void tunic_route_delete(struct tunic_batch *batch, const struct tunic_route *route,
                        const char *label)
{
    route_message(batch, RTM_DELROUTE, 0, route, label);
}
