/* SPDX-License-Identifier: MIT */
/* A group becomes one write: a super-packet with its virtio-net header, or its only packet. */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <endian.h>
#include <netinet/in.h>

/* Payloads up to this many bytes are copied together: that costs less than a piece each, which the
 * kernel has to read, check and walk. */
enum { SMALL = 256 };

_Static_assert(TUNIC_PACKET_MOST / SMALL + 2 <= TUNIC_MERGE_PIECES,
               "larger ones have a piece each");

/* From the first packet's headers those of all. The checksum is left to the receiver, as with the
 * kernel's own super-packets: its field holds the pseudo-header's part. */
static void write_headers(const struct tunic_merge_group *group, uint8_t *data)
{
    const struct tunic_headers *headers = &group->headers;
    uint8_t *network = data + headers->network;
    uint8_t *transport = data + headers->transport;
    uint32_t length = group->length - headers->transport;
    uint16_t sum;

    if (headers->version == 4) {
        store16(network + IPV4_TOTAL, (uint16_t)(group->length - headers->network));
        store_word(network + IPV4_CHECKSUM, 0);
        sum = (uint16_t)~tunic_checksum_fold(tunic_checksum_add(0, network, IPV4_LENGTH));
        store_word(network + IPV4_CHECKSUM, sum);
    } else {
        store16(network + IPV6_PAYLOAD, (uint16_t)(group->length - headers->network - IPV6_LENGTH));
    }
    sum = tunic_checksum_fold(tunic_checksum_pseudo(network, headers->protocol, length));
    if (headers->protocol == IPPROTO_UDP) {
        store16(transport + UDP_SIZE, (uint16_t)length);
        store_word(transport + UDP_CHECKSUM, sum);
    } else {
        store_word(transport + TCP_CHECKSUM, sum);
    }
}

static void describe(const struct tunic_merge_group *group, struct virtio_net_hdr *header)
{
    const struct tunic_headers *headers = &group->headers;
    bool udp = headers->protocol == IPPROTO_UDP;

    header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    if (udp)
        header->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
    else if (headers->version == 4)
        header->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
    else
        header->gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
    header->hdr_len = htole16(headers->payload);
    header->gso_size = htole16(group->size);
    header->csum_start = htole16(headers->transport);
    header->csum_offset = htole16(udp ? UDP_CHECKSUM : TCP_CHECKSUM);
}

size_t tunic_merge_take(struct tunic_merge *merge, size_t index, struct virtio_net_hdr *header,
                        struct iovec pieces[TUNIC_MERGE_PIECES])
{
    const struct tunic_merge_group *group = &merge->groups[index];
    uint16_t packet = group->first;
    uint8_t *data = merge->packets[packet].data;
    uint8_t *scratch = merge->scratch;
    size_t count = 1;

    memset(header, 0, sizeof(*header));
    pieces[0] = (struct iovec){.iov_base = data, .iov_len = merge->packets[packet].length};
    if (group->count == 1)
        return 1;
    write_headers(group, data);
    describe(group, header);
    for (size_t left = group->count - 1U; left > 0; left--) {
        packet = merge->packets[packet].next;
        uint8_t *payload = merge->packets[packet].data + merge->packets[packet].payload;
        size_t length = (size_t)merge->packets[packet].length - merge->packets[packet].payload;
        if (group->size <= SMALL) {
            memcpy(scratch, payload, length);
            scratch += length;
        } else {
            pieces[count++] = (struct iovec){.iov_base = payload, .iov_len = length};
        }
    }
    if (group->size <= SMALL)
        pieces[count++] = (struct iovec){.iov_base = merge->scratch,
                                         .iov_len = (size_t)(scratch - merge->scratch)};
    return count;
}
