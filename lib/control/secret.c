/* SPDX-License-Identifier: MIT */
#include "control/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ITEMS = 8, FIRST_BYTES = 1024, OTHERS = S_IRWXG | S_IRWXO };

/* ---- memory ---------------------------------------------------------------------------- */

/* realloc() may leave a copy where it was. */
static void *move(void *from, size_t used, size_t size)
{
    void *moved = malloc(size);

    if (!moved)
        return NULL;
    if (used > 0) {
        memcpy(moved, from, used);
        tunic_wipe(from, used);
    }
    free(from);
    return moved;
}

void tunic_secret_reserve(struct tunic_text *text, size_t more)
{
    if (text->failed || (text->capacity > text->length && more < text->capacity - text->length))
        return;
    size_t capacity = text->capacity ? text->capacity : FIRST_BYTES;
    while (capacity <= SIZE_MAX / 2 && capacity - text->length <= more)
        capacity *= 2;
    char *moved = capacity - text->length > more ? move(text->text, text->length, capacity) : NULL;
    if (!moved) {
        text->failed = true;
        return;
    }
    moved[text->length] = '\0';
    text->text = moved;
    text->capacity = capacity;
}

void tunic_secret_free(struct tunic_text *text)
{
    if (text->text)
        tunic_wipe(text->text, text->capacity);
    tunic_text_free(text);
}

void *tunic_secret_array_reserve(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : FIRST_ITEMS;
    void *moved = larger > SIZE_MAX / size ? NULL : move(items, count * size, larger * size);
    if (moved)
        *capacity = larger;
    return moved;
}

/* ---- files ----------------------------------------------------------------------------- */

static int read_failed(const char *path, int errno_value, struct tunic_error *error)
{
    char escaped[128];

    tunic_text_escape(escaped, sizeof(escaped), path);
    return tunic_error_system(error, errno_value, "cannot read '%s'", escaped);
}

/* The command that keeps others out, as a shell reads it. */
static void hint_command(const char *path, struct tunic_error *error)
{
    char quoted[sizeof(error->hint) - sizeof("chmod 600 -- ''")];
    char escaped[sizeof(quoted)];
    size_t length = 0;

    tunic_text_escape(escaped, sizeof(escaped), path);
    for (const char *byte = path; *byte != '\0' && length + 5 < sizeof(quoted); byte++) {
        if (*byte == '\'') { /* out of the quotes, itself, and in again */
            memcpy(quoted + length, "'\\''", 4);
            length += 4;
        } else {
            quoted[length++] = *byte;
        }
    }
    quoted[length] = '\0';
    if (strcmp(path, escaped) == 0 && length + 5 < sizeof(quoted))
        tunic_error_hint(error, "chmod 600 %s'%s'", path[0] == '-' ? "-- " : "", quoted);
    else
        tunic_error_hint(error, "chmod 600 keeps them out");
}

static int check_access(int descriptor, const char *path, struct tunic_error *error)
{
    char escaped[128];
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return read_failed(path, errno, error);
    if (!S_ISREG(status.st_mode) || (status.st_mode & OTHERS) == 0)
        return 0;
    tunic_text_escape(escaped, sizeof(escaped), path);
    (void)tunic_error_set(error, TUNIC_DENIED, "will not use '%s'", escaped);
    tunic_error_cause(error, "it holds secrets, and others may have access to it");
    hint_command(path, error);
    return tunic_reason_errno(TUNIC_DENIED);
}

static int read_all(int descriptor, const char *path, size_t most, struct tunic_text *text,
                    struct tunic_error *error)
{
    for (;;) {
        tunic_secret_reserve(text, FIRST_BYTES);
        if (text->failed)
            return tunic_error_memory(error);
        ssize_t got =
            read(descriptor, text->text + text->length, text->capacity - text->length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return read_failed(path, errno, error);
        text->length += (size_t)got;
        text->text[text->length] = '\0';
        if (text->length > most)
            return read_failed(path, EFBIG, error);
        if (got == 0)
            return 0;
    }
}

int tunic_secret_read(const char *path, size_t most, struct tunic_text *text,
                      struct tunic_error *error)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "/dev/stdin", most, text, error);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return read_failed(path, errno, error);
    int result = check_access(descriptor, path, error);
    if (result == 0)
        result = read_all(descriptor, path, most, text, error);
    (void)close(descriptor);
    return result;
}
