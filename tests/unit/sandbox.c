/* SPDX-License-Identifier: MIT */
/* Who a process is in a sandbox, and what it sees; sandbox_filter.c has what it may call. */
#include "unit.h"

#include "sandbox/steps.h"
#include "sandbox_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- children -------------------------------------------------------------------------- */

static bool enter(enum tunic_sandbox_role role, uid_t user, gid_t group)
{
    const struct tunic_sandbox sandbox = {.role = role, .user = user, .group = group};
    struct tunic_error error;

    if (tunic_sandbox_enter(&sandbox, &error) == 0)
        return true;
    (void)fprintf(stderr, "%s: %s (%s)\n", error.action, error.cause, error.hint);
    return false;
}

static int enter_and_show(uid_t user, gid_t group)
{
    if (!enter(TUNIC_SANDBOX_RELAY, user, group))
        return EXIT_FAILURE;
    child_show();
    return EXIT_SUCCESS;
}

static int stay(const void *closure)
{
    (void)closure;
    return enter_and_show(TUNIC_SANDBOX_KEEP, TUNIC_SANDBOX_KEEP);
}

static int become_nobody(const void *closure)
{
    const gid_t groups[] = {4, 27};

    (void)closure;
    if (setgroups(TUNIC_COUNT(groups), groups) != 0)
        return EXIT_FAILURE;
    return enter_and_show(CHILD_NOBODY, CHILD_GROUP);
}

/* Whom else to become is for root only. */
static int nobody_already(const void *closure)
{
    if (child_change_user(closure) != EXIT_SUCCESS || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        return EXIT_FAILURE;
    return enter_and_show(1, 1);
}

static bool write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

    if (file >= 0)
        (void)close(file);
    return written;
}

/* Root of a namespace that knows no other user, and may not leave its groups. */
static int in_user_namespace(const void *closure)
{
    char users[32];
    char groups[32];

    (void)closure;
    (void)snprintf(users, sizeof(users), "0 %u 1", geteuid());
    (void)snprintf(groups, sizeof(groups), "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER) != 0 || !write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/uid_map", users) || !write_file("/proc/self/gid_map", groups))
        return CHILD_SKIPPED;
    return enter_and_show(CHILD_NOBODY, CHILD_GROUP);
}

/* Who has no name in his user namespace. */
static int unknown(const void *closure)
{
    (void)closure;
    if (unshare(CLONE_NEWUSER) != 0)
        return CHILD_SKIPPED;
    return enter_and_show(CHILD_NOBODY - 2, CHILD_GROUP - 2);
}

/* Root that may change to nobody else is told so. Not with a thread of a sanitizer's beside us: it
 * would keep its capabilities, and the C library ends a process whose threads differ so. */
