/* SPDX-License-Identifier: MIT */
#include "transport/tcp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READS = 4 }; /* before others of the loop have their turn */

/* The largest frame must fit, or a stream would stop inside it. */
_Static_assert(TUNIC_TCP_PREFIX + TUNIC_DATAGRAM_MOST <= TUNIC_TCP_INPUT, "room for a frame");

struct tunic_tcp_frames tunic_tcp_frames(uint8_t *bytes, size_t length,
                                         struct tunic_arrival *arrivals, size_t room)
{
    struct tunic_tcp_frames frames = {.count = 0};

    while (frames.count < room && length - frames.consumed >= TUNIC_TCP_PREFIX) {
        uint8_t *frame = bytes + frames.consumed;
        uint16_t size = (uint16_t)(frame[0] << 8 | frame[1]);

        if (size == 0) {
            frames.malformed = true;
            break;
        }
        if (length - frames.consumed - TUNIC_TCP_PREFIX < size)
            break;
        arrivals[frames.count++] =
            (struct tunic_arrival){.data = frame + TUNIC_TCP_PREFIX, .length = size, .size = size};
        frames.consumed += TUNIC_TCP_PREFIX + (size_t)size;
    }
    return frames;
}

static void deliver(struct tunic_tcp *tcp, size_t count, size_t bytes)
{
    struct tunic_transport *base = &tcp->base;

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        tcp->arrivals[i].from = &tcp->peer;
    base->counters.received += count;
    base->counters.received_bytes += bytes - count * TUNIC_TCP_PREFIX;
    base->user.arrived(base->user.closure, tcp->arrivals, count);
}

/* False: there is no connection any more. */
static bool take_frames(struct tunic_tcp *tcp)
{
    struct tunic_tcp_frames frames;
    size_t taken = 0;

    do {
        frames = tunic_tcp_frames(tcp->input + taken, tcp->held - taken, tcp->arrivals,
                                  TUNIC_TCP_ARRIVALS);
        taken += frames.consumed;
        deliver(tcp, frames.count, frames.consumed);
        if (tcp->state != TUNIC_TCP_CONNECTED)
            return false; /* its user took it to another address meanwhile */
    } while (frames.count == TUNIC_TCP_ARRIVALS);
    tcp->held -= taken;
    memmove(tcp->input, tcp->input + taken, tcp->held);
    if (frames.malformed)
        tunic_tcp_part(tcp);
    return !frames.malformed;
}

void tunic_tcp_receive(struct tunic_tcp *tcp)
{
    for (size_t turn = 0; turn < READS; turn++) {
        size_t room = sizeof(tcp->input) - tcp->held;
        ssize_t got = read(tcp->connection.descriptor, tcp->input + tcp->held, room);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            tunic_tcp_part(tcp);
            return;
        }
        tcp->held += (size_t)got;
        if (!take_frames(tcp) || (size_t)got < room)
            return;
    }
}
