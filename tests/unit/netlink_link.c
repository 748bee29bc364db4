/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "netlink_link_message.h"

static void test_everything(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    put_everything(message.header);
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
    assert_int_equal(link.ifindex, 7);
    assert_int_equal(link.flags, IFF_UP | IFF_RUNNING);
    assert_int_equal(link.type, ARPHRD_ETHER);
    assert_string_equal(link.name, "tap0");
    assert_int_equal(link.kind, TUNIC_KIND_TUN);
    assert_string_equal(link.kind_name, "tun");
    assert_true(link.tap && link.pi && link.vnet_hdr && link.multi_queue && link.persist);
    assert_true(link.carrier);
    assert_int_equal(link.owner, 1000);
    assert_int_equal(link.group, 27);
    assert_int_equal(link.queues, 4);
    assert_int_equal(link.disabled_queues, 2);
    assert_int_equal(link.mtu, 1400);
    assert_int_equal(link.txqueuelen, 500);
    assert_int_equal(link.device_group, 9);
    assert_int_equal(link.operstate, 6);
    assert_int_equal(link.master, 5);
    assert_int_equal(link.address_length, 6);
    assert_memory_equal(link.address, "\2\0\0\0\0\1", 6);
    assert_string_equal(link.alias, "to the office");
    assert_memory_equal(link.altnames, "office\0second-name-of-it\0", 26);
    assert_true(link.has_stats);
    assert_int_equal(link.stats.rx_packets, 3);
    assert_int_equal(link.stats.tx_bytes, UINT64_C(1) << 40);
    assert_true(link.inet && link.inet_forwarding && link.inet_ignore_linkdown);
    assert_true(link.inet6 && link.inet6_forwarding && link.inet6_ignore_linkdown);
    tunic_link_release(&link);
    assert_null(link.alias);
    assert_null(link.altnames);
    tunic_link_release(&link);
    message_end(&message);
}

/* Each setting alone, so that none is read in the place of another. */
static void test_settings(void **state)
{
    enum { COUNT = 64 };
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (size_t setting = 0; setting < COUNT; setting++) {
        int32_t settings[COUNT] = {[0] = 0};
        settings[setting] = 1;
        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        struct nlattr *families = mnl_attr_nest_start(message.header, IFLA_AF_SPEC);
        struct nlattr *family = mnl_attr_nest_start(message.header, AF_INET);
        mnl_attr_put(message.header, IFLA_INET_CONF, sizeof(settings), settings);
        mnl_attr_nest_end(message.header, family);
        family = mnl_attr_nest_start(message.header, AF_INET6);
        mnl_attr_put(message.header, IFLA_INET6_CONF, sizeof(settings), settings);
        mnl_attr_nest_end(message.header, family);
        mnl_attr_nest_end(message.header, families);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_int_equal(link.inet_forwarding, setting == IPV4_DEVCONF_FORWARDING - 1);
        assert_int_equal(link.inet_ignore_linkdown,
                         setting == IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1);
        assert_int_equal(link.inet6_forwarding, setting == DEVCONF_FORWARDING);
        assert_int_equal(link.inet6_ignore_linkdown,
                         setting == DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
    }
    message_end(&message);
}

static void test_only_a_name(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "lo");
    memset(&link, 0xA5, sizeof(link));
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
    assert_int_equal(link.kind, TUNIC_KIND_OTHER);
    assert_string_equal(link.kind_name, "");
    assert_int_equal(link.owner, TUNIC_ID_NONE);
    assert_int_equal(link.group, TUNIC_ID_NONE);
    assert_false(link.has_stats || link.inet || link.inet6 || link.carrier || link.persist);
    assert_null(link.alias);
    assert_null(link.altnames);
    message_end(&message);
}

/* Data that look like tun's are not read where the kind is another. */
static void test_other_kinds(void **state)
{
    static const char *const kinds[] = {"macvtap", "tunnel", "tu", "", "a-kind-of-17-byte"};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(kinds); i++) {
        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        struct nlattr *info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
        mnl_attr_put_str(message.header, IFLA_INFO_KIND, kinds[i]);
        struct nlattr *data = mnl_attr_nest_start(message.header, IFLA_INFO_DATA);
        mnl_attr_put_u32(message.header, IFLA_TUN_OWNER, 1000);
        mnl_attr_nest_end(message.header, data);
        mnl_attr_nest_end(message.header, info);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_int_equal(link.kind, TUNIC_KIND_OTHER);
        assert_int_equal(link.owner, TUNIC_ID_NONE);
        assert_memory_equal(link.kind_name, kinds[i], strnlen(kinds[i], IFNAMSIZ));
        message_end(&message);
    }
}

/* The kind may come after the data: the order of attributes says nothing. */
static void test_kind_after_data(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
    struct nlattr *info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
    struct nlattr *data = mnl_attr_nest_start(message.header, IFLA_INFO_DATA);
    mnl_attr_put_u8(message.header, IFLA_TUN_TYPE, IFF_TUN);
    mnl_attr_put_u8(message.header, IFLA_TUN_PERSIST, 0);
    mnl_attr_nest_end(message.header, data);
    mnl_attr_put_str(message.header, IFLA_INFO_KIND, "tun"); /* without its NUL */
    mnl_attr_nest_end(message.header, info);
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
    assert_int_equal(link.kind, TUNIC_KIND_TUN);
    assert_false(link.tap || link.persist);
    message_end(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),      cmocka_unit_test(test_settings),
        cmocka_unit_test(test_only_a_name),     cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_kind_after_data),
    };

    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
