/* SPDX-License-Identifier: MIT */
/* What is said on the socket, and how slowly. */
#include "control_side.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- requests --------------------------------------------------------------------------- */

static void test_requests(void **state)
{
    struct test *test = *state;
    int client = connect_to(path);

    say(client, "set=1\nlisten_port=77\npublic_key=" HEX_A "\n\n");
    settle(test);
    assert_hears(client, "errno=0\n\n");
    assert_int_equal(test->port, 77);
    assert_int_equal(test->set_peers, 1);
    say(client, "get=1\n\n");
    settle(test);
    assert_hears(client, "listen_port=77\nerrno=0\n\n");
    /* Several at once, and a part of the next. */
    say(client, "get=1\n\nset=1\nlisten_port=78\n\nget=1\n\nge");
    settle(test);
    assert_hears(client, "listen_port=77\nerrno=0\n\nerrno=0\n\nlisten_port=78\nerrno=0\n\n");
    say(client, "t=1\n");
    settle(test);
    assert_silent(client);
    say(client, "\n");
    settle(test);
    assert_hears(client, "listen_port=78\nerrno=0\n\n");
    assert_int_equal(test->sets, 2);
    (void)close(client);
    settle(test);
}

static void test_byte_by_byte(void **state)
{
    static const char text[] = "set=1\nlisten_port=5\n\n";
    struct test *test = *state;
    int client = connect_to(path);

    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        assert_silent(client);
        assert_int_equal(send(client, text + i, 1, MSG_NOSIGNAL), 1);
        settle(test);
    }
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

static void test_failures_are_told(void **state)
{
    struct test *test = *state;
    char expected[64];
    int client = connect_to(path);

    test->answer = -EPERM;
    say(client, "set=1\nfwmark=5\n\n");
    settle(test);
    (void)snprintf(expected, sizeof(expected), "errno=%d\n\n", -EPERM);
    assert_hears(client, expected);
    /* A wrong line: the rest of it is passed over, and nothing of it is set. */
    test->sets = 0;
    say(client, "set=1\nlisten_port=9\nnonsense=1\nget=1\nlisten_port=10\n\nget=1\n\n");
    settle(test);
    (void)snprintf(expected, sizeof(expected), "errno=%d\n\nerrno=0\n\n", -EINVAL);
    assert_hears(client, expected);
    assert_int_equal(test->sets, 0);
    say(client, "get=1\nlisten_port=1\n\n");
    settle(test);
    (void)snprintf(expected, sizeof(expected), "errno=%d\n\n", -EINVAL);
    assert_hears(client, expected);
    (void)close(client);
}

static void test_garbage(void **state)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\n", "\n", "get=2\n", "set=1 \n"};
    struct test *test = *state;
    char expected[64];
    char lines[5000];

    (void)snprintf(expected, sizeof(expected), "errno=%d\n\n", -EPROTO);
    for (size_t i = 0; i < TUNIC_COUNT(texts); i++) {
        int client = connect_to(path);
        say(client, texts[i]);
        settle(test);
        assert_hears(client, expected);
        assert_left(client);
    }
    int client = connect_to(path);
    assert_int_equal(send(client, "set=1\nfwmark=1\0\n\n", 17, MSG_NOSIGNAL), 17);
    settle(test);
    assert_hears(client, expected);
    assert_left(client);
    /* A line without an end. */
    memset(lines, 'x', sizeof(lines));
    client = connect_to(path);
    say(client, "set=1\n");
    assert_int_equal(send(client, lines, sizeof(lines), MSG_NOSIGNAL), sizeof(lines));
    settle(test);
    assert_hears(client, expected);
    assert_left(client);
    assert_int_equal(test->sets, 0);
}

