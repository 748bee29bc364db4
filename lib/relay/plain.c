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

/* ---- whom it speaks with: peer.c ------------------------------------------------------- */

static int find(struct tunic_codec *codec, struct tunic_error *error)
{
    return tunic_peer_find(codec->relay, error);
}

static int start(struct tunic_codec *codec, struct tunic_error *error)
{
    return tunic_peer_open(codec->relay, error);
}

static void stop(struct tunic_codec *codec)
{
    tunic_peer_close(codec->relay);
}

static bool admits(const struct tunic_codec *codec, const union tunic_socket_address *from)
{
    return tunic_peer_admits(codec->relay, from);
}

static void connected(struct tunic_codec *codec, const struct tunic_endpoint *endpoint)
{
    struct tunic_relay *relay = codec->relay;

    if (!endpoint) {
        relay->peer.endpoint.remote.any.sa_family = AF_UNSPEC;
        return;
    }
    relay->peer.endpoint = *endpoint;
    tunic_outbound_forget(relay);
}

static uint32_t limit(struct tunic_codec *codec)
{
    struct tunic_relay *relay = codec->relay;
    struct tunic_endpoint expected = {0};
    const struct tunic_endpoint *to;

    if (relay->options->protocol == TUNIC_RELAY_TCP)
        return relay->options->jumbo ? TUNIC_PACKET_MOST : TUNIC_RELAY_PLAIN_FRAME;
    if (!tunic_peer_reachable(relay, &to)) {
        tunic_peer_expected(relay, &expected.remote);
        to = &expected;
    }
    return (uint32_t)relay->transport->operations->room(relay->transport, to);
}

static void refresh(struct tunic_codec *codec, uint64_t now)
{
    struct tunic_relay *relay = codec->relay;

    if (relay->peer.connect.count > 0)
        relay->transport->operations->reconnect(relay->transport, &relay->peer.connect);
    tunic_peer_check(relay, now);
}

static void count(const struct tunic_codec *codec, struct tunic_relay_counters *counters)
{
    const struct tunic_peer *peer = &codec->relay->peer;

    counters->last_received = peer->heard;
    counters->peer = peer->endpoint.remote;
    if (counters->peer.any.sa_family == AF_UNSPEC && peer->connect.count > 0)
        counters->peer = peer->connect.list[0];
}

static const struct tunic_codec_operations operations = {
    .seal = seal,
    .open = open_arrivals,
    .find = find,
    .start = start,
    .stop = stop,
    .admits = admits,
    .connected = connected,
    .limit = limit,
    .refresh = refresh,
    .count = count,
};

void tunic_plain_open(struct tunic_codec *codec, struct tunic_relay *relay)
{
    *codec = (struct tunic_codec){.operations = &operations, .relay = relay};
}
