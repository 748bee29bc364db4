/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

/*
 * What comes of it, by RFC 6040, figure 4 (– dropped):
 *
 *                 outside   Not-ECT    ECT(0)     ECT(1)     CE
 *     inside Not-ECT        Not-ECT    Not-ECT    Not-ECT    –
 *            ECT(0)         ECT(0)     ECT(0)     ECT(1)     CE
 *            ECT(1)         ECT(1)     ECT(1)     ECT(1)     CE
 *            CE             CE         CE         CE         CE
 */
enum {
    NOT_CAPABLE = 0,
    CAPABLE_1 = 1,
    CAPABLE_0 = 2,
    CONGESTION_EXPERIENCED = 3,
    ECN_BITS = 3,
    IPV6_TRAFFIC_CLASS = 1, /* offset in the header: its low half is the upper half of this byte */
};

static void mark_inet(uint8_t *network, uint8_t change)
{
    uint16_t before = load_word(network); /* version, header length, type of service */
    uint16_t checksum = load_word(network + IPV4_CHECKSUM);

    network[IPV4_TRAFFIC_CLASS] ^= change;
    store_word(network + IPV4_CHECKSUM, checksum_changed(checksum, before, load_word(network)));
}

bool tunic_congestion_mark(enum tunic_layer layer, uint8_t traffic_class, uint8_t *packet,
                           size_t length)
{
    struct tunic_headers headers;
    uint8_t outside = traffic_class & ECN_BITS;

    if (outside == NOT_CAPABLE || outside == CAPABLE_0)
        return true;
    /* What is no packet is refused by whoever takes it. */
    if (!tunic_headers_read(&headers, layer, packet, length) || headers.version == 0)
        return true;
    uint8_t inside = headers.traffic_class & ECN_BITS;
    if (inside == NOT_CAPABLE)
        return outside != CONGESTION_EXPERIENCED;
    if (inside == CONGESTION_EXPERIENCED || inside == outside)
        return true;
    uint8_t change = inside ^ outside;
    if (headers.version == 4)
        mark_inet(packet + headers.network, change);
    else
        packet[headers.network + IPV6_TRAFFIC_CLASS] ^= (uint8_t)(change << 4);
    return true;
}
