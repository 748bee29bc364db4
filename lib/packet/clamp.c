/* SPDX-License-Identifier: MIT */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <netinet/in.h>

enum {
    OPTION_END = 0,
    OPTION_PADDING = 1,
    OPTION_MSS = 2,
    OPTION_MSS_LENGTH = 4,
};

/* Where the value of the option stands, which is sought in [position, end); 0: nowhere. */
static size_t find_mss(const uint8_t *packet, size_t position, size_t end)
{
    while (position < end && packet[position] != OPTION_END) {
        if (packet[position] == OPTION_PADDING) {
            position++;
            continue;
        }
        if (end - position < 2)
            return 0;
        size_t length = packet[position + 1];
        if (length < 2 || length > end - position)
            return 0;
        if (packet[position] == OPTION_MSS)
            return length == OPTION_MSS_LENGTH ? position + 2 : 0;
        position += length;
    }
    return 0;
}

/* A value that lies across two words counts with its bytes swapped. */
static void replace(uint8_t *transport, size_t offset, uint16_t value)
{
    uint16_t old = load_word(transport + offset);
    uint16_t new = htons(value);
    uint16_t checksum = load_word(transport + TCP_CHECKSUM);

    store_word(transport + offset, new);
    if (offset % 2 != 0) {
        old = (uint16_t)(old << 8 | old >> 8);
        new = (uint16_t)(new << 8 | new >> 8);
    }
    store_word(transport + TCP_CHECKSUM, checksum_changed(checksum, old, new));
}

void tunic_clamp_mss(const struct tunic_headers *headers, uint8_t *packet, size_t length,
                     uint32_t limit)
{
    /* Without options, whatever the packet has: RFC 6691. */
    uint32_t overhead = headers->network + TCP_LENGTH;

    overhead += headers->version == 4 ? IPV4_LENGTH : IPV6_LENGTH;
    if (headers->version == 0 || headers->protocol != IPPROTO_TCP || headers->fragment ||
        headers->payload > length || limit <= overhead)
        return;
    uint8_t *transport = packet + headers->transport;
    if ((transport[TCP_FLAGS] & TCP_SYN) == 0)
        return;
    size_t field = find_mss(packet, (size_t)headers->transport + TCP_LENGTH, headers->payload);
    if (field != 0 && load16(packet + field) > limit - overhead)
        replace(transport, field - headers->transport, (uint16_t)(limit - overhead));
}