static int root_without_privileges(const void *closure)
{
    struct stat threads; /* two links, and one for each */
    const struct tunic_sandbox keep = {.user = TUNIC_SANDBOX_KEEP, .group = TUNIC_SANDBOX_KEEP};
    const struct tunic_sandbox change = {.user = CHILD_NOBODY, .group = CHILD_GROUP};
    struct tunic_error error;

    (void)closure;
    if (stat("/proc/self/task", &threads) != 0 || threads.st_nlink != 3)
        return CHILD_SKIPPED;
    if (tunic_sandbox_drop_privileges(&keep, &error) != 0)
        return EXIT_FAILURE;
    return tunic_sandbox_drop_privileges(&change, &error) == -EPERM && error.hint[0] != '\0'
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

static int keep_parents_death(const void *closure)
{
    const struct tunic_sandbox sandbox = {.user = CHILD_NOBODY, .group = CHILD_GROUP};
    struct tunic_error error;
    int signal_number = 0;

    (void)closure;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (tunic_sandbox_drop_privileges(&sandbox, &error) != 0 ||
        prctl(PR_GET_PDEATHSIG, &signal_number) != 0)
        return EXIT_FAILURE;
    return signal_number == SIGKILL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int forbidden(const void *closure)
{
    (void)closure;
    if (!enter(TUNIC_SANDBOX_RELAY, TUNIC_SANDBOX_KEEP, TUNIC_SANDBOX_KEEP))
        return EXIT_FAILURE;
    (void)syscall(SYS_unlinkat, -1, NULL, 0);
    return EXIT_SUCCESS;
}

static bool has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
#else
    return false;
#endif
}

static bool opens(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool opened = file >= 0;

    if (opened)
        (void)close(file);
    return opened;
}

/* Landlock alone, as the filter would forbid to try. */
static int relay_sees_no_file(const void *closure)
{
    const struct tunic_sandbox sandbox = {.role = TUNIC_SANDBOX_RELAY};
    struct tunic_error error;

    (void)closure;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !opens("/etc/passwd") ||
        tunic_sandbox_restrict_files(&sandbox, &error) != 0)
        return EXIT_FAILURE;
    return !opens("/etc/passwd") && errno == EACCES && !opens("/") && errno == EACCES
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

static int resolver_reads_the_system(const void *closure)
{
    const char *file = closure;

    if (!opens(file) || !enter(TUNIC_SANDBOX_RESOLVER, TUNIC_SANDBOX_KEEP, TUNIC_SANDBOX_KEEP))
        return EXIT_FAILURE;
    return opens("/etc/passwd") && opens("/usr/lib") && !opens(file) && errno == EACCES
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

/* In a network namespace of its own where that can be: nobody is asked then. */
static int resolve(const void *closure)
{
    const struct tunic_sandbox *sandbox = closure;
    struct addrinfo *found = NULL;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return CHILD_SKIPPED;
    if (!enter(TUNIC_SANDBOX_RESOLVER, sandbox->user, sandbox->group))
        return EXIT_FAILURE;
    int result = getaddrinfo("localhost", "1", NULL, &found);
    if (result != 0) {
        (void)fprintf(stderr, "localhost: %s\n", gai_strerror(result));
        return EXIT_FAILURE;
    }
    freeaddrinfo(found);
    return getaddrinfo("name.invalid", "1", NULL, &found) != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- tests ----------------------------------------------------------------------------- */

static void assert_sandboxed(const char *text)
{
    child_assert_unprivileged(text);
    child_assert_line(text, "Seccomp", "2");
}

static void test_who_stays(void **state)
{
    char text[CHILD_TEXT];

    (void)state;
    assert_string_equal(child_run_shown(stay, NULL, text), "exit 0");
    assert_sandboxed(text);
    child_assert_ids(text, geteuid(), getegid());
}

static void test_root_becomes_another(void **state)
{
    char text[CHILD_TEXT];

    (void)state;
    if (!child_may_be_root())
        skip();
    assert_string_equal(child_run_shown(become_nobody, NULL, text), "exit 0");
    assert_sandboxed(text);
    child_assert_ids(text, CHILD_NOBODY, CHILD_GROUP);
    child_assert_line(text, "Groups", "");
    child_assert_line(text, "CapBnd", "0000000000000000");
}

static void test_an_ordinary_user(void **state)
{
    char text[CHILD_TEXT];

    (void)state;
    if (!child_may_be_root())
        skip();
    assert_string_equal(child_run_shown(nobody_already, NULL, text), "exit 0");
    assert_sandboxed(text);
    child_assert_ids(text, CHILD_NOBODY, CHILD_GROUP);
    child_assert_line(text, "Owner", "0"); /* not nobody's, as it is not dumpable */
}

static void test_user_namespaces(void **state)
{
    int (*const bodies[])(const void *closure) = {in_user_namespace, unknown};
    char text[CHILD_TEXT];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(bodies); i++) {
        const char *end = child_run_shown(bodies[i], NULL, text);
        if (strcmp(end, "exit 77") == 0)
            skip();
        assert_string_equal(end, "exit 0");
        assert_sandboxed(text);
        child_assert_ids(text, geteuid(), getegid());
        child_assert_line(text, "CapBnd", "0000000000000000");
    }
}

static void test_root_that_may_not_change(void **state)
{
    (void)state;
    if (!child_may_be_root())
        skip();
    const char *end = child_run(root_without_privileges, NULL);
    if (strcmp(end, "exit 77") == 0)
        skip();
    assert_string_equal(end, "exit 0");
}

static void test_parents_death(void **state)
{
    (void)state;
    if (!child_may_be_root())
        skip();
    assert_string_equal(child_run(keep_parents_death, NULL), "exit 0");
}

static void test_forbidden_calls_kill(void **state)
{
    (void)state;
    assert_string_equal(child_run(forbidden, NULL), "Bad system call");
}

static void test_files(void **state)
{
    char file[] = "/tmp/tunic-sandbox-XXXXXX";

    (void)state;
    /* cppcheck-suppress knownConditionTrueFalse ; where there is no SYS_landlock… */
    if (!has_landlock())
        skip();
    int descriptor = mkstemp(file);
    assert_true(descriptor >= 0);
    (void)close(descriptor);
    const char *end = child_run(resolver_reads_the_system, file);
    (void)unlink(file);
    assert_string_equal(end, "exit 0");
    assert_string_equal(child_run(relay_sees_no_file, NULL), "exit 0");
}

static void test_names_are_resolved(void **state)
{
    const bool root = child_may_be_root();
    const struct tunic_sandbox sandbox = {.user = root ? CHILD_NOBODY : TUNIC_SANDBOX_KEEP,
                                          .group = root ? CHILD_GROUP : TUNIC_SANDBOX_KEEP};
    const char *end = child_run(resolve, &sandbox);

    (void)state;
    if (strcmp(end, "exit 77") == 0 || !unit_knows_localhost())
        skip();
    assert_string_equal(end, "exit 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_stays),
        cmocka_unit_test(test_root_becomes_another),
        cmocka_unit_test(test_an_ordinary_user),
        cmocka_unit_test(test_user_namespaces),
        cmocka_unit_test(test_root_that_may_not_change),
        cmocka_unit_test(test_parents_death),
        cmocka_unit_test(test_forbidden_calls_kill),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_names_are_resolved),
    };

    if (child_under_valgrind())
        return EXIT_SUCCESS;
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
