/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "sandbox_child.h"

#include "base/base.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int shown[2];    /* the child writes a byte: look */
static int released[2]; /* the parent closes it: go on */

static const char *await(pid_t process)
{
    static char text[32];
    int status;

    if (process < 0 || waitpid(process, &status, 0) != process)
        return "no child";
    if (WIFSIGNALED(status))
        return strsignal(WTERMSIG(status));
    (void)snprintf(text, sizeof(text), "exit %d", WEXITSTATUS(status));
    return text;
}

static _Noreturn void begin(int (*body)(const void *closure), const void *closure)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    _exit(body(closure));
}

const char *child_run(int (*body)(const void *closure), const void *closure)
{
    pid_t process = fork();

    if (process == 0)
        begin(body, closure);
    return await(process);
}

static void read_status(pid_t process, char text[CHILD_TEXT])
{
    char path[64];
    struct stat owned = {0};
    size_t length = 0;
    ssize_t more = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    while (file >= 0 && (more = read(file, text + length, CHILD_TEXT - 1 - length)) > 0)
        length += (size_t)more;
    (void)fstat(file, &owned);
    (void)snprintf(text + length, CHILD_TEXT - length, "Owner:\t%u\n", owned.st_uid);
    if (file >= 0)
        (void)close(file);
}

const char *child_run_shown(int (*body)(const void *closure), const void *closure,
                            char text[CHILD_TEXT])
{
    char byte;

    text[0] = '\0';
    if (pipe2(shown, O_CLOEXEC) != 0 || pipe2(released, O_CLOEXEC) != 0)
        return "no pipe";
    pid_t process = fork();
    if (process == 0) {
        (void)close(shown[0]);
        (void)close(released[1]);
        begin(body, closure);
    }
    (void)close(shown[1]);
    (void)close(released[0]);
    if (read(shown[0], &byte, 1) == 1)
        read_status(process, text);
    (void)close(released[1]);
    (void)close(shown[0]);
    return await(process);
}

void child_show(void)
{
    char byte = 0;

    if (write(shown[1], &byte, 1) == 1)
        (void)!read(released[0], &byte, 1);
}

bool child_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

/* ---- who they are ---------------------------------------------------------------------- */

/* An ordinary user, of groups that it may not leave. */
int child_change_user(const void *closure)
{
    const gid_t groups[] = {4, 27};

    (void)closure;
    return setgroups(TUNIC_COUNT(groups), groups) == 0 && setgid(CHILD_GROUP) == 0 &&
                   setuid(CHILD_NOBODY) == 0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

/* Root, and not of a user namespace that knows no others. */
bool child_may_be_root(void)
{
    return strcmp(child_run(child_change_user, NULL), "exit 0") == 0;
}

/* One line of /proc/PID/status: "NAME:\tVALUE", with blanks after it or none. */
void child_assert_line(const char *text, const char *name, const char *value)
{
    char start[64];
    int length = snprintf(start, sizeof(start), "\n%s:\t", name);
    const char *line = strstr(text, start);

    assert_non_null(line);
    line += length;
    if (strncmp(line, value, strlen(value)) != 0 ||
        line[strlen(value) + strspn(line + strlen(value), " ")] != '\n')
        fail_msg("%s is not '%s' in %s", name, value, text);
}

void child_assert_unprivileged(const char *text)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};

    for (size_t i = 0; i < TUNIC_COUNT(sets); i++)
        child_assert_line(text, sets[i], "0000000000000000");
    child_assert_line(text, "NoNewPrivs", "1");
}

void child_assert_ids(const char *text, unsigned int user, unsigned int group)
{
    char ids[64];

    (void)snprintf(ids, sizeof(ids), "%u\t%u\t%u\t%u", user, user, user, user);
    child_assert_line(text, "Uid", ids);
    (void)snprintf(ids, sizeof(ids), "%u\t%u\t%u\t%u", group, group, group, group);
    child_assert_line(text, "Gid", ids);
}
