/* SPDX-License-Identifier: MIT */
#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading --------------------------------------------------------------------------- */

/* The attribute's payload as a number, or `otherwise` where it is too short to be one. */
static uint32_t attribute_u32(const struct nlattr *attribute, uint32_t otherwise)
{
    return mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t) ? mnl_attr_get_u32(attribute)
                                                                   : otherwise;
}

static uint8_t attribute_u8(const struct nlattr *attribute)
{
    return mnl_attr_get_payload_len(attribute) >= 1 ? mnl_attr_get_u8(attribute) : 0;
}

/* Copies a string that may lack its NUL. */
static void attribute_text(const struct nlattr *attribute, char *target, size_t size)
{
    size_t length = mnl_attr_get_payload_len(attribute);

    length = length < size ? length : size - 1;
    memcpy(target, mnl_attr_get_payload(attribute), length);
    target[length] = '\0';
}

static void parse_tun_data(const struct nlattr *nest, struct tunic_link *link)
{
    const struct nlattr *attribute;

    TUNIC_ATTRIBUTES_NESTED(attribute, nest)
    {
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_TUN_OWNER:
            link->owner = attribute_u32(attribute, TUNIC_ID_NONE);
            break;
        case IFLA_TUN_GROUP:
            link->group = attribute_u32(attribute, TUNIC_ID_NONE);
            break;
        case IFLA_TUN_TYPE:
            link->tap = attribute_u8(attribute) == IFF_TAP;
            break;
        case IFLA_TUN_PI:
            link->pi = attribute_u8(attribute) != 0;
            break;
        case IFLA_TUN_VNET_HDR:
            link->vnet_hdr = attribute_u8(attribute) != 0;
            break;
        case IFLA_TUN_PERSIST:
            link->persist = attribute_u8(attribute) != 0;
            break;
        case IFLA_TUN_MULTI_QUEUE:
            link->multi_queue = attribute_u8(attribute) != 0;
            break;
        case IFLA_TUN_NUM_QUEUES:
            link->queues = attribute_u32(attribute, 0);
            break;
        case IFLA_TUN_NUM_DISABLED_QUEUES:
            link->disabled_queues = attribute_u32(attribute, 0);
            break;
        default:
            break;
        }
    }
}

static void parse_link_info(const struct nlattr *nest, struct tunic_link *link)
{
    const struct nlattr *attribute;
    const struct nlattr *data = NULL;

    TUNIC_ATTRIBUTES_NESTED(attribute, nest)
    {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
            attribute_text(attribute, link->kind_name, sizeof(link->kind_name));
        else if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA)
            data = attribute;
    }
    /* Without data, which kernels before 4.17 do not send, it is this driver's all the same. */
    if (strcmp(link->kind_name, "tun") == 0) {
        link->kind = TUNIC_KIND_TUN;
        if (data)
            parse_tun_data(data, link);
    }
}

/* Reads member `setting` (counted from 1) of an array of 32-bit settings. */
static bool devconf(const struct nlattr *array, size_t setting, bool *value)
{
    int32_t number;

    if (mnl_attr_get_payload_len(array) < setting * sizeof(number))
        return false;
    memcpy(&number, (const char *)mnl_attr_get_payload(array) + (setting - 1) * sizeof(number),
           sizeof(number));
    *value = number != 0;
    return true;
}

static void parse_family_settings(const struct nlattr *nest, struct tunic_link *link)
{
    const struct nlattr *family;
    const struct nlattr *attribute;

    TUNIC_ATTRIBUTES_NESTED(family, nest)
    {
        TUNIC_ATTRIBUTES_NESTED(attribute, family)
        {
            uint16_t type = mnl_attr_get_type(attribute);
            if (mnl_attr_get_type(family) == AF_INET && type == IFLA_INET_CONF) {
                link->inet = devconf(attribute, IPV4_DEVCONF_FORWARDING, &link->inet_forwarding) &&
                             devconf(attribute, IPV4_DEVCONF_PROMOTE_SECONDARIES,
                                     &link->inet_promote_secondaries) &&
                             devconf(attribute, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
                                     &link->inet_ignore_linkdown);
            } else if (mnl_attr_get_type(family) == AF_INET6 && type == IFLA_INET6_CONF) {
                /* The enum of linux/ipv6.h counts from 0 here. */
                link->inet6 = devconf(attribute, DEVCONF_FORWARDING + 1, &link->inet6_forwarding) &&
                              devconf(attribute, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN + 1,
                                      &link->inet6_ignore_linkdown);
            }
        }
    }
}

