/* SPDX-License-Identifier: MIT */
/* Which address is dialled, and when. */
#include "transport_tcp_side.h"

#include <arpa/inet.h>
#include <unistd.h>

static uint64_t due_before;

static bool right_ready(void)
{
    return right.ready;
}

static bool right_waits(void)
{
    const struct tunic_tcp *tcp = inside(&right);

    return tcp->stream.state == TUNIC_TCP_NOBODY && tunic_timer_waits(&tcp->dialler.timer) &&
           tcp->dialler.timer.item.due != due_before;
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
    const struct tunic_timer *timer = &inside(&right)->dialler.timer;
    uint64_t delay = (timer->item.due - tunic_clock_now()) / 1000000;

    due_before = timer->item.due;
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
        (void)close(plain_accept(listener));
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
    assert_int_equal(inside(&right)->stream.state, TUNIC_TCP_DIALS);
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
    (void)close(plain_accept(listener));
    (void)close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, side_setup, side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_goes_through_the_addresses),
        TEST(test_waits_longer_and_longer),
        TEST(test_what_ends_the_waiting),
        TEST(test_an_answer_that_does_not_come),
        TEST(test_another_address),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
