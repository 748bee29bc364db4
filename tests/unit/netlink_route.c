/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "netlink/netlink.h"
#include "netlink_message.h"

#include <errno.h>
#include <sys/socket.h>

static const uint8_t inet_via[4] = {10, 0, 0, 2};
static const uint8_t inet6_via[16] = {0xfe, 0x80, [15] = 2};

static void begin(struct message *message, uint8_t family)
{
    const struct rtmsg header = {.rtm_family = family,
                                 .rtm_dst_len = 16,
                                 .rtm_table = RT_TABLE_MAIN,
                                 .rtm_protocol = RTPROT_STATIC,
                                 .rtm_scope = RT_SCOPE_LINK,
                                 .rtm_type = RTN_UNICAST};

    message_begin(message, RTM_NEWROUTE, &header, sizeof(header));
}

static void put_via(struct nlmsghdr *header, uint16_t family, const uint8_t *address, size_t length)
{
    uint8_t via[sizeof(family) + 64] = {0};

    memcpy(via, &family, sizeof(family));
    if (address)
        memcpy(via + sizeof(family), address, length);
    mnl_attr_put(header, RTA_VIA, sizeof(family) + length, via);
}

static void test_inet(void **state)
{
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    begin(&message, AF_INET);
    mnl_attr_put(message.header, RTA_DST, 4, "\x0A\x01\0\0");
    mnl_attr_put(message.header, RTA_GATEWAY, 4, inet_via);
    mnl_attr_put_u32(message.header, RTA_OIF, 7);
    mnl_attr_put_u32(message.header, RTA_PRIORITY, 50);
    mnl_attr_put_u32(message.header, RTA_TABLE, 1000); /* stands for more than a byte holds */
    memset(&route, 0xA5, sizeof(route));
    assert_int_equal(tunic_route_parse(message_seal(&message), &route), 0);
    assert_int_equal(route.family, AF_INET);
    assert_int_equal(route.prefix, 16);
    assert_int_equal(route.protocol, RTPROT_STATIC);
    assert_int_equal(route.scope, RT_SCOPE_LINK);
    assert_int_equal(route.type, RTN_UNICAST);
    assert_int_equal(route.ifindex, 7);
    assert_int_equal(route.metric, 50);
    assert_int_equal(route.table, 1000);
    assert_memory_equal(route.destination, "\x0A\x01\0\0\0", 5);
    assert_true(route.has_via);
    assert_int_equal(route.via_family, AF_INET);
    assert_memory_equal(route.via, inet_via, 4);
    message_end(&message);
}

static void test_default_route(void **state)
{
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    begin(&message, AF_INET6);
    assert_int_equal(tunic_route_parse(message_seal(&message), &route), 0);
    assert_int_equal(route.table, RT_TABLE_MAIN);
    assert_false(route.has_via);
    assert_int_equal(route.ifindex, 0);
    assert_int_equal(route.metric, 0);
    assert_memory_equal(route.destination, (const uint8_t[16]){0}, 16);
    message_end(&message);
}

/* A gateway of another family than the route. */
static void test_via(void **state)
{
    static const struct {
        uint16_t family;
        size_t length;
        bool has_via;
    } rows[] = {
        {AF_INET6, 16, true},
        {AF_INET, 4, true},
        /* A family and a length that do not belong together. */
        {AF_INET6, 4, false},
        {AF_INET, 16, false},
        {AF_INET6, 15, false},
        {AF_INET6, 17, false},
        {AF_INET6, 0, false},
        {AF_UNIX, 16, false},
        {0x100 + AF_INET6, 16, false}, /* a family beyond the byte that it is kept in */
    };
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        begin(&message, AF_INET);
        put_via(message.header, rows[i].family, NULL, rows[i].length);
        assert_int_equal(tunic_route_parse(message_seal(&message), &route), 0);
        if (route.has_via != rows[i].has_via)
            fail_msg("row %zu", i);
        assert_int_equal(route.via_family, rows[i].has_via ? rows[i].family : 0);
    }
    begin(&message, AF_INET);
    put_via(message.header, AF_INET6, inet6_via, sizeof(inet6_via));
    assert_int_equal(tunic_route_parse(message_seal(&message), &route), 0);
    assert_memory_equal(route.via, inet6_via, sizeof(inet6_via));
    message_end(&message);
}

static void test_other_families(void **state)
{
    static const uint8_t families[] = {AF_UNSPEC, AF_MPLS, RTNL_FAMILY_IPMR, 255};
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(families); i++) {
        begin(&message, families[i]);
        assert_int_equal(tunic_route_parse(message_seal(&message), &route), -EBADMSG);
    }
    message_end(&message);
}

/* Every attribute with every length from nothing to too much: only the right one counts. */
static void test_lengths(void **state)
{
    static const uint16_t types[] = {RTA_DST, RTA_GATEWAY, RTA_OIF, RTA_PRIORITY, RTA_TABLE};
    char text[40];
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < TUNIC_COUNT(types); i++) {
        for (size_t length = 0; length <= sizeof(text); length++) {
            uint16_t type = types[i];
            begin(&message, AF_INET6);
            mnl_attr_put(message.header, type, length, text);
            assert_int_equal(tunic_route_parse(message_seal(&message), &route), 0);
            assert_int_equal(route.destination[15], type == RTA_DST && length == 16 ? 'x' : 0);
            assert_int_equal(route.has_via, type == RTA_GATEWAY && length == 16);
            assert_int_equal(route.ifindex, type == RTA_OIF && length >= 4 ? 0x78787878 : 0);
            assert_int_equal(route.metric, type == RTA_PRIORITY && length >= 4 ? 0x78787878 : 0);
            assert_int_equal(route.table,
                             type == RTA_TABLE && length >= 4 ? 0x78787878 : RT_TABLE_MAIN);
        }
    }
    message_end(&message);
}

static void test_cut_off(void **state)
{
    struct message message = {0};
    struct tunic_route route;

    (void)state;
    begin(&message, AF_INET);
    mnl_attr_put(message.header, RTA_DST, 4, "\x0A\x01\0\0");
    put_via(message.header, AF_INET6, inet6_via, sizeof(inet6_via));
    mnl_attr_put_u32(message.header, RTA_OIF, 7);
    size_t family_end = sizeof(struct nlmsghdr) + sizeof(struct rtmsg);
    for (size_t length = sizeof(struct nlmsghdr); length < message.header->nlmsg_len; length++) {
        int result = tunic_route_parse(message_seal_at(&message, length), &route);
        assert_int_equal(result, length < family_end ? -EBADMSG : 0);
        assert_int_equal(route.has_via, length >= family_end + 8 + 22);
        assert_int_equal(route.ifindex, 0);
    }
    message_end(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inet),    cmocka_unit_test(test_default_route),
        cmocka_unit_test(test_via),     cmocka_unit_test(test_other_families),
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_cut_off),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
