/* SPDX-License-Identifier: MIT */
/* The socket, with clients in this process: the loop runs until nothing is ready any more. */
#include "unit.h"

#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROUNDS = 40 };

#define HEX_A "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range);
uint64_t __real_tunic_clock_now(void);
uint64_t __wrap_tunic_clock_now(void);
int __real_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length);
int __real_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

static uint32_t ranges_told;         /* of each peer */
static uint32_t caller = UINT32_MAX; /* the uid of whoever connects; UINT32_MAX: his own */
static int accept_failure;
static unsigned accepts;
static uint64_t ahead; /* of the real clock */

uint64_t __wrap_tunic_clock_now(void)
{
    return __real_tunic_clock_now() + ahead;
}

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range)
{
    static char places[200000];
    const char *place = *cursor ? (const char *)*cursor + 1 : places;

    (void)peer;
    if (place >= places + ranges_told)
        return false;
    *range = (struct tunic_allowed_ip){.inet6 = true, .length = 128};
    *cursor = place;
    return true;
}

int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length)
{
    int result = __real_getsockopt(descriptor, level, name, value, length);

    if (name == SO_PEERCRED && caller != UINT32_MAX)
        ((struct ucred *)value)->uid = caller;
    return result;
}

int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags)
{
    accepts++;
    if (accept_failure) {
        errno = accept_failure;
        return -1;
    }
    return __real_accept4(descriptor, address, length, flags);
}

/* ---- the relay behind it ---------------------------------------------------------------- */

struct test {
    struct tunic_loop loop;
    struct tunic_error error;
    struct tunic_control *control;
    struct tunic_timer idle;
    struct tunic_control_user user;
    unsigned sets;
    int answer; /* of set */
    size_t peers;
    uint16_t port; /* of the last set */
    size_t set_peers;
};

static char folder[] = "/tmp/tunic-control.XXXXXX";
static char path[64];

static void get(void *closure, struct tunic_settings *settings)
{
    const struct test *test = closure;

    *settings = (struct tunic_settings){.has_listen_port = true, .listen_port = test->port};
}

static bool next(void *closure, const struct tunic_wireguard_peer *before,
                 struct tunic_peer_report *report)
{
    static const uint8_t key[TUNIC_KEY_SIZE] = {1};
    static char peer;
    const struct test *test = closure;

    if (before || test->peers == 0)
        return false;
    *report = (struct tunic_peer_report){.status = {.public_key = key, .preshared_key = key},
                                         .peer = (struct tunic_wireguard_peer *)(void *)&peer};
    return true;
}

static int set(void *closure, const struct tunic_settings *settings)
{
    struct test *test = closure;

    test->sets++;
    test->set_peers = settings->peer_count;
    if (settings->has_listen_port)
        test->port = settings->listen_port;
    return test->answer;
}

static void stop(void *closure)
{
    struct test *test = closure;

    tunic_loop_stop(&test->loop, 0);
}

/* Rounds of the loop, more than all that is to be done takes: each does one thing for each client,
 * and waits for nothing. */
static void settle(struct test *test)
{
    for (int i = 0; i < ROUNDS; i++) {
        tunic_timer_set(&test->loop, &test->idle, tunic_clock_now());
        assert_int_equal(tunic_loop_run(&test->loop, &test->error), 0);
    }
}

static int set_up(void **state)
{
    struct test *test = test_calloc(1, sizeof(*test));

    *state = test;
    ranges_told = 0;
    caller = UINT32_MAX;
    accept_failure = 0;
    test->user = (struct tunic_control_user){test, get, next, set};
    test->idle = (struct tunic_timer){.fire = stop, .closure = test};
    return tunic_loop_open(&test->loop, &test->error) ||
           tunic_timer_add(&test->loop, &test->idle, &test->error) ||
           tunic_control_open(&test->control, &test->loop, path, UINT32_MAX, &test->user,
                              &test->error);
}

static int tear_down(void **state)
{
    struct test *test = *state;

    tunic_control_close(test->control, true);
    tunic_timer_remove(&test->loop, &test->idle);
    tunic_loop_close(&test->loop);
    test_free(test);
    return access(path, F_OK) == 0 ? -1 : 0;
}

/* ---- clients ---------------------------------------------------------------------------- */

