/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/relay: what stands between packets and datagrams. Called with batches, so that it
 * can spread what it does once over many. It declares how much room it needs before and behind each
 * packet, and so can work in place.
 */
#ifndef TUNIC_RELAY_CODEC_H
#define TUNIC_RELAY_CODEC_H

#include "packet/packet.h"
#include "transport/transport.h"

struct tunic_codec;
struct tunic_relay;
struct tunic_relay_counters;

/* A packet that came, in the buffer that it came in. */
struct tunic_span {
    uint8_t *data;
    uint16_t length;
    uint8_t traffic_class; /* of the datagram: ECN (RFC 6040) */
};

struct tunic_codec_operations {
    size_t headroom; /* bytes before each packet that it writes to */
    /* Takes packets from the device and sends them. */
    void (*seal)(struct tunic_codec *codec, struct tunic_packet *packets, size_t count);
    /* Gives the packets of arrivals to the device side. */
    void (*open)(struct tunic_codec *codec, struct tunic_arrival *arrivals, size_t count);

    /* Finds out whom it speaks with, while names can be looked up here. */
    int (*find)(struct tunic_codec *codec, struct tunic_error *error);
    /* Starts what it needs beside transport and device, which are there, before privileges go. */
    int (*start)(struct tunic_codec *codec, struct tunic_error *error);
    /* Starts its threads, when privileges are gone. NULL: it has none. */
    int (*start_threads)(struct tunic_codec *codec, struct tunic_error *error);
    /* Also of one that could not start, or was not asked to. */
    void (*stop)(struct tunic_codec *codec);

    /* Whether this address may speak to us at all (tunic_transport_user.admits). */
    bool (*admits)(const struct tunic_codec *codec, const union tunic_socket_address *from);
    /* A connection came to be, or (NULL) ended (tunic_transport_user.connected). */
    void (*connected)(struct tunic_codec *codec, const struct tunic_endpoint *endpoint);
    /* Bytes of the largest packet that goes to the other side whole. */
    uint32_t (*limit)(struct tunic_codec *codec);
    /* Every few seconds: whether the other side is still where it was. NULL: it knows that. */
    void (*refresh)(struct tunic_codec *codec, uint64_t now);
    void (*count)(const struct tunic_codec *codec, struct tunic_relay_counters *counters);
};

struct tunic_codec {
    const struct tunic_codec_operations *operations;
    struct tunic_relay *relay; /* whose outbox it fills, and whose device it gives packets to */
    uint32_t spare; /* bytes of `limit` that a new device should leave: the way may change */
};

#endif
