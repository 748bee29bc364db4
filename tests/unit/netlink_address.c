/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "netlink/netlink.h"
#include "netlink_message.h"

#include <errno.h>
#include <sys/socket.h>

static const uint8_t inet_local[4] = {10, 0, 0, 1};
static const uint8_t inet_peer[4] = {10, 0, 0, 2};
static const uint8_t inet6_local[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
static const uint8_t inet6_peer[16] = {0x20, 1, 0xd, 0xb8, [15] = 2};

static void begin(struct message *message, uint8_t family)
{
    const struct ifaddrmsg header = {
        .ifa_family = family, .ifa_prefixlen = 24, .ifa_scope = RT_SCOPE_LINK, .ifa_index = 7};

    message_begin(message, RTM_NEWADDR, &header, sizeof(header));
}

static void test_inet(void **state)
{
    const struct ifa_cacheinfo times = {.ifa_prefered = 60, .ifa_valid = 120};
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    begin(&message, AF_INET);
    mnl_attr_put(message.header, IFA_LOCAL, 4, inet_local);
    mnl_attr_put(message.header, IFA_ADDRESS, 4, inet_peer);
    mnl_attr_put(message.header, IFA_BROADCAST, 4, "\x0A\0\0\xFF");
    mnl_attr_put_strz(message.header, IFA_LABEL, "tap0:1");
    mnl_attr_put(message.header, IFA_CACHEINFO, sizeof(times), &times);
    mnl_attr_put_u32(message.header, IFA_FLAGS, IFA_F_PERMANENT | IFA_F_NODAD);
    memset(&address, 0xA5, sizeof(address));
    assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
    assert_int_equal(address.ifindex, 7);
    assert_int_equal(address.family, AF_INET);
    assert_int_equal(address.prefix, 24);
    assert_int_equal(address.scope, RT_SCOPE_LINK);
    assert_memory_equal(address.local, inet_local, 4);
    assert_memory_equal(address.peer, inet_peer, 4);
    assert_true(address.has_peer);
    assert_true(address.has_broadcast);
    assert_memory_equal(address.broadcast, "\x0A\0\0\xFF", 4);
    assert_string_equal(address.label, "tap0:1");
    assert_int_equal(address.valid, 120);
    assert_int_equal(address.preferred, 60);
    assert_true(address.permanent && address.nodad);
    assert_false(address.tentative || address.duplicate);
    message_end(&message);
}

static void test_flags(void **state)
{
    static const uint32_t flags[] = {IFA_F_TENTATIVE, IFA_F_DADFAILED, IFA_F_PERMANENT, IFA_F_NODAD,
                                     IFA_F_TEMPORARY};
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(flags); i++) {
        begin(&message, AF_INET6);
        mnl_attr_put_u32(message.header, IFA_FLAGS, flags[i]);
        assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
        assert_int_equal(address.tentative, flags[i] == IFA_F_TENTATIVE);
        assert_int_equal(address.duplicate, flags[i] == IFA_F_DADFAILED);
        assert_int_equal(address.permanent, flags[i] == IFA_F_PERMANENT);
        assert_int_equal(address.nodad, flags[i] == IFA_F_NODAD);
    }
    message_end(&message);
}

/* IPv6 tells the address as IFA_ADDRESS alone, unless there is a peer. */
static void test_inet6(void **state)
{
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    begin(&message, AF_INET6);
    mnl_attr_put(message.header, IFA_ADDRESS, 16, inet6_local);
    mnl_attr_put_u32(message.header, IFA_FLAGS, IFA_F_TENTATIVE | IFA_F_DADFAILED);
    assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
    assert_memory_equal(address.local, inet6_local, 16);
    assert_memory_equal(address.peer, inet6_local, 16);
    assert_false(address.has_peer || address.has_broadcast);
    assert_int_equal(address.valid, UINT32_MAX);
    assert_int_equal(address.preferred, UINT32_MAX);
    assert_true(address.tentative && address.duplicate);
    assert_false(address.permanent || address.nodad);

    begin(&message, AF_INET6); /* in the other order */
    mnl_attr_put(message.header, IFA_ADDRESS, 16, inet6_peer);
    mnl_attr_put(message.header, IFA_LOCAL, 16, inet6_local);
    assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
    assert_memory_equal(address.local, inet6_local, 16);
    assert_memory_equal(address.peer, inet6_peer, 16);
    assert_true(address.has_peer);

    begin(&message, AF_INET6); /* the last byte alone differs */
    mnl_attr_put(message.header, IFA_LOCAL, 16, inet6_local);
    mnl_attr_put(message.header, IFA_ADDRESS, 16, inet6_local);
    assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
    assert_false(address.has_peer);
    message_end(&message);
}

