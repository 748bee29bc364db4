/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <netinet/in.h>

enum {
    TAG = 4,
    TAGS_MOST = 2,
    IPV4_IS_FRAGMENT = 0x3FFF, /* more fragments, and the offset */
    IPV6_EXTENSION = 8,        /* each is at least that long, and a multiple of it */
    IPV6_EXTENSIONS_MOST = 8,  /* far more than is ever seen; a packet of nothing else costs time */
    IPV6_IS_FRAGMENT = 0xFFF9, /* the offset, and more fragments */
};

/* Passes over MACs and tags. Returns the version that the type of the frame stands for, 0 for any
 * other type, or -1: cut off. */
static int read_ethernet(struct tunic_headers *headers, const uint8_t *packet, size_t length)
{
    uint16_t type;

    headers->network = TUNIC_ETHERNET_HEADER;
    for (size_t tags = 0;; tags++) {
        if (length < headers->network)
            return -1;
        type = load16(packet + headers->network - 2);
        if (tags == TAGS_MOST || (type != ETHERTYPE_CUSTOMER_TAG && type != ETHERTYPE_SERVICE_TAG))
            break;
        headers->network += TAG;
    }
    if (type == ETHERTYPE_IPV4)
        return 4;
    return type == ETHERTYPE_IPV6 ? 6 : 0;
}

static bool read_ipv4(struct tunic_headers *headers, const uint8_t *network, size_t length)
{
    if (length < IPV4_LENGTH)
        return false;
    size_t header = (size_t)(network[0] & 0x0F) * 4;
    size_t total = load16(network + IPV4_TOTAL);
    if (header < IPV4_LENGTH || total < header || total > length)
        return false;
    headers->transport = (uint16_t)(headers->network + header);
    headers->end = (uint16_t)(headers->network + total);
    headers->protocol = network[IPV4_PROTOCOL];
    headers->traffic_class = network[IPV4_TRAFFIC_CLASS];
    headers->fragment = (load16(network + IPV4_FRAGMENT) & IPV4_IS_FRAGMENT) != 0;
    headers->options = header > IPV4_LENGTH;
    return true;
}

/* Passes over the extension headers. An authentication header is where it ends: what lies behind
 * that may not be touched. A chain that leads out of the packet is nobody's protocol. */
static void read_extensions(struct tunic_headers *headers, const uint8_t *packet)
{
    for (size_t passed = 0;; passed++) {
        uint8_t protocol = headers->protocol;
        if (protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_ROUTING &&
            protocol != IPPROTO_DSTOPTS && protocol != IPPROTO_FRAGMENT)
            return;
        const uint8_t *extension = packet + headers->transport;
        size_t room = (size_t)headers->end - headers->transport;
        size_t header = IPV6_EXTENSION;
        headers->options = true;
        if (passed == IPV6_EXTENSIONS_MOST || room < header)
            break;
        if (protocol == IPPROTO_FRAGMENT)
            headers->fragment = (load16(extension + 2) & IPV6_IS_FRAGMENT) != 0;
        else
            header += (size_t)extension[1] * IPV6_EXTENSION;
        if (room < header)
            break;
        headers->protocol = extension[0];
        headers->transport = (uint16_t)(headers->transport + header);
        if (headers->fragment)
            return;
    }
    headers->protocol = IPPROTO_RAW;
}

static bool read_ipv6(struct tunic_headers *headers, const uint8_t *packet, size_t length)
{
    const uint8_t *network = packet + headers->network;

    if (length < IPV6_LENGTH)
        return false;
    size_t total = IPV6_LENGTH + (size_t)load16(network + IPV6_PAYLOAD);
    if (total > length)
        return false;
    headers->transport = (uint16_t)(headers->network + IPV6_LENGTH);
    headers->end = (uint16_t)(headers->network + total);
    headers->protocol = network[IPV6_NEXT];
    headers->traffic_class = (uint8_t)(load16(network) >> 4 & UINT8_MAX);
    read_extensions(headers, packet);
    return true;
}

/* How long the TCP or UDP header is; 0: it does not fit, or contradicts the packet's length. */
static size_t measure_transport(uint8_t protocol, const uint8_t *transport, size_t length)
{
    if (protocol == IPPROTO_UDP)
        return length >= UDP_LENGTH && load16(transport + UDP_SIZE) == length ? UDP_LENGTH : 0;
    if (length < TCP_LENGTH)
        return 0;
    size_t header = (size_t)(transport[TCP_OFFSET] >> 4) * 4;
    return header >= TCP_LENGTH && header <= length ? header : 0;
}

static void read_transport(struct tunic_headers *headers, const uint8_t *packet)
{
    headers->payload = headers->transport;
    if (headers->fragment || (headers->protocol != IPPROTO_TCP && headers->protocol != IPPROTO_UDP))
        return;
    size_t header = measure_transport(headers->protocol, packet + headers->transport,
                                      (size_t)headers->end - headers->transport);
    if (header == 0)
        headers->protocol = IPPROTO_RAW;
    headers->payload = (uint16_t)(headers->transport + header);
}

bool tunic_headers_read(struct tunic_headers *headers, enum tunic_layer layer,
                        const uint8_t *packet, size_t length)
{
    int claimed = 0;

    *headers = (struct tunic_headers){0};
    if (length == 0 || length > TUNIC_PACKET_MOST)
        return false;
    if (layer == TUNIC_LAYER_ETHERNET) {
        claimed = read_ethernet(headers, packet, length);
        if (claimed <= 0)
            return claimed == 0;
    }
    size_t room = length - headers->network;
    if (room == 0)
        return false;
    int version = packet[headers->network] >> 4;
    if (layer == TUNIC_LAYER_ETHERNET && version != claimed)
        return true; /* the frame is whole; what its type claims, its receiver will find untrue */
    if (version != 4 && version != 6)
        return false;
    if (version == 4 ? !read_ipv4(headers, packet + headers->network, room)
                     : !read_ipv6(headers, packet, room))
        return false;
    headers->version = (uint8_t)version;
    read_transport(headers, packet);
    return true;
}
