/* SPDX-License-Identifier: MIT */
/* Private to lib/packet: what packets that answer others have in common. */
#ifndef TUNIC_PACKET_REPLY_H
#define TUNIC_PACKET_REPLY_H

#include "packet/fields.h"
#include "packet/packet.h"

enum { HOP_LIMIT = 64 };

/* Not this network, unspecified, loopback, multicast, reserved or broadcast, none of which is ever
 * one host that could be told something. */
bool tunic_is_host4(const uint8_t *address);
bool tunic_is_host6(const uint8_t *address);

/* An ICMP message on its way back. */
struct tunic_reply {
    const uint8_t *from; /* IP addresses */
    const uint8_t *to;
    uint8_t traffic_class;
    uint8_t hops;
    uint16_t identification; /* this and the next: IPv4 */
    uint16_t fragment;
    size_t length; /* of the message */
};

/* The message lies at `packet` already, behind the room for an IP header: writes that, and the
 * checksums of both. Returns the length of the packet. */
size_t tunic_reply_ipv4(const struct tunic_reply *reply, uint8_t *packet);
size_t tunic_reply_ipv6(const struct tunic_reply *reply, uint8_t *packet);

/* Writes the `length` bytes that lie before the network header, tags and type as they are in
 * `frame`, from `mac` to whoever sent that. */
void tunic_reply_ethernet(uint8_t *reply, const uint8_t *frame, size_t length, const uint8_t *mac);

#endif
