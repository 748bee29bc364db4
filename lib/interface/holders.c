/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The kernel keeps no list of who has an interface open; it only shows, for
 * each descriptor of each process, the name of the interface that it is attached to ("iff:" in
 * /proc/PID/fdinfo/N). So every descriptor of every process is looked at, in one pass, as cheaply
 * as it goes: one readlink tells the most (sockets, pipes and anonymous inodes have no path), and
 * only what has a path is read further. The path itself says nothing: the node may be another
 * one, in another mount namespace. Nor may it be asked for its device number, as stat on a file
 * of a dead network file system waits for its server; fdinfo never does.
 *
 * A name is not yet an interface: each network namespace has its own "tun0", and a process may
 * hold a device of another namespace than its own (slirp4netns and pasta do, and so does a
 * virtual machine that was jailed after it was given its descriptors). The one proof is the
 * device's: with privilege, the descriptor is duplicated from the process and asked for its
 * namespace. The duplicate keeps the device held, so it is closed at once. Without privilege the
 * namespace that the process itself is in would be no more than an opinion, in both directions;
 * such a holder is listed, but not as certain.
 *
 * Everything is read relative to the opened /proc/PID/fd, "../comm" too: should the process end
 * and its number be used again, those files are gone, and never another's.
 *
 * Not seen: what runs outside our pid namespace, and threads with a descriptor table of their own.
 */
#include "interface/interface.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct pass {
    struct tunic_holders *holders;
    DIR *processes;  /* /proc */
    ino_t namespace; /* the calling thread's; 0: a descriptor's cannot be compared with it */
    uint64_t self;
    bool elsewhere;
    struct tunic_error *error;
};

struct process {
    int32_t pid;
    int directory; /* /proc/PID/fd */
    int reference; /* a pidfd, opened when it is first needed; -1 */
    size_t first;  /* where its holders begin in the list */
    bool refused;  /* its descriptors cannot be read */
    int shortage;  /* an errno: what came short meanwhile; 0 */
};

enum finding {
    FINDING_OURS,
    FINDING_ELSEWHERE,
    FINDING_GUESS,
    FINDING_NONE, /* closed or detached meanwhile */
};

static bool vanished(int reason)
{
    return reason == ENOENT || reason == ESRCH;
}

static bool denied(int reason)
{
    return reason == EACCES || reason == EPERM;
}

/* Whether a failure to read about a descriptor may hide a holder. The path of the node is never
 * so long that the kernel gives up on it. */
static bool hides(int reason)
{
    return !vanished(reason) && reason != ENAMETOOLONG;
}

/* What we ourselves are short of may hide every holder. */
static bool shortage(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM;
}

