/* SPDX-License-Identifier: MIT */
#include "transport/tcp_many.h"

void tunic_tcp_many_go_on(struct tunic_tcp_many *many)
{
    if (!many->awaited)
        return;
    many->awaited = NULL;
    many->base.user.ready(many->base.user.closure, true);
}

static void send_later(struct tunic_tcp_link *link, const struct iovec *pieces,
                       struct tunic_message *message)
{
    if (link->stream.state == TUNIC_TCP_NOBODY && !tunic_timer_waits(&link->dialler.timer))
        tunic_tcp_dial(&link->dialler);
    tunic_tcp_stream_keep(&link->stream, &link->many->base, pieces, message);
}

/* Sends what there is room for. What remains of the message is to wait (true), or lost. */
static bool send_one(struct tunic_tcp_many *many, struct iovec *pieces,
                     struct tunic_message *message)
{
    struct tunic_tcp_link *link = tunic_tcp_link_find(many, &message->to.remote);

    if (!link)
        return false;
    if (link->stream.state != TUNIC_TCP_CONNECTED) {
        send_later(link, pieces, message);
        return false;
    }
    tunic_tcp_stream_send(&link->stream, &many->base, pieces, message);
    if (link->stream.full && link->serves && many->serving == 1)
        many->awaited = link;
    return many->awaited == link;
}

void tunic_tcp_many_send(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    struct tunic_tcp_many *many = tunic_tcp_many_of(transport);
    bool waited = many->awaited != NULL;
    size_t left = 0;

    for (size_t i = 0; i < outbox->message_count; i++) {
        struct tunic_message *message = &outbox->messages[i];
        bool waits = send_one(many, outbox->pieces, message);

        if (message->count == 0)
            continue;
        if (!waits) {
            transport->counters.dropped += message->count;
            continue;
        }
        message->closed = true; /* its pieces may not be the last any more */
        outbox->messages[left++] = *message;
    }
    outbox->message_count = left;
    if (left == 0)
        tunic_outbox_clear(outbox);
    if (!waited && many->awaited)
        transport->user.ready(transport->user.closure, false);
}
