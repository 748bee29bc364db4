/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A call is allowed by its number alone, or by its number and what its
 * arguments are; anything else ends the process at once, whichever thread made it. Those of the
 * packet path are without arguments: the kernel knows them from a bitmap and does not run the
 * filter at all. What a pointer leads to cannot be compared.
 *
 * Each list has what one role does, and what the C library does for it: glibc and musl, and the
 * calls with 64-bit times of 32-bit systems. A call that an architecture lacks has a negative
 * number here, and no rule comes of it. Arguments are compared in their lower 32 bits, as the
 * upper ones of an int are not defined.
 */
#include "sandbox/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- allowed by number ----------------------------------------------------------------- */

/* Reading, writing, sending and waiting on what is open; memory, locks, the clock and the end. */
static const int everyone[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek), /* of standard input, where exit() closes it */
    SCMP_SYS(_llseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat), /* of standard output, before it has a buffer */
    SCMP_SYS(fstat64),

    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmmsg_time64),
    SCMP_SYS(send),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(connect), /* to where a name has moved */
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),

    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(restart_syscall),

    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(getrandom),

    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), /* a thread's first malloc */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),

    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Its own sockets were made before. */
static const int listener[] = {
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
};

/* Peers and ports that it is told of later. */
static const int guard[] = {
    SCMP_SYS(bind),
};

/* The end of a capture that could not be written whole, and the timing of a replay. */
static const int attach[] = {
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_settime64),
};

/* What getaddrinfo and the modules that it loads do (nsswitch.conf(5)). */
static const int resolver[] = {
    SCMP_SYS(bind),       SCMP_SYS(shutdown),   SCMP_SYS(uname),     SCMP_SYS(sysinfo),
    SCMP_SYS(getuid),     SCMP_SYS(getuid32),   SCMP_SYS(geteuid),   SCMP_SYS(geteuid32),
    SCMP_SYS(getgid),     SCMP_SYS(getgid32),   SCMP_SYS(getegid),   SCMP_SYS(getegid32),
    SCMP_SYS(stat),       SCMP_SYS(stat64),     SCMP_SYS(lstat),     SCMP_SYS(lstat64),
    SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),  SCMP_SYS(statx),     SCMP_SYS(statfs),
    SCMP_SYS(statfs64),   SCMP_SYS(fstatfs),    SCMP_SYS(fstatfs64), SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),  SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),     SCMP_SYS(getdents64), SCMP_SYS(pread64),   SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
};

/* The sanitizers' own threads, which may just be starting or look at the time, and what a report of
 * theirs does before it is written: Landlock refuses the files, so that it comes without the names
 * of functions. */
#ifdef TUNIC_SANITIZED
static const int sanitizers[] = {
    SCMP_SYS(sigaltstack), SCMP_SYS(prlimit64),  SCMP_SYS(openat),
    SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),        SCMP_SYS(nanosleep),  SCMP_SYS(gettimeofday),
};
#endif

/* ---- allowed by arguments -------------------------------------------------------------- */

enum {
    RELAY = 1U << TUNIC_SANDBOX_RELAY,
    LISTENER = 1U << TUNIC_SANDBOX_LISTENER,
    GUARD = 1U << TUNIC_SANDBOX_GUARD,
    ATTACH = 1U << TUNIC_SANDBOX_ATTACH,
    RESOLVER = 1U << TUNIC_SANDBOX_RESOLVER,
    WORKERS = RELAY | LISTENER | GUARD | ATTACH, /* on a device */
    EVERYONE = WORKERS | RESOLVER,

    READ_ONLY = O_ACCMODE | O_CREAT | O_TRUNC,
};

#define BITS(argument, mask, value)                                                                \
    {                                                                                              \
        argument, SCMP_CMP_MASKED_EQ, (uint32_t)(mask), (uint32_t)(value)                          \
    }
#define EQUALS(argument, value) BITS(argument, UINT32_MAX, value)

struct rule {
    uint8_t roles;
    uint8_t count; /* of arguments: all of them must be so */
    int call;
    struct scmp_arg_cmp arguments[2];
};

