/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "netlink_link_message.h"

#include <errno.h>

/* ---- memory that runs out -------------------------------------------------------------- */

char *__real_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size);

static bool out_of_memory;

char *__wrap_strndup(const char *text, size_t size)
{
    return out_of_memory ? NULL : __real_strndup(text, size);
}

/* ---- messages -------------------------------------------------------------------------- */

static void test_without_a_name(void **state)
{
    static const char *const altnames[] = {"office", NULL};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), -EBADMSG);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "");
    /* What was allocated on the way must not leak: a caller releases only what was parsed. */
    mnl_attr_put_strz(message.header, IFLA_IFALIAS, "alias");
    put_altnames(message.header, altnames);
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), -EBADMSG);
    assert_null(link.alias);
    assert_null(link.altnames);
    message_end(&message);
}

/* Cut off after every byte: nothing beyond is read, and what is told is what was there. */
static void test_cut_off(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    put_everything(message.header);
    for (size_t length = sizeof(struct nlmsghdr); length < message.header->nlmsg_len; length++) {
        int result = tunic_link_parse(message_seal_at(&message, length), &link);
        bool named = length >= sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg) + 4 + 5;
        assert_int_equal(result, named ? 0 : -EBADMSG);
        if (result == 0)
            tunic_link_release(&link);
    }
    message_end(&message);
}

/* A length that claims the padding, which is not there. */
static void test_claims_the_padding(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
    message_lie(&message, IFLA_IFALIAS, sizeof(struct nlattr) + 4, "a", 1);
    size_t length = message.header->nlmsg_len - 3;
    assert_int_equal(tunic_link_parse(message_seal_at(&message, length), &link), 0);
    assert_null(link.alias);
    message_end(&message);
}

/* Each attribute too short for what it is, and of length 0. */
static void test_short_attributes(void **state)
{
    static const uint16_t types[] = {IFLA_MTU,      IFLA_TXQLEN,  IFLA_GROUP,     IFLA_OPERSTATE,
                                     IFLA_CARRIER,  IFLA_MASTER,  IFLA_ADDRESS,   IFLA_STATS64,
                                     IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_PROP_LIST, IFLA_IFALIAS};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(types); i++) {
        for (size_t length = 0; length < 4; length++) {
            begin(&message);
            mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
            mnl_attr_put(message.header, types[i], length, "\0\0\0");
            assert_int_equal(
                tunic_link_parse(message_seal_at(&message, message.header->nlmsg_len), &link), 0);
            assert_int_equal(link.mtu, 0);
            assert_int_equal(link.txqueuelen, 0);
            assert_int_equal(link.device_group, 0);
            assert_int_equal(link.master, 0);
            assert_int_equal(link.operstate, 0);
            assert_false(link.carrier);
            assert_int_equal(link.kind, TUNIC_KIND_OTHER);
            assert_int_equal(link.address_length, types[i] == IFLA_ADDRESS ? length : 0);
            tunic_link_release(&link);
        }
    }
    message_end(&message);
}

static void test_short_tun_data(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (int type = IFLA_TUN_OWNER; type <= IFLA_TUN_NUM_DISABLED_QUEUES; type++) {
        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        struct nlattr *info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
        mnl_attr_put_strz(message.header, IFLA_INFO_KIND, "tun");
        struct nlattr *data = mnl_attr_nest_start(message.header, IFLA_INFO_DATA);
        mnl_attr_put(message.header, (uint16_t)type, 0, "");
        mnl_attr_nest_end(message.header, data);
        mnl_attr_nest_end(message.header, info);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_int_equal(link.owner, TUNIC_ID_NONE);
        assert_int_equal(link.group, TUNIC_ID_NONE);
        assert_false(link.tap || link.pi || link.vnet_hdr || link.persist || link.multi_queue);
        assert_int_equal(link.queues, 0);
        assert_int_equal(link.disabled_queues, 0);
    }
    message_end(&message);
}

/* Lengths that lie: less than a header, more than the message, more than the nest. What comes
 * before such an attribute counts, what comes after it cannot be found. */
