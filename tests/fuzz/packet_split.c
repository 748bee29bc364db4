/* SPDX-License-Identifier: MIT */
/*
 * The input is what a device might give: a virtio-net header and a packet. A byte before them says
 * the layer (bit 0), that the checksum is to be what the kernel would have left in it (bit 1), and
 * how many packets are taken at a time (the others).
 */
#include "fuzz.h"

#include "../unit/packet_build.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { HEADROOM = 12 };

static void leave_checksum(enum tunic_layer layer, uint8_t *packet, size_t length)
{
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, layer, packet, length) || headers.fragment ||
        (headers.protocol != IPPROTO_TCP && headers.protocol != IPPROTO_UDP))
        return;
    uint16_t sum = htons(plain_pseudo(packet + headers.network, headers.protocol,
                                      (size_t)headers.end - headers.transport));
    memcpy(packet + headers.transport + (headers.protocol == IPPROTO_UDP ? 6 : 16), &sum,
           sizeof(sum));
}

/* Copying and finishing must come to the same; `sealed`: and to a right checksum. */
static void check_packet(struct tunic_packet *packet, const struct tunic_split *split,
                         enum tunic_layer layer, bool sealed)
{
    struct tunic_headers headers = {0};
    size_t length = (size_t)packet->head_length + packet->body_length;
    uint8_t *copy = malloc(length);

    fuzz_check(copy != NULL && length > 0 && length <= TUNIC_PACKET_MOST);
    fuzz_check(tunic_packet_copy(packet, copy) == length);
    tunic_packet_finish(packet);
    fuzz_check(memcmp(copy, packet->head, packet->head_length) == 0);
    if (packet->body_length != 0)
        fuzz_check(memcmp(copy + packet->head_length, packet->body, packet->body_length) == 0);
    /* A checksum may make a broken transport header whole, or another frame of one that is not IP:
     * nobody goes by those. */
    if (split->headers.version != 0)
        fuzz_check(
            tunic_headers_read(&headers, layer, copy, length) &&
            headers.network == split->headers.network &&
            (headers.payload == split->headers.payload || split->headers.protocol == IPPROTO_RAW));
    if (!split->whole) {
        size_t transport = headers.transport;
        fuzz_check(headers.end == length && headers.payload == split->headers.payload);
        fuzz_check(packet->body_length > 0 && packet->body_length <= split->size);
        if (headers.version == 4)
            fuzz_check(plain_sum(0, copy + headers.network, transport - headers.network) == 0xffff);
        if (sealed)
            fuzz_check(plain_sum(plain_pseudo(copy + headers.network, headers.protocol,
                                              length - transport),
                                 copy + transport, length - transport) == 0xffff);
    }
    free(copy);
}

static void split_all(struct tunic_split *split, enum tunic_layer layer, size_t room, bool sealed)
{
    uint8_t *heads = malloc((HEADROOM + TUNIC_HEADERS_MOST) * room);
    struct tunic_packet *packets = malloc(room * sizeof(*packets));
    const uint8_t *expected = split->packet + split->headers.payload;
    size_t count;
    size_t used;

    fuzz_check(heads != NULL && packets != NULL);
    while ((count = tunic_split_next(split, packets, room, heads, HEADROOM, &used)) > 0) {
        fuzz_check(count <= room && used <= (HEADROOM + TUNIC_HEADERS_MOST) * room);
        for (size_t i = 0; i < count; i++) {
            check_packet(&packets[i], split, layer, sealed);
            if (split->whole) {
                fuzz_check(count == 1 && packets[i].head == split->packet);
                continue;
            }
            memset(packets[i].head - HEADROOM, 0, HEADROOM);
            fuzz_check(packets[i].body == expected);
            expected += packets[i].body_length;
        }
    }
    if (!split->whole)
        fuzz_check(expected == split->packet + split->headers.end);
    free(packets);
    free(heads);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct virtio_net_hdr header;
    struct tunic_split split;

    if (length < 1 + sizeof(header) || length - 1 - sizeof(header) > TUNIC_PACKET_MOST)
        return 0;
    enum tunic_layer layer = bytes[0] & 1 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    bool sealed = bytes[0] & 2;
    size_t room = (size_t)(bytes[0] >> 2) + 1;
    memcpy(&header, bytes + 1, sizeof(header));
    length -= 1 + sizeof(header);
    uint8_t *packet = malloc(length ? length : 1);
    fuzz_check(packet != NULL);
    memcpy(packet, bytes + 1 + sizeof(header), length);
    if (sealed)
        leave_checksum(layer, packet, length);
    int result = tunic_split_begin(&split, &header, layer, packet, length);
    fuzz_check(result == 0 || result == -EBADMSG);
    if (result == 0)
        split_all(&split, layer, room, sealed);
    free(packet);
    return 0;
}