static int connect_to(const char *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", place);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

static void say(int client, const char *text)
{
    assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void assert_hears(int client, const char *expected)
{
    char text[4096];
    ssize_t got = recv(client, text, sizeof(text) - 1, 0);

    assert_true(got >= 0);
    text[got] = '\0';
    assert_string_equal(text, expected);
}

static void assert_silent(int client)
{
    char byte;

    assert_int_equal(recv(client, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
}

static void assert_left(int client)
{
    char byte;

    assert_true(recv(client, &byte, 1, 0) <= 0 && errno != EAGAIN);
    (void)close(client);
}

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
    ranges_told = 200000;
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
    ranges_told = 200000;
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

/* ---- who may ---------------------------------------------------------------------------- */

static void test_who_is_admitted(void **state)
{
    struct test *test = *state;

    caller = 12345;
    int client = connect_to(path);
    settle(test);
    assert_left(client);
    caller = 0;
    client = connect_to(path);
    say(client, "get=1\n\n");
    settle(test);
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

static void test_owner(void **state)
{
    struct test *test = *state;
    struct stat status;

    if (geteuid() != 0)
        skip();
    tunic_control_close(test->control, true);
    assert_int_equal(
        tunic_control_open(&test->control, &test->loop, path, 12345, &test->user, &test->error), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_uid, 12345);
    assert_int_equal(status.st_mode & 07777, 0600);
    caller = 12345;
    int client = connect_to(path);
    say(client, "get=1\n\n");
    settle(test);
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

/* ---- the file --------------------------------------------------------------------------- */

static void test_mode(void **state)
{
    struct test *test = *state;
    static const mode_t masks[] = {0, 022, 077};
    struct stat status;

    for (size_t i = 0; i < TUNIC_COUNT(masks); i++) {
        tunic_control_close(test->control, true);
        mode_t before = umask(masks[i]);
        int result = tunic_control_open(&test->control, &test->loop, path, UINT32_MAX, &test->user,
                                        &test->error);
        (void)umask(before);
        assert_int_equal(result, 0);
        assert_int_equal(lstat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
}

static void test_what_is_there(void **state)
{
    struct test *test = *state;
    struct tunic_control *second = NULL;

    assert_int_equal(
        tunic_control_open(&second, &test->loop, path, UINT32_MAX, &test->user, &test->error),
        -EBUSY);
    assert_int_equal(test->error.reason, TUNIC_BUSY);
    assert_null(second);
    /* Left behind by one who is gone. */
    tunic_control_close(test->control, false);
    test->control = NULL;
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(tunic_control_open(&test->control, &test->loop, path, UINT32_MAX, &test->user,
                                        &test->error),
                     0);
    int client = connect_to(path);
    (void)close(client);
    /* Not ours any more: it stays. */
    assert_int_equal(unlink(path), 0);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    (void)close(file);
    tunic_control_close(test->control, true);
    test->control = NULL;
    assert_int_equal(access(path, F_OK), 0);
    /* Nobody's file is replaced. */
    assert_int_equal(tunic_control_open(&test->control, &test->loop, path, UINT32_MAX, &test->user,
                                        &test->error),
                     -EEXIST);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
}

static void test_folders(void **state)
{
    struct test *test = *state;
    struct tunic_control *second = NULL;
    char deep[80];

    (void)snprintf(deep, sizeof(deep), "%s/a/b/c.sock", folder);
    assert_int_equal(
        tunic_control_open(&second, &test->loop, deep, UINT32_MAX, &test->user, &test->error), 0);
    tunic_control_close(second, true);
    assert_int_not_equal(access(deep, F_OK), 0);
    (void)snprintf(deep, sizeof(deep), "%s/a/b", folder);
    assert_int_equal(rmdir(deep), 0);
    (void)snprintf(deep, sizeof(deep), "%s/a", folder);
    assert_int_equal(rmdir(deep), 0);

    (void)snprintf(deep, sizeof(deep), "%s/c", path); /* a socket is no folder */
    assert_int_equal(
        tunic_control_open(&second, &test->loop, deep, UINT32_MAX, &test->user, &test->error),
        -ENOTDIR);
    assert_int_equal(
        tunic_control_open(&second, &test->loop, "", UINT32_MAX, &test->user, &test->error),
        -EINVAL);
    char endless[200];
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    assert_int_equal(
        tunic_control_open(&second, &test->loop, endless, UINT32_MAX, &test->user, &test->error),
        -EINVAL);
}

/* Without descriptors nobody is accepted, and the loop does not go round and round over it. */
static void test_exhausted(void **state)
{
    struct test *test = *state;
    int client = connect_to(path);

    accept_failure = EMFILE;
    accepts = 0;
    settle(test);
    assert_int_equal(accepts, 1);
    accept_failure = 0;
    say(client, "get=1\n\n");
    settle(test);
    assert_silent(client);
    ahead += UINT64_C(1000000000);
    settle(test);
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/tun0.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_requests),    SERVED(test_byte_by_byte), SERVED(test_failures_are_told),
        SERVED(test_garbage),     SERVED(test_too_much),     SERVED(test_slow_reader),
        SERVED(test_reader_goes), SERVED(test_many_clients), SERVED(test_who_is_admitted),
        SERVED(test_owner),       SERVED(test_mode),         SERVED(test_what_is_there),
        SERVED(test_folders),     SERVED(test_exhausted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