static void test_other_families(void **state)
{
    static const uint8_t families[] = {AF_UNSPEC, AF_UNIX, AF_BRIDGE, 255};
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(families); i++) {
        begin(&message, families[i]);
        mnl_attr_put(message.header, IFA_LOCAL, 4, inet_local);
        assert_int_equal(tunic_address_parse(message_seal(&message), &address), -EBADMSG);
    }
    message_end(&message);
}

/* Every attribute with every length from nothing to too much: only the right one counts. */
static void test_lengths(void **state)
{
    static const uint16_t types[] = {IFA_LOCAL,     IFA_ADDRESS, IFA_BROADCAST, IFA_LABEL,
                                     IFA_CACHEINFO, IFA_FLAGS,   IFA_PROTO};
    char text[40];
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < TUNIC_COUNT(types); i++) {
        for (size_t length = 0; length <= sizeof(text); length++) {
            uint16_t type = types[i];
            begin(&message, AF_INET);
            mnl_attr_put(message.header, type, length, text);
            assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
            bool told = (type == IFA_LOCAL || type == IFA_ADDRESS) && length == 4;
            assert_int_equal(address.local[0], told ? 'x' : 0);
            assert_int_equal(address.local[4], 0);
            assert_int_equal(address.has_broadcast, type == IFA_BROADCAST && length == 4);
            assert_int_equal(address.valid != UINT32_MAX,
                             type == IFA_CACHEINFO && length >= sizeof(struct ifa_cacheinfo));
            assert_int_equal(address.tentative,
                             type == IFA_FLAGS && length >= 4 && (0x78787878U & IFA_F_TENTATIVE));
            size_t label = length < IFNAMSIZ ? length : IFNAMSIZ - 1;
            assert_int_equal(strlen(address.label), type == IFA_LABEL ? label : 0);
        }
    }
    message_end(&message);
}

static void test_cut_off(void **state)
{
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    begin(&message, AF_INET6);
    mnl_attr_put(message.header, IFA_LOCAL, 16, inet6_local);
    mnl_attr_put(message.header, IFA_ADDRESS, 16, inet6_peer);
    mnl_attr_put_strz(message.header, IFA_LABEL, "tap0");
    mnl_attr_put_u32(message.header, IFA_FLAGS, IFA_F_PERMANENT);
    size_t family_end = sizeof(struct nlmsghdr) + sizeof(struct ifaddrmsg);
    for (size_t length = sizeof(struct nlmsghdr); length < message.header->nlmsg_len; length++) {
        int result = tunic_address_parse(message_seal_at(&message, length), &address);
        assert_int_equal(result, length < family_end ? -EBADMSG : 0);
        if (result == 0)
            assert_int_equal(address.local[0], length < family_end + 20 ? 0 : 0x20);
        assert_false(address.permanent);
    }
    message_end(&message);
}

static void test_lying_lengths(void **state)
{
    static const uint16_t claims[] = {0, 3, 4, 5, 9, 20, 0xFFFF};
    struct message message = {0};
    struct tunic_address address;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(claims); i++) {
        begin(&message, AF_INET);
        message_lie(&message, IFA_LOCAL, claims[i], inet_local, 4);
        assert_int_equal(tunic_address_parse(message_seal(&message), &address), 0);
        assert_int_equal(address.local[0], 0);
    }
    message_end(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),          cmocka_unit_test(test_inet),
        cmocka_unit_test(test_inet6),          cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_other_families), cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_lying_lengths),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
