/* SPDX-License-Identifier: MIT */
/*
 * lib/base: what every other folder stands on, and that stands on the C library alone.
 *
 *   error.c   struct tunic_error: what went wrong, why, and what to do about it
 *   number.c  numbers from text, refused rather than wrapped
 *   text.c    a growing text, and text from outside made safe to print
 *   array.c   room for one more in an array
 *   heap.c    what is due next, of very many
 *   clock.c   the clocks that only go forward
 *   random.c  random numbers
 *   notify.c  telling a service manager that all is ready
 *
 * Convention of the whole library: a function that can fail returns 0 or a negative errno, and
 * fills the struct tunic_error it was given, which may not be NULL. Nothing here prints, exits or
 * keeps state between calls.
 */
#ifndef TUNIC_BASE_H
#define TUNIC_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TUNIC_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define TUNIC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- errors ---------------------------------------------------------------------------- */

/* The kinds of failure that a script can tell apart; the values are the program's exit codes. */
enum tunic_reason {
    TUNIC_FAILED = 1,      /* the system refused, for a reason of its own */
    TUNIC_USAGE = 2,       /* the request itself is wrong */
    TUNIC_ABSENT = 3,      /* no such interface */
    TUNIC_EXISTS = 4,      /* exists already, or differs from what was asked */
    TUNIC_BUSY = 5,        /* held by a process */
    TUNIC_DENIED = 6,      /* not permitted */
    TUNIC_UNSUPPORTED = 7, /* no TUN/TAP support here */
    TUNIC_TIMED_OUT = 8,   /* a time limit passed */
};

/*
 * One failure, told so that a person can act on it:
 * "OBJECT: ACTION: CAUSE (HINT)". Every part may be empty but the action.
 */
struct tunic_error {
    enum tunic_reason reason;
    char object[64];
    char action[256];
    char cause[256];
    char hint[256];
};

/* Begins an error: sets reason and action, clears the rest. Returns the negative errno that
 * stands for `reason`, so that callers can `return tunic_error_set(...)`. */
int tunic_error_set(struct tunic_error *error, enum tunic_reason reason, const char *format, ...)
    TUNIC_PRINTF(3, 4);

/* Begins an error from a system call's errno (positive): reason and cause follow from it.
 * Returns -errno_value. */
int tunic_error_system(struct tunic_error *error, int errno_value, const char *format, ...)
    TUNIC_PRINTF(3, 4);

/* Replace one part of an error that was begun. */
void tunic_error_action(struct tunic_error *error, const char *format, ...) TUNIC_PRINTF(2, 3);
void tunic_error_object(struct tunic_error *error, const char *object);
void tunic_error_cause(struct tunic_error *error, const char *format, ...) TUNIC_PRINTF(2, 3);
void tunic_error_hint(struct tunic_error *error, const char *format, ...) TUNIC_PRINTF(2, 3);

/* Out of memory, the one failure that has no story of its own. Returns -ENOMEM. */
int tunic_error_memory(struct tunic_error *error);

/* The negative errno that stands for a reason. */
int tunic_reason_errno(enum tunic_reason reason);

/* ---- numbers --------------------------------------------------------------------------- */

/* Reads a whole word as a number within [minimum, maximum]: digits of base 10 only, nothing
 * before or after. Returns 0, or -EINVAL (not a number) or -ERANGE (outside the limits). */
int tunic_number_parse(const char *word, uint64_t minimum, uint64_t maximum, uint64_t *number);

/* ---- text ------------------------------------------------------------------------------ */

/* A text that grows. Zero-initialised is empty; `text` is NULL until the first write and always
 * NUL-terminated after it. `failed` tells that memory ran out: later writes do nothing, so that
 * callers check once, at the end. */
struct tunic_text {
    char *text;
    size_t length;
    size_t capacity;
    bool failed;
};

