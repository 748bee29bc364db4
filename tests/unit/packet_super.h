/* SPDX-License-Identifier: MIT */
/* Super-packets as the device hands them over. */
#ifndef TUNIC_TESTS_PACKET_SUPER_H
#define TUNIC_TESTS_PACKET_SUPER_H

#include "packet/packet.h"
#include "packet_make.h"

#include <netinet/in.h>

enum {
    TCP4 = VIRTIO_NET_HDR_GSO_TCPV4,
    TCP6 = VIRTIO_NET_HDR_GSO_TCPV6,
    UDP = VIRTIO_NET_HDR_GSO_UDP_L4,
    ECN = VIRTIO_NET_HDR_GSO_ECN,
    NEEDS = VIRTIO_NET_HDR_F_NEEDS_CSUM,
    T = IPPROTO_TCP,
    U = IPPROTO_UDP,
    ALL_FLAGS = MADE_FIN | MADE_PSH | MADE_ACK | MADE_CWR,
};

struct row {
    const char *name;
    struct recipe recipe;
    uint8_t type;
    uint16_t size;
    size_t count; /* of the packets that it stands for */
};

extern const struct row rows[];
extern const size_t row_count;
extern uint8_t payload[MADE_MOST]; /* of all of them */

void fill_payload(void);
enum tunic_layer layer_of(const struct recipe *recipe);
/* What the device says of it. */
struct virtio_net_hdr describe(const struct recipe *recipe, uint8_t type, uint16_t size);
/* The packet, in memory of exactly its size, which the caller frees. */
uint8_t *make_super(struct recipe recipe, size_t *length);

#endif
