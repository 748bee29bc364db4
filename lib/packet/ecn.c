/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include <string.h>

enum {
    NOT_CAPABLE = 0,
    CONGESTION_EXPERIENCED = 3,
    INET_TRAFFIC_CLASS = 1, /* offsets in the header */
    INET_CHECKSUM = 10,
    INET6_TRAFFIC_CLASS = 1, /* its low half is the upper half of this byte */
};

static void mark_inet(uint8_t *network)
{
    uint16_t words[2]; /* before and after: version, header length, type of service */
    uint16_t checksum;

    memcpy(&words[0], network, sizeof(words[0]));
    network[INET_TRAFFIC_CLASS] |= CONGESTION_EXPERIENCED;
    memcpy(&words[1], network, sizeof(words[1]));
    memcpy(&checksum, network + INET_CHECKSUM, sizeof(checksum));
    /* RFC 1624, equation 3 */
    checksum = (uint16_t)~tunic_checksum_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~words[0] +
                                              words[1]);
    memcpy(network + INET_CHECKSUM, &checksum, sizeof(checksum));
}

bool tunic_congestion_mark(enum tunic_layer layer, uint8_t *packet, size_t length)
{
    struct tunic_headers headers;

    /* What is no packet is refused by whoever takes it. */
    if (!tunic_headers_read(&headers, layer, packet, length) || headers.version == 0)
        return true;
    if ((headers.traffic_class & CONGESTION_EXPERIENCED) == NOT_CAPABLE)
        return false;
    if (headers.version == 4)
        mark_inet(packet + headers.network);
    else
        packet[headers.network + INET6_TRAFFIC_CLASS] |= CONGESTION_EXPERIENCED << 4;
    return true;
}
