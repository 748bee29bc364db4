/* SPDX-License-Identifier: MIT */
/* Whom a transport with many connections dials, and when. */
#include "transport_tcp_hub.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

static union tunic_socket_address peer;
static struct tunic_error error;
static uint64_t due_before;
static uint16_t port;
static int listener = -1;

static void expect(const union tunic_socket_address *address)
{
    assert_int_equal(tunic_tcp_many_expect(hub.transport, address, &error), 0);
}

/* Somebody listens, and is expected. */
static void expect_peer(void)
{
    listener = plain_listener(&port);
    peer = to_port(port).list[0];
    expect(&peer);
}

static bool is_dialled(void)
{
    int descriptor = accept(listener, NULL, NULL);

    if (descriptor >= 0)
        (void)close(descriptor);
    return descriptor >= 0;
}

static const struct tunic_tcp_dialler *dialler(void)
{
    return &hub_link(&peer)->dialler;
}

static bool waits_again(void)
{
    return hub_link(&peer)->stream.state == TUNIC_TCP_NOBODY &&
           tunic_timer_waits(&dialler()->timer) && dialler()->timer.item.due != due_before;
}

/* Puts the clock to where it dials again, and returns how many milliseconds that is. */
static uint64_t pass_delay(void)
{
    run_until(waits_again);
    uint64_t delay = (dialler()->timer.item.due - tunic_clock_now()) / 1000000;

    due_before = dialler()->timer.item.due;
    put_clock_forward(delay + 1);
    return delay;
}

/* ---- on demand ------------------------------------------------------------------------- */

static void test_the_first_message_dials(void **state)
{
    (void)state;
    expect_peer();
    run_some_turns();
    assert_false(is_dialled());
    hub_send(&peer, "old", 3);
    hub_send(&peer, "older", 5);
    hub_send(&peer, "new", 3);
    assert_int_equal(hub.transport->counters.dropped, 2);
    assert_int_equal(hub.transport->counters.sent, 0);
    hub_run_until_connected(1);
    assert_int_equal(hub.transport->counters.sent, 1);
    assert_int_equal(hub.transport->counters.sent_bytes, 3);
    hub_send(&peer, "next", 4);
    int plain = plain_accept(listener);
    hub_assert_received(plain, "new");
    hub_assert_received(plain, "next");
    plain_send(plain,
               "\0\x06"
               "answer",
               8);
    hub_run_until_arrived(1);
    assert_string_equal(hub.arrivals[0].text, "answer");
    assert_true(tunic_endpoint_same(&hub.arrivals[0].from, &peer));
    /* It needs no proof, and no answer is waited for any more. */
    put_clock_forward(100000);
    run_some_turns();
    assert_int_equal(hub.ends, 0);
    assert_int_equal(hub.connects, 1);
    (void)close(plain);
    (void)close(listener);
}

static void test_nobody_else_is_dialled(void **state)
{
    (void)state;
    listener = plain_listener(&port);
    peer = to_port(port).list[0];
    hub_send(&peer, "lost", 4);
    run_some_turns();
    assert_false(is_dialled());
    assert_int_equal(hub.transport->counters.dropped, 1);
    (void)close(listener);
}

/* Of several frames in a message the first is kept, whole. */
static void test_several_frames_before_it_is_connected(void **state)
{
    static uint8_t frames[2][TUNIC_TCP_PREFIX + 1];
    static const uint8_t body[] = "body";
    static struct tunic_outbox outbox;

    (void)state;
    expect_peer();
    const struct tunic_endpoint to = {.remote = peer};
    outbox.form = hub.transport->form;
    for (size_t i = 0; i < 2; i++) {
        frames[i][TUNIC_TCP_PREFIX] = (uint8_t)('1' + i);
        assert_true(tunic_outbox_add(&outbox, &to, 0, frames[i] + TUNIC_TCP_PREFIX, 1, body, 4));
    }
    hub.transport->operations->send(hub.transport, &outbox);
    assert_int_equal(outbox.message_count, 0);
    hub_run_until_connected(1);
    hub_send(&peer, "next", 4);
    int plain = plain_accept(listener);
    hub_assert_received(plain, "1body");
    hub_assert_received(plain, "next");
    assert_int_equal(hub.transport->counters.dropped, 1);
    (void)close(plain);
    (void)close(listener);
}

/* ---- again ----------------------------------------------------------------------------- */

static void test_waits_longer_and_longer(void **state)
{
    static const uint64_t seconds[] = {1, 2, 4, 8, 16, 30, 30};

    (void)state;
    peer = to_port(free_port()).list[0];
    expect(&peer);
    due_before = 0;
    hub_send(&peer, "kept", 4);
    for (size_t i = 0; i < TUNIC_COUNT(seconds); i++) {
        assert_in_range(pass_delay(), seconds[i] * 1000 - 500, seconds[i] * 1250);
        /* What is sent meanwhile does not hurry it. */
        hub_send(&peer, "kept", 4);
    }
    assert_int_equal(hub.connects, 0);
    assert_int_equal(hub.transport->counters.dropped, TUNIC_COUNT(seconds));
}

