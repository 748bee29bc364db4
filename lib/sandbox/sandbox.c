/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The order is forced: the user and the groups change while there are
 * capabilities for it; Landlock and seccomp ask an unprivileged process for no_new_privs; a change
 * of user makes a process dumpable again on some systems, so that follows it; and the filter is
 * last, as it forbids all the calls that the others are made of. Capabilities and Landlock are each
 * thread's own: so threads are started when these are gone, and before the filter forbids that.
 */
#include "sandbox/steps.h"

#include <errno.h>
#include <sys/prctl.h>

/* The leak checker of a debugging build looks around at the exit, which is forbidden then: it does
 * so now, and only now. */
#ifdef TUNIC_SANITIZED
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
__attribute__((weak)) void __lsan_do_leak_check(void);
#endif

static void finish_instruments(void)
{
#ifdef TUNIC_SANITIZED
    if (__lsan_do_leak_check)
        __lsan_do_leak_check();
#endif
}

static int set_flag(int option, unsigned long value, const char *what, struct tunic_error *error)
{
    if (prctl(option, value, 0UL, 0UL, 0UL) == 0)
        return 0;
    return tunic_error_system(error, errno, "cannot %s", what);
}

void tunic_sandbox_choose(struct tunic_sandbox *sandbox, uint32_t owner, uint32_t group)
{
    const uint32_t none = UINT32_MAX;
    const uint32_t nobody = 65534;

    sandbox->user = owner != none && owner != 0 ? owner : nobody;
    sandbox->group = group != none && group != 0 ? group : nobody;
}

int tunic_sandbox_enter(const struct tunic_sandbox *sandbox, struct tunic_error *error)
{
    finish_instruments();
    int result = tunic_sandbox_drop_privileges(sandbox, error);
    if (result == 0)
        result = set_flag(PR_SET_NO_NEW_PRIVS, 1, "forbid new privileges", error);
    if (result == 0)
        result = tunic_sandbox_restrict_files(sandbox, error);
    if (result == 0 && sandbox->role != TUNIC_SANDBOX_ATTACH)
        result = set_flag(PR_SET_DUMPABLE, 0, "hide the memory from other processes", error);
    if (result == 0 && sandbox->start_threads)
        result = sandbox->start_threads(sandbox->closure, error);
    if (result == 0)
        result = tunic_sandbox_filter_calls(sandbox, error);
    return result;
}
