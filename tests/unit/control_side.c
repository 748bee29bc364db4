/* SPDX-License-Identifier: MIT */
#include "control_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROUNDS = 40 };

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range);
uint64_t __real_tunic_clock_now(void);
uint64_t __wrap_tunic_clock_now(void);
int __real_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length);
int __real_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

struct control_side side;

uint64_t __wrap_tunic_clock_now(void)
{
    return __real_tunic_clock_now() + side.ahead;
}

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range)
{
    static char places[200000];
    const char *place = *cursor ? (const char *)*cursor + 1 : places;

    (void)peer;
    if (place >= places + side.ranges_told)
        return false;
    *range = (struct tunic_allowed_ip){.inet6 = true, .length = 128};
    *cursor = place;
    return true;
}

int __wrap_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length)
{
    int result = __real_getsockopt(descriptor, level, name, value, length);

    if (name == SO_PEERCRED && side.caller != UINT32_MAX)
        ((struct ucred *)value)->uid = side.caller;
    return result;
}

int __wrap_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags)
{
    side.accepts++;
    if (side.accept_failure) {
        errno = side.accept_failure;
        return -1;
    }
    return __real_accept4(descriptor, address, length, flags);
}

/* ---- the relay behind it ---------------------------------------------------------------- */

char folder[] = "/tmp/tunic-control.XXXXXX";
char path[64];

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
void settle(struct test *test)
{
    for (int i = 0; i < ROUNDS; i++) {
        tunic_timer_set(&test->loop, &test->idle, tunic_clock_now());
        assert_int_equal(tunic_loop_run(&test->loop, &test->error), 0);
    }
}

int set_up(void **state)
{
    struct test *test = test_calloc(1, sizeof(*test));

    *state = test;
    side = (struct control_side){.caller = UINT32_MAX};
    test->user = (struct tunic_control_user){test, get, next, set};
    test->idle = (struct tunic_timer){.fire = stop, .closure = test};
    return tunic_loop_open(&test->loop, &test->error) ||
           tunic_timer_add(&test->loop, &test->idle, &test->error) ||
           tunic_control_open(&test->control, &test->loop, path, UINT32_MAX, &test->user,
                              &test->error);
}

int tear_down(void **state)
{
    struct test *test = *state;

    tunic_control_close(test->control, true);
    tunic_timer_remove(&test->loop, &test->idle);
    tunic_loop_close(&test->loop);
    test_free(test);
    return access(path, F_OK) == 0 ? -1 : 0;
}

/* ---- clients ---------------------------------------------------------------------------- */

int connect_to(const char *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", place);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

void say(int client, const char *text)
{
    assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void assert_hears(int client, const char *expected)
{
    char text[4096];
    ssize_t got = recv(client, text, sizeof(text) - 1, 0);

    assert_true(got >= 0);
    text[got] = '\0';
    assert_string_equal(text, expected);
}

void assert_silent(int client)
{
    char byte;

    assert_int_equal(recv(client, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
}

void assert_left(int client)
{
    char byte;

    assert_true(recv(client, &byte, 1, 0) <= 0 && errno != EAGAIN);
    (void)close(client);
}

/* ---- the folder --------------------------------------------------------------------------- */

int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/tun0.sock", folder);
    return 0;
}

int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}
