/* SPDX-License-Identifier: MIT */
/*
 * Takes the relay's writes in place of the kernel, and judges each by code of its own; but for the
 * splitter, which must take whatever the merger wrote.
 */
#include "relay_device.h"

#include "../unit/packet_build.h"
#include "fuzz.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

struct relay_device relay_device;

static size_t number(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

/* Where the IP header of a frame is; `*version` 0: there is none, by its type or by its first byte.
 * Beyond `length`: it is cut off. */
static size_t find_network(const uint8_t *packet, size_t length, unsigned *version)
{
    size_t offset = 14;
    unsigned tags = 0;

    *version = 0;
    while (offset <= length && tags++ < 2 &&
           (number(packet + offset - 2) == 0x8100 || number(packet + offset - 2) == 0x88a8))
        offset += 4;
    if (offset > length)
        return offset;
    size_t type = number(packet + offset - 2);
    if (type == 0x0800 || type == 0x86dd) {
        unsigned claimed = type == 0x0800 ? 4 : 6;
        if (offset == length)
            return length + 1;
        *version = packet[offset] >> 4 == claimed ? claimed : 0;
    }
    return offset;
}

/* Where the IP packet ends; 0: it is none. */
static size_t measure(const uint8_t *network, size_t length)
{
    size_t total;

    if (length >= 20 && network[0] >> 4 == 4) {
        size_t header = (size_t)(network[0] & 15) * 4;
        total = number(network + 2);
        return header >= 20 && total >= header && total <= length ? total : 0;
    }
    if (length < 40 || network[0] >> 4 != 6)
        return 0;
    total = 40 + number(network + 4);
    return total <= length ? total : 0;
}

bool relay_device_takes(const uint8_t *packet, size_t length, size_t *network, unsigned *version)
{
    *network = 0;
    *version = length > 0 ? packet[0] >> 4 : 0;
    if (relay_device.queue.tap) {
        *network = find_network(packet, length, version);
        if (*network > length || *version == 0)
            return *network <= length;
    }
    return measure(packet + *network, length - *network) > 0;
}

/* Of an IP packet that is whole. What is done to one that stays alone keeps what is wrong wrong. */
bool relay_device_doubts(const uint8_t *ip, size_t length)
{
    bool inet = ip[0] >> 4 == 4;
    size_t transport = inet ? (size_t)(ip[0] & 15) * 4 : 40;
    uint8_t protocol = ip[inet ? 9 : 6];
    size_t end = measure(ip, length);

    if (inet && plain_sum(0, ip, transport) != 0xffff)
        return true;
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return false;
    return plain_sum(plain_pseudo(ip, protocol, end - transport), ip + transport,
                     end - transport) != 0xffff;
}

/* Of a super-packet: what its segments would be. Returns how many. */
static size_t check_super(const struct virtio_net_hdr *header, const uint8_t *packet, size_t length)
{
    size_t network;
    unsigned version;
    size_t size = le16toh(header->gso_size);
    size_t headers = le16toh(header->hdr_len);
    size_t transport = le16toh(header->csum_start);
    bool udp = header->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4;

    fuzz_check(header->flags == VIRTIO_NET_HDR_F_NEEDS_CSUM);
    fuzz_check(relay_device_takes(packet, length, &network, &version) && version != 0);
    const uint8_t *ip = packet + network;
    fuzz_check(measure(ip, length - network) == length - network); /* no padding */
    if (version == 4) {
        fuzz_check(header->gso_type != VIRTIO_NET_HDR_GSO_TCPV6 && ip[0] == 0x45);
        fuzz_check(transport == network + 20 && ip[9] == (udp ? IPPROTO_UDP : IPPROTO_TCP));
        fuzz_check((number(ip + 6) & 0x3fff) == 0 && plain_sum(0, ip, 20) == 0xffff);
    } else {
        fuzz_check(header->gso_type != VIRTIO_NET_HDR_GSO_TCPV4);
        fuzz_check(transport == network + 40 && ip[6] == (udp ? IPPROTO_UDP : IPPROTO_TCP));
    }
    fuzz_check(transport + (udp ? 8 : 20) <= length);
    const uint8_t *layer4 = packet + transport;
    size_t field = udp ? 6 : 16;
    uint16_t pseudo = plain_pseudo(ip, udp ? IPPROTO_UDP : IPPROTO_TCP, length - transport);
    fuzz_check(le16toh(header->csum_offset) == field && number(layer4 + field) == pseudo);
    fuzz_check(headers == transport + (udp ? 8U : (size_t)(layer4[12] >> 4) * 4));
    fuzz_check(headers >= transport + (udp ? 8 : 20) && size > 0 && headers + size < length);
    size_t segments = (length - headers + size - 1) / size;
    if (udp)
        fuzz_check(number(layer4 + 4) == length - transport && segments <= 64);
    return segments;
}

/* Returns how many packets it stands for. */
static size_t check_write(const struct virtio_net_hdr *header, uint8_t *packet, size_t length)
{
    enum tunic_layer layer = relay_device.queue.tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    struct tunic_split split;
    size_t network;
    unsigned version;
    size_t segments = 1;

    fuzz_check(length > 0 && length <= TUNIC_PACKET_MOST);
    fuzz_check(relay_device_takes(packet, length, &network, &version));
    if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        segments = check_super(header, packet, length);
    } else {
        static const struct virtio_net_hdr nothing;
        fuzz_check(memcmp(header, &nothing, sizeof(nothing)) == 0);
        relay_device.doubtful +=
            version != 0 && relay_device_doubts(packet + network, length - network);
    }
    fuzz_check(tunic_split_begin(&split, header, layer, packet, length) == 0);
    fuzz_check(split.whole == (segments == 1));
    return segments;
}

