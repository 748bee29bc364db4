/* SPDX-License-Identifier: MIT */
/* The system calls that each role may make: all others kill. */
#include "unit.h"

#include "sandbox/steps.h"
#include "sandbox_child.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED "Bad system call"

/* Some 32-bit systems have only these. */
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif
#ifndef SYS_newfstatat
#define SYS_newfstatat SYS_fstatat64
#endif

enum {
    RELAY = 1U << TUNIC_SANDBOX_RELAY,
    LISTENER = 1U << TUNIC_SANDBOX_LISTENER,
    GUARD = 1U << TUNIC_SANDBOX_GUARD,
    ATTACH = 1U << TUNIC_SANDBOX_ATTACH,
    RESOLVER = 1U << TUNIC_SANDBOX_RESOLVER,
    WORKERS = RELAY | LISTENER | GUARD | ATTACH,
    EVERYONE = WORKERS | RESOLVER,
#ifdef TUNIC_SANITIZED /* Landlock answers these calls then */
    OPENS_READING = EVERYONE,
    OPENS_WRITING = EVERYONE,
#else
    OPENS_READING = RESOLVER,
    OPENS_WRITING = 0,
#endif
    NONE = 0,
};

/* Calls as they are, so that no C library decides what is called. None of them does anything. */
static const struct call {
    const char *name;
    unsigned int allowed; /* for which roles */
    long number;
    long arguments[4];
} calls[] = {
    {"read", EVERYONE, SYS_read, {-1}},
    {"readv", EVERYONE, SYS_readv, {-1}},
    {"write", EVERYONE, SYS_write, {-1}},
    {"writev", EVERYONE, SYS_writev, {-1}},
    {"recvmsg", EVERYONE, SYS_recvmsg, {-1}},
    {"recvmmsg", EVERYONE, SYS_recvmmsg, {-1}},
    {"sendmsg", EVERYONE, SYS_sendmsg, {-1}},
    {"sendmmsg", EVERYONE, SYS_sendmmsg, {-1}},
    {"connect", EVERYONE, SYS_connect, {-1}},
    {"setsockopt", EVERYONE, SYS_setsockopt, {-1}},
    {"epoll_ctl", EVERYONE, SYS_epoll_ctl, {-1}},
    {"epoll_pwait", EVERYONE, SYS_epoll_pwait, {-1}},
    {"futex", EVERYONE, SYS_futex, {0}},
    {"clock_gettime", EVERYONE, SYS_clock_gettime, {-1}},
    {"nanosleep", EVERYONE, SYS_clock_nanosleep, {-1}},
    {"wait4", EVERYONE, SYS_wait4, {-1}},

    {"bind", GUARD | RESOLVER, SYS_bind, {-1}},
    {"listen", NONE, SYS_listen, {-1}},
    {"accept4", LISTENER | GUARD, SYS_accept4, {-1}},
    {"shutdown", RESOLVER, SYS_shutdown, {-1}},
    {"flags of a file", ATTACH | RESOLVER, SYS_fcntl, {-1, F_SETFL}},
    {"a lock", RESOLVER, SYS_fcntl, {-1, F_SETLK}},
    {"ftruncate", ATTACH, SYS_ftruncate, {-1}},
    {"an alarm", ATTACH, SYS_timerfd_settime, {-1}},
    {"timerfd_create", NONE, SYS_timerfd_create, {-1}},
    {"TCP", GUARD | RESOLVER, SYS_socket, {AF_INET, SOCK_STREAM | SOCK_NONBLOCK}},
    {"TCP over IPv6", GUARD | RESOLVER, SYS_socket, {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC}},
    {"UDP", GUARD | RESOLVER, SYS_socket, {AF_INET, SOCK_DGRAM}},
    {"UDP over IPv6", GUARD | RESOLVER, SYS_socket, {AF_INET6, SOCK_DGRAM}},
    {"a local socket", RESOLVER, SYS_socket, {AF_UNIX, SOCK_STREAM}},
    {"rtnetlink", RESOLVER, SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"other netlink", NONE, SYS_socket, {AF_NETLINK, SOCK_RAW, 4}},
    {"a packet socket", NONE, SYS_socket, {AF_PACKET, SOCK_RAW}},
    {"socketpair", NONE, SYS_socketpair, {-1}},

    {"openat", OPENS_READING, SYS_openat, {-1, 0, O_RDONLY | O_CLOEXEC}},
    {"openat to write", OPENS_WRITING, SYS_openat, {-1, 0, O_WRONLY}},
    {"openat to create", OPENS_WRITING, SYS_openat, {-1, 0, O_RDONLY | O_CREAT}},
    {"fstat", EVERYONE, SYS_newfstatat, {-1, 0, 0, AT_EMPTY_PATH}},
    {"stat", RESOLVER, SYS_newfstatat, {-1}},
    {"unlinkat", NONE, SYS_unlinkat, {-1}},
    {"mkdirat", NONE, SYS_mkdirat, {-1}},
    {"fchmodat", NONE, SYS_fchmodat, {-1}},
    {"renameat2", NONE, SYS_renameat2, {-1, 0, -1}},
    {"mount", NONE, SYS_mount, {0}},
    {"chroot", NONE, SYS_chroot, {0}},

    {"TUNGETIFF", WORKERS, SYS_ioctl, {-1, (long)TUNGETIFF}},
    {"TUNSETOFFLOAD", WORKERS, SYS_ioctl, {-1, TUNSETOFFLOAD}},
    {"TUNGETIFF as an int", WORKERS, SYS_ioctl, {-1, (int)TUNGETIFF}},
    {"TUNDETACHFILTER", ATTACH, SYS_ioctl, {-1, TUNDETACHFILTER}},
    {"TUNATTACHFILTER", NONE, SYS_ioctl, {-1, TUNATTACHFILTER}},
    {"TUNSETIFF", NONE, SYS_ioctl, {-1, TUNSETIFF}},
    {"TUNSETPERSIST", NONE, SYS_ioctl, {-1, TUNSETPERSIST}},
    {"TIOCGWINSZ", EVERYONE, SYS_ioctl, {-1, TIOCGWINSZ}},
    {"TIOCSTI", NONE, SYS_ioctl, {-1, TIOCSTI}},

    {"memory", EVERYONE, SYS_mmap, {0, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS}},
    {"a file as memory", RESOLVER, SYS_mmap, {0, 0, PROT_READ, MAP_PRIVATE}},
    {"a library", RESOLVER, SYS_mmap, {0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE}},
    {"code", NONE, SYS_mmap, {0, 0, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS}},
    {"memory read only", EVERYONE, SYS_mprotect, {0, 0, PROT_READ}},
    {"memory to code", NONE, SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}},
    {"memfd_create", NONE, SYS_memfd_create, {0}},

    {"execve", NONE, SYS_execve, {0}},
    {"execveat", NONE, SYS_execveat, {-1}},
    {"clone", NONE, SYS_clone, {-1}},
    {"clone3", NONE, SYS_clone3, {0}},
    {"ptrace", NONE, SYS_ptrace, {-1}},
    {"process_vm_readv", NONE, SYS_process_vm_readv, {-1}},
    {"kill", NONE, SYS_kill, {0, 0}},
    {"tgkill another", NONE, SYS_tgkill, {1, 1, 0}},
    {"prctl", NONE, SYS_prctl, {-1}},
    {"seccomp", NONE, SYS_seccomp, {-1}},
    {"setuid", NONE, SYS_setuid, {-1}},
    {"capset", NONE, SYS_capset, {0}},
    {"setns", NONE, SYS_setns, {-1}},
    {"unshare", NONE, SYS_unshare, {-1}},
    {"bpf", NONE, SYS_bpf, {-1}},
    {"io_uring_setup", NONE, SYS_io_uring_setup, {0}},
    {"perf_event_open", NONE, SYS_perf_event_open, {0}},
    {"no such call", NONE, 4000, {0}},
