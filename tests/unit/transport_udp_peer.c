/* SPDX-License-Identifier: MIT */
/* Whom UDP speaks with, and how much goes there at once. */
#include "transport_udp_side.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void assert_host(const union tunic_socket_address *address, const char *host)
{
    const struct tunic_addresses addresses = addresses_of(host, 0);

    assert_true(tunic_endpoint_same_host(address, &addresses.list[0]));
}

/* ---- addresses ------------------------------------------------------------------------- */

/* Who listens everywhere answers from where he was spoken to: another address the left, which is
 * connected, would not hear. */
static void answer(const char *listens, const char *host)
{
    uint16_t port = listen_at(&right, listens, true);

    connect_to(&left, host, port, true);
    for (size_t i = 0; i < 3; i++)
        put(&left, NULL, 0, 70);
    send_all(&left);
    run_until_heard(&right, 3);
    const struct tunic_endpoint from = right.heard[0].from;
    union tunic_socket_address local = {.inet6 = {.sin6_family = AF_INET6}};
    local.inet6.sin6_addr = from.local;
    assert_host(&local, host);
    assert_int_equal(from.ifindex, 1);
    for (size_t i = 0; i < 5; i++)
        put(&right, &from, 0, 80);
    put(&right, &from, 0, 90);
    send_all(&right);
    run_until_heard(&left, 6);
    assert_heard(&left, 4, 4, 80);
    assert_heard(&left, 5, 5, 90);
    assert_host(&left.heard[0].from.remote, host);
    assert_int_equal(left.transport->counters.refused, 0);
    close_both();
}

static void test_answers_from_where_it_was_spoken_to(void **state)
{
    (void)state;
    answer("0.0.0.0", "127.0.0.2");
    answer("", "127.0.0.3");
    answer("", "::1");
    if (!own_network)
        return;
    add_address("fd99::7");
    answer("", "fd99::7");
    answer("::", "127.0.0.4");
}

static void test_from_whom(void **state)
{
    (void)state;
    for (size_t family = 0; family < FAMILIES; family++) {
        union tunic_socket_address own;
        socklen_t size = sizeof(own);

        open_both(family, true, true);
        put(&left, NULL, 0, 1);
        send_all(&left);
        run_until_heard(&right, 1);
        assert_host(&right.heard[0].from.remote, families[family].tells);
        assert_int_equal(getsockname(inside(&left)->descriptor, &own.any, &size), 0);
        assert_true(tunic_endpoint_same(&own, &right.heard[0].from.remote));
        close_both();
    }
}

static bool three_refused(void)
{
    return right.transport->counters.refused == 3;
}

static void test_who_is_not_admitted(void **state)
{
    (void)state;
    open_both(0, true, true);
    right.refuses = true;
    for (size_t i = 0; i < 3; i++)
        put(&left, NULL, 0, 30);
    send_all(&left);
    run_until(three_refused);
    assert_int_equal(right.count, 0);
    assert_int_equal(right.transport->counters.received, 0);
    right.refuses = false;
    put(&left, NULL, 0, 31);
    send_all(&left);
    run_until_heard(&right, 1);
}

/* ---- room ------------------------------------------------------------------------------ */

static size_t room_to(const struct side *side, const char *host)
{
    struct tunic_endpoint to = {.ifindex = 0};

    to.remote = addresses_of(host, 1).list[0];
    return side->transport->operations->room(side->transport, &to);
}

static size_t room_of(const struct side *side)
{
    return side->transport->operations->room(side->transport, NULL);
}

static void test_room(void **state)
{
    (void)state;
    if (!own_network)
        skip();
    set_mtu(3000);
    open_both(0, true, true);
    assert_int_equal(room_of(&left), 3000 - 28);
    assert_int_equal(room_of(&right), 1500 - 28);
    assert_int_equal(room_to(&right, "127.0.0.1"), 3000 - 28);
    assert_int_equal(room_to(&right, "192.0.2.1"), 1500 - 28); /* no route */
    assert_int_equal(room_to(&right, "127.0.0.1"), 3000 - 28);
    set_mtu(2000);
    assert_int_equal(room_of(&left), 2000 - 28);
    assert_int_equal(room_to(&right, "127.0.0.1"), 2000 - 28);
    close_both();
    open_both(3, true, true);
    assert_int_equal(room_of(&left), 2000 - 48);
    assert_int_equal(room_to(&right, "::1"), 2000 - 48);
    assert_int_equal(room_to(&right, "127.0.0.1"), 2000 - 28);
    assert_int_equal(room_to(&right, "::ffff:127.0.0.1"), 2000 - 28);
    assert_int_equal(room_to(&right, "2001:db8::1"), 1500 - 48);
    set_mtu(65536);
    assert_int_equal(room_to(&right, "::1"), 65507 - 19); /* 65536, less both headers */
    assert_int_equal(room_to(&right, "127.0.0.1"), 65507);
}

/* Where sockets of IPv6 are for it alone unless they say otherwise. */
static void test_room_of_ipv4_where_ipv6_is_alone(void **state)
{
    (void)state;
    int setting = own_network ? open("/proc/sys/net/ipv6/bindv6only", O_WRONLY | O_CLOEXEC) : -1;
    if (setting < 0)
        skip();
    assert_int_equal(write(setting, "1", 1), 1);
    (void)listen_at(&right, "", true);
    assert_int_equal(room_to(&right, "127.0.0.1"), 65507);
    assert_int_equal(write(setting, "0", 1), 1);
    (void)close(setting);
}

