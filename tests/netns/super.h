/* SPDX-License-Identifier: MIT */
/* Super-packets drawn by lot, as the kernel would give them or take them: TCP and UDP over both
 * families, with options, extension headers and VLAN tags. */
#ifndef TUNIC_TEST_SUPER_H
#define TUNIC_TEST_SUPER_H

#include "packet/packet.h"
#include "traffic.h"

enum { SUPER_LARGEST = 65535, SUPER_MTU = 9000, SUPER_PACKETS = 1100 };

struct super {
    struct virtio_net_hdr header;
    uint8_t bytes[SUPER_LARGEST];
    size_t length;
    size_t network; /* offsets of the headers */
    size_t transport;
    size_t payload;
    size_t expected; /* packets that it stands for */
    bool inet6;
    bool udp;
};

/* Its Ethernet address; 10.2.0.2 and fd02::2 are its others. */
extern const uint8_t super_target[6];

void super_draw(struct super *super, struct lot *lot, bool tap);
/* What a router does with an IP header. */
void super_hop(uint8_t *ip);

#endif
