/* SPDX-License-Identifier: MIT */
/* What is made of the kernel's answers about all interfaces; the kernel is the test's. */
#include "unit.h"

#include "netlink_fake.h"

#include "interface/interface.h"

#include <errno.h>
#include <libmnl/libmnl.h>

enum { ROOM = 512 };

static struct tunic_context context;

static void begin(void)
{
    context = (struct tunic_context){.netlink = fake_begin(0), .device_node = "node"};
}

static void put_link(uint32_t sequence, uint16_t flags, int32_t ifindex, const char *kind)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[ROOM] = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct ifinfomsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
    char name[] = "tap0";

    name[3] = (char)('0' + ifindex);
    family->ifi_index = ifindex;
    mnl_attr_put_strz(message, IFLA_IFNAME, name);
    mnl_attr_put_strz(message, IFLA_IFALIAS, "kept apart");
    struct nlattr *nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
    mnl_attr_nest_end(message, nest);
    fake_message(RTM_NEWLINK, flags, sequence, mnl_nlmsg_get_payload(message),
                 mnl_nlmsg_get_payload_len(message));
}

static void put_address(uint32_t sequence, uint16_t flags, uint32_t ifindex, uint8_t last)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[ROOM] = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct ifaddrmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
    const uint8_t address[] = {10, 0, 0, last};

    family->ifa_family = AF_INET;
    family->ifa_index = ifindex;
    mnl_attr_put(message, IFA_LOCAL, sizeof(address), address);
    fake_message(RTM_NEWADDR, flags, sequence, mnl_nlmsg_get_payload(message),
                 mnl_nlmsg_get_payload_len(message));
}

static void put_route(uint32_t sequence, uint16_t flags, uint8_t family, uint32_t ifindex)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[ROOM] = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

    *route =
        (struct rtmsg){.rtm_family = family, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST};
    mnl_attr_put_u32(message, RTA_OIF, ifindex);
    fake_message(RTM_NEWROUTE, flags, sequence, mnl_nlmsg_get_payload(message),
                 mnl_nlmsg_get_payload_len(message));
}

static int read_all(struct tunic_snapshot *snapshot, unsigned load, struct tunic_error *error)
{
    return tunic_snapshot_read(snapshot, &context, load, error);
}

/* ---- dumps that are begun again -------------------------------------------------------- */

static void test_links_again(void **state)
{
    struct tunic_snapshot snapshot;
    struct tunic_error error;

    (void)state;
    begin();
    fake_datagram(0);
    put_link(1, 0, 1, "tun");
    put_link(1, NLM_F_DUMP_INTR, 2, "tun");
    fake_done(1, 0, 0, NULL);
    fake_datagram(0);
    put_link(2, 0, 2, "tun");
    put_link(2, 0, 3, "bridge"); /* of a kernel without the filter */
    fake_done(2, 0, 0, NULL);
    assert_int_equal(read_all(&snapshot, 0, &error), 0);
    assert_int_equal(snapshot.count, 1);
    assert_string_equal(snapshot.interfaces[0].link.name, "tap2");
    tunic_snapshot_free(&snapshot);
    fake_end();
}

/* What was read before the dump that is begun again is kept. */
static void test_the_rest_again(void **state)
{
    struct tunic_snapshot snapshot;
    struct tunic_error error;

    (void)state;
    begin();
    fake_datagram(0);
    put_link(1, 0, 1, "tun");
    put_link(1, 0, 2, "tun");
    fake_done(1, 0, 0, NULL);
    fake_datagram(0);
    put_address(2, NLM_F_DUMP_INTR, 2, 1);
    fake_done(2, 0, 0, NULL);
    fake_datagram(0);
    put_address(3, 0, 2, 2);
    put_address(3, 0, 7, 3); /* another's */
    put_address(3, 0, 1, 4);
    fake_done(3, 0, 0, NULL);
    fake_datagram(0);
    put_route(4, 0, AF_INET, 2);
    fake_done(4, 0, 0, NULL);
    fake_datagram(0);
    put_route(5, 0, AF_INET6, 1);
    fake_done(5, NLM_F_DUMP_INTR, 0, NULL);
    fake_datagram(0);
    put_route(6, 0, AF_INET6, 2);
    fake_done(6, 0, 0, NULL);
    assert_int_equal(read_all(&snapshot, TUNIC_LOAD_ADDRESSES | TUNIC_LOAD_ROUTES, &error), 0);
    assert_int_equal(snapshot.count, 2);
    assert_int_equal(snapshot.interfaces[0].address_count, 1);
    assert_int_equal(snapshot.interfaces[0].addresses[0].local[3], 4);
    assert_int_equal(snapshot.interfaces[0].route_count, 0);
    assert_int_equal(snapshot.interfaces[1].address_count, 1);
    assert_int_equal(snapshot.interfaces[1].addresses[0].local[3], 2);
    assert_int_equal(snapshot.interfaces[1].route_count, 2);
    tunic_snapshot_free(&snapshot);
    fake_end();
}

/* Nothing is left, though the first was read. */
static void test_a_malformed_link(void **state)
{
    struct tunic_snapshot snapshot;
    struct tunic_error error;

    (void)state;
    begin();
    fake_datagram(0);
    put_link(1, 0, 1, "tun");
    fake_message(RTM_NEWLINK, 0, 1, "short", 5);
    fake_done(1, 0, 0, NULL);
    assert_int_equal(read_all(&snapshot, 0, &error), -EBADMSG);
    assert_string_equal(error.action, "cannot read the interfaces");
    assert_int_equal(snapshot.count, 0);
    assert_null(snapshot.interfaces);
    fake_end();
}

/* ---- what a name means ----------------------------------------------------------------- */

/* The snapshot was empty; the kernel is asked for the name, and says this. */
static int require(const char *kind, int errno_value, struct tunic_error *error)
{
    struct tunic_snapshot snapshot = {0};
    const struct tunic_interface *interface;

    begin();
    fake_datagram(0);
    if (kind)
        put_link(1, 0, 5, kind);
    else
        fake_answer(1, errno_value, NULL);
    int result = tunic_snapshot_require(&snapshot, &context, "tap5", &interface, error);
    assert_null(interface);
    fake_end();
    return result;
}

static void test_what_is_not_there(void **state)
{
    struct tunic_error error;

    (void)state;
    assert_true(require(NULL, ENODEV, &error) < 0);
    assert_int_equal(error.reason, TUNIC_ABSENT);
    assert_int_equal(require(NULL, ENOMEM, &error), -ENOMEM);
    assert_string_equal(error.action, "cannot read the interface");
    assert_true(require("bridge", 0, &error) < 0);
    assert_string_equal(error.cause, "it is a bridge interface");
    assert_true(require("tun", 0, &error) < 0); /* when it was looked for it was not there */
    assert_int_equal(error.reason, TUNIC_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_again),
        cmocka_unit_test(test_the_rest_again),
        cmocka_unit_test(test_a_malformed_link),
        cmocka_unit_test(test_what_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
