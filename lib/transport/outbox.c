/* SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <string.h>

static bool same_destination(const struct tunic_message *message, const struct tunic_endpoint *to)
{
    if (!to)
        return message->to.remote.any.sa_family == AF_UNSPEC;
    /* What compares unequal for bytes that mean nothing costs a message, no more. */
    return message->to.remote.any.sa_family == to->remote.any.sa_family &&
           /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
           memcmp(&message->to, to, sizeof(*to)) == 0;
}

static bool takes(const struct tunic_outbox_form *form, const struct tunic_message *message,
                  const struct tunic_endpoint *to, uint8_t traffic_class, size_t length)
{
    if (message->closed || message->count >= form->most_run ||
        message->length + length > form->most_length)
        return false;
    if (!form->stream &&
        (length > message->size || length == 0 || message->traffic_class != traffic_class))
        return false;
    return same_destination(message, to);
}

static struct tunic_message *begin(struct tunic_outbox *outbox, const struct tunic_endpoint *to,
                                   uint8_t traffic_class, size_t length)
{
    struct tunic_message *message = &outbox->messages[outbox->message_count++];

    if (to)
        message->to = *to;
    else
        message->to.remote.any.sa_family = AF_UNSPEC;
    message->first = (uint16_t)outbox->piece_count;
    message->pieces = 0;
    message->count = 0;
    message->size = outbox->form.stream ? 0 : (uint16_t)length;
    message->length = 0;
    message->traffic_class = traffic_class;
    message->closed = false;
    return message;
}

static void add_piece(struct tunic_outbox *outbox, struct tunic_message *message,
                      const uint8_t *bytes, size_t length)
{
    if (message->pieces > 0) {
        struct iovec *last = &outbox->pieces[outbox->piece_count - 1];

        if ((uint8_t *)last->iov_base + last->iov_len == bytes) {
            last->iov_len += length;
            return;
        }
    }
    outbox->pieces[outbox->piece_count++] = tunic_piece(bytes, length);
    message->pieces++;
}

bool tunic_outbox_add(struct tunic_outbox *outbox, const struct tunic_endpoint *to,
                      uint8_t traffic_class, uint8_t *head, size_t head_length, const uint8_t *body,
                      size_t body_length)
{
    const struct tunic_outbox_form *form = &outbox->form;
    size_t payload = head_length + body_length;
    size_t length = payload + form->prefix;
    struct tunic_message *message = NULL;

    if (outbox->piece_count + 2 > TUNIC_OUTBOX_PIECES)
        return false;
    if (to && to->remote.any.sa_family == AF_UNSPEC)
        to = NULL;
    if (outbox->message_count > 0)
        message = &outbox->messages[outbox->message_count - 1];
    if (!message || !takes(form, message, to, traffic_class, length)) {
        if (outbox->message_count == TUNIC_OUTBOX_MESSAGES)
            return false;
        message = begin(outbox, to, traffic_class, length);
    }
    if (form->prefix == 2) {
        head -= 2;
        head[0] = (uint8_t)(payload >> 8);
        head[1] = (uint8_t)payload;
        head_length += 2;
    }
    add_piece(outbox, message, head, head_length);
    if (body_length > 0)
        add_piece(outbox, message, body, body_length);
    message->count++;
    message->length += (uint32_t)length;
    message->closed = !form->stream && length < message->size;
    return true;
}
