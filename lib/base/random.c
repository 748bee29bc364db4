/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <sys/random.h>

int tunic_random(void *bytes, size_t length)
{
    uint8_t *place = bytes;

    while (length > 0) {
        ssize_t got = getrandom(place, length, 0);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0) {
            place += got;
            length -= (size_t)got;
        }
    }
    return 0;
}
