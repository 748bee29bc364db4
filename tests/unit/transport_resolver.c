/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport_resolver.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SOCKET = 3, TOO_LONG = 20 };

/* ---- the child's look-ups --------------------------------------------------------------- */

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);

static bool confined;

/* The form of an answer, well-formed for index 0. */
static struct {
    size_t index;
    struct tunic_addresses addresses;
} forged[2] = {{.addresses = {.list = {{.inet = {.sin_family = AF_INET}}}, .count = 1}}};

/* One more than there is room for, each by itself as it should be. */
static void forge_count(void)
{
    for (size_t i = 1; i < TUNIC_HOST_ADDRESSES; i++)
        forged->addresses.list[i] = forged->addresses.list[0];
    forged->addresses.count = TUNIC_HOST_ADDRESSES + 1;
}

static void forge(const char *kind)
{
    size_t length = sizeof(forged[0]);

    if (strcmp(kind, "short.forged") == 0)
        length--;
    else if (strcmp(kind, "long.forged") == 0)
        length++;
    else if (strcmp(kind, "empty.forged") == 0)
        length = 0;
    else if (strcmp(kind, "index.forged") == 0)
        forged->index = 1;
    else if (strcmp(kind, "beyond.forged") == 0)
        forged->index = SIZE_MAX / 2;
    else if (strcmp(kind, "count.forged") == 0)
        forge_count();
    else if (strcmp(kind, "family.forged") == 0)
        forged->addresses.list[0].any.sa_family = AF_UNIX;
    else if (strcmp(kind, "second.forged") == 0)
        forged->addresses.count = 2;
    (void)send(CHILD_SOCKET, forged, length, 0);
    if (strcmp(kind, "twice.forged") == 0)
        (void)send(CHILD_SOCKET, forged, length, 0);
}

static int highest_descriptor(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int highest = 0;

    if (!folder)
        return -1;
    while ((entry = readdir(folder))) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);
        /* valgrind keeps some of its own, behind those that we may have. */
        if (descriptor > highest && descriptor != dirfd(folder) &&
            descriptor < sysconf(_SC_OPEN_MAX))
            highest = descriptor;
    }
    (void)closedir(folder);
    return highest;
}

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    if (strcmp(name, "slow.test") == 0 || strstr(name, ".forged")) {
        if (strstr(name, ".forged"))
            forge(name);
        (void)sleep(TOO_LONG);
        _exit(EXIT_FAILURE);
    }
    if (strcmp(name, "dies.test") == 0)
        _exit(EXIT_SUCCESS);
    if (strcmp(name, "name.invalid") == 0)
        return EAI_NONAME;
    if (strcmp(name, "confined.test") == 0)
        return __real_getaddrinfo(confined ? "192.0.2.1" : "192.0.2.0", service, hints, found);
    if (strcmp(name, "descriptors.test") == 0)
        return __real_getaddrinfo(highest_descriptor() == CHILD_SOCKET ? "192.0.2.1" : "192.0.2.0",
                                  service, hints, found);
    return __real_getaddrinfo(name, service, hints, found);
}

/* ---- the parent ------------------------------------------------------------------------- */

void resolver_found(void *closure, size_t index, const struct tunic_addresses *addresses)
{
    struct test *test = closure;

    assert_in_range(index, 0, HOSTS - 1);
    test->found[index]++;
    test->addresses[index] = *addresses;
    tunic_loop_stop(&test->loop, 0);
}

static void tick(void *closure)
{
    struct test *test = closure;

    if (test->resolver.process == 0)
        tunic_loop_stop(&test->loop, 1);
    else
        tunic_timer_set(&test->loop, &test->timer, tunic_clock_now() + 1000000);
}

int resolver_confine(void *closure, struct tunic_error *error)
{
    bool *is_confined = closure;

    (void)error;
    *is_confined = true;
    return 0;
}

int resolver_set_up(void **state)
{
    static struct test test;

    (void)alarm(TOO_LONG);
    test = (struct test){.timer = {.fire = tick, .closure = &test},
                         .resolver = {.found = resolver_found, .closure = &test}};
    assert_int_equal(tunic_loop_open(&test.loop, &test.error), 0);
    assert_int_equal(tunic_timer_add(&test.loop, &test.timer, &test.error), 0);
    *state = &test;
    return 0;
}

int resolver_tear_down(void **state)
{
    struct test *test = *state;

    tunic_resolver_close(&test->resolver);
    tunic_loop_close(&test->loop);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    (void)alarm(0);
    return 0;
}

void resolver_open(struct test *test, const char *first, const char *second)
{
    assert_int_equal(tunic_host_parse(first, &test->hosts[0], &test->error), 0);
    assert_int_equal(tunic_host_parse(second, &test->hosts[1], &test->error), 0);
    assert_int_equal(tunic_resolver_open(&test->resolver, &test->loop, test->hosts, HOSTS,
                                         resolver_confine, &confined, &test->error),
                     0);
}

void resolver_await_found(struct test *test)
{
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), 0);
}

void resolver_await_end(struct test *test)
{
    tunic_timer_set(&test->loop, &test->timer, 0);
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), 1);
}

void resolver_assert_address(const struct test *test, size_t index, const char *expected)
{
    char text[TUNIC_ENDPOINT_TEXT];

    assert_true(test->addresses[index].count >= 1);
    tunic_endpoint_text(&test->addresses[index].list[0], text);
    assert_string_equal(text, expected);
}