/* Takes off what the device reads before the packet, which is left. */
static struct virtio_net_hdr check_prefix(const struct iovec *first, const uint8_t *packet)
{
    struct virtio_net_hdr header = {0};
    const uint8_t *prefix = first->iov_base;
    size_t length = relay_device.queue.pi ? 4 : 0;

    fuzz_check(first->iov_len == length + (relay_device.queue.vnet ? sizeof(header) : 0));
    if (relay_device.queue.pi) {
        size_t type = packet[0] >> 4 == 6 ? 0x86dd : 0x0800;
        fuzz_check(number(prefix) == 0 &&
                   number(prefix + 2) == (relay_device.queue.tap ? 0 : type));
    }
    if (relay_device.queue.vnet)
        memcpy(&header, prefix + length, sizeof(header));
    return header;
}

ssize_t __wrap_writev(int descriptor, const struct iovec *pieces, int count);

ssize_t __wrap_writev(int descriptor, const struct iovec *pieces, int count)
{
    size_t length = 0;

    fuzz_check(descriptor == RELAY_DEVICE && count > 1 && count <= 1024);
    for (int i = 1; i < count; i++)
        length += pieces[i].iov_len;
    fuzz_check(length > 0 && length <= TUNIC_PACKET_MOST);
    uint8_t *packet = malloc(length); /* of its own: a read beyond it is seen */
    fuzz_check(packet != NULL);
    for (size_t i = 1, at = 0; i < (size_t)count; at += pieces[i++].iov_len)
        memcpy(packet + at, pieces[i].iov_base, pieces[i].iov_len);
    const struct virtio_net_hdr header = check_prefix(&pieces[0], packet);
    size_t segments = check_write(&header, packet, length);
    free(packet);
    size_t bytes = length + (segments - 1) * le16toh(header.hdr_len);
    relay_device.writes++;
    relay_device.packets += segments;
    relay_device.bytes += bytes;
    if (relay_device.failing != 0 && relay_device.writes % relay_device.failing == 0) {
        errno = relay_device.error;
        return -1;
    }
    relay_device.taken += segments;
    relay_device.taken_bytes += bytes;
    return (ssize_t)(pieces[0].iov_len + length);
}
