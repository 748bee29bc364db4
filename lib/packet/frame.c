/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include "packet/bytes.h"

#include <errno.h>

ssize_t tunic_frame_length(const uint8_t *stream, size_t length)
{
    if (length < TUNIC_FRAME_PREFIX)
        return 0;
    return load16(stream) > 0 ? load16(stream) : -EBADMSG;
}
