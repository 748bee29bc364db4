/* SPDX-License-Identifier: MIT */
/*
 * forbid: makes a running process call what its sandbox forbids, for tests.
 *
 *   forbid PID CALL
 *
 * CALL is a number, or one of the names below. Needs root. The process is woken where it waits,
 * and its next system call becomes CALL, with arguments that are all 0. Prints "killed by SIGSYS"
 * (exit code 0), or how it went else (1): one that survives goes on as if nothing had been. 2: it
 * could not be tried. 77: not on this processor.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SURVIVED = 1, NOT_TRIED = 2, NOT_HERE = 77 };

static const struct {
    const char *name;
    long number;
} names[] = {
    {"openat", SYS_openat}, {"socket", SYS_socket},     {"execve", SYS_execve},
    {"clone", SYS_clone},   {"ptrace", SYS_ptrace},     {"mount", SYS_mount},
    {"kill", SYS_kill},     {"unlinkat", SYS_unlinkat}, {"prctl", SYS_prctl},
    {"setuid", SYS_setuid}, {"getpid", SYS_getpid},
};

/* ---- processors ------------------------------------------------------------------------ */

#if defined(__x86_64__)

/* At the entry of a call: it becomes another one. */
static int replace(pid_t process, struct user_regs_struct registers, long number)
{
    struct iovec place = {&registers, sizeof(registers)};

    registers.orig_rax = (unsigned long long)number;
    registers.rdi = registers.rsi = registers.rdx = 0;
    registers.r10 = registers.r8 = registers.r9 = 0;
    return ptrace(PTRACE_SETREGSET, process, NT_PRSTATUS, &place) == 0 ? 0 : -errno;
}

static long result_of(const struct user_regs_struct *registers)
{
    return (long)registers->rax;
}

/* Steps back, so that the call that was replaced is made now. */
static void step_back(struct user_regs_struct *registers)
{
    registers->rip -= 2;
    registers->rax = registers->orig_rax;
    registers->orig_rax = (unsigned long long)-1;
}

#elif defined(__aarch64__)

static int replace(pid_t process, struct user_regs_struct registers, long number)
{
    struct iovec place = {&registers, sizeof(registers)};
    int call = (int)number;
    struct iovec call_place = {&call, sizeof(call)};

    memset(registers.regs, 0, 6 * sizeof(registers.regs[0]));
    if (ptrace(PTRACE_SETREGSET, process, NT_PRSTATUS, &place) != 0 ||
        ptrace(PTRACE_SETREGSET, process, NT_ARM_SYSTEM_CALL, &call_place) != 0)
        return -errno;
    return 0;
}

static long result_of(const struct user_regs_struct *registers)
{
    return (long)registers->regs[0];
}

static void step_back(struct user_regs_struct *registers)
{
    registers->pc -= 4;
}

#else
#define UNKNOWN_PROCESSOR
#endif

/* ---- the process ----------------------------------------------------------------------- */

#ifdef UNKNOWN_PROCESSOR

static int forbid(pid_t process, long number)
{
    (void)process;
    (void)number;
    return NOT_HERE;
}

#else

static int not_tried(const char *what)
{
    (void)fprintf(stderr, "forbid: %s: %s\n", what, strerror(errno));
    return NOT_TRIED;
}

/* Lets it run to its next entry or exit of a call, or to its end; whatever else stops it goes on.
 */
static int run_to_call(pid_t process, int *status)
{
    int signal_number = 0;

    do {
        if (ptrace(PTRACE_SYSCALL, process, NULL, (uintptr_t)signal_number) != 0 ||
            waitpid(process, status, __WALL) != process)
            return -errno;
        /* The upper half tells stops of ptrace's own from those of signals. */
        signal_number = WIFSTOPPED(*status) && (*status >> 16) == 0 ? WSTOPSIG(*status) : 0;
    } while (WIFSTOPPED(*status) && WSTOPSIG(*status) != (SIGTRAP | 0x80));
    return 0;
}

static int tell_end(int status)
{
    if (WIFEXITED(status)) {
        (void)printf("exited with %d\n", WEXITSTATUS(status));
        return SURVIVED;
    }
    if (WTERMSIG(status) != SIGSYS) {
        (void)printf("killed by signal %d\n", WTERMSIG(status));
        return SURVIVED;
    }
    (void)puts("killed by SIGSYS");
    return 0;
}

static int forbid(pid_t process, long number)
{
    struct user_regs_struct before;
    struct user_regs_struct after;
    struct iovec before_place = {&before, sizeof(before)};
    struct iovec after_place = {&after, sizeof(after)};
    int status;

    if (ptrace(PTRACE_SEIZE, process, NULL, PTRACE_O_TRACESYSGOOD) != 0 ||
        ptrace(PTRACE_INTERRUPT, process, NULL, NULL) != 0 ||
        waitpid(process, &status, __WALL) != process)
        return not_tried("cannot stop it");
    if (!WIFSTOPPED(status) || run_to_call(process, &status) != 0 || !WIFSTOPPED(status)) {
        (void)fprintf(stderr, "forbid: it ended before\n");
        return NOT_TRIED;
    }
    if (ptrace(PTRACE_GETREGSET, process, NT_PRSTATUS, &before_place) != 0 ||
        replace(process, before, number) != 0 || run_to_call(process, &status) != 0)
        return not_tried("cannot change its call");
    if (!WIFSTOPPED(status))
        return tell_end(status);
    if (ptrace(PTRACE_GETREGSET, process, NT_PRSTATUS, &after_place) != 0)
        return not_tried("cannot read its registers");
    step_back(&before);
    /* A killing filter takes effect behind the call: it is not known before the next one. */
    if (ptrace(PTRACE_SETREGSET, process, NT_PRSTATUS, &before_place) != 0 ||
        run_to_call(process, &status) != 0)
        return not_tried("cannot let it go on");
    if (!WIFSTOPPED(status))
        return tell_end(status);
    (void)ptrace(PTRACE_DETACH, process, NULL, NULL);
    (void)printf("survived, with the result %ld\n", result_of(&after));
    return SURVIVED;
}

#endif

/* ---- the command line ------------------------------------------------------------------ */

static int parse_number(const char *word, long *number)
{
    char *end;

    *number = strtol(word, &end, 10);
    return *word != '\0' && *end == '\0' && *number >= 0 ? 0 : -EINVAL;
}

static int parse_call(const char *word, long *number)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(word, names[i].name) == 0) {
            *number = names[i].number;
            return 0;
        }
    return parse_number(word, number);
}

int main(int argc, char **argv)
{
    long process;
    long number;

    if (argc != 3 || parse_number(argv[1], &process) != 0 || parse_call(argv[2], &number) != 0) {
        (void)fprintf(stderr, "usage: forbid PID CALL\n");
        return NOT_TRIED;
    }
    return forbid((pid_t)process, number);
}
