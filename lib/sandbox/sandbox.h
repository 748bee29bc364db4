/* SPDX-License-Identifier: MIT */
/*
 * lib/sandbox: what a process gives up once everything is open.
 *
 *   privileges.c  user, groups and capabilities (libcap-ng)
 *   landlock.c    the file system (Landlock, where the kernel has it)
 *   filter.c      system calls (libseccomp): a list of what is allowed, anything else kills
 *   sandbox.c     all of them, in the order in which they work
 *
 * Nothing of it can be undone. Sources: seccomp(2), landlock(7), capabilities(7), prctl(2).
 */
#ifndef TUNIC_SANDBOX_H
#define TUNIC_SANDBOX_H

#include "base/base.h"

#include <sys/types.h>

/* What the process still does. */
enum tunic_sandbox_role {
    TUNIC_SANDBOX_RELAY,    /* reads, writes, sends, receives, waits; on what is open */
    TUNIC_SANDBOX_LISTENER, /* the same, and accepts and makes TCP connections */
    TUNIC_SANDBOX_GUARD,    /* the same, and makes sockets of its own for IP and binds them */
    TUNIC_SANDBOX_ATTACH,   /* as a relay, without a network; files that are open, and timers */
    TUNIC_SANDBOX_RESOLVER, /* looks names up: reads files of the system, asks name servers */
};

struct tunic_sandbox {
    enum tunic_sandbox_role role;
    /* Whom to become where it is root (effective uid 0): TUNIC_SANDBOX_KEEP keeps. */
    uid_t user;
    gid_t group;
    /* A child that it may still end, by SIGKILL; 0: none. */
    pid_t helper;
    /* Starts the threads that it needs, which have nothing of what was given up before; NULL: none.
     */
    int (*start_threads)(void *closure, struct tunic_error *error);
    void *closure;
};

#define TUNIC_SANDBOX_KEEP ((uid_t)-1)

/* Root becomes the owner of what it works on, as an interface has them, or nobody: where that has
 * none ((uint32_t)-1) or it is root. */
void tunic_sandbox_choose(struct tunic_sandbox *sandbox, uint32_t owner, uint32_t group);

/* Enters it. Afterwards: no capability, in no set; no supplementary group; no_new_privs; not
 * dumpable (but for ATTACH, which has no keys: who started it may see what it holds); Landlock (a
 * kernel without it is no failure); seccomp (a kernel without it is one). Who is not root can leave
 * no group and has no bounding set to empty; a user or group that the user namespace does not map
 * is not become. A signal that was to come when the parent dies still does.
 *
 * No process and no thread can be started afterwards. Threads that `start_threads` started are as
 * confined as whoever calls. Of those that there were before, the user, the groups, no_new_privs
 * and the system call filter hold too; but they keep Landlock's rights, the bounding set and,
 * unless root became another user, their capabilities.
 *
 * What was printed must have been flushed before, and a stream that is written to later must have
 * its buffer. After a failure some of it may be done: the process should end. */
int tunic_sandbox_enter(const struct tunic_sandbox *sandbox, struct tunic_error *error);

struct tunic_account {
    uid_t user;
    gid_t group;
    const gid_t *groups; /* supplementary */
    size_t group_count;
};

/* Of all that only who somebody is, to start a command as him: afterwards these ids, where one is
 * another's only root may; no capability, in no set; no_new_privs. Who is him already, and is not
 * root, keeps the supplementary groups that he has. -EPERM. */
int tunic_sandbox_become(const struct tunic_account *account, struct tunic_error *error);

#endif
