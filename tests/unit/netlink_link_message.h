/* SPDX-License-Identifier: MIT */
/* Messages about links, for the tests of tunic_link_parse. */
#ifndef TUNIC_TESTS_NETLINK_LINK_MESSAGE_H
#define TUNIC_TESTS_NETLINK_LINK_MESSAGE_H

#include "netlink/netlink.h"
#include "netlink_message.h"

#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/if_arp.h>

static inline void begin(struct message *message)
{
    const struct ifinfomsg family = {
        .ifi_index = 7, .ifi_flags = IFF_UP | IFF_RUNNING, .ifi_type = ARPHRD_ETHER};

    message_begin(message, RTM_NEWLINK, &family, sizeof(family));
}

static inline void put_tun_data(struct nlmsghdr *header)
{
    struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "tun");
    struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    mnl_attr_put_u8(header, IFLA_TUN_TYPE, IFF_TAP);
    mnl_attr_put_u32(header, IFLA_TUN_OWNER, 1000);
    mnl_attr_put_u32(header, IFLA_TUN_GROUP, 27);
    mnl_attr_put_u8(header, IFLA_TUN_PI, 1);
    mnl_attr_put_u8(header, IFLA_TUN_VNET_HDR, 1);
    mnl_attr_put_u8(header, IFLA_TUN_PERSIST, 1);
    mnl_attr_put_u8(header, IFLA_TUN_MULTI_QUEUE, 1);
    mnl_attr_put_u32(header, IFLA_TUN_NUM_QUEUES, 4);
    mnl_attr_put_u32(header, IFLA_TUN_NUM_DISABLED_QUEUES, 2);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, info);
}

static inline void put_settings(struct nlmsghdr *header, size_t inet, size_t inet6)
{
    int32_t settings[64] = {0};

    settings[IPV4_DEVCONF_FORWARDING - 1] = 1;
    settings[IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1] = 1;
    struct nlattr *families = mnl_attr_nest_start(header, IFLA_AF_SPEC);
    struct nlattr *family = mnl_attr_nest_start(header, AF_INET);
    mnl_attr_put(header, IFLA_INET_CONF, inet * sizeof(settings[0]), settings);
    mnl_attr_nest_end(header, family);
    memset(settings, 0, sizeof(settings));
    settings[DEVCONF_FORWARDING] = 1;
    settings[DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN] = 1;
    family = mnl_attr_nest_start(header, AF_INET6);
    mnl_attr_put(header, IFLA_INET6_CONF, inet6 * sizeof(settings[0]), settings);
    mnl_attr_nest_end(header, family);
    mnl_attr_nest_end(header, families);
}

static inline void put_altnames(struct nlmsghdr *header, const char *const *names)
{
    struct nlattr *list = mnl_attr_nest_start(header, IFLA_PROP_LIST);
    for (; *names; names++)
        mnl_attr_put_strz(header, IFLA_ALT_IFNAME, *names);
    mnl_attr_nest_end(header, list);
}

static inline void put_everything(struct nlmsghdr *header)
{
    static const char *const altnames[] = {"office", "second-name-of-it", NULL};
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
    const struct rtnl_link_stats64 stats = {.rx_packets = 3, .tx_bytes = UINT64_C(1) << 40};

    mnl_attr_put_strz(header, IFLA_IFNAME, "tap0");
    mnl_attr_put_u32(header, IFLA_MTU, 1400);
    mnl_attr_put_u32(header, IFLA_TXQLEN, 500);
    mnl_attr_put_u32(header, IFLA_GROUP, 9);
    mnl_attr_put_u8(header, IFLA_OPERSTATE, 6);
    mnl_attr_put_u8(header, IFLA_CARRIER, 1);
    mnl_attr_put_u32(header, IFLA_MASTER, 5);
    mnl_attr_put(header, IFLA_ADDRESS, sizeof(mac), mac);
    mnl_attr_put_strz(header, IFLA_IFALIAS, "to the office");
    mnl_attr_put(header, IFLA_STATS64, sizeof(stats), &stats);
    put_tun_data(header);
    put_settings(header, 40, 60);
    put_altnames(header, altnames);
    mnl_attr_put_u32(header, 999, 1); /* of a kernel to come */
}

#endif
