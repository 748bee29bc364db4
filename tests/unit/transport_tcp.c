/* SPDX-License-Identifier: MIT */
/* Whom TCP is connected with, and when. */
#include "transport_tcp_side.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

static unsigned accept_calls;
static unsigned accept_failures;
static int plain = -1;

int __real_accept4(int descriptor, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *size, int flags);

int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *size, int flags)
{
    accept_calls++;
    if (accept_failures == 0)
        return __real_accept4(descriptor, address, size, flags);
    accept_failures--;
    errno = EMFILE;
    return -1;
}

static bool right_ended(void)
{
    return right.ends > 0;
}

static bool one_refused(void)
{
    return left.transport->counters.refused == 1 && plain_ended(plain);
}

static bool plain_is_closed(void)
{
    return plain_ended(plain);
}

static int option_of(const struct side *side, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(inside(side)->stream.source.descriptor, level, name, &value, &size),
                     0);
    return value;
}

static void assert_options(const struct side *side)
{
    assert_int_equal(option_of(side, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option_of(side, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option_of(side, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_int_equal(option_of(side, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    assert_int_equal(option_of(side, IPPROTO_TCP, TCP_KEEPCNT), 6);
    assert_int_equal(option_of(side, IPPROTO_TCP, TCP_USER_TIMEOUT), 120000);
}

static void test_connects_and_ends(void **state)
{
    uint16_t port = free_port();
    struct tunic_addresses addresses = to_port(port);

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    connect_with(&right, &addresses);
    run_until(both_ready);
    assert_int_equal(left.connects, 1);
    assert_int_equal(right.connects, 1);
    assert_int_equal(right.transport->counters.connects, 1);
    assert_true(tunic_endpoint_same(&right.peer.remote, &addresses.list[0]));
    assert_options(&left);
    assert_options(&right);
    /* Nobody waits for an answer any more. */
    for (size_t i = 0; i < 3; i++) {
        put_clock_forward(100000);
        run_some_turns();
    }
    assert_true(both_ready());
    assert_int_equal(left.connects, 1);
    close_side(&right);
    run_until(left_ended);
    assert_int_equal(left.ends, 1);
    assert_int_equal(left.wrong, 0);
}

static void test_either_listens_or_connects(void **state)
{
    struct tunic_transport_options options = {.listen = NULL};
    const struct tunic_transport_user user = {.closure = NULL};
    struct tunic_addresses addresses = to_port(1);
    struct tunic_host host = {.port = 1};
    struct tunic_error error;

    (void)state;
    assert_int_equal(tunic_tcp_open(&left.transport, &loop, &options, &user, &error), -EINVAL);
    options.listen = &host;
    options.connect = &addresses;
    assert_int_equal(tunic_tcp_open(&left.transport, &loop, &options, &user, &error), -EINVAL);
    assert_null(left.transport);
}

static void test_the_port_is_in_use(void **state)
{
    struct tunic_host host = {.name = "127.0.0.1", .has_port = true, .numeric = true};
    struct tunic_transport_options options = {.listen = &host};
    const struct tunic_transport_user user = {.closure = NULL};
    struct tunic_error error;
    int listener = plain_listener(&host.port);

    (void)state;
    assert_int_equal(tunic_tcp_open(&left.transport, &loop, &options, &user, &error), -EADDRINUSE);
    assert_non_null(strstr(error.action, "cannot listen on 127.0.0.1:"));
    assert_null(left.transport);
    (void)close(listener);
}

/* The wildcard of IPv6 is taken: that of IPv4 alone would be half of what was asked for. */
static void test_the_port_is_half_in_use(void **state)
{
    struct tunic_host host = {.port = free_port(), .has_port = true};
    struct tunic_transport_options options = {.listen = &host};
    const struct tunic_transport_user user = {.closure = NULL};
    union tunic_socket_address any = {.inet6.sin6_family = AF_INET6};
    struct tunic_error error;
    int holder = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    (void)state;
    if (holder < 0)
        skip(); /* no IPv6 here */
    any.inet6.sin6_port = htons(host.port);
    assert_int_equal(setsockopt(holder, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)), 0);
    assert_int_equal(bind(holder, &any.any, sizeof(any.inet6)), 0);
    assert_int_equal(listen(holder, 1), 0);
    assert_int_equal(tunic_tcp_open(&left.transport, &loop, &options, &user, &error), -EADDRINUSE);
    (void)close(holder);
}

static void test_connects_again(void **state)
{
    uint16_t port = free_port();
    struct tunic_addresses addresses = to_port(port);

    (void)state;
    listen_with(&left, "", port);
    connect_with(&right, &addresses);
    for (unsigned round = 1; round <= 5; round++) {
        run_until(both_ready);
        assert_int_equal(right.connects, round);
        assert_options(&right);
        close_side(&left);
        left.ready = false;
        right.ends = 0;
        run_until(right_ended);
        assert_false(right.ready);
        listen_with(&left, "", port);
        put_clock_forward(40000);
    }
    assert_int_equal(right.wrong, 0);
}

/* What is left of an old connection does not keep the port. */
static void test_listens_again(void **state)
{
    uint16_t port = free_port();

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    plain = plain_connect("127.0.0.1", port);
    run_until(left_ready);
    close_side(&left);
    left.ready = false;
    listen_with(&left, "127.0.0.1", port);
    (void)close(plain);
    plain = plain_connect("127.0.0.1", port);
    run_until(left_ready);
    (void)close(plain);
}

static void test_an_address_that_is_not_admitted(void **state)
{
    uint16_t port = free_port();

    (void)state;
    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &left.admitted), 1);
    listen_with(&left, "", port);
    plain = plain_connect("127.0.0.1", port);
    run_until(one_refused);
    assert_int_equal(left.connects, 0);
    (void)close(plain);
    plain = plain_connect("127.0.0.2", port);
    run_until(left_ready);
    (void)close(plain);
}

static void test_the_same_host_again(void **state)
{
    uint16_t port = free_port();
    int old;

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    plain = old = plain_connect("127.0.0.1", port);
    run_until(left_ready);
    plain_send(old, "\0\x05inc", 5);
    int again = plain_connect("127.0.0.1", port);
    run_until(plain_is_closed);
    assert_int_equal(left.connects, 2);
    assert_int_equal(left.ends, 1);
    assert_true(left.ready);
    assert_int_equal(left.transport->counters.refused, 0);
    /* Nothing of the old one is left in the new one. */
    plain_send(again, "\0\x03new", 5);
    run_until(one_arrived);
    assert_memory_equal(left.last, "new", 3);
    (void)close(old);
    (void)close(again);
}

static void test_another_host_meanwhile(void **state)
{
    uint16_t port = free_port();

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    int first = plain_connect("127.0.0.1", port);
    run_until(left_ready);
    plain = plain_connect("127.0.0.2", port);
    run_until(one_refused);
    assert_true(left.ready);
    assert_int_equal(left.connects, 1);
    (void)close(first);
    run_until(left_ended);
    (void)close(plain);
    plain = plain_connect("127.0.0.2", port);
    run_until(left_ready);
    (void)close(plain);
}

static bool accept_failed(void)
{
    return accept_failures < 1000;
}

static void test_no_descriptor_for_a_connection(void **state)
{
    uint16_t port = free_port();

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    accept_calls = 0;
    accept_failures = 1000;
    plain = plain_connect("127.0.0.1", port);
    run_until(accept_failed);
    run_some_turns();
    accept_failures = 0;
    assert_int_equal(accept_calls, 1);
    assert_true(tunic_timer_waits(&inside(&left)->listener.timer));
    put_clock_forward(1000);
    run_until(left_ready);
    (void)close(plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connects_and_ends),
        TEST(test_either_listens_or_connects),
        TEST(test_the_port_is_in_use),
        TEST(test_the_port_is_half_in_use),
        TEST(test_connects_again),
        TEST(test_listens_again),
        TEST(test_an_address_that_is_not_admitted),
        TEST(test_the_same_host_again),
        TEST(test_another_host_meanwhile),
        TEST(test_no_descriptor_for_a_connection),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
