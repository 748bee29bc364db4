/* SPDX-License-Identifier: MIT */
/*
 * Packets made from what they should contain, by the plainest code that can be: what lib/packet is
 * compared with. Nothing of lib/packet is used here.
 */
#ifndef TUNIC_TESTS_PACKET_MAKE_H
#define TUNIC_TESTS_PACKET_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MADE_MOST = 65535,
    MADE_CLASS = 0x2A, /* the traffic class of all of them */
    MADE_FIN = 0x01,
    MADE_SYN = 0x02,
    MADE_PSH = 0x08,
    MADE_ACK = 0x10,
    MADE_CWR = 0x80,
};

struct recipe {
    bool ethernet;
    uint8_t tags;    /* VLAN */
    uint8_t version; /* 0: an ARP frame */
    uint8_t protocol;
    uint8_t options;     /* bytes of IPv4 options, or of an IPv6 extension header: 8, 16… */
    uint8_t tcp_options; /* bytes, multiple of 4 */
    uint8_t flags;       /* TCP */
    uint16_t identification;
    uint32_t sequence;
    const uint8_t *payload;
    size_t length;
};

/* Where things are in the packet of a recipe. */
size_t made_network(const struct recipe *recipe);
size_t made_transport(const struct recipe *recipe);
size_t made_payload(const struct recipe *recipe);
size_t made_checksum(const struct recipe *recipe);

/* Writes the packet, checksums complete. Returns its length. */
size_t made_write(const struct recipe *recipe, uint8_t *packet);
/* Leaves the transport checksum to whoever sends the packet: it is that of the pseudo-header. */
void made_leave_checksum(const struct recipe *recipe, uint8_t *packet);

/* The ones' complement sum of 16-bit words in the network's order, folded. */
uint16_t made_sum(uint32_t sum, const uint8_t *bytes, size_t length);
void made_put16(uint8_t *field, size_t value);
uint16_t made_get16(const uint8_t *field);

/* A copy in memory of exactly that size, so that a byte beyond is an error under a checker. */
uint8_t *made_exact(const uint8_t *bytes, size_t length);

#endif
