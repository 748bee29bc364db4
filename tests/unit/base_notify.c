/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int manager = -1;
static char folder[] = "/tmp/tunic-notify.XXXXXX";
static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int end(void **state)
{
    (void)state;
    if (manager >= 0)
        (void)close(manager);
    manager = -1;
    (void)unlink(path);
    return 0;
}

/* Listens where NAME says; '@' begins an abstract one. */
static void listen_at(const char *name)
{
    union {
        struct sockaddr_un un;
        struct sockaddr any;
    } address = {.un = {.sun_family = AF_UNIX}};

    memcpy(address.un.sun_path, name, strlen(name));
    if (name[0] == '@')
        address.un.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(manager, &address.any,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
}

static void check_told(const char *name)
{
    struct tunic_notify notify;
    char bytes[64];

    tunic_notify_open(&notify, name);
    assert_true(notify.descriptor >= 0);
    assert_true(fcntl(notify.descriptor, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(recv(manager, bytes, sizeof(bytes), 0), -1);
    tunic_notify_ready(&notify);
    assert_int_equal(notify.descriptor, -1);
    assert_int_equal(recv(manager, bytes, sizeof(bytes), 0), 7);
    assert_memory_equal(bytes, "READY=1", 7);
    assert_int_equal(recv(manager, bytes, sizeof(bytes), 0), -1);
    tunic_notify_close(&notify);
}

static void check_nobody(const char *name)
{
    struct tunic_notify notify;

    tunic_notify_open(&notify, name);
    assert_int_equal(notify.descriptor, -1);
    tunic_notify_ready(&notify);
    tunic_notify_close(&notify);
}

static void test_a_path(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/notify", folder);
    listen_at(path);
    check_told(path);
}

/* Its end is that of the address: no NUL belongs to it. */
static void test_an_abstract_name(void **state)
{
    char name[64];

    (void)state;
    (void)snprintf(name, sizeof(name), "@tunic-notify-%d", (int)getpid());
    listen_at(name);
    check_told(name);
}

static void test_the_longest_path(void **state)
{
    (void)state;
    int length = snprintf(path, sizeof(path), "%s/", folder);
    memset(path + length, 'x', sizeof(path) - 1 - (size_t)length);
    listen_at(path);
    check_told(path);
}

static void test_nobody_wants_to_know(void **state)
{
    static const char *const names[] = {"", "notify", "vsock:2:1234", "/nosuch/folder/notify"};
    char name[200] = "/";

    (void)state;
    check_nobody(NULL);
    for (size_t i = 0; i < TUNIC_COUNT(names); i++)
        check_nobody(names[i]);
    memset(name + 1, 'x', sizeof(path) - 1);
    check_nobody(name);
}

/* Who started us may end before we are ready. */
static void test_the_manager_is_gone(void **state)
{
    struct tunic_notify notify;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/notify", folder);
    listen_at(path);
    tunic_notify_open(&notify, path);
    (void)close(manager);
    manager = -1;
    tunic_notify_ready(&notify);
    assert_int_equal(notify.descriptor, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_path, end),
        cmocka_unit_test_teardown(test_an_abstract_name, end),
        cmocka_unit_test_teardown(test_the_longest_path, end),
        cmocka_unit_test_teardown(test_nobody_wants_to_know, end),
        cmocka_unit_test_teardown(test_the_manager_is_gone, end),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