#ifdef __x86_64__
    {"x32", NONE, 0x40000000 | SYS_read, {-1}},
#endif
};

/* ---- children -------------------------------------------------------------------------- */

static int enter(enum tunic_sandbox_role role, pid_t helper)
{
    const struct tunic_sandbox sandbox = {.role = role, .helper = helper};
    struct tunic_error error;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return tunic_sandbox_filter_calls(&sandbox, &error);
}

struct attempt {
    enum tunic_sandbox_role role;
    const struct call *call;
};

static int attempt_call(const void *closure)
{
    const struct attempt *attempt = closure;
    const long *arguments = attempt->call->arguments;

    if (enter(attempt->role, 0) != 0)
        return EXIT_FAILURE;
    (void)syscall(attempt->call->number, arguments[0], arguments[1], arguments[2], arguments[3]);
    return EXIT_SUCCESS;
}

static int attempt_abort(const void *closure)
{
    if (enter(*(const enum tunic_sandbox_role *)closure, 0) != 0)
        return EXIT_FAILURE;
    abort();
}

/* Memory of every size, a stream whose buffer is made late, the clock. */
static int attempt_library(const void *closure)
{
    int ends[2];
    FILE *stream = pipe2(ends, O_CLOEXEC) == 0 ? fdopen(ends[1], "w") : NULL;
    char text[] = "text";

    if (!stream || enter(*(const enum tunic_sandbox_role *)closure, 0) != 0)
        return EXIT_FAILURE;
    for (size_t size = 16; size <= (1U << 26); size *= 2) {
        char *volatile memory = malloc(size);
        if (!memory)
            return EXIT_FAILURE;
        memory[size - 1] = 'x';
        void *larger = realloc(memory, size + 5000);
        free(larger ? larger : memory);
    }
    (void)fprintf(stream, "%s %f", text, 0.5);
    if (fclose(stream) != 0 || read(ends[0], text, sizeof(text)) != sizeof(text))
        return EXIT_FAILURE;
    return tunic_clock_now() != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void *forbidden_in_thread(void *closure)
{
    char byte;

    if (read(*(const int *)closure, &byte, 1) == 1)
        (void)syscall(SYS_unlinkat, -1, NULL, 0);
    return NULL;
}

static int attempt_in_thread(const void *closure)
{
    pthread_t thread;
    int ends[2];

    (void)closure;
    if (pipe2(ends, O_CLOEXEC) != 0 ||
        pthread_create(&thread, NULL, forbidden_in_thread, &ends[0]) != 0 ||
        enter(TUNIC_SANDBOX_RELAY, 0) != 0 || write(ends[1], "", 1) != 1)
        return EXIT_FAILURE;
    (void)pthread_join(thread, NULL);
    return EXIT_SUCCESS;
}

struct ending {
    bool other; /* than the helper: itself, so that no one else is hit */
    int signal_number;
};

static int attempt_ending(const void *closure)
{
    const struct ending *ending = closure;
    int ends[2]; /* the helper ends by itself when we are gone */
    pid_t helper = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    int status;

    if (helper == 0) {
        (void)close(ends[1]);
        (void)!read(ends[0], &status, 1);
        _exit(EXIT_SUCCESS);
    }
    if (helper < 0 || enter(TUNIC_SANDBOX_RELAY, helper) != 0 ||
        kill(ending->other ? getpid() : helper, ending->signal_number) != 0 ||
        waitpid(helper, &status, 0) != helper)
        return EXIT_FAILURE;
    return WIFSIGNALED(status) && WTERMSIG(status) == ending->signal_number ? EXIT_SUCCESS
                                                                            : EXIT_FAILURE;
}

/* ---- tests ----------------------------------------------------------------------------- */

static void test_calls(void **state)
{
    static const char *const names[] = {"relay", "listener", "guard", "attach", "resolver"};

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(calls); i++)
        for (unsigned int role = 0; role < TUNIC_COUNT(names); role++) {
            const struct attempt attempt = {(enum tunic_sandbox_role)role, &calls[i]};
            const char *wanted = (calls[i].allowed & (1U << role)) != 0 ? "exit 0" : KILLED;
            const char *end = child_run(attempt_call, &attempt);
            if (strcmp(end, wanted) != 0)
                fail_msg("%s: %s: %s, not %s", names[role], calls[i].name, end, wanted);
        }
}