static int parse_altnames(const struct nlattr *nest, struct tunic_link *link)
{
    const struct nlattr *attribute;
    struct tunic_text names = {0};

    TUNIC_ATTRIBUTES_NESTED(attribute, nest)
    {
        char name[TUNIC_ALTNAME_SIZE];
        if (mnl_attr_get_type(attribute) != IFLA_ALT_IFNAME)
            continue;
        attribute_text(attribute, name, sizeof(name));
        if (name[0] != '\0') /* an empty one would end the list */
            tunic_text_add_bytes(&names, name, strlen(name) + 1);
    }
    if (names.failed) {
        tunic_text_free(&names);
        return -ENOMEM;
    }
    free(link->altnames);
    link->altnames = names.text; /* its own NUL, after the last name's, ends the list */
    return 0;
}

static int parse_attribute(const struct nlattr *attribute, struct tunic_link *link)
{
    size_t length = mnl_attr_get_payload_len(attribute);

    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        attribute_text(attribute, link->name, sizeof(link->name));
        return 0;
    case IFLA_MTU:
        link->mtu = attribute_u32(attribute, 0);
        return 0;
    case IFLA_TXQLEN:
        link->txqueuelen = attribute_u32(attribute, 0);
        return 0;
    case IFLA_GROUP:
        link->device_group = attribute_u32(attribute, 0);
        return 0;
    case IFLA_OPERSTATE:
        link->operstate = attribute_u8(attribute);
        return 0;
    case IFLA_CARRIER:
        link->carrier = attribute_u8(attribute) != 0;
        return 0;
    case IFLA_MASTER:
        link->master = (int32_t)attribute_u32(attribute, 0);
        return 0;
    case IFLA_ADDRESS:
        link->address_length =
            (uint8_t)(length < sizeof(link->address) ? length : sizeof(link->address));
        memcpy(link->address, mnl_attr_get_payload(attribute), link->address_length);
        return 0;
    case IFLA_IFALIAS:
        free(link->alias);
        link->alias = strndup(mnl_attr_get_payload(attribute), length);
        return link->alias ? 0 : -ENOMEM;
    case IFLA_STATS64:
        length = length < sizeof(link->stats) ? length : sizeof(link->stats);
        memcpy(&link->stats, mnl_attr_get_payload(attribute), length);
        link->has_stats = true;
        return 0;
    case IFLA_LINKINFO:
        parse_link_info(attribute, link);
        return 0;
    case IFLA_AF_SPEC:
        parse_family_settings(attribute, link);
        return 0;
    case IFLA_PROP_LIST:
        return parse_altnames(attribute, link);
    default:
        return 0;
    }
}

int tunic_link_parse(const struct nlmsghdr *message, struct tunic_link *link)
{
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;

    *link = (struct tunic_link){.owner = TUNIC_ID_NONE, .group = TUNIC_ID_NONE};
    if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
        return -EBADMSG;
    link->ifindex = header->ifi_index;
    link->flags = header->ifi_flags;
    link->type = header->ifi_type;
    int result = 0;
    TUNIC_ATTRIBUTES(attribute, message, sizeof(*header))
    {
        result = parse_attribute(attribute, link);
        if (result != 0)
            break;
    }
    if (result == 0 && link->name[0] == '\0')
        result = -EBADMSG;
    if (result != 0)
        tunic_link_release(link);
    return result;
}

void tunic_link_release(struct tunic_link *link)
{
    free(link->alias);
    free(link->altnames);
    link->alias = NULL;
    link->altnames = NULL;
}

/* ---- asking ---------------------------------------------------------------------------- */

static int take_link(const struct nlmsghdr *message, void *closure)
{
    return message->nlmsg_type == RTM_NEWLINK ? tunic_link_parse(message, closure) : -EBADMSG;
}

