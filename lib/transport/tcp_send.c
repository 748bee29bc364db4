/* SPDX-License-Identifier: MIT */
#include "transport/tcp.h"

#include <string.h>

/* A place in the bytes of pieces, which are a sequence of frames. */
struct place {
    const struct iovec *piece;
    size_t offset;
};

static const uint8_t *bytes_at(const struct place *place)
{
    return (const uint8_t *)place->piece->iov_base + place->offset;
}

static void go_on(struct place *place, size_t length)
{
    while (length > 0 && length >= place->piece->iov_len - place->offset) {
        length -= place->piece->iov_len - place->offset;
        place->piece++;
        place->offset = 0;
    }
    place->offset += length;
}

/* Of the frame that begins there; its prefix is never apart. */
static size_t frame_length(const struct place *place)
{
    const uint8_t *bytes = bytes_at(place);

    return TUNIC_TCP_PREFIX + (size_t)(bytes[0] << 8 | bytes[1]);
}

static void count_sent(struct tunic_transport *transport, size_t frames, size_t length)
{
    transport->counters.sent += frames;
    transport->counters.sent_bytes += length - frames * TUNIC_TCP_PREFIX;
}

/* Copies the end of a frame, `sent` bytes of which are sent. */
static void keep(struct tunic_tcp_stream *stream, struct place frame, size_t length, size_t sent)
{
    go_on(&frame, sent);
    stream->rest = 0;
    stream->rest_end = 0;
    stream->rest_frame = length;
    while (stream->rest_end < length - sent) {
        size_t missing = length - sent - stream->rest_end;
        size_t there = frame.piece->iov_len - frame.offset;
        size_t count = missing < there ? missing : there;

        memcpy(stream->kept + stream->rest_end, bytes_at(&frame), count);
        stream->rest_end += count;
        go_on(&frame, count);
    }
}

/* Takes the frames out of a message of which `sent` bytes are sent, in part too. */
static void take_out(struct tunic_tcp_stream *stream, struct tunic_transport *transport,
                     struct iovec *pieces, struct tunic_message *message, size_t sent)
{
    struct place place = {pieces + message->first, 0};
    size_t taken = 0;

    while (taken < sent) {
        size_t length = frame_length(&place);

        if (taken + length > sent)
            keep(stream, place, length, sent - taken);
        else
            count_sent(transport, 1, length);
        go_on(&place, length);
        taken += length;
        message->count--;
    }
    size_t first = (size_t)(place.piece - pieces);
    message->pieces -= (uint16_t)(first - message->first);
    message->first = (uint16_t)first;
    message->length -= (uint32_t)taken;
    if (message->pieces > 0) {
        pieces[first].iov_base = (uint8_t *)pieces[first].iov_base + place.offset;
        pieces[first].iov_len -= place.offset;
    }
}

static void wait_for_room(struct tunic_tcp_stream *stream, struct tunic_transport *transport)
{
    stream->full = true;
    tunic_loop_change(transport->loop, &stream->source, EPOLLIN | EPOLLOUT);
}

void tunic_tcp_stream_send(struct tunic_tcp_stream *stream, struct tunic_transport *transport,
                           struct iovec *pieces, struct tunic_message *message)
{
    const struct msghdr header = {.msg_iov = pieces + message->first,
                                  .msg_iovlen = message->pieces};

    if (stream->full)
        return;
    ssize_t sent = sendmsg(stream->source.descriptor, &header, MSG_NOSIGNAL);
    /* A failure is that it is full, or that the connection is over, which the loop tells next. */
    if (sent < 0)
        sent = 0;
    if ((size_t)sent == message->length) {
        count_sent(transport, message->count, message->length);
        message->count = 0;
        return;
    }
    take_out(stream, transport, pieces, message, (size_t)sent);
    wait_for_room(stream, transport);
}

bool tunic_tcp_stream_drain(struct tunic_tcp_stream *stream, struct tunic_transport *transport)
{
    if (stream->rest_end > 0) {
        ssize_t sent = send(stream->source.descriptor, stream->kept + stream->rest,
                            stream->rest_end - stream->rest, MSG_NOSIGNAL);

        if (sent > 0)
            stream->rest += (size_t)sent;
        if (stream->rest < stream->rest_end) {
            wait_for_room(stream, transport);
            return false;
        }
        count_sent(transport, 1, stream->rest_frame);
        stream->rest_end = 0;
    }
    if (stream->full)
        tunic_loop_change(transport->loop, &stream->source, EPOLLIN);
    stream->full = false;
    return true;
}

void tunic_tcp_stream_keep(struct tunic_tcp_stream *stream, struct tunic_transport *transport,
                           const struct iovec *pieces, struct tunic_message *message)
{
    struct place first = {pieces + message->first, 0};

    tunic_tcp_stream_forget(stream, transport);
    keep(stream, first, frame_length(&first), 0);
    transport->counters.dropped += message->count - 1U;
    message->count = 0;
}

void tunic_tcp_stream_forget(struct tunic_tcp_stream *stream, struct tunic_transport *transport)
{
    if (stream->rest_end > 0)
        transport->counters.dropped++;
    stream->rest_end = 0;
}
