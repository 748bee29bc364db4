/* SPDX-License-Identifier: MIT */
#include "sandbox_child.h"

#include <fcntl.h>
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