static void test_dials_again(void **state)
{
    static const struct {
        uint64_t lasts;
        uint64_t delay;
    } rounds[] = {{0, 1000}, {0, 2000}, {0, 4000}, {10000, 1000}, {0, 2000}};

    (void)state;
    expect_peer();
    due_before = 0;
    hub_send(&peer, "begin", 5);
    for (unsigned i = 0; i < TUNIC_COUNT(rounds); i++) {
        hub_run_until_connected(i + 1);
        put_clock_forward(rounds[i].lasts);
        int plain = plain_accept(listener);
        hub_assert_received(plain, "begin");
        /* Half a frame is not for the next connection. */
        plain_send(plain, "\0\x05ha", 4);
        (void)close(plain);
        hub_run_until_ended(i + 1);
        hub_send(&peer, "begin", 5);
        assert_in_range(pass_delay(), rounds[i].delay - 500, rounds[i].delay * 5 / 4);
    }
    assert_int_equal(hub.transport->counters.malformed, TUNIC_COUNT(rounds));
    assert_int_equal(hub.arrived, 0);
    (void)close(listener);
}

static void test_an_answer_that_does_not_come(void **state)
{
    (void)state;
    expect_peer();
    /* One is taken beyond those that are let wait; the rest get no answer. */
    assert_int_equal(listen(listener, 0), 0);
    int first = plain_connect("127.0.0.1", port);
    due_before = 0;
    hub_send(&peer, "kept", 4);
    run_some_turns();
    assert_int_equal(hub_link(&peer)->stream.state, TUNIC_TCP_DIALS);
    due_before = dialler()->timer.item.due;
    put_clock_forward(10000);
    (void)pass_delay();
    assert_int_equal(hub.connects, 0);
    (void)close(first);
    (void)close(listener);
}

/* ---- no more --------------------------------------------------------------------------- */

static void test_forgotten(void **state)
{
    struct tunic_tcp_link *link = NULL;
    union tunic_socket_address other = to_port(free_port()).list[0];

    (void)state;
    for (unsigned round = 1; round <= 3; round++) {
        expect_peer();
        expect(&peer);
        link = hub_link(&peer);
        int socket_before = link->dialler.sockets[0];
        hub_send(&peer, "hello", 5);
        hub_run_until_connected(round);
        int plain = plain_accept(listener);
        tunic_tcp_many_forget(hub.transport, &peer);
        assert_int_equal(hub.ends, round);
        assert_null(hub_link(&peer));
        hub_assert_received(plain, "hello");
        assert_true(plain_ended(plain));
        put_clock_forward(100000);
        hub_send(&peer, "lost", 4);
        run_some_turns();
        assert_false(is_dialled());
        /* The sockets are for the next. */
        expect(&other);
        assert_ptr_equal(hub_link(&other), link);
        assert_int_equal(link->dialler.sockets[0], socket_before);
        hub_send(&other, "lost", 4);
        tunic_tcp_many_forget(hub.transport, &other);
        (void)close(plain);
        (void)close(listener);
    }
    assert_int_equal(hub_inside()->used, 1);
    assert_int_equal(hub.transport->counters.dropped, 6);
}

/* Who listens here too, at the same time. */
static void test_dials_and_is_dialled(void **state)
{
    union tunic_socket_address guest;

    (void)state;
    int plain = hub_plain_proven(&guest);
    expect_peer();
    hub_send(&peer, "to peer", 7);
    hub_run_until_connected(2);
    hub_send(&guest, "to guest", 8);
    int other = plain_accept(listener);
    hub_assert_received(other, "to peer");
    hub_assert_received(plain, "to guest");
    (void)close(plain);
    hub_run_until_ended(1);
    /* A guest who is gone is not called. */
    hub_send(&guest, "lost", 4);
    assert_int_equal(hub.transport->counters.dropped, 1);
    assert_null(hub_link(&guest));
    (void)close(other);
    (void)close(listener);
}

/* ---- options --------------------------------------------------------------------------- */

static int option_of(int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(
        getsockopt(hub_link(&peer)->stream.source.descriptor, level, name, &value, &size), 0);
    return value;
}

static void test_options(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* no mark may be set */
    expect_peer();
    due_before = 0;
    for (unsigned round = 1; round <= 2; round++) {
        hub_send(&peer, "hello", 5);
        hub_run_until_connected(round);
        assert_int_equal(option_of(SOL_SOCKET, SO_MARK), 5);
        assert_int_equal(option_of(IPPROTO_TCP, TCP_NODELAY), 1);
        assert_int_equal(option_of(IPPROTO_TCP, TCP_NOTSENT_LOWAT), TUNIC_TCP_UNSENT);
        (void)close(plain_accept(listener));
        hub_run_until_ended(round);
        (void)pass_delay();
    }
    (void)close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup_silent, hub_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_message_dials),
        TEST(test_nobody_else_is_dialled),
        TEST(test_several_frames_before_it_is_connected),
        TEST(test_waits_longer_and_longer),
        TEST(test_dials_again),
        TEST(test_an_answer_that_does_not_come),
        TEST(test_forgotten),
        cmocka_unit_test_setup_teardown(test_dials_and_is_dialled, hub_setup, hub_teardown),
        cmocka_unit_test_setup_teardown(test_options, hub_setup_marked, hub_teardown),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
