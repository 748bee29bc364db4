/* SPDX-License-Identifier: MIT */
/* Many who connect: what they send, who they are, and how long they may stay. */
#include "transport_tcp_hub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MANY = 200, CLOSE_TIME = TUNIC_TCP_PROOF_TIME * 1000 };

static int plains[TUNIC_TCP_LINKS + 1];
static union tunic_socket_address addresses[TUNIC_TCP_LINKS + 1];

static void connect_some(size_t begin, size_t end, bool proven)
{
    for (size_t i = begin; i < end; i++)
        plains[i] = proven ? hub_plain_proven(&addresses[i]) : hub_plain(&addresses[i]);
}

static void close_some(size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)close(plains[i]);
}

static bool is_open(size_t index)
{
    char byte;

    return recv(plains[index], &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

static void send_text(size_t index, const char *text)
{
    const uint8_t prefix[TUNIC_TCP_PREFIX] = {0, (uint8_t)strlen(text)};

    plain_send(plains[index], prefix, sizeof(prefix));
    plain_send(plains[index], text, prefix[1]);
}

static void assert_arrived(size_t arrival, size_t from, const char *text)
{
    assert_string_equal(hub.arrivals[arrival].text, text);
    assert_true(tunic_endpoint_same(&hub.arrivals[arrival].from, &addresses[from]));
}

/* ---- what they send -------------------------------------------------------------------- */

static void test_each_has_his_own(void **state)
{
    char text[HUB_TEXT];

    (void)state;
    connect_some(0, MANY, true);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "from %zu", i);
        send_text(i, text);
        hub_run_until_arrived(i + 1);
        assert_arrived(i, i, text);
    }
    for (size_t i = MANY; i-- > 0;) {
        (void)snprintf(text, sizeof(text), "to %zu", i);
        hub_send(&addresses[i], text, strlen(text));
    }
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "to %zu", i);
        hub_assert_received(plains[i], text);
        assert_true(is_open(i));
    }
    assert_int_equal(hub.transport->counters.sent, MANY);
    assert_int_equal(hub.transport->counters.received, MANY);
    assert_int_equal(hub.transport->counters.connects, MANY);
    assert_int_equal(hub.transport->counters.dropped, 0);
    close_some(MANY);
    hub_run_until_ended(MANY);
    assert_int_equal(hub_inside()->serving, 0);
    assert_null(hub_link(&addresses[0]));
}

static void test_one_outbox_for_many(void **state)
{
    static uint8_t frames[6][TUNIC_TCP_PREFIX + 1];
    static struct tunic_outbox outbox;

    (void)state;
    connect_some(0, 3, true);
    outbox.form = hub.transport->form;
    for (size_t i = 0; i < 6; i++) {
        const struct tunic_endpoint to = {.remote = addresses[i / 2 % 3]};

        frames[i][TUNIC_TCP_PREFIX] = (uint8_t)('a' + i);
        assert_true(tunic_outbox_add(&outbox, &to, 0, frames[i] + TUNIC_TCP_PREFIX, 1, NULL, 0));
    }
    assert_int_equal(outbox.message_count, 3);
    hub.transport->operations->send(hub.transport, &outbox);
    assert_int_equal(outbox.message_count, 0);
    for (size_t i = 0; i < 6; i++)
        hub_assert_received(plains[i / 2 % 3], (const char[]){(char)('a' + i), '\0'});
    close_some(3);
}

/* Frames of three come in turns, a piece at a time. */
static void test_pieces_of_several(void **state)
{
    static uint8_t large[TUNIC_TCP_FRAME] = {0xff, 0xff, 'l', 'a', 'r', 'g', 'e', 0};
    static const char small[] = "\0\x05small";
    size_t half = sizeof(large) / 2;

    (void)state;
    connect_some(0, 3, true);
    large[sizeof(large) - 1] = 'x';
    plain_send(plains[2], large, half);
    for (size_t i = 0; i < sizeof(small) - 1; i++) {
        plain_send(plains[0], &small[i], 1);
        run_some_turns();
        plain_send(plains[1], &small[i], 1);
        run_some_turns();
    }
    hub_run_until_arrived(2);
    plain_send(plains[2], large + half, sizeof(large) - half);
    hub_run_until_arrived(3);
    assert_arrived(0, 0, "small");
    assert_arrived(1, 1, "small");
    assert_int_equal(hub.arrivals[2].length, TUNIC_DATAGRAM_MOST);
    assert_int_equal(strncmp(hub.arrivals[2].text, "large", 5), 0);
    assert_int_equal(hub.transport->counters.malformed, 0);
    close_some(3);
}

