/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <time.h>

/* Neither of these clocks can fail on a kernel that has TUN. */
static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * TUNIC_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t tunic_clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t tunic_clock_boot(void)
{
    return read_clock(CLOCK_BOOTTIME);
}
