/* SPDX-License-Identifier: MIT */
/* The requests that are built: read back by our own parsers, they say what they were built from. */
#include "unit.h"

#include "netlink/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/ip.h>
#include <string.h>
#include <sys/socket.h>

static struct tunic_batch batch;

static int end(void **state)
{
    (void)state;
    tunic_batch_free(&batch);
    return 0;
}

/* The only request of the batch, which is empty afterwards; until the next one is built. */
static const struct nlmsghdr *built(uint16_t type, uint16_t flags)
{
    static _Alignas(struct nlmsghdr) char bytes[TUNIC_REQUEST_SIZE];
    const struct nlmsghdr *request = (const struct nlmsghdr *)bytes;

    assert_false(batch.failed);
    assert_int_equal(batch.count, 1);
    memcpy(bytes, batch.bytes, sizeof(bytes));
    assert_int_equal(request->nlmsg_type, type);
    assert_int_equal(request->nlmsg_flags, NLM_F_REQUEST | flags);
    tunic_batch_free(&batch);
    return request;
}

static const struct nlattr *attribute(const struct nlmsghdr *request, size_t header, uint16_t type)
{
    const struct nlattr *found;

    for (found = mnl_nlmsg_get_payload_offset(request, header);
         (const char *)found < (const char *)request + request->nlmsg_len;
         found = mnl_attr_next(found))
        if (mnl_attr_get_type(found) == type)
            return found;
    return NULL;
}

static void test_addresses(void **state)
{
    static const struct tunic_address addresses[] = {
        {.ifindex = 7, .family = AF_INET, .prefix = 24, .local = {10, 0, 0, 1}},
        {.ifindex = 7,
         .family = AF_INET,
         .prefix = 32,
         .scope = RT_SCOPE_LINK,
         .has_peer = true,
         .local = {10, 0, 0, 1},
         .peer = {10, 0, 0, 2}},
        {.ifindex = 7,
         .family = AF_INET,
         .prefix = 24,
         .has_broadcast = true,
         .local = {10, 0, 0, 1},
         .broadcast = {10, 0, 0, 255}},
        {.ifindex = 7,
         .family = AF_INET6,
         .prefix = 64,
         .nodad = true,
         .local = {0x20, 1, [15] = 1}},
    };
    struct tunic_address read;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(addresses); i++) {
        const struct tunic_address *address = &addresses[i];
        tunic_address_add(&batch, address, "");
        assert_int_equal(
            tunic_address_parse(built(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE), &read), 0);
        assert_int_equal(read.ifindex, 7);
        assert_int_equal(read.family, address->family);
        assert_int_equal(read.prefix, address->prefix);
        assert_int_equal(read.scope, address->scope);
        assert_memory_equal(read.local, address->local, sizeof(read.local));
        assert_int_equal(read.has_peer, address->has_peer);
        if (read.has_peer)
            assert_memory_equal(read.peer, address->peer, sizeof(read.peer));
        assert_int_equal(read.has_broadcast, address->has_broadcast);
        assert_memory_equal(read.broadcast, address->broadcast, sizeof(read.broadcast));
        assert_int_equal(read.nodad, address->nodad);
        tunic_address_delete(&batch, address, "");
        assert_int_equal(tunic_address_parse(built(RTM_DELADDR, 0), &read), 0);
        assert_memory_equal(read.local, address->local, sizeof(read.local));
    }
}

static void test_routes(void **state)
{
    static const struct tunic_route routes[] = {
        {.ifindex = 7,
         .family = AF_INET,
         .prefix = 16,
         .protocol = RTPROT_BOOT,
         .scope = RT_SCOPE_LINK,
         .type = RTN_UNICAST,
         .table = RT_TABLE_MAIN,
         .destination = {10, 1}},
        {.ifindex = 7,
         .family = AF_INET6,
         .type = RTN_UNICAST,
         .table = RT_TABLE_MAIN}, /* the default route */
        {.ifindex = 7,
         .family = AF_INET,
         .prefix = 8,
         .type = RTN_UNICAST,
         .table = RT_TABLE_MAIN,
         .metric = 50,
         .has_via = true,
         .via_family = AF_INET,
         .destination = {10},
         .via = {10, 0, 0, 2}},
        {.ifindex = 7,
         .family = AF_INET,
         .prefix = 8,
         .type = RTN_UNICAST,
         .table = RT_TABLE_MAIN,
         .has_via = true,
         .via_family = AF_INET6,
         .destination = {10},
         .via = {0xfe, 0x80, [15] = 2}},
        {.ifindex = 7, .family = AF_INET, .prefix = 8, .table = 255, .destination = {10}},
        {.ifindex = 7, .family = AF_INET6, .prefix = 8, .table = 256, .destination = {0xfd}},
        {.ifindex = 7, .family = AF_INET, .table = UINT32_MAX},
    };
    struct tunic_route read;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(routes); i++) {
        tunic_route_add(&batch, &routes[i], "");
        assert_int_equal(tunic_route_parse(built(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL), &read),
                         0);
        assert_memory_equal(&read, &routes[i], sizeof(read));
        tunic_route_delete(&batch, &routes[i], "");
        assert_int_equal(tunic_route_parse(built(RTM_DELROUTE, 0), &read), 0);
        assert_memory_equal(&read, &routes[i], sizeof(read));
    }
}

