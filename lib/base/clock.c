/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <time.h>

uint64_t tunic_clock_now(void)
{
    struct timespec now;

    /* CLOCK_MONOTONIC cannot fail on a kernel that has TUN. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
