/* SPDX-License-Identifier: MIT */
/* The codec that does nothing: one packet a datagram, as it is. */
#include "relay/engine.h"

enum { SPANS = 512, CONGESTION_BITS = 3 };

static void seal(struct tunic_codec *codec, struct tunic_packet *packets, size_t count)
{
    struct tunic_relay *relay = codec->relay;
    struct tunic_outbox *outbox = &relay->outbound.outbox;
    const struct tunic_endpoint *to;

    if (!tunic_peer_reachable(relay, &to)) {
        relay->counters.unanswered += count;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct tunic_packet *packet = &packets[i];
        uint8_t traffic_class = packet->traffic_class & CONGESTION_BITS;

        tunic_packet_finish(packet);
        while (!tunic_outbox_add(outbox, to, traffic_class, packet->head, packet->head_length,
                                 packet->body, packet->body_length)) {
            if (!tunic_outbound_flush(relay)) {
                relay->transport->counters.dropped += count - i;
                return;
            }
        }
    }
}

/* Returns how many of its packets were accepted. */
static size_t deliver(struct tunic_relay *relay, const struct tunic_arrival *arrival)
{
    struct tunic_span spans[SPANS];
    size_t step = arrival->size > 0 ? arrival->size : 1;
    size_t accepted = 0;
    size_t filled = 0;

    for (size_t offset = 0; offset < arrival->length; offset += step) {
        size_t length = arrival->length - offset;
        spans[filled++] = (struct tunic_span){.data = arrival->data + offset,
                                              .length = (uint16_t)(length < step ? length : step),
                                              .traffic_class = arrival->traffic_class};
        if (filled == SPANS) {
            accepted += tunic_inbound_deliver(relay, spans, filled);
            filled = 0;
        }
    }
    return accepted + tunic_inbound_deliver(relay, spans, filled);
}

static void open_arrivals(struct tunic_codec *codec, struct tunic_arrival *arrivals, size_t count)
{
    struct tunic_relay *relay = codec->relay;

    for (size_t i = 0; i < count; i++) {
        relay->counters.malformed += arrivals[i].length == 0;
        /* What is no packet says nothing of where the peer is. */
        if (deliver(relay, &arrivals[i]) > 0)
            tunic_peer_heard(relay, arrivals[i].from);
    }
}

static const struct tunic_codec_operations operations = {
    .seal = seal,
    .open = open_arrivals,
};

void tunic_plain_open(struct tunic_codec *codec, struct tunic_relay *relay)
{
    *codec = (struct tunic_codec){.operations = &operations, .relay = relay};
}