static void test_what_is_malformed(void **state)
{
    (void)state;
    connect_some(0, 3, true);
    plain_send(plains[0], "\0\x05hal", 5);
    plain_send(plains[1], "\0\x01x\0\0", 5);
    plain_send(plains[2], "\0\x05in", 4);
    hub_run_until_ended(1);
    (void)close(plains[2]);
    hub_run_until_ended(2);
    assert_int_equal(hub.transport->counters.malformed, 2);
    plain_send(plains[0], "ft", 2);
    hub_run_until_arrived(2);
    assert_arrived(0, 1, "x");
    assert_arrived(1, 0, "halft");
    assert_true(is_open(0));
    /* To those who are gone. */
    hub_send(&addresses[1], "lost", 4);
    hub_send(&addresses[2], "lost", 4);
    assert_int_equal(hub.transport->counters.dropped, 2);
    assert_int_equal(hub.connects, 3);
    close_some(2);
}

static void forget_sender(const struct tunic_arrival *arrival)
{
    tunic_tcp_many_forget(hub.transport, &arrival->from->remote);
    hub_send(&arrival->from->remote, "lost", 4);
}

static void test_forgotten_while_he_sends(void **state)
{
    (void)state;
    connect_some(0, 2, true);
    hub.look = forget_sender;
    plain_send(plains[0], "\0\x01x\0\x01y\0\x05ha", 10);
    hub_run_until_ended(1);
    hub.look = NULL;
    send_text(1, "other");
    hub_run_until_arrived(3);
    assert_arrived(1, 0, "y");
    assert_arrived(2, 1, "other");
    assert_int_equal(hub.transport->counters.dropped, 2);
    /* In his place. */
    connect_some(2, 3, true);
    assert_int_equal(hub_inside()->used, 2);
    send_text(2, "next");
    hub_run_until_arrived(4);
    assert_arrived(3, 2, "next");
    close_some(3);
}

/* ---- who they are ---------------------------------------------------------------------- */

static bool one_refused(void)
{
    return hub.transport->counters.refused == 1;
}

static void test_who_is_not_admitted(void **state)
{
    (void)state;
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &hub.refused), 1);
    plains[0] = plain_connect("127.0.0.1", hub.port);
    run_until(one_refused);
    assert_int_equal(hub.connects, 0);
    assert_true(plain_ended(plains[0]));
    close_some(1);
}