void tunic_text_add(struct tunic_text *text, const char *format, ...) TUNIC_PRINTF(2, 3);
void tunic_text_add_bytes(struct tunic_text *text, const char *bytes, size_t length);
void tunic_text_clear(struct tunic_text *text); /* empties it, keeps the memory */
void tunic_text_free(struct tunic_text *text);

/* Copies `source` into `target` with every byte that is not printable ASCII or valid printable
 * UTF-8 written as \xHH, and cut (with "...") to fit `size` bytes including the NUL. A backslash
 * is doubled, so that the result is unambiguous. */
void tunic_text_escape(char *target, size_t size, const char *source);

/* Length in bytes (1 to 4) of the UTF-8 sequence at `text`, or 0 where it is not valid: overlong
 * forms, surrogates and values beyond U+10FFFF included. `text` is NUL-terminated. */
size_t tunic_text_utf8(const char *text);

/* ---- pieces ---------------------------------------------------------------------------- */

/* Bytes that are only read, as one of several that lie apart: an iovec knows no const. */
static inline struct iovec tunic_piece(const void *bytes, size_t length)
{
    const union {
        const void *read;
        void *base;
    } same = {bytes};

    return (struct iovec){.iov_base = same.base, .iov_len = length};
}

/* ---- arrays ---------------------------------------------------------------------------- */

/* Makes room for one item of `size` bytes behind `count` others. Returns where they are now, with
 * `*capacity` at least one more than `count`, or NULL where memory ran out: all is as it was. */
void *tunic_array_reserve(void *items, size_t count, size_t *capacity, size_t size);

/* ---- heaps ----------------------------------------------------------------------------- */

/* Something that is due at a time, kept by its owner. Zero-initialised: in no heap. */
struct tunic_heap_item {
    uint64_t due;    /* of the clock that the owner goes by */
    size_t position; /* in the heap, plus one; 0: it is not there */
};

/* Zero-initialised is empty. */
struct tunic_heap {
    struct tunic_heap_item **items; /* the first is the next */
    size_t count;
    size_t capacity;
};

/* Makes room for `count` items, one more than before. False: memory ran out, all is as it was. */
bool tunic_heap_reserve(struct tunic_heap *heap, size_t count);
/* Puts it in, for which there must be room, or moves it. */
void tunic_heap_set(struct tunic_heap *heap, struct tunic_heap_item *item, uint64_t due);
/* Nothing happens where it is not there. */
void tunic_heap_remove(struct tunic_heap *heap, struct tunic_heap_item *item);
/* When the next is; UINT64_MAX: never. */
static inline uint64_t tunic_heap_due(const struct tunic_heap *heap)
{
    return heap->count > 0 ? heap->items[0]->due : UINT64_MAX;
}
void tunic_heap_free(struct tunic_heap *heap);

/* ---- clocks and random numbers --------------------------------------------------------- */

/* Times, and how long something takes, are nanoseconds. */
#define TUNIC_SECOND UINT64_C(1000000000)
#define TUNIC_MILLISECOND UINT64_C(1000000)

/* Of CLOCK_MONOTONIC. */
uint64_t tunic_clock_now(void);
/* Of CLOCK_BOOTTIME, which goes on while the host sleeps. */
uint64_t tunic_clock_boot(void);
/* Fills `bytes` with what the kernel's generator gives, fit for keys; waits at boot until it is
 * ready. 0, or a negative errno where a filter forbids it. */
int tunic_random(void *bytes, size_t length);

/* ---- readiness ------------------------------------------------------------------------- */

/* The ready notification of service managers, sd_notify(3). */
struct tunic_notify {
    int descriptor; /* -1: nobody waits */
};

/* `path` is what NOTIFY_SOCKET says, or NULL. Connects while this process still may; where it
 * cannot, nobody waits. */
void tunic_notify_open(struct tunic_notify *notify, const char *path);
/* Tells it, once, and closes. */
void tunic_notify_ready(struct tunic_notify *notify);
void tunic_notify_close(struct tunic_notify *notify);

#endif