static void test_links(void **state)
{
    const size_t length = sizeof(struct ifinfomsg);
    const uint32_t mtu = 1400;
    const struct nlmsghdr *request;
    const struct ifinfomsg *header;

    (void)state;
    tunic_link_set(&batch, 7, IFLA_MTU, &mtu, sizeof(mtu), "");
    request = built(RTM_SETLINK, 0);
    header = mnl_nlmsg_get_payload(request);
    assert_int_equal(header->ifi_index, 7);
    assert_int_equal(header->ifi_change, 0);
    assert_int_equal(mnl_attr_get_u32(attribute(request, length, IFLA_MTU)), mtu);

    tunic_link_change_flags(&batch, 7, IFF_UP, IFF_UP | IFF_NOARP, "");
    header = mnl_nlmsg_get_payload(built(RTM_SETLINK, 0));
    assert_int_equal(header->ifi_index, 7);
    assert_int_equal(header->ifi_flags, IFF_UP);
    assert_int_equal(header->ifi_change, IFF_UP | IFF_NOARP);

    tunic_link_delete(&batch, 7, "");
    request = built(RTM_DELLINK, 0);
    header = mnl_nlmsg_get_payload(request);
    assert_int_equal(header->ifi_index, 7);
    assert_null(attribute(request, length, IFLA_GROUP));

    /* The group alone: with an index beside it the kernel would look at that one only. */
    tunic_link_delete_group(&batch, 0x40000001, "");
    request = built(RTM_DELLINK, 0);
    header = mnl_nlmsg_get_payload(request);
    assert_int_equal(header->ifi_index, 0);
    assert_int_equal(mnl_attr_get_u32(attribute(request, length, IFLA_GROUP)), 0x40000001);
}

static void test_nests(void **state)
{
    const size_t length = sizeof(struct ifinfomsg);
    const struct nlmsghdr *request;
    const struct nlattr *nest;

    (void)state;
    for (int add = 0; add < 2; add++) {
        tunic_link_altname(&batch, 7, "office", add, "");
        request = built(add ? RTM_NEWLINKPROP : RTM_DELLINKPROP,
                        add ? NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND : 0);
        nest = mnl_attr_get_payload(attribute(request, length, IFLA_PROP_LIST));
        assert_int_equal(mnl_attr_get_type(nest), IFLA_ALT_IFNAME);
        assert_string_equal(mnl_attr_get_str(nest), "office");
    }
    tunic_link_inet_setting(&batch, 7, IPV4_DEVCONF_FORWARDING, 1, "");
    request = built(RTM_SETLINK, 0);
    nest = mnl_attr_get_payload(attribute(request, length, IFLA_AF_SPEC));
    assert_int_equal(mnl_attr_get_type(nest), AF_INET);
    nest = mnl_attr_get_payload(nest);
    assert_int_equal(mnl_attr_get_type(nest), IFLA_INET_CONF);
    nest = mnl_attr_get_payload(nest);
    assert_int_equal(mnl_attr_get_type(nest), IPV4_DEVCONF_FORWARDING);
    assert_int_equal(mnl_attr_get_u32(nest), 1);
}

/* What a dump is asked to leave out, which strict checking makes the kernel do. */
static void test_dumps(void **state)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];
    const size_t length = sizeof(struct ifinfomsg);
    const struct nlmsghdr *request;

    (void)state;
    request = tunic_link_dump_request(buffer, "tun", false);
    assert_int_equal(request->nlmsg_type, RTM_GETLINK);
    assert_int_equal(mnl_attr_get_u32(attribute(request, length, IFLA_EXT_MASK)),
                     RTEXT_FILTER_SKIP_STATS);
    const struct nlattr *kind = mnl_attr_get_payload(attribute(request, length, IFLA_LINKINFO));
    assert_int_equal(mnl_attr_get_type(kind), IFLA_INFO_KIND);
    assert_string_equal(mnl_attr_get_str(kind), "tun");
    request = tunic_link_dump_request(buffer, NULL, true);
    assert_null(attribute(request, length, IFLA_LINKINFO));
    const struct nlattr *mask = attribute(request, length, IFLA_EXT_MASK);
    assert_false(mask && mnl_attr_get_u32(mask) & RTEXT_FILTER_SKIP_STATS);

    request = tunic_address_dump_request(buffer, 7);
    assert_int_equal(request->nlmsg_type, RTM_GETADDR);
    assert_int_equal(((const struct ifaddrmsg *)mnl_nlmsg_get_payload(request))->ifa_index, 7);

    request = tunic_route_dump_request(buffer, AF_INET6, 7, RT_TABLE_MAIN);
    const struct rtmsg *header = mnl_nlmsg_get_payload(request);
    assert_int_equal(request->nlmsg_type, RTM_GETROUTE);
    assert_int_equal(header->rtm_family, AF_INET6);
    assert_int_equal(mnl_attr_get_u32(attribute(request, sizeof(*header), RTA_OIF)), 7);
    assert_int_equal(mnl_attr_get_u32(attribute(request, sizeof(*header), RTA_TABLE)),
                     RT_TABLE_MAIN);
    request = tunic_route_dump_request(buffer, AF_INET, 0, 0);
    assert_null(attribute(request, sizeof(*header), RTA_OIF));
    assert_null(attribute(request, sizeof(*header), RTA_TABLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_addresses, end),
        cmocka_unit_test_teardown(test_routes, end),
        cmocka_unit_test_teardown(test_links, end),
        cmocka_unit_test_teardown(test_nests, end),
        cmocka_unit_test(test_dumps),
    };

    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
