/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation.
 *
 * The device hands over one header, one long payload and the size to cut it to; the packets are
 * what the kernel's own segmentation would have made (inet_gso_segment, ipv6_gso_segment,
 * tcp_gso_segment, __udp_gso_segment). Each gets a copy of all the headers, MACs, tags, options and
 * extension headers included, and its part of the payload stays where it is. The copies differ in
 *
 *     IPv4   total length, identification (one more each time), header checksum
 *     IPv6   payload length
 *     TCP    sequence number, checksum; FIN and PSH only in the last, CWR only in the first
 *     UDP    length, checksum
 *
 * so these are zero where `common` is summed, once. A packet's checksum is that sum, the few
 * fields that it has of its own, and its payload, which is left to whoever reads the payload next:
 * one that copies or enciphers it can sum it on the way.
 *
 * The virtio-net header only says what to do; where the headers are is read from the packet itself
 * (hdr_len covers, in packets that are forwarded, the whole of the first one), and the two must
 * agree. The transport's checksum field holds the sum of the pseudo-header. It is used, less the
 * length that it was made of, since a routing header puts another address there than IPv6's own.
 */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>

/* Zero would mean that there is no checksum, of UDP. */
static uint16_t complement(uint32_t sum, bool is_udp)
{
    uint16_t folded = tunic_checksum_fold(sum);

    return is_udp && folded == UINT16_MAX ? UINT16_MAX : (uint16_t)~folded;
}

/* ---- what the device says -------------------------------------------------------------- */

/* The protocol that a super-packet of this type carries in this version of IP; 0: none. */
static uint8_t protocol_of(uint8_t type, uint8_t version)
{
    switch (type) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return version == 4 ? IPPROTO_TCP : 0;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return version == 6 ? IPPROTO_TCP : 0;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        return version == 4 || version == 6 ? IPPROTO_UDP : 0;
    default:
        return 0;
    }
}

static uint16_t checksum_of(uint8_t protocol)
{
    return protocol == IPPROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
}

