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

/* A packet that came, in the buffer that it came in. */
struct tunic_span {
    uint8_t *data;
    uint16_t length;
    uint8_t traffic_class; /* of the datagram: ECN (RFC 6040) */
};

struct tunic_codec_operations {
    size_t headroom; /* bytes before each packet that it writes to */
    size_t overhead; /* bytes by which a datagram is larger than its packet, at most */
    /* Takes packets from the device and sends them. */
    void (*seal)(struct tunic_codec *codec, struct tunic_packet *packets, size_t count);
    /* Gives the packets of arrivals to the device side. */
    void (*open)(struct tunic_codec *codec, struct tunic_arrival *arrivals, size_t count);
};

struct tunic_codec {
    const struct tunic_codec_operations *operations;
    struct tunic_relay *relay; /* whose outbox it fills, and whose device it gives packets to */
};

#endif
