/* SPDX-License-Identifier: MIT */
#include "attach/frames.h"

#include <errno.h>
#include <string.h>

/* One that is not whole must leave room for its end. */
_Static_assert(TUNIC_FRAME_MOST <= TUNIC_FRAMES_ROOM, "room for a frame");

/* The bytes of the whole frame that `stream` begins with; 0: it is not whole. */
static ssize_t whole_frame(const uint8_t *stream, size_t length)
{
    ssize_t packet = tunic_frame_length(stream, length);

    if (packet <= 0)
        return packet;
    return length - TUNIC_FRAME_PREFIX < (size_t)packet ? 0 : TUNIC_FRAME_PREFIX + packet;
}

/* ---- that come ------------------------------------------------------------------------- */

uint8_t *tunic_frames_room(struct tunic_frames_in *in, size_t *room)
{
    *room = sizeof(in->bytes) - in->held;
    return in->bytes + in->held;
}

int tunic_frames_came(struct tunic_frames_in *in, size_t length,
                      bool (*take)(void *closure, const uint8_t *packet, size_t length),
                      void *closure)
{
    const uint8_t *next = in->bytes;
    size_t left = in->held + length;
    bool more = true;
    ssize_t size;

    while ((size = whole_frame(next, left)) > 0) {
        if (more)
            more = take(closure, next + TUNIC_FRAME_PREFIX, (size_t)size - TUNIC_FRAME_PREFIX);
        next += size;
        left -= (size_t)size;
    }
    memmove(in->bytes, next, left);
    in->held = left;
    return (int)size;
}

/* ---- that go --------------------------------------------------------------------------- */

bool tunic_frames_fit(const struct tunic_frames_out *out)
{
    return sizeof(out->bytes) - out->filled >= TUNIC_FRAME_MOST;
}

void tunic_frames_add(struct tunic_frames_out *out, const uint8_t *packet, size_t length)
{
    uint8_t *frame = out->bytes + out->filled;

    frame[0] = (uint8_t)(length >> 8);
    frame[1] = (uint8_t)length;
    memcpy(frame + TUNIC_FRAME_PREFIX, packet, length);
    out->filled += TUNIC_FRAME_PREFIX + length;
}

struct iovec tunic_frames_waiting(const struct tunic_frames_out *out)
{
    return tunic_piece(out->bytes + out->gone, out->filled - out->gone);
}

struct iovec tunic_frames_rest(const struct tunic_frames_out *out)
{
    size_t end = out->told;

    while (end < out->gone)
        end += (size_t)whole_frame(out->bytes + end, out->filled - end);
    return tunic_piece(out->bytes + out->gone, end - out->gone);
}

void tunic_frames_went(struct tunic_frames_out *out, size_t length)
{
    out->gone += length;
}

size_t tunic_frames_next(struct tunic_frames_out *out)
{
    ssize_t size = whole_frame(out->bytes + out->told, out->gone - out->told);

    if (size > 0) {
        out->told += (size_t)size;
        return (size_t)size - TUNIC_FRAME_PREFIX;
    }
    if (out->told == out->filled)
        out->filled = out->gone = out->told = 0;
    return 0;
}
