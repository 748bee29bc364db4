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
    TUNIC_SANDBOX_LISTENER, /* the same, and makes, accepts and connects TCP sockets */
    TUNIC_SANDBOX_RESOLVER, /* looks names up: reads files of the system, asks name servers */
};

struct tunic_sandbox {
    enum tunic_sandbox_role role;
    /* Whom to become where it is root (effective uid 0): TUNIC_SANDBOX_KEEP keeps. */
    uid_t user;
    gid_t group;
};

#define TUNIC_SANDBOX_KEEP ((uid_t)-1)

/* Enters it: the calling thread and those that it starts later. Afterwards: no capability, in no
 * set; no_new_privs; not dumpable; no supplementary group; Landlock (a kernel without it is no
 * failure); seccomp (a kernel without it is one). What was printed must have been flushed before.
 */
int tunic_sandbox_enter(const struct tunic_sandbox *sandbox, struct tunic_error *error);

#endif