static void test_lying_lengths(void **state)
{
    static const uint16_t claims[] = {0, 1, 3, 40, 0x7FFF, 0xFFFF};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(claims); i++) {
        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        message_lie(&message, IFLA_IFALIAS, claims[i], "alias", 6);
        mnl_attr_put_u32(message.header, IFLA_MTU, 1400);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_null(link.alias);
        assert_int_equal(link.mtu, 0);
        tunic_link_release(&link);

        begin(&message);
        message_lie(&message, IFLA_IFNAME, claims[i], "x", 2);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), -EBADMSG);

        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        struct nlattr *info = mnl_attr_nest_start(message.header, IFLA_LINKINFO);
        message_lie(&message, IFLA_INFO_KIND, claims[i], "tun", 4);
        mnl_attr_nest_end(message.header, info);
        mnl_attr_put_u32(message.header, IFLA_MTU, 1400); /* behind the nest: found */
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_int_equal(link.kind, TUNIC_KIND_OTHER);
        assert_int_equal(link.mtu, 1400);
    }
    message_end(&message);
}

/* Longer than anything the kernel has: cut, and told to be no longer than what is kept. */
static void test_long_attributes(void **state)
{
    char text[300];
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    memset(text, 'x', sizeof(text));
    begin(&message);
    mnl_attr_put(message.header, IFLA_IFNAME, sizeof(text), text);
    mnl_attr_put(message.header, IFLA_ADDRESS, sizeof(text), text);
    mnl_attr_put(message.header, IFLA_STATS64, sizeof(text), text);
    mnl_attr_put(message.header, IFLA_IFALIAS, sizeof(text), text);
    struct nlattr *list = mnl_attr_nest_start(message.header, IFLA_PROP_LIST);
    mnl_attr_put(message.header, IFLA_ALT_IFNAME, sizeof(text), text);
    mnl_attr_nest_end(message.header, list);
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
    assert_int_equal(strlen(link.name), IFNAMSIZ - 1);
    assert_int_equal(link.address_length, sizeof(link.address));
    assert_int_equal(strlen(link.alias), sizeof(text));
    assert_int_equal(strlen(link.altnames), TUNIC_ALTNAME_SIZE - 1);
    assert_int_equal(link.altnames[TUNIC_ALTNAME_SIZE], '\0');
    tunic_link_release(&link);
    message_end(&message);
}

static void test_short_settings(void **state)
{
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    for (size_t count = 0; count < 64; count++) {
        begin(&message);
        mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
        put_settings(message.header, count, count);
        assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
        assert_int_equal(link.inet, count >= IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
        assert_int_equal(link.inet6, count > DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
    }
    message_end(&message);
}

/* What the kernel says once said twice: the last counts, and nothing leaks. */
static void test_twice(void **state)
{
    static const char *const first[] = {"one", NULL};
    static const char *const second[] = {"", "two", "", "three", NULL};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "a-long-name");
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
    mnl_attr_put_strz(message.header, IFLA_IFALIAS, "one");
    mnl_attr_put_strz(message.header, IFLA_IFALIAS, "two");
    put_altnames(message.header, first);
    put_altnames(message.header, second); /* an empty name would end the list */
    assert_int_equal(tunic_link_parse(message_seal(&message), &link), 0);
    assert_string_equal(link.name, "x");
    assert_string_equal(link.alias, "two");
    assert_memory_equal(link.altnames, "two\0three\0", 11);
    tunic_link_release(&link);
    message_end(&message);
}

static void test_memory_runs_out(void **state)
{
    static const char *const altnames[] = {"office", NULL};
    struct message message = {0};
    struct tunic_link link;

    (void)state;
    begin(&message);
    mnl_attr_put_strz(message.header, IFLA_IFNAME, "x");
    put_altnames(message.header, altnames);
    mnl_attr_put_strz(message.header, IFLA_IFALIAS, "alias");
    out_of_memory = true;
    int result = tunic_link_parse(message_seal(&message), &link);
    out_of_memory = false;
    assert_int_equal(result, -ENOMEM);
    assert_null(link.altnames); /* released */
    message_end(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_name),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_claims_the_padding),
        cmocka_unit_test(test_short_attributes),
        cmocka_unit_test(test_short_tun_data),
        cmocka_unit_test(test_lying_lengths),
        cmocka_unit_test(test_long_attributes),
        cmocka_unit_test(test_short_settings),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_memory_runs_out),
    };

    return cmocka_run_group_tests_name("link, malformed", tests, NULL, NULL);
}
