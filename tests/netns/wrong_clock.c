/* SPDX-License-Identifier: MIT */
/*
 * Loaded before a program, it has that program see a time of day that is wrong by as many seconds
 * as the file $WRONG_CLOCK begins with, a 64-bit number that may change meanwhile.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *wrong;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WRONG_CLOCK");
    int descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (descriptor < 0)
        return;
    void *mapped = mmap(NULL, sizeof(*wrong), PROT_READ, MAP_SHARED, descriptor, 0);
    (void)close(descriptor);
    if (mapped != MAP_FAILED)
        wrong = mapped;
}

/* The C library's names are its own. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    if (result == 0 && wrong && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += (time_t)*wrong;
    return result;
}
