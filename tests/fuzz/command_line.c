/* SPDX-License-Identifier: MIT */
/*
 * The first byte is the name that the program is started under, then come its words, a line each.
 * Behind an empty line is what standard input brings, and every file named "f". Everything is read,
 * judged and told as the program does it, up to the kernel, which refuses all.
 */
#include "command.h"
#include "compat/compat.h"
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum personality { TUNIC, COMPLETE, TUNCTL, IP_TUNTAP, PERSONALITIES };
enum { MOST_WORDS = 100, CODES = 8 };

static struct {
    bool runs; /* or else it is libFuzzer that asks */
    enum personality personality;
    char *file;
    size_t file_length;
    size_t printed;
    size_t told; /* bytes of messages */
} fuzz;

/* ---- the system ------------------------------------------------------------------------ */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
pid_t __real_fork(void);
pid_t __wrap_fork(void);

static bool is_file(const char *path)
{
    return strcmp(path, "f") == 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;

    va_start(rest, flags);
    unsigned mode = (flags & O_CREAT) ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    if (!fuzz.runs)
        return __real_open(path, flags, mode);
    if (is_file(path) && lseek(STDIN_FILENO, 0, SEEK_SET) == 0)
        return dup(STDIN_FILENO);
    errno = ENOENT;
    return -1;
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    if (!fuzz.runs)
        return __real_openat(directory, path, flags, 0600);
    errno = ENOENT;
    return -1;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    if (!fuzz.runs)
        return __real_fopen(path, mode);
    if (is_file(path) && fuzz.file_length > 0)
        return fmemopen(fuzz.file, fuzz.file_length, "r");
    errno = ENOENT;
    return NULL;
}

DIR *__wrap_opendir(const char *path)
{
    if (!fuzz.runs)
        return __real_opendir(path);
    errno = ENOENT;
    return NULL;
}

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    (void)service;
    (void)hints;
    (void)found;
    fuzz_check(!host || host[0] != '\0');
    return EAI_NONAME;
}

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
    (void)bus;
    (void)flags;
    errno = EPERM;
    return NULL;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket)
{
    (void)socket;
    return -1;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length)
{
    (void)socket;
    (void)bytes;
    (void)length;
    errno = EPERM;
    return -1;
}

pid_t __wrap_fork(void)
{
    fuzz_check(!fuzz.runs);
    return __real_fork();
}

/* ---- what it prints -------------------------------------------------------------------- */

static ssize_t take_output(void *closure, const char *bytes, size_t length)
{
    (void)closure;
    (void)bytes;
    fuzz.printed += length;
    return (ssize_t)length;
}

/* What it was given may be in a message, but nothing that a terminal would obey. The personalities
 * print it as those for whom they stand. */
static ssize_t take_message(void *closure, const char *bytes, size_t length)
{
    (void)closure;
    for (size_t i = 0; i < length && fuzz.personality == TUNIC; i++)
        fuzz_check((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n');
    fuzz.told += length;
    return (ssize_t)length;
}

static FILE *open_sink(ssize_t (*take)(void *closure, const char *bytes, size_t length))
{
    const cookie_io_functions_t functions = {.write = take};
    FILE *stream = fopencookie(NULL, "w", functions);

    fuzz_check(stream != NULL);
    return stream;
}

/* ---- the program ----------------------------------------------------------------------- */

/* As main does it, in a place that is open already. */
static int run_tunic(const char **words, size_t count)
{
    struct tunic_context context = {.device_node = TUNIC_DEVICE_NODE};
    struct session session = {.options.color = COLOR_AUTO, .context = &context};
    struct tunic_error error;

    session.broken_pipe = SIG_IGN;
    if (tunic_options_take(&session.options, words, &count, &error) != 0)
        return tunic_report_error(&session, &error);
    if (count == 0)
        return session.options.batch ? tunic_batch_run(&session) : 0;
    const struct command *command = tunic_command_find(words[0], &error);
    if (!command)
        return tunic_report_error(&session, &error);
    int code = tunic_command_run(&session, command, words + 1, count - 1);
    fuzz_check(code >= 0 && code <= CODES);
    fuzz_check(code != TUNIC_USAGE || session.options.quiet || fuzz.told > 0);
    return code;
}

static void run(char **words, size_t count)
{
    const char *plain[MOST_WORDS + 1];

    for (size_t i = 0; i <= count; i++)
        plain[i] = words[i];
    optind = 0; /* getopt begins anew */
    switch (fuzz.personality) {
    case TUNIC:
        (void)run_tunic(plain + 1, count - 1);
        break;
    case COMPLETE:
        (void)tunic_complete(plain + 1, count - 1);
        break;
    case TUNCTL:
        (void)tunic_compat_tunctl((int)count, words);
        break;
    case IP_TUNTAP:
        (void)tunic_compat_ip_tuntap((int)count, words);
        break;
    case PERSONALITIES:
        break;
    }
}

/* Standard input, as a stream and as a descriptor. */
static void set_input(void)
{
    static int memory = -1;

    if (memory < 0) {
        memory = memfd_create("input", MFD_CLOEXEC);
        fuzz_check(memory >= 0 && fchmod(memory, 0600) == 0 &&
                   dup2(memory, STDIN_FILENO) == STDIN_FILENO);
    }
    fuzz_check(ftruncate(memory, 0) == 0);
    fuzz_check(pwrite(memory, fuzz.file, fuzz.file_length, 0) == (ssize_t)fuzz.file_length);
    fuzz_check(lseek(memory, 0, SEEK_SET) == 0);
    rewind(stdin);
}

static size_t cut(char *text, char **words)
{
    size_t count = 1;

    while (text && *text != '\0' && *text != '\n' && count < MOST_WORDS) {
        char *end = strchr(text, '\n');
        if (end)
            *end++ = '\0';
        words[count++] = text;
        text = end;
    }
    words[count] = NULL;
    fuzz.file = text && *text == '\n' ? text + 1 : NULL;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static char name[] = "tunic";
    char *words[MOST_WORDS + 1] = {name};
    FILE *output = stdout;
    FILE *messages = stderr;

    if (length == 0)
        return 0;
    char *text = malloc(length);
    fuzz_check(text != NULL);
    memcpy(text, bytes + 1, length - 1);
    text[length - 1] = '\0';
    size_t count = cut(text, words);
    fuzz.file_length = fuzz.file ? (size_t)(text + length - 1 - fuzz.file) : 0;
    fuzz.personality = (enum personality)(bytes[0] % PERSONALITIES);
    fuzz.printed = fuzz.told = 0;
    set_input();
    stdout = open_sink(take_output);
    stderr = open_sink(take_message);
    (void)setvbuf(stderr, NULL, _IONBF, 0);
    fuzz.runs = true;
    run(words, count);
    (void)fclose(stdout);
    (void)fclose(stderr);
    fuzz.runs = false;
    stdout = output;
    stderr = messages;
    free(text);
    return 0;
}
