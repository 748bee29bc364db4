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
static uint64_t due_before;

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

static bool both_ready(void)
{
    return left.ready && right.ready;
}

static bool left_ready(void)
{
    return left.ready;
}

static bool right_ready(void)
{
    return right.ready;
}

static bool right_waits(void)
{
    const struct tunic_tcp *tcp = inside(&right);

    return tcp->state == TUNIC_TCP_NOBODY && tunic_timer_waits(&tcp->timer) &&
           tcp->timer.due != due_before;
}

static bool left_ended(void)
{
    return left.ends > 0 && !left.ready;
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

static bool left_has_one(void)
{
    return left.arrived == 1;
}

static int option_of(const struct side *side, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(inside(side)->connection.descriptor, level, name, &value, &size),
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

/* What is at the addresses: a refusal, perhaps no IPv6 at all, and at last somebody. */
static void test_goes_through_the_addresses(void **state)
{
    uint16_t port = free_port();
    struct tunic_addresses addresses = to_port(free_port());

    (void)state;
    addresses.list[1].inet6.sin6_family = AF_INET6;
    addresses.list[1].inet6.sin6_addr = in6addr_loopback;
    addresses.list[1].inet6.sin6_port = htons(port);
    addresses.list[2] = to_port(port).list[0];
    addresses.count = 3;
    listen_with(&left, "127.0.0.1", port);
    connect_with(&right, &addresses);
    run_until(both_ready);
    assert_true(tunic_endpoint_same(&right.peer.remote, &addresses.list[2]));
}

/* Puts the clock to where it dials again, and returns how many milliseconds that is. */
static uint64_t pass_delay(void)
{
    const struct tunic_timer *timer = &inside(&right)->timer;
    uint64_t delay = (timer->due - tunic_clock_now()) / 1000000;

    due_before = timer->due;
    put_clock_forward(delay + 1);
    return delay;
}

/* Nobody is there: later and later, up to half a minute, and a quarter more. */
static void test_waits_longer_and_longer(void **state)
{
    static const uint64_t seconds[] = {1, 2, 4, 8, 16, 30, 30};
    struct tunic_addresses addresses = to_port(free_port());

    (void)state;
    due_before = 0;
    connect_with(&right, &addresses);
    for (size_t i = 0; i < TUNIC_COUNT(seconds); i++) {
        run_until(right_waits);
        assert_in_range(pass_delay(), seconds[i] * 1000 - 500, seconds[i] * 1250);
    }
    assert_int_equal(right.connects, 0);
    assert_false(right.ready);
}

/* Being accepted and sent away is no success; lasting for a while is. */
static void test_what_ends_the_waiting(void **state)
{
    static const struct {
        uint64_t lasts;
        uint64_t delay;
    } rounds[] = {{0, 1000}, {0, 2000}, {0, 4000}, {10000, 1000}, {0, 2000}};
    uint16_t port = 0;
    int listener = plain_listener(&port);
    struct tunic_addresses addresses = to_port(port);

    (void)state;
    due_before = 0;
    connect_with(&right, &addresses);
    for (size_t i = 0; i < TUNIC_COUNT(rounds); i++) {
        run_until(right_ready);
        put_clock_forward(rounds[i].lasts);
        (void)close(__real_accept4(listener, NULL, NULL, SOCK_CLOEXEC));
        run_until(right_waits);
        assert_in_range(pass_delay(), rounds[i].delay - 500, rounds[i].delay * 5 / 4);
    }
    (void)close(listener);
}

static void test_an_answer_that_does_not_come(void **state)
{
    uint16_t port = free_port();
    struct tunic_addresses addresses = {.count = 2};
    uint16_t silent = 0;
    int listener = plain_listener(&silent);
    int first;

    (void)state;
    /* One is taken beyond those that are let wait; the rest get no answer. */
    assert_int_equal(listen(listener, 0), 0);
    first = plain_connect("127.0.0.1", silent);
    addresses.list[0] = to_port(silent).list[0];
    addresses.list[1] = to_port(port).list[0];
    listen_with(&left, "127.0.0.1", port);
    connect_with(&right, &addresses);
    assert_int_equal(inside(&right)->state, TUNIC_TCP_DIALS);
    put_clock_forward(10000);
    run_until(both_ready);
    assert_true(tunic_endpoint_same(&right.peer.remote, &addresses.list[1]));
    (void)close(first);
    (void)close(listener);
}

static void test_another_address(void **state)
{
    uint16_t port = free_port();
    uint16_t other_port = 0;
    int listener = plain_listener(&other_port);
    struct tunic_addresses addresses = to_port(port);
    struct tunic_addresses others = to_port(other_port);
    struct tunic_addresses none = {.count = 0};

    (void)state;
    listen_with(&left, "127.0.0.1", port);
    connect_with(&right, &addresses);
    run_until(both_ready);
    right.transport->operations->reconnect(right.transport, &none);
    right.transport->operations->reconnect(right.transport, &addresses);
    assert_true(right.ready);
    right.transport->operations->reconnect(right.transport, &others);
    assert_false(right.ready);
    assert_int_equal(right.ends, 1);
    run_until(left_ended);
    plain = __real_accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(plain >= 0);
    (void)close(plain);
    (void)close(listener);
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
    run_until(left_has_one);
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
    accept_failures = 0;
    assert_int_equal(accept_calls, 1);
    assert_true(tunic_timer_waits(&inside(&left)->timer));
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
        TEST(test_connects_again),
        TEST(test_goes_through_the_addresses),
        TEST(test_waits_longer_and_longer),
        TEST(test_what_ends_the_waiting),
        TEST(test_an_answer_that_does_not_come),
        TEST(test_another_address),
        TEST(test_an_address_that_is_not_admitted),
        TEST(test_the_same_host_again),
        TEST(test_another_host_meanwhile),
        TEST(test_no_descriptor_for_a_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