int tunic_link_get(struct tunic_netlink *netlink, const char *name, int32_t ifindex, bool stats,
                   struct tunic_link *link, struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];
    struct nlmsghdr *request =
        tunic_request_begin(buffer, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    struct ifinfomsg *header = mnl_nlmsg_get_payload(request);

    if (name && strlen(name) >= TUNIC_ALTNAME_SIZE)
        return tunic_error_set(error, TUNIC_ABSENT, "no interface has a name of this length");
    header->ifi_index = name ? 0 : ifindex;
    mnl_attr_put_u32(request, IFLA_EXT_MASK, stats ? 0 : RTEXT_FILTER_SKIP_STATS);
    if (name) /* an altname too: the kernel looks both up, whatever attribute carries it */
        mnl_attr_put_strz(request, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
    int result = tunic_netlink_request(netlink, request, take_link, link, error);
    if (result != 0)
        tunic_error_action(error, "cannot read the interface");
    return result;
}

struct nlmsghdr *tunic_link_dump_request(void *buffer, const char *kind, bool stats)
{
    struct nlmsghdr *request =
        tunic_request_begin(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));

    mnl_attr_put_u32(request, IFLA_EXT_MASK, stats ? 0 : RTEXT_FILTER_SKIP_STATS);
    if (kind) {
        struct nlattr *nest = mnl_attr_nest_start(request, IFLA_LINKINFO);
        mnl_attr_put_strz(request, IFLA_INFO_KIND, kind);
        mnl_attr_nest_end(request, nest);
    }
    return request;
}

/* ---- changing -------------------------------------------------------------------------- */

static struct nlmsghdr *link_change(struct tunic_batch *batch, int32_t ifindex, const char *label)
{
    struct nlmsghdr *request =
        tunic_batch_add(batch, RTM_SETLINK, 0, sizeof(struct ifinfomsg), label);

    if (request) {
        struct ifinfomsg *header = mnl_nlmsg_get_payload(request);
        header->ifi_index = ifindex;
    }
    return request;
}

void tunic_link_change_flags(struct tunic_batch *batch, int32_t ifindex, uint32_t flags,
                             uint32_t mask, const char *label)
{
    struct nlmsghdr *request = link_change(batch, ifindex, label);

    if (request) {
        struct ifinfomsg *header = mnl_nlmsg_get_payload(request);
        header->ifi_flags = flags;
        header->ifi_change = mask;
    }
}

void tunic_link_set(struct tunic_batch *batch, int32_t ifindex, uint16_t attribute,
                    const void *value, size_t size, const char *label)
{
    struct nlmsghdr *request = link_change(batch, ifindex, label);

    if (request && !mnl_attr_put_check(request, TUNIC_REQUEST_SIZE, attribute, size, value))
        batch->failed = true;
}

void tunic_link_delete(struct tunic_batch *batch, int32_t ifindex, const char *label)
{
    struct nlmsghdr *request =
        tunic_batch_add(batch, RTM_DELLINK, 0, sizeof(struct ifinfomsg), label);

    if (request) {
        struct ifinfomsg *header = mnl_nlmsg_get_payload(request);
        header->ifi_index = ifindex;
    }
}

void tunic_link_delete_group(struct tunic_batch *batch, uint32_t group, const char *label)
{
    struct nlmsghdr *request =
        tunic_batch_add(batch, RTM_DELLINK, 0, sizeof(struct ifinfomsg), label);

    if (request)
        mnl_attr_put_u32(request, IFLA_GROUP, group);
}

void tunic_link_altname(struct tunic_batch *batch, int32_t ifindex, const char *name, bool add,
                        const char *label)
{
    struct nlmsghdr *request = tunic_batch_add(batch, add ? RTM_NEWLINKPROP : RTM_DELLINKPROP,
                                               add ? NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND : 0,
                                               sizeof(struct ifinfomsg), label);

    if (request) {
        struct ifinfomsg *header = mnl_nlmsg_get_payload(request);
        header->ifi_index = ifindex;
        struct nlattr *nest = mnl_attr_nest_start(request, IFLA_PROP_LIST);
        mnl_attr_put_strz(request, IFLA_ALT_IFNAME, name);
        mnl_attr_nest_end(request, nest);
    }
}

void tunic_link_inet_setting(struct tunic_batch *batch, int32_t ifindex, uint16_t setting,
                             uint32_t value, const char *label)
{
    struct nlmsghdr *request = link_change(batch, ifindex, label);

    if (request) {
        struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
        struct nlattr *family = mnl_attr_nest_start(request, AF_INET);
        struct nlattr *settings = mnl_attr_nest_start(request, IFLA_INET_CONF);
        mnl_attr_put_u32(request, setting, value);
        mnl_attr_nest_end(request, settings);
        mnl_attr_nest_end(request, family);
        mnl_attr_nest_end(request, families);
    }
}