static void test_too_much(void **state)
{
    struct test *test = *state;
    char expected[64];
    char lines[444 * 9];
    int client = connect_to(path);
    uint64_t said = 0;

    for (size_t i = 0; i < sizeof(lines); i++)
        lines[i] = "fwmark=1\n"[i % 9];
    (void)snprintf(expected, sizeof(expected), "errno=%d\n\n", -E2BIG);
    say(client, "set=1\n");
    while (said < 2 * (uint64_t)TUNIC_CONTROL_REQUEST_MOST) {
        ssize_t sent = send(client, lines, sizeof(lines), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            break;
        said += sent > 0 ? (uint64_t)sent : 0;
        settle(test);
    }
    assert_true(said >= TUNIC_CONTROL_REQUEST_MOST);
    assert_true(said < (uint64_t)TUNIC_CONTROL_REQUEST_MOST + (1 << 20));
    assert_hears(client, expected);
    assert_left(client);
    assert_int_equal(test->sets, 0);
}

/* ---- whoever is slow -------------------------------------------------------------------- */

/* An answer that no socket holds at once, to one who does not read it: others are served, and it is
 * complete when he does. */
static void test_slow_reader(void **state)
{
    static char text[1 << 16];
    struct test *test = *state;
    int slow = connect_to(path);
    int other = connect_to(path);
    size_t length = 0;
    ssize_t got;

    test->peers = 1;
    side.ranges_told = 200000;
    say(slow, "get=1\n\nset=1\nlisten_port=5\n\n");
    settle(test);
    assert_int_equal(test->sets, 0); /* he first has to take the answer before */
    say(other, "set=1\nlisten_port=6\n\n");
    settle(test);
    assert_hears(other, "errno=0\n\n");
    assert_int_equal(test->sets, 1);
    static const char end[] = "allowed_ip=::/128\nerrno=0\n\nerrno=0\n\n";
    size_t kept = 0;
    while ((got = recv(slow, text + kept, sizeof(text) - kept, 0)) > 0) {
        length += (size_t)got;
        kept += (size_t)got;
        if (kept > sizeof(end)) { /* only the end is looked at */
            memmove(text, text + kept - sizeof(end), sizeof(end));
            kept = sizeof(end);
        }
        settle(test);
    }
    assert_memory_equal(text + kept - strlen(end), end, strlen(end));
    assert_true(length > 200000 * strlen("allowed_ip=::/128\n"));
    assert_int_equal(test->sets, 2);
    (void)close(slow);
    (void)close(other);
}

/* Gone in the middle of an answer. */
static void test_reader_goes(void **state)
{
    struct test *test = *state;
    int client = connect_to(path);

    test->peers = 1;
    side.ranges_told = 200000;
    say(client, "get=1\n\n");
    settle(test);
    (void)close(client);
    settle(test);
    test->peers = 0;
    client = connect_to(path);
    say(client, "get=1\n\n");
    settle(test);
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

/* Whoever was silent longest makes room. */
static void test_many_clients(void **state)
{
    struct test *test = *state;
    int clients[TUNIC_CONTROL_CLIENTS + 1];

    for (size_t i = 0; i < TUNIC_CONTROL_CLIENTS; i++) {
        clients[i] = connect_to(path);
        settle(test);
    }
    say(clients[0], "get=1\n"); /* he is heard: clients[1] is the one */
    settle(test);
    clients[TUNIC_CONTROL_CLIENTS] = connect_to(path);
    settle(test);
    assert_left(clients[1]);
    for (size_t i = 0; i <= TUNIC_CONTROL_CLIENTS; i++) {
        if (i == 1)
            continue;
        say(clients[i], i == 0 ? "\n" : "get=1\n\n");
        settle(test);
        assert_hears(clients[i], "errno=0\n\n");
        (void)close(clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_requests),    SERVED(test_byte_by_byte), SERVED(test_failures_are_told),
        SERVED(test_garbage),     SERVED(test_too_much),     SERVED(test_slow_reader),
        SERVED(test_reader_goes), SERVED(test_many_clients),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
