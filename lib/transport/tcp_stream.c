/* SPDX-License-Identifier: MIT */
#include "transport/tcp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READS = 4 }; /* before others of the loop have their turn */

/* The largest frame must fit, or a stream would stop inside it. */
_Static_assert(TUNIC_TCP_FRAME <= TUNIC_TCP_INPUT, "room for a frame");

struct tunic_tcp_frames tunic_tcp_frames(uint8_t *bytes, size_t length,
                                         struct tunic_arrival *arrivals, size_t room)
{
    struct tunic_tcp_frames frames = {.count = 0};

    while (frames.count < room && length - frames.consumed >= TUNIC_TCP_PREFIX) {
        uint8_t *frame = bytes + frames.consumed;
        ssize_t size = tunic_frame_length(frame, length - frames.consumed);

        if (size < 0) {
            frames.malformed = true;
            break;
        }
        if (length - frames.consumed - TUNIC_TCP_PREFIX < (size_t)size)
            break;
        arrivals[frames.count++] = (struct tunic_arrival){
            .data = frame + TUNIC_TCP_PREFIX, .length = (uint16_t)size, .size = (uint16_t)size};
        frames.consumed += TUNIC_TCP_PREFIX + (size_t)size;
    }
    return frames;
}

void tunic_tcp_stream_begin(struct tunic_tcp_stream *stream, struct tunic_transport *transport)
{
    stream->state = TUNIC_TCP_CONNECTED;
    stream->number = ++transport->counters.connects;
}

/* ---- receiving ------------------------------------------------------------------------- */

/* Has the input hold what came of this stream's frame, and no other's. */
static void take_input(struct tunic_tcp_input *input, struct tunic_tcp_stream *stream)
{
    struct tunic_tcp_stream *owner = input->owner;

    if (owner == stream)
        return;
    if (owner)
        memcpy(owner->carry, input->bytes, owner->held);
    memcpy(input->bytes, stream->carry, stream->held);
    input->owner = stream;
}

static void deliver(struct tunic_transport *transport, struct tunic_tcp_input *input, size_t count,
                    size_t bytes)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        input->arrivals[i].from = &input->from;
    transport->counters.received += count;
    transport->counters.received_bytes += bytes - count * TUNIC_TCP_PREFIX;
    transport->user.arrived(transport->user.closure, input->arrivals, count);
}

/* Its user may have taken the stream to another address, or from us, meanwhile. */
static bool is_still(const struct tunic_tcp_stream *stream, uint64_t number)
{
    return stream->state == TUNIC_TCP_CONNECTED && stream->number == number;
}

enum outcome { MORE, NO_MORE, OVER };

static enum outcome take_frames(struct tunic_tcp_stream *stream, struct tunic_tcp_input *input,
                                struct tunic_transport *transport)
{
    struct tunic_tcp_frames frames;
    uint64_t number = stream->number;
    size_t taken = 0;

    input->from = stream->peer;
    do {
        frames = tunic_tcp_frames(input->bytes + taken, stream->held - taken, input->arrivals,
                                  TUNIC_TCP_ARRIVALS);
        taken += frames.consumed;
        deliver(transport, input, frames.count, frames.consumed);
        if (!is_still(stream, number))
            return NO_MORE;
    } while (frames.count == TUNIC_TCP_ARRIVALS);
    stream->held -= taken;
    memmove(input->bytes, input->bytes + taken, stream->held);
    return frames.malformed ? OVER : MORE;
}

bool tunic_tcp_stream_receive(struct tunic_tcp_stream *stream, struct tunic_tcp_input *input,
                              struct tunic_transport *transport)
{
    take_input(input, stream);
    for (size_t turn = 0; turn < READS; turn++) {
        size_t room = sizeof(input->bytes) - stream->held;
        ssize_t got = read(stream->source.descriptor, input->bytes + stream->held, room);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (got <= 0)
            return false;
        stream->held += (size_t)got;
        enum outcome outcome = take_frames(stream, input, transport);
        if (outcome != MORE)
            return outcome == NO_MORE;
        if ((size_t)got < room)
            return true;
    }
    return true;
}

void tunic_tcp_stream_end(struct tunic_tcp_stream *stream, struct tunic_transport *transport)
{
    tunic_loop_remove(transport->loop, &stream->source);
    /* It ended inside a frame, or what came was none. */
    if (stream->held > 0)
        transport->counters.malformed++;
    stream->held = 0;
    tunic_tcp_stream_forget(stream, transport);
    stream->full = false;
    stream->state = TUNIC_TCP_NOBODY;
}
