/* SPDX-License-Identifier: MIT */
/* Packets to test with, made from what they shall say. Sums are computed here, byte by byte, and
 * not by what is tested. */
#ifndef TUNIC_TESTS_PACKET_BUILD_H
#define TUNIC_TESTS_PACKET_BUILD_H

#include "packet/packet.h"

struct recipe {
    enum tunic_layer layer;
    uint8_t tags; /* VLAN tags, of Ethernet */
    uint8_t version;
    uint8_t protocol;
    uint8_t traffic_class;
    uint8_t ttl;
    uint8_t host;            /* of the source address */
    uint8_t extra;           /* bytes of IPv4 options or of an IPv6 extension header: 8 or none */
    uint16_t fragment;       /* IPv4: flags and offset */
    uint16_t identification; /* IPv4 */
    uint16_t source;         /* ports */
    uint16_t target;
    uint32_t sequence; /* from here on: TCP */
    uint32_t acknowledgement;
    uint16_t window;
    uint8_t flags;
    uint8_t options; /* bytes, a multiple of 4 */
    uint8_t fill;    /* what the payload counts up from */
    uint16_t payload;
    uint16_t padding; /* behind the packet */
};

enum {
    RECIPE_MOST = 65535,
    FIN = 0x01,
    SYN = 0x02,
    RST = 0x04,
    PSH = 0x08,
    ACK = 0x10,
    URG = 0x20,
    ECE = 0x40,
    CWR = 0x80,
    DF = 0x4000,
    MF = 0x2000,
};

/* 100 bytes of payload from port 1000 to 2000; IPv4 with DF; TCP with 12 bytes of options. */
struct recipe recipe(enum tunic_layer layer, uint8_t version, uint8_t protocol);
/* The same flow's next: what counts up has done so. */
struct recipe recipe_next(const struct recipe *recipe);

size_t recipe_network(const struct recipe *recipe);
size_t recipe_transport(const struct recipe *recipe);
size_t recipe_headers(const struct recipe *recipe);

/* Writes it, which takes RECIPE_MOST bytes at most. Returns its length. */
size_t recipe_build(const struct recipe *recipe, uint8_t *packet);

/* The ones' complement sum of bytes as big-endian words, folded. */
uint16_t plain_sum(uint32_t sum, const uint8_t *bytes, size_t length);
/* The folded sum of the pseudo-header of an IPv4 or IPv6 packet. */
uint16_t plain_pseudo(const uint8_t *network, uint8_t protocol, size_t length);
/* Makes the checksums of TCP, UDP and IPv4 right that `headers` tell of. */
void plain_seal(const struct tunic_headers *headers, uint8_t *packet);

#endif