static void test_library_works(void **state)
{
    (void)state;
    for (enum tunic_sandbox_role role = TUNIC_SANDBOX_RELAY; role <= TUNIC_SANDBOX_RESOLVER;
         role++) {
        assert_string_equal(child_run(attempt_library, &role), "exit 0");
        assert_string_equal(child_run(attempt_abort, &role), "Aborted");
    }
}

static void test_threads_are_filtered(void **state)
{
    (void)state;
    assert_string_equal(child_run(attempt_in_thread, NULL), KILLED);
}

static void test_only_the_helper_is_ended(void **state)
{
    const struct ending helper = {.signal_number = SIGKILL};
    const struct ending other_signal = {.signal_number = SIGTERM};
    const struct ending another = {.other = true, .signal_number = SIGKILL};

    (void)state;
    assert_string_equal(child_run(attempt_ending, &helper), "exit 0");
    assert_string_equal(child_run(attempt_ending, &other_signal), KILLED);
    assert_string_equal(child_run(attempt_ending, &another), KILLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_library_works),
        cmocka_unit_test(test_threads_are_filtered),
        cmocka_unit_test(test_only_the_helper_is_ended),
    };

    if (child_under_valgrind())
        return EXIT_SUCCESS;
    return cmocka_run_group_tests_name("sandbox_filter", tests, NULL, NULL);
}
