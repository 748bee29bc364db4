/* SPDX-License-Identifier: MIT */
/* Children that enter a sandbox: it cannot be left again. */
#ifndef TUNIC_TESTS_SANDBOX_CHILD_H
#define TUNIC_TESTS_SANDBOX_CHILD_H

#include <stdbool.h>

enum {
    CHILD_SKIPPED = 77, /* exit code: what it wanted to try cannot be had here */
    CHILD_TEXT = 8192,
    CHILD_NOBODY = 65534,
    CHILD_GROUP = 65533,
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

/* A body, or the first part of one: an ordinary user, CHILD_NOBODY, of groups that it may not
 * leave.
 */
int child_change_user(const void *closure);
/* Whether we are root, and not of a user namespace that knows no others. */
bool child_may_be_root(void);

/* Of what child_run_shown has told: a line "NAME:\tVALUE", with blanks after it or none; no
 * capability but in the bounding set, and no way to get one; who it is, in every sense. */
void child_assert_line(const char *text, const char *name, const char *value);
void child_assert_unprivileged(const char *text);
void child_assert_ids(const char *text, unsigned int user, unsigned int group);

#endif