/* From the same address and port, to another address of ours. */
static void test_the_same_address_again(void **state)
{
    union tunic_socket_address to = {.inet.sin_family = AF_INET};
    int yes = 1;

    (void)state;
    connect_some(0, 1, true);
    plains[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(plains[0], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
    assert_int_equal(setsockopt(plains[1], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
    assert_int_equal(bind(plains[1], &addresses[0].any, sizeof(addresses[0].inet)), 0);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &to.inet.sin_addr), 1);
    to.inet.sin_port = htons(hub.port);
    assert_int_equal(connect(plains[1], &to.any, sizeof(to.inet)), 0);
    hub_run_until_connected(2);
    assert_int_equal(hub.ends, 1);
    hub_send(&addresses[0], "new", 3);
    hub_assert_received(plains[1], "new");
    assert_true(plain_ended(plains[0]));
    close_some(2);
}

/* ---- proofs ---------------------------------------------------------------------------- */

static void test_the_oldest_stranger_makes_room(void **state)
{
    (void)state;
    connect_some(0, 2, true);
    connect_some(2, 2 + TUNIC_TCP_UNPROVEN, false);
    assert_int_equal(hub.ends, 0);
    connect_some(2 + TUNIC_TCP_UNPROVEN, 3 + TUNIC_TCP_UNPROVEN, false);
    assert_int_equal(hub.ends, 1);
    assert_int_equal(hub.transport->counters.refused, 1);
    assert_true(plain_ended(plains[2]));
    assert_true(is_open(0) && is_open(1) && is_open(3));
    /* Who is proven takes no stranger's place. */
    tunic_tcp_many_prove(hub.transport, &addresses[3]);
    connect_some(3 + TUNIC_TCP_UNPROVEN, 4 + TUNIC_TCP_UNPROVEN, false);
    assert_int_equal(hub.ends, 1);
    assert_int_equal(hub_inside()->serving, 3);
    close_some(4 + TUNIC_TCP_UNPROVEN);
}

static void test_strangers_are_sent_away(void **state)
{
    (void)state;
    connect_some(0, 3, false);
    put_clock_forward(CLOSE_TIME / 2);
    connect_some(3, 4, false);
    hub.proves = true;
    send_text(1, "proof");
    hub_run_until_arrived(1);
    put_clock_forward(CLOSE_TIME / 2);
    hub_run_until_ended(2);
    run_some_turns();
    assert_true(plain_ended(plains[0]) && plain_ended(plains[2]));
    assert_true(is_open(1) && is_open(3));
    put_clock_forward(CLOSE_TIME / 2);
    hub_run_until_ended(3);
    put_clock_forward(UINT64_C(10) * CLOSE_TIME);
    run_some_turns();
    assert_true(is_open(1));
    assert_int_equal(hub.transport->counters.refused, 3);
    assert_false(tunic_timer_waits(&hub_inside()->proof_timer));
    close_some(4);
}

static void test_no_more_than_there_is_room_for(void **state)
{
    const struct rlimit limit = {4096, 4096};
    struct rlimit before;
    struct tunic_error error;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_cur < limit.rlim_cur && setrlimit(RLIMIT_NOFILE, &limit) != 0)
        skip(); /* so many descriptors may not be had */
    connect_some(0, TUNIC_TCP_LINKS - 1, true);
    connect_some(TUNIC_TCP_LINKS - 1, TUNIC_TCP_LINKS, false);
    /* In a stranger's place. */
    connect_some(TUNIC_TCP_LINKS, TUNIC_TCP_LINKS + 1, true);
    assert_int_equal(hub.ends, 1);
    assert_true(plain_ended(plains[TUNIC_TCP_LINKS - 1]));
    (void)close(plains[TUNIC_TCP_LINKS - 1]);
    plains[TUNIC_TCP_LINKS - 1] = plain_connect("127.0.0.1", hub.port);
    run_some_turns();
    assert_int_equal(hub.transport->counters.refused, 2);
    assert_int_equal(hub.connects, TUNIC_TCP_LINKS + 1);
    assert_int_equal(tunic_tcp_many_expect(hub.transport, &addresses[TUNIC_TCP_LINKS - 1], &error),
                     -ENOSPC);
    tunic_tcp_many_forget(hub.transport, &addresses[7]);
    assert_int_equal(tunic_tcp_many_expect(hub.transport, &addresses[TUNIC_TCP_LINKS - 1], &error),
                     0);
    close_some(TUNIC_TCP_LINKS + 1);
}

/* It stays where it listens; and where its peers are it is told by other means. */
static void test_its_port(void **state)
{
    const struct tunic_transport_operations *operations = hub.transport->operations;
    struct tunic_addresses elsewhere = to_port(1);

    (void)state;
    connect_some(0, 1, true);
    assert_int_equal(operations->port(hub.transport), hub.port);
    assert_int_equal(operations->rebind(hub.transport, hub.port), 0);
    assert_int_equal(operations->rebind(hub.transport, 0), -EOPNOTSUPP);
    operations->reconnect(hub.transport, &elsewhere);
    send_text(0, "still there");
    hub_run_until_arrived(1);
    assert_arrived(0, 0, "still there");
    close_some(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_has_his_own),
        TEST(test_one_outbox_for_many),
        TEST(test_pieces_of_several),
        TEST(test_what_is_malformed),
        TEST(test_forgotten_while_he_sends),
        TEST(test_who_is_not_admitted),
        TEST(test_the_same_address_again),
        TEST(test_the_oldest_stranger_makes_room),
        TEST(test_its_port),
        TEST(test_strangers_are_sent_away),
        TEST(test_no_more_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, side_group_setup, NULL);
}
