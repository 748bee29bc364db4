/* SPDX-License-Identifier: MIT */
/* The socket's file, and who may speak there. */
#include "control_side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- who may ---------------------------------------------------------------------------- */

static void test_who_is_admitted(void **state)
{
    struct test *test = *state;

    side.caller = 12345;
    int client = connect_to(path);
    settle(test);
    assert_left(client);
    side.caller = 0;
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
    side.caller = 12345;
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

    side.accept_failure = EMFILE;
    side.accepts = 0;
    settle(test);
    assert_int_equal(side.accepts, 1);
    side.accept_failure = 0;
    say(client, "get=1\n\n");
    settle(test);
    assert_silent(client);
    side.ahead += UINT64_C(1000000000);
    settle(test);
    assert_hears(client, "errno=0\n\n");
    (void)close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_who_is_admitted), SERVED(test_owner),   SERVED(test_mode),
        SERVED(test_what_is_there),   SERVED(test_folders), SERVED(test_exhausted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