static bool is_splittable(const struct tunic_split *split, const struct virtio_net_hdr *header)
{
    const struct tunic_headers *headers = &split->headers;
    uint8_t type = header->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
    uint8_t protocol = protocol_of(type, headers->version);

    return protocol != 0 && protocol == headers->protocol && !headers->fragment &&
           split->size != 0 && headers->end == split->length &&
           headers->payload <= TUNIC_HEADERS_MOST &&
           (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 &&
           le16toh(header->csum_start) == headers->transport &&
           le16toh(header->csum_offset) == checksum_of(protocol);
}

/* The field holds what is to be summed beside the bytes: the pseudo-header, if there is one. Only
 * UDP and its kin have it at that place, and there zero would mean that there is no checksum. It
 * lies behind the headers that were read, as that of a tunnelled packet does, or is their own: a
 * checksum in any other place of them would make another packet of it. */
static int complete(const struct tunic_split *split, const struct virtio_net_hdr *header)
{
    const struct tunic_headers *headers = &split->headers;
    size_t start = le16toh(header->csum_start);
    size_t offset = le16toh(header->csum_offset);
    bool is_own = start == headers->transport && offset == checksum_of(headers->protocol);

    if (start + offset + 2 > split->length || (start + offset < headers->payload && !is_own))
        return -EBADMSG;
    uint32_t sum = tunic_checksum_add(0, split->packet + start, split->length - start);
    store_word(split->packet + start + offset, complement(sum, offset == UDP_CHECKSUM));
    return 0;
}

/* ---- what is equal in all of the packets ----------------------------------------------- */

static void prepare_network(struct tunic_split *split)
{
    uint8_t *network = split->common + split->headers.network;

    if (split->headers.version == 6) {
        store16(network + IPV6_PAYLOAD, 0);
        return;
    }
    split->identification = load16(network + IPV4_IDENTIFICATION);
    store16(network + IPV4_TOTAL, 0);
    store16(network + IPV4_IDENTIFICATION, 0);
    store16(network + IPV4_CHECKSUM, 0);
    split->network_base =
        tunic_checksum_add(0, network, (size_t)split->headers.transport - split->headers.network);
}

static void prepare_transport(struct tunic_split *split)
{
    const struct tunic_headers *headers = &split->headers;
    uint8_t *transport = split->common + headers->transport;

    size_t length = (size_t)headers->end - headers->transport;

    if (headers->protocol == IPPROTO_TCP) {
        split->sequence = load32(transport + TCP_SEQUENCE);
        split->flags = transport[TCP_FLAGS];
        store32(transport + TCP_SEQUENCE, 0);
        transport[TCP_FLAGS] = 0;
    } else {
        store16(transport + UDP_SIZE, 0);
    }
    uint16_t without_length = (uint16_t)~htons((uint16_t)length);
    split->transport_base = tunic_checksum_add(without_length, transport,
                                               (size_t)headers->payload - headers->transport);
}

int tunic_split_begin(struct tunic_split *split, const struct virtio_net_hdr *header,
                      enum tunic_layer layer, uint8_t *packet, size_t length)
{
    split->packet = packet;
    split->length = length;
    split->index = 0;
    split->size = le16toh(header->gso_size);
    split->whole = header->gso_type == VIRTIO_NET_HDR_GSO_NONE;
    if (!tunic_headers_read(&split->headers, layer, packet, length))
        return -EBADMSG;
    if (!split->whole) {
        if (!is_splittable(split, header))
            return -EBADMSG;
        split->offset = split->headers.payload;
        split->whole = length - split->offset <= split->size;
    }
    if (split->whole)
        return (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 ? complete(split, header) : 0;
    memcpy(split->common, packet, split->headers.payload);
    prepare_network(split);
    prepare_transport(split);
    return 0;
}

/* ---- the packets ----------------------------------------------------------------------- */

static void write_network(const struct tunic_split *split, uint8_t *network, uint16_t total)
{
    if (split->headers.version == 6) {
        store16(network + IPV6_PAYLOAD, (uint16_t)(total - IPV6_LENGTH));
        return;
    }
    uint16_t identification = htons((uint16_t)(split->identification + split->index));
    store16(network + IPV4_TOTAL, total);
    store_word(network + IPV4_IDENTIFICATION, identification);
    uint32_t sum = split->network_base + htons(total) + identification;
    store_word(network + IPV4_CHECKSUM, (uint16_t)~tunic_checksum_fold(sum));
}

/* Returns where the checksum is, which lacks the payload. `length` is that of the transport header
 * with its payload. */
static uint16_t write_transport(const struct tunic_split *split, uint8_t *transport,
                                uint16_t length, bool last)
{
    uint32_t sum = split->transport_base + htons(length); /* of the pseudo-header */
    uint16_t field = UDP_CHECKSUM;

    if (split->headers.protocol == IPPROTO_TCP) {
        uint8_t without =
            (uint8_t)((last ? 0 : TCP_FIN | TCP_PSH) | (split->index == 0 ? 0 : TCP_CWR));
        uint8_t flags = split->flags & (uint8_t)~without;
        field = TCP_CHECKSUM;
        transport[TCP_FLAGS] = flags;
        store32(transport + TCP_SEQUENCE, split->sequence);
        sum += htons(flags);
        sum += htons((uint16_t)(split->sequence >> 16));
        sum += htons((uint16_t)(split->sequence & UINT16_MAX));
    } else {
        store16(transport + UDP_SIZE, length);
        sum += htons(length);
    }
    store_word(transport + field, tunic_checksum_fold(sum));
    return (uint16_t)(split->headers.transport + field);
}

/* The packet of the next `body` bytes, its head at `head`. */
static void write_packet(const struct tunic_split *split, struct tunic_packet *packet,
                         uint8_t *head, uint16_t body)
{
    const struct tunic_headers *headers = &split->headers;
    uint16_t end = (uint16_t)(headers->payload + body);
    bool last = split->offset + body == headers->end;

    memcpy(head, split->common, headers->payload);
    write_network(split, head + headers->network, (uint16_t)(end - headers->network));
    *packet = (struct tunic_packet){
        .head = head,
        .body = split->packet + split->offset,
        .head_length = headers->payload,
        .body_length = body,
        .checksum = write_transport(split, head + headers->transport,
                                    (uint16_t)(end - headers->transport), last),
        .traffic_class = headers->traffic_class,
    };
}

size_t tunic_split_next(struct tunic_split *split, struct tunic_packet *packets, size_t room,
                        uint8_t *heads, size_t headroom, size_t *used)
{
    size_t count = 0;

    *used = 0;
    if (split->whole) {
        if (room == 0 || split->index != 0)
            return 0;
        split->index = 1;
        packets[0] = (struct tunic_packet){
            .head = split->packet,
            .head_length = (uint16_t)split->length,
            .traffic_class = split->headers.traffic_class,
        };
        return 1;
    }
    for (; count < room && split->offset < split->headers.end; count++) {
        uint32_t left = split->headers.end - split->offset;
        uint16_t body = (uint16_t)(left < split->size ? left : split->size);
        write_packet(split, &packets[count], heads + *used + headroom, body);
        *used += headroom + split->headers.payload;
        split->offset += body;
        split->sequence += body;
        split->index++;
    }
    return count;
}

/* ---- the checksum that lacks the payload ----------------------------------------------- */

static void store_checksum(uint8_t *head, const struct tunic_packet *packet, uint32_t sum)
{
    bool is_udp = packet->checksum + 2 == packet->head_length;

    store_word(head + packet->checksum, complement(sum, is_udp));
}

void tunic_packet_finish(struct tunic_packet *packet)
{
    if (packet->checksum == 0)
        return;
    uint32_t sum = load_word(packet->head + packet->checksum);
    store_checksum(packet->head, packet,
                   tunic_checksum_add(sum, packet->body, packet->body_length));
    packet->checksum = 0;
}

size_t tunic_packet_copy(const struct tunic_packet *packet, uint8_t *target)
{
    uint8_t *body = target + packet->head_length;

    memcpy(target, packet->head, packet->head_length);
    if (packet->checksum != 0) {
        uint32_t sum = load_word(packet->head + packet->checksum);
        store_checksum(target, packet,
                       tunic_checksum_copy(sum, body, packet->body, packet->body_length));
    } else if (packet->body_length != 0) {
        memcpy(body, packet->body, packet->body_length);
    }
    return (size_t)packet->head_length + packet->body_length;
}