/* The next name in /proc or in a process's fd that is a number. NULL: the end, where errno is 0. */
static const char *next_number(DIR *entries)
{
    const struct dirent *entry;

    errno = 0;
    /* The stream is this thread's own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((entry = readdir(entries)))
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            return entry->d_name;
    return NULL;
}

/* ---- one descriptor -------------------------------------------------------------------- */

/* Reads a small file whole, NUL-terminated: its length, or -1 with errno. */
static ssize_t read_small(int directory, const char *path, char *buffer, size_t size)
{
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return -1;
    ssize_t length = read(file, buffer, size - 1);
    int reason = errno;
    (void)close(file);
    errno = reason;
    if (length >= 0)
        buffer[length] = '\0';
    return length;
}

static void note(struct process *process, int reason)
{
    process->refused = reason != 0 && hides(reason);
    process->shortage = shortage(reason) ? reason : 0;
}

/* The interface that a descriptor is attached to; false where it is none. */
static bool attached_to(struct process *process, const char *number, char name[IFNAMSIZ])
{
    static const char key[] = "\niff:\t";
    char path[32];
    char text[1024];

    /* What is no file with a path cannot be the node. The two files that stand behind most
     * standard inputs and outputs are known not to be: it saves a quarter of the pass. */
    ssize_t length = readlinkat(process->directory, number, text, sizeof(text) - 1);
    note(process, length < 0 ? errno : 0);
    if (length <= 0 || text[0] != '/')
        return false;
    text[length] = '\0';
    if (strcmp(text, "/dev/null") == 0 || strncmp(text, "/dev/pts/", 9) == 0)
        return false;
    (void)snprintf(path, sizeof(path), "../fdinfo/%.16s", number);
    length = read_small(process->directory, path, text, sizeof(text));
    note(process, length < 0 ? errno : 0);
    if (length <= 0)
        return false;
    const char *value = strstr(text, key);
    if (!value)
        return false;
    value += sizeof(key) - 1;
    size_t size = strcspn(value, "\n");
    if (size == 0 || size >= IFNAMSIZ)
        return false;
    memcpy(name, value, size);
    name[size] = '\0';
    return true;
}

static enum finding guess(struct process *process, int reason)
{
    process->shortage = shortage(reason) ? reason : 0;
    return FINDING_GUESS;
}

static enum finding examine_copy(const struct pass *pass, struct process *process, int copy,
                                 char name[IFNAMSIZ], uint16_t *flags)
{
    ino_t namespace;

    /* Also what tells a descriptor that has become another file since. */
    int result = tunic_device_interface(copy, name, flags);
    if (result != 0)
        return shortage(-result) ? guess(process, -result) : FINDING_NONE;
    result = tunic_device_namespace(copy, &namespace);
    if (result != 0)
        return guess(process, -result);
    return namespace == pass->namespace ? FINDING_OURS : FINDING_ELSEWHERE;
}

/* Verifies through a duplicate what fdinfo said, and reads the flags of the queue. */
static enum finding examine(const struct pass *pass, struct process *process, int descriptor,
                            char name[IFNAMSIZ], uint16_t *flags)
{
    if (pass->namespace == 0)
        return FINDING_GUESS;
    /* By number, as the C library has had names for these calls only since 2.36. */
    if (process->reference < 0)
        process->reference = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (process->reference < 0)
        return vanished(errno) ? FINDING_NONE : guess(process, errno);
    int copy = (int)syscall(SYS_pidfd_getfd, process->reference, descriptor, 0);
    if (copy < 0)
        return vanished(errno) || errno == EBADF ? FINDING_NONE : guess(process, errno);
    enum finding finding = examine_copy(pass, process, copy, name, flags);
    (void)close(copy);
    return finding;
}

/* ---- one process ----------------------------------------------------------------------- */

/* The process's entry for this interface, made where it has none. NULL: memory ran out. */
static struct tunic_holder *holder_for(struct tunic_holders *holders, const struct process *process,
                                       const char *name, bool certain, bool elsewhere)
{
    for (size_t i = process->first; i < holders->count; i++) {
        struct tunic_holder *holder = &holders->holders[i];
        if (strcmp(holder->interface, name) == 0 && holder->certain == certain &&
            holder->elsewhere == elsewhere)
            return holder;
    }
    struct tunic_holder *grown =
        tunic_array_reserve(holders->holders, holders->count, &holders->capacity, sizeof(*grown));
    if (!grown)
        return NULL;
    holders->holders = grown;
    struct tunic_holder *holder = &holders->holders[holders->count++];
    *holder = (struct tunic_holder){.pid = process->pid,
                                    .user = TUNIC_ID_NONE,
                                    .descriptor = -1,
                                    .certain = certain,
                                    .elsewhere = elsewhere};
    memcpy(holder->interface, name, strnlen(name, IFNAMSIZ - 1));
    return holder;
}

/* Who the process is. Where it has just ended, the name stays empty. */
static void identify(const struct process *process, struct tunic_holder *holder)
{
    struct stat status;

    if (fstatat(process->directory, "..", &status, 0) == 0)
        holder->user = status.st_uid;
    ssize_t length = read_small(process->directory, "../comm", holder->name, sizeof(holder->name));
    if (length > 0 && holder->name[length - 1] == '\n') /* a name may hold others */
        holder->name[length - 1] = '\0';
}

static int take_descriptor(struct pass *pass, struct process *process, const char *number)
{
    char name[IFNAMSIZ] = "";
    /* Where the descriptor cannot be asked, each one counts as a queue. */
    uint16_t flags = IFF_MULTI_QUEUE;
    uint64_t descriptor;

    if (tunic_number_parse(number, 0, INT32_MAX, &descriptor) != 0 ||
        !attached_to(process, number, name))
        return 0;
    enum finding finding = examine(pass, process, (int)descriptor, name, &flags);
    if (finding == FINDING_NONE || (finding == FINDING_ELSEWHERE && !pass->elsewhere))
        return 0;
    struct tunic_holder *holder = holder_for(pass->holders, process, name, finding != FINDING_GUESS,
                                             finding == FINDING_ELSEWHERE);
    if (!holder)
        return tunic_error_memory(pass->error);
    if (holder->descriptor < 0) {
        identify(process, holder);
        holder->descriptor = (int32_t)descriptor;
    }
    if (flags & IFF_DETACH_QUEUE)
        holder->disabled_queues++;
    else if (flags & IFF_MULTI_QUEUE || holder->queues == 0)
        holder->queues++; /* a second descriptor of the only queue is the same one, duplicated */
    return 0;
}

static int refuse_process(struct pass *pass, const struct process *process, int reason)
{
    return tunic_error_system(pass->error, reason, "cannot look into process %d", process->pid);
}

static int take_descriptors(struct pass *pass, struct process *process, DIR *entries)
{
    const char *number;
    int result = 0;

    /* The directory of one's own user opens even where what is in it is refused: to who lacks a
     * capability that the process has. It is all or nothing. */
    while (result == 0 && !process->refused && process->shortage == 0 &&
           (number = next_number(entries)))
        result = take_descriptor(pass, process, number);
    if (result == 0 && (process->shortage != 0 || shortage(errno)))
        result = refuse_process(pass, process, process->shortage ? process->shortage : errno);
    pass->holders->blind = pass->holders->blind || process->refused;
    if (process->reference >= 0)
        (void)close(process->reference);
    return result;
}

/* Opens the directory of a process's descriptors. NULL and 0: there is nothing to look at. */
static int open_process(struct pass *pass, struct process *process, DIR **entries)
{
    char path[32];

    *entries = NULL;
    (void)snprintf(path, sizeof(path), "%d/fd", process->pid);
    process->directory = openat(dirfd(pass->processes), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->directory >= 0)
        *entries = fdopendir(process->directory);
    if (*entries)
        return 0;
    int reason = errno;
    if (process->directory >= 0)
        (void)close(process->directory);
    pass->holders->blind = pass->holders->blind || denied(reason);
    if (denied(reason) || vanished(reason)) /* even between the two calls */
        return 0;
    return refuse_process(pass, process, reason);
}

static int take_process(struct pass *pass, const char *number)
{
    struct process process = {.reference = -1, .first = pass->holders->count};
    uint64_t pid;
    DIR *entries;

    if (tunic_number_parse(number, 1, INT32_MAX, &pid) != 0 || pid == pass->self)
        return 0;
    process.pid = (int32_t)pid;
    int result = open_process(pass, &process, &entries);
    if (!entries)
        return result;
    result = take_descriptors(pass, &process, entries);
    (void)closedir(entries);
    return result;
}

/* ---- the pass -------------------------------------------------------------------------- */

static int refuse_proc(const struct pass *pass, int reason)
{
    return tunic_error_system(pass->error, reason, "cannot look for processes in /proc");
}

/* What is known before the first process is looked at. */
static int begin_pass(struct pass *pass)
{
    int proc = dirfd(pass->processes);
    struct stat status;
    char self[16];
    ssize_t length = readlinkat(proc, "self", self, sizeof(self) - 1);

    if (length < 0 && shortage(errno))
        return refuse_proc(pass, errno);
    self[length > 0 ? length : 0] = '\0';
    if (tunic_number_parse(self, 1, INT32_MAX, &pass->self) != 0)
        pass->self = 0;
    /* A /proc of another pid namespace numbers the processes otherwise than pidfd_open does. */
    bool ours = pass->self == (uint64_t)getpid();
    if (ours && fstatat(proc, "thread-self/ns/net", &status, 0) == 0)
        pass->namespace = status.st_ino;
    else if (ours && shortage(errno))
        return refuse_proc(pass, errno);
    /* With hidepid=2 other users' processes are not even listed, and pid 1 is missing. */
    pass->holders->blind = fstatat(proc, "1", &status, 0) != 0;
    return 0;
}

static int take_processes(struct pass *pass)
{
    const char *number;
    int result = begin_pass(pass);

    while (result == 0 && (number = next_number(pass->processes)))
        result = take_process(pass, number);
    return result == 0 && errno != 0 ? refuse_proc(pass, errno) : result;
}

static int compare(const void *left, const void *right)
{
    const struct tunic_holder *one = left;
    const struct tunic_holder *other = right;
    int order = strcmp(one->interface, other->interface);

    if (order == 0)
        order = (one->pid > other->pid) - (one->pid < other->pid);
    if (order == 0)
        order = (int)one->elsewhere - (int)other->elsewhere;
    return order != 0 ? order : (int)other->certain - (int)one->certain;
}

int tunic_holders_read(struct tunic_holders *holders, bool elsewhere, struct tunic_error *error)
{
    struct pass pass = {.holders = holders, .elsewhere = elsewhere, .error = error};

    *holders = (struct tunic_holders){0};
    pass.processes = opendir("/proc");
    if (!pass.processes)
        return refuse_proc(&pass, errno);
    int result = take_processes(&pass);
    (void)closedir(pass.processes);
    if (result != 0)
        tunic_holders_free(holders);
    else if (holders->count > 1)
        qsort(holders->holders, holders->count, sizeof(*holders->holders), compare);
    return result;
}

void tunic_holders_free(struct tunic_holders *holders)
{
    free(holders->holders);
    *holders = (struct tunic_holders){0};
}
