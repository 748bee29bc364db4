/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Programs that take a ready descriptor want its number beforehand, on their
 * command line. So the numbers are fixed, from 3 on, and the words are made of them before anything
 * is moved there. What is open there belongs to us, or to a caller who was told so; whatever else
 * is ours is close-on-exec. Moving destroys what the rest of this process works with: it goes no
 * way back, and comes last but for the change of user.
 *
 * The interface is left as it was opened: without offloads, so that the packets are whole for a
 * command that knows nothing of them, and one that does switches them on.
 */
#include "attach/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FIRST = 3 }; /* behind standard input, output and error */

/* The command's descriptors, in their order. */
struct given {
    int descriptors[2 * TUNIC_QUEUES_MOST];
    size_t count;
};

static int open_vhosts(struct given *given, struct tunic_error *error)
{
    size_t queues = given->count;
    int result = 0;

    while (result == 0 && given->count < 2 * queues) {
        result = tunic_vhost_open(&given->descriptors[given->count], error);
        given->count += result == 0;
    }
    return result;
}

/* ---- their numbers --------------------------------------------------------------------- */

/* Another of them that has this number goes out of the way. */
static int make_way(struct given *given, size_t index, int number)
{
    for (size_t i = index + 1; i < given->count; i++) {
        if (given->descriptors[i] != number)
            continue;
        int moved = fcntl(number, F_DUPFD_CLOEXEC, FIRST + (int)given->count);
        if (moved < 0)
            return -errno;
        given->descriptors[i] = moved;
    }
    return 0;
}

static int place_one(struct given *given, size_t index)
{
    int number = FIRST + (int)index;
    int descriptor = given->descriptors[index];

    if (descriptor == number)
        return fcntl(number, F_SETFD, 0) == 0 ? 0 : -errno;
    int result = make_way(given, index, number);
    if (result != 0)
        return result;
    if (dup2(descriptor, number) < 0)
        return -errno;
    (void)close(descriptor);
    given->descriptors[index] = number;
    return 0;
}

static int place(struct given *given, struct tunic_error *error)
{
    for (size_t i = 0; i < given->count; i++) {
        int result = place_one(given, i);
        int flags = fcntl(given->descriptors[i], F_GETFL);
        if (result == 0 && fcntl(given->descriptors[i], F_SETFL, flags & ~O_NONBLOCK) != 0)
            result = -errno;
        if (result != 0)
            return tunic_error_system(error, -result, "cannot give the command its descriptors");
    }
    return 0;
}

/* ---- the command ----------------------------------------------------------------------- */

static int refuse_command(const char *word, int reason, struct tunic_error *error)
{
    char quoted[128];

    tunic_text_escape(quoted, sizeof(quoted), word);
    (void)tunic_error_system(error, reason, "cannot run '%s'", quoted);
    error->reason = TUNIC_FAILED;
    if (reason == ENOENT && !strchr(word, '/'))
        tunic_error_cause(error, "there is no such command");
    else if (reason == ENOENT)
        tunic_error_cause(error,
                          "there is no such file, or it is a script without its interpreter");
    else if (reason == EACCES)
        tunic_error_cause(error, "it is no program that this user may execute");
    return tunic_reason_errno(error->reason);
}

static int run(struct given *given, const struct tunic_exec *exec, char **words,
               struct tunic_error *error)
{
    int result = place(given, error);

    if (result == 0 && exec->has_user)
        result = tunic_attach_become(exec->user, error);
    if (result != 0)
        return result;
    (void)execvp(words[0], words);
    return refuse_command(words[0], errno, error);
}

int tunic_attach_exec(struct tunic_attach *attach, const struct tunic_exec *exec,
                      struct tunic_error *error)
{
    struct given given = {.count = attach->queue_count};
    char **words = tunic_command_words(exec, FIRST, given.count);
    int result = 0;

    if (!words)
        return tunic_error_memory(error);
    for (size_t i = 0; i < attach->queue_count; i++)
        given.descriptors[i] = attach->queues[i].descriptor;
    if (tunic_command_wants_vhost(exec))
        result = open_vhosts(&given, error);
    if (result == 0)
        result = run(&given, exec, words, error);
    for (size_t i = 0; i < attach->queue_count; i++)
        attach->queues[i].descriptor = given.descriptors[i];
    for (size_t i = attach->queue_count; i < given.count; i++)
        (void)close(given.descriptors[i]);
    tunic_command_free(words);
    return result;
}
