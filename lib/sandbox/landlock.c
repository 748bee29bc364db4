/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A ruleset names the rights that it takes away, and its rules what of them is
 * given back below a path. Ours takes all that the kernel knows of, and gives nothing back but
 * reading what looking up names reads (mapping a library as code needs no more). A kernel refuses
 * what it does not know, so its version comes first. The C library has no functions for it, and the
 * header of the system that builds may be older than the kernel that runs: values are written out
 * here, as landlock(7) has them.
 */
#include "sandbox/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_landlock_create_ruleset

enum {
    ASK_VERSION = 1U << 0,
    RULE_PATH_BENEATH = 1,

    FILE_READ = 1U << 2,
    FOLDER_READ = 1U << 3,

    TCP_BIND = 1U << 0,
    TCP_CONNECT = 1U << 1,

    ABSTRACT_SOCKETS = 1U << 0, /* connecting to those of other processes */
    SIGNALS = 1U << 1,          /* sending them to other processes */
};

/* It grew; a kernel takes a longer one where what it does not know is zero. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
};

struct rule {
    uint64_t allowed;
    int32_t parent;
};

/* What getaddrinfo and its modules read: libraries, configuration, caches, sockets of resolvers.
 * The three files may be links to elsewhere. */
static const char *const readable[] = {
    "/etc",         "/lib",       "/lib64",           "/usr",
    "/run",         "/var/run",   "/nix/store",       "/gnu/store",
    "/var/lib/sss", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
};

static struct ruleset rights(const struct tunic_sandbox *sandbox, long version)
{
    /* The first version had 13 rights on files; REFER, TRUNCATE and IOCTL_DEV followed. */
    unsigned int file_rights = 13U + (version >= 2) + (version >= 3) + (version >= 5);
    struct ruleset ruleset = {.files = (UINT64_C(1) << file_rights) - 1};

    if (version >= 4)
        ruleset.network =
            sandbox->role == TUNIC_SANDBOX_RELAY || sandbox->role == TUNIC_SANDBOX_ATTACH
                ? TCP_BIND | TCP_CONNECT
                : TCP_BIND;
    if (version >= 6)
        ruleset.scope = sandbox->helper != 0 ? ABSTRACT_SOCKETS : ABSTRACT_SOCKETS | SIGNALS;
    return ruleset;
}

static int allow_reading(int ruleset, const char *path)
{
    struct stat status;
    struct rule rule = {.allowed = FILE_READ, .parent = open(path, O_PATH | O_CLOEXEC)};

    if (rule.parent < 0) /* not on this system */
        return 0;
    int result = fstat(rule.parent, &status);
    if (result == 0 && S_ISDIR(status.st_mode))
        rule.allowed |= FOLDER_READ;
    if (result == 0)
        result = (int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    if (result != 0)
        result = -errno;
    (void)close(rule.parent);
    return result;
}

static int apply(int ruleset, const struct tunic_sandbox *sandbox)
{
    int result = 0;

    if (sandbox->role == TUNIC_SANDBOX_RESOLVER)
        for (size_t i = 0; i < TUNIC_COUNT(readable) && result == 0; i++)
            result = allow_reading(ruleset, readable[i]);
    if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        result = -errno;
    return result;
}

int tunic_sandbox_restrict_files(const struct tunic_sandbox *sandbox, struct tunic_error *error)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);

    if (version < 1) /* not in this kernel, or not switched on */
        return 0;
    struct ruleset taken = rights(sandbox, version);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &taken, sizeof(taken), 0);
    int result = ruleset >= 0 ? apply(ruleset, sandbox) : -errno;
    if (ruleset >= 0)
        (void)close(ruleset);
    if (result == 0)
        return 0;
    return tunic_error_system(error, -result, "cannot give the file system up (Landlock)");
}

#else

int tunic_sandbox_restrict_files(const struct tunic_sandbox *sandbox, struct tunic_error *error)
{
    (void)sandbox;
    (void)error;
    return 0;
}

#endif
