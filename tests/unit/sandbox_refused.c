/* SPDX-License-Identifier: MIT */
/* A step of the sandbox that the kernel refuses: whoever enters it is told so, and goes no further.
 * The steps before it are done as ever, in a child. */
#include "unit.h"

#include "sandbox/sandbox.h"
#include "sandbox_child.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum step {
    GROUP,
    USER,
    CAPABILITIES_READ,
    BOUNDING_SET,
    GROUPS,
    CAPABILITIES,
    NEW_PRIVILEGES,
    RULES,
    FILES,
    MEMORY,
    THREADS,
    FILTER,
    CALLS,
};

/* Of one run: the step that fails. */
static struct {
    enum step step;
    bool later; /* a step behind it was tried */
} refused;

static bool refuse(enum step step)
{
    refused.later = refused.later || step > refused.step;
    errno = EPERM;
    return step == refused.step;
}

/* ---- what the linker redirects --------------------------------------------------------- */

int __real_setresgid(gid_t real, gid_t effective, gid_t saved);
int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved);
int __real_setresuid(uid_t real, uid_t effective, uid_t saved);
int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved);
int __real_setgroups(size_t count, const gid_t *groups);
int __wrap_setgroups(size_t count, const gid_t *groups);
int __real_capng_get_caps_process(void);
int __wrap_capng_get_caps_process(void);
int __real_capng_apply(capng_select_t set);
int __wrap_capng_apply(capng_select_t set);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
long __wrap_syscall(long number, ...);
scmp_filter_ctx __real_seccomp_init(uint32_t action);
scmp_filter_ctx __wrap_seccomp_init(uint32_t action);
int __wrap_seccomp_load(void *filter);

int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
    return refuse(GROUP) ? -1 : __real_setresgid(real, effective, saved);
}

int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
    return refuse(USER) ? -1 : __real_setresuid(real, effective, saved);
}

int __wrap_setgroups(size_t count, const gid_t *groups)
{
    return refuse(GROUPS) ? -1 : __real_setgroups(count, groups);
}

int __wrap_capng_get_caps_process(void)
{
    return refuse(CAPABILITIES_READ) ? -1 : __real_capng_get_caps_process();
}

int __wrap_capng_apply(capng_select_t set)
{
    return refuse(set == CAPNG_SELECT_BOUNDS ? BOUNDING_SET : CAPABILITIES)
               ? -1
               : __real_capng_apply(set);
}

int __wrap_prctl(int option, ...)
{
    va_list rest;

    va_start(rest, option);
    unsigned long value = va_arg(rest, unsigned long);
    va_end(rest);
    if (option == PR_SET_NO_NEW_PRIVS && refuse(NEW_PRIVILEGES))
        return -1;
    if (option == PR_SET_DUMPABLE && refuse(MEMORY))
        return -1;
    return __real_prctl(option, value, 0UL, 0UL, 0UL);
}

/* Landlock of a kernel that has it. */
long __wrap_syscall(long number, ...)
{
    va_list rest;

    va_start(rest, number);
    const void *ruleset = va_arg(rest, const void *);
    va_end(rest);
    if (number == SYS_landlock_create_ruleset) {
        if (!ruleset)
            return 1; /* the version */
        return refuse(RULES) ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    return number == SYS_landlock_restrict_self && refuse(FILES) ? -1 : 0;
}

scmp_filter_ctx __wrap_seccomp_init(uint32_t action)
{
    return refuse(FILTER) ? NULL : __real_seccomp_init(action);
}

int __wrap_seccomp_load(void *filter)
{
    (void)filter;
    return refuse(CALLS) ? -EPERM : 0;
}

static int start_threads(void *closure, struct tunic_error *error)
{
    (void)closure;
    return refuse(THREADS) ? tunic_error_set(error, TUNIC_FAILED, "cannot start its threads") : 0;
}

/* ---- the steps ------------------------------------------------------------------------- */

static const struct refusal {
    enum step step;
    const char *action; /* how it begins */
    bool root;          /* nobody else tries it */
} refusals[] = {
    {GROUP, "cannot become group ", true},
    {USER, "cannot become user ", true},
    {CAPABILITIES_READ, "cannot read the capabilities", false},
    {BOUNDING_SET, "cannot empty the bounding set of capabilities", true},
    {GROUPS, "cannot change the supplementary groups", true},
    {CAPABILITIES, "cannot give the capabilities up", false},
    {NEW_PRIVILEGES, "cannot forbid new privileges", false},
    {RULES, "cannot give the file system up (Landlock)", false},
    {FILES, "cannot give the file system up (Landlock)", false},
    {MEMORY, "cannot hide the memory from other processes", false},
    {THREADS, "cannot start its threads", false},
    {FILTER, "out of memory", false},
    {CALLS, "cannot limit the system calls (seccomp)", false},
};

static int enter(const void *closure)
{
    const struct refusal *refusal = closure;
    const struct tunic_sandbox sandbox = {.role = TUNIC_SANDBOX_RELAY,
                                          .user = CHILD_NOBODY,
                                          .group = CHILD_GROUP,
                                          .start_threads = start_threads};
    const gid_t group = 4;
    struct tunic_error error = {0};

    if (refusal->root && __real_setgroups(1, &group) != 0)
        return EXIT_FAILURE;
    refused.step = refusal->step;
    int result = tunic_sandbox_enter(&sandbox, &error);
    bool told = strncmp(error.action, refusal->action, strlen(refusal->action)) == 0;
    return result < 0 && told && !refused.later ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void test_each_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(refusals); i++) {
        if (refusals[i].root && !child_may_be_root())
            continue;
        const char *end = child_run(enter, &refusals[i]);
        if (strcmp(end, "exit 0") != 0)
            fail_msg("'%s': %s", refusals[i].action, end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_step),
    };

    if (child_under_valgrind())
        return EXIT_SUCCESS;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
