/* SPDX-License-Identifier: MIT */
#include "transport/tcp.h"

#include <string.h>

/* Takes the first `length` bytes, fewer than there are, out of the outbox. */
static void take_out(struct tunic_outbox *outbox, size_t length)
{
    struct iovec *pieces = outbox->pieces;
    size_t gone = 0;

    while (length >= pieces[gone].iov_len)
        length -= pieces[gone++].iov_len;
    outbox->piece_count -= gone;
    memmove(pieces, pieces + gone, outbox->piece_count * sizeof(*pieces));
    pieces->iov_base = (uint8_t *)pieces->iov_base + length;
    pieces->iov_len -= length;
}

static void drop(struct tunic_tcp *tcp, struct tunic_outbox *outbox)
{
    for (size_t i = 0; i < outbox->message_count; i++)
        tcp->base.counters.dropped += outbox->messages[i].count;
    tcp->left_on = 0;
    tcp->left_out = 0;
    tunic_outbox_clear(outbox);
}

static void finish(struct tunic_tcp *tcp, struct tunic_outbox *outbox)
{
    struct tunic_transport_counters *counters = &tcp->base.counters;

    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct tunic_message *message = &outbox->messages[i];

        counters->sent += message->count;
        counters->sent_bytes += message->length - (size_t)message->count * TUNIC_TCP_PREFIX;
    }
    tcp->left_on = 0;
    tcp->left_out = 0;
    tunic_outbox_clear(outbox);
}

/* Has the user wait, and give the rest again. */
static void leave(struct tunic_tcp *tcp, struct tunic_outbox *outbox, size_t sent)
{
    take_out(outbox, sent);
    tcp->left_on = tcp->base.counters.connects;
    tcp->left_out += sent;
    tunic_loop_change(tcp->base.loop, &tcp->connection, EPOLLIN | EPOLLOUT);
    tunic_tcp_set_ready(tcp, false);
}

static size_t length_of(const struct tunic_outbox *outbox)
{
    size_t length = 0;

    for (size_t i = 0; i < outbox->message_count; i++)
        length += outbox->messages[i].length;
    return length;
}

void tunic_tcp_send(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);
    struct msghdr message = {.msg_iov = outbox->pieces, .msg_iovlen = outbox->piece_count};
    bool is_rest = tcp->left_on != 0;
    bool is_current = tcp->left_on == transport->counters.connects;

    if (outbox->message_count == 0 ||
        (is_rest && is_current && tcp->state == TUNIC_TCP_CONNECTED && !tcp->ready))
        return;
    if (!tcp->ready || (is_rest && !is_current)) {
        drop(tcp, outbox);
        return;
    }
    ssize_t sent = sendmsg(tcp->connection.descriptor, &message, MSG_NOSIGNAL);
    /* A failure is that it is full, or that the connection is over, which the loop tells next. */
    if (sent < 0)
        sent = 0;
    if ((size_t)sent + tcp->left_out == length_of(outbox))
        finish(tcp, outbox);
    else
        leave(tcp, outbox, (size_t)sent);
}

void tunic_tcp_send_ready(struct tunic_tcp *tcp)
{
    tunic_loop_change(tcp->base.loop, &tcp->connection, EPOLLIN);
    tunic_tcp_set_ready(tcp, true);
}