/* ---- connecting ------------------------------------------------------------------------ */

static void reconnect_to(struct side *side, const char *host, uint16_t port)
{
    const struct tunic_addresses addresses = addresses_of(host, port);

    side->transport->operations->reconnect(side->transport, &addresses);
}

/* A plain socket that sends LENGTH bytes to 127.0.0.1, from a host. */
static void say(const char *from, uint16_t port, size_t length)
{
    static const uint8_t bytes[1000];
    const struct tunic_addresses own = addresses_of(from, 0);
    const struct tunic_addresses other = addresses_of("127.0.0.1", port);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(descriptor, &own.list[0].any, sizeof(own.list[0].inet)), 0);
    assert_int_equal(
        sendto(descriptor, bytes, length, 0, &other.list[0].any, sizeof(other.list[0].inet)),
        length);
    (void)close(descriptor);
}

static uint16_t port_of(const struct side *side)
{
    union tunic_socket_address own = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof(own);

    assert_int_equal(getsockname(inside(side)->descriptor, &own.any, &size), 0);
    return ntohs(own.inet.sin_port);
}

static void test_reconnects(void **state)
{
    static struct side third;

    (void)state;
    uint16_t port = listen_at(&right, "127.0.0.1", true);
    connect_to(&left, "127.0.0.1", port, true);
    put(&left, NULL, 0, 10);
    send_all(&left);
    run_until_heard(&right, 1);
    /* To the same again nothing changes, its port neither. */
    uint16_t own = port_of(&left);
    reconnect_to(&left, "127.0.0.1", port);
    assert_int_equal(port_of(&left), own);
    uint16_t other = listen_at(&third, "127.0.0.2", true);
    reconnect_to(&left, "127.0.0.2", other);
    put(&left, NULL, 0, 20);
    send_all(&left);
    run_until_heard(&third, 1);
    put(&third, &third.heard[0].from, 0, 30);
    send_all(&third);
    run_until_heard(&left, 1);
    assert_host(&left.heard[0].from.remote, "127.0.0.2");
    /* Of another family it is none. */
    reconnect_to(&left, "::1", port);
    put(&left, NULL, 0, 20);
    send_all(&left);
    run_until_heard(&third, 2);
    assert_int_equal(right.count, 1);
    close_side(&third);
}

static bool two_refused(void)
{
    return left.transport->counters.refused == 2;
}

/* Not connected, a socket hears everybody. */
static void test_hears_nobody_without_a_route(void **state)
{
    struct tunic_host own = {.name = "0.0.0.0", .has_port = true, .numeric = true};

    (void)state;
    if (!own_network)
        skip();
    uint16_t port = listen_at(&right, "0.0.0.0", true);
    const struct tunic_addresses addresses = addresses_of("10.1.2.3", port);
    open_side(&left, &(struct tunic_transport_options){.listen = &own, .connect = &addresses});
    assert_int_equal(room_of(&left), 1500 - 28);
    say("127.0.0.1", port_of(&left), 10);
    say("127.0.0.2", port_of(&left), 20);
    run_until(two_refused);
    assert_int_equal(left.count, 0);
    put(&left, NULL, 0, 10);
    send_all(&left);
    assert_int_equal(left.transport->counters.dropped, 1);
    /* A route comes to be. */
    add_address("10.1.2.3");
    left.transport->operations->reconnect(left.transport, &addresses);
    assert_int_equal(room_of(&left), 65507);
    put(&left, NULL, 0, 10);
    send_all(&left);
    run_until_heard(&right, 1);
    put(&right, &right.heard[0].from, 0, 10);
    send_all(&right);
    run_until_heard(&left, 1);
    assert_int_equal(left.transport->counters.refused, 2);
}

static void test_open_fails(void **state)
{
    struct tunic_host own = {.name = "127.0.0.1", .has_port = true, .numeric = true};
    struct tunic_transport_options options = {.listen = &own};
    const struct tunic_transport_user user = {.closure = NULL};
    struct tunic_addresses addresses = addresses_of("::1", 1);
    struct tunic_error error;

    (void)state;
    own.port = listen_at(&right, "127.0.0.1", true); /* cppcheck-suppress unreadVariable */
    assert_int_equal(tunic_udp_open(&left.transport, &loop, &options, &user, &error), -EADDRINUSE);
    assert_non_null(strstr(error.action, "cannot listen on 127.0.0.1:"));
    options.connect = &addresses;
    assert_int_equal(tunic_udp_open(&left.transport, &loop, &options, &user, &error), -EINVAL);
    assert_non_null(strstr(error.action, "different families"));
    options.listen = NULL;
    options.underlay = "nosuch";
    assert_int_equal(tunic_udp_open(&left.transport, &loop, &options, &user, &error), -ENODEV);
    assert_string_equal(error.action, "cannot use 'nosuch' as the underlay");
    assert_null(left.transport);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_from_where_it_was_spoken_to),
        TEST(test_from_whom),
        TEST(test_who_is_not_admitted),
        TEST(test_room),
        TEST(test_room_of_ipv4_where_ipv6_is_alone),
        TEST(test_reconnects),
        TEST(test_hears_nobody_without_a_route),
        TEST(test_open_fails),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