static const struct rule rules[] = {
    /* No memory becomes code. The resolver maps its modules as such, and cannot write there. */
    {WORKERS, 2, SCMP_SYS(mmap), {BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS)}},
    {WORKERS, 2, SCMP_SYS(mmap2), {BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS)}},
    {RESOLVER, 1, SCMP_SYS(mmap), {BITS(2, PROT_EXEC, 0)}},
    {RESOLVER, 1, SCMP_SYS(mmap), {BITS(2, PROT_WRITE, 0)}},
    {RESOLVER, 1, SCMP_SYS(mmap2), {BITS(2, PROT_EXEC, 0)}},
    {RESOLVER, 1, SCMP_SYS(mmap2), {BITS(2, PROT_WRITE, 0)}},
    {EVERYONE, 1, SCMP_SYS(mprotect), {BITS(2, PROT_EXEC, 0)}},

    /* fstat, as glibc calls it at times. */
    {WORKERS, 1, SCMP_SYS(newfstatat), {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}},
    {WORKERS, 1, SCMP_SYS(fstatat64), {BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}},
    {WORKERS, 1, SCMP_SYS(statx), {BITS(2, AT_EMPTY_PATH, AT_EMPTY_PATH)}},

    {WORKERS, 1, SCMP_SYS(ioctl), {EQUALS(1, TUNGETIFF)}},
    {WORKERS, 1, SCMP_SYS(ioctl), {EQUALS(1, TUNSETOFFLOAD)}},
    {WORKERS, 1, SCMP_SYS(ioctl), {EQUALS(1, TUNSETVNETHDRSZ)}},
    {ATTACH, 1, SCMP_SYS(ioctl), {EQUALS(1, TUNDETACHFILTER)}},
    {EVERYONE, 1, SCMP_SYS(ioctl), {EQUALS(1, TIOCGWINSZ)}},
    {EVERYONE, 1, SCMP_SYS(ioctl), {EQUALS(1, TCGETS)}},
    {EVERYONE, 1, SCMP_SYS(ioctl), {EQUALS(1, FIONREAD)}},

    /* Standard input and output, which blocked before. */
    {ATTACH, 1, SCMP_SYS(fcntl), {EQUALS(1, F_GETFL)}},
    {ATTACH, 1, SCMP_SYS(fcntl), {EQUALS(1, F_SETFL)}},
    {ATTACH, 1, SCMP_SYS(fcntl64), {EQUALS(1, F_GETFL)}},
    {ATTACH, 1, SCMP_SYS(fcntl64), {EQUALS(1, F_SETFL)}},

    {GUARD | RESOLVER, 1, SCMP_SYS(socket), {EQUALS(0, AF_INET)}},
    {GUARD | RESOLVER, 1, SCMP_SYS(socket), {EQUALS(0, AF_INET6)}},
    {RESOLVER, 1, SCMP_SYS(socket), {EQUALS(0, AF_UNIX)}},
    {RESOLVER, 2, SCMP_SYS(socket), {EQUALS(0, AF_NETLINK), EQUALS(2, 0)}}, /* NETLINK_ROUTE */

    {RESOLVER, 1, SCMP_SYS(open), {BITS(1, READ_ONLY, O_RDONLY)}},
    {RESOLVER, 1, SCMP_SYS(openat), {BITS(2, READ_ONLY, O_RDONLY)}},
};

/* ---- putting it together --------------------------------------------------------------- */

static int allow(scmp_filter_ctx filter, int call, unsigned int count,
                 const struct scmp_arg_cmp *arguments)
{
    if (call < 0) /* this architecture has none of that name */
        return 0;
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, arguments);
}

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++)
        result = allow(filter, calls[i], 0, NULL);
    return result;
}

/* To end itself (abort), and to end the helper. */
static int allow_signals(scmp_filter_ctx filter, pid_t helper)
{
    const struct scmp_arg_cmp itself[] = {EQUALS(0, getpid())};
    const struct scmp_arg_cmp kill_helper[] = {EQUALS(0, helper), EQUALS(1, SIGKILL)};
    int result = allow(filter, SCMP_SYS(tgkill), TUNIC_COUNT(itself), itself);

    if (result == 0 && helper > 0)
        result = allow(filter, SCMP_SYS(kill), TUNIC_COUNT(kill_helper), kill_helper);
    return result;
}

static int fill(scmp_filter_ctx filter, const struct tunic_sandbox *sandbox)
{
    unsigned role = 1U << sandbox->role;
    int result = allow_all(filter, everyone, TUNIC_COUNT(everyone));

    if (result == 0 && (role & (LISTENER | GUARD)) != 0)
        result = allow_all(filter, listener, TUNIC_COUNT(listener));
    if (result == 0 && role == GUARD)
        result = allow_all(filter, guard, TUNIC_COUNT(guard));
    if (result == 0 && role == ATTACH)
        result = allow_all(filter, attach, TUNIC_COUNT(attach));
    if (result == 0 && role == RESOLVER)
        result = allow_all(filter, resolver, TUNIC_COUNT(resolver));
#ifdef TUNIC_SANITIZED
    if (result == 0)
        result = allow_all(filter, sanitizers, TUNIC_COUNT(sanitizers));
#endif
    for (size_t i = 0; i < TUNIC_COUNT(rules) && result == 0; i++)
        if ((rules[i].roles & role) != 0)
            result = allow(filter, rules[i].call, rules[i].count, rules[i].arguments);
    if (result == 0)
        result = allow_signals(filter, sandbox->helper);
    return result;
}

/* Wishes of which the second and third may not be had everywhere: that all threads are filtered,
 * and that the processor speculates as before (no code of others runs in this process). */
static int configure(scmp_filter_ctx filter)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    return result;
}

int tunic_sandbox_filter_calls(const struct tunic_sandbox *sandbox, struct tunic_error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (!filter)
        return tunic_error_memory(error);
    int result = configure(filter);
    if (result == 0)
        result = fill(filter, sandbox);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    if (result == 0)
        return 0;
    (void)tunic_error_system(error, -result, "cannot limit the system calls (seccomp)");
    tunic_error_hint(error, "the kernel may lack CONFIG_SECCOMP_FILTER");
    return result;
}
