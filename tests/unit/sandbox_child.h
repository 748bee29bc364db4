/* SPDX-License-Identifier: MIT */
/* Children that enter a sandbox: it cannot be left again. */
#ifndef TUNIC_TESTS_SANDBOX_CHILD_H
#define TUNIC_TESTS_SANDBOX_CHILD_H

#include <stdbool.h>

enum {
    CHILD_SKIPPED = 77, /* exit code: what it wanted to try cannot be had here */
    CHILD_TEXT = 8192,
};

/* Runs `body` in a child, which exits with what that returns. Returns how it ended: "exit 0",
 * "Bad system call". */
const char *child_run(int (*body)(const void *closure), const void *closure);

/* The same of a child that calls child_show: its /proc/PID/status at that time is in `text`, and as
 * another line of it "Owner", the user that this file belongs to. */
const char *child_run_shown(int (*body)(const void *closure), const void *closure,
                            char text[CHILD_TEXT]);
void child_show(void);

/* Whether this runs under valgrind, which makes calls of its own that the filter forbids. */
bool child_under_valgrind(void);

#endif
