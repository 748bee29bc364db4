/* SPDX-License-Identifier: MIT */
#include "packet/reply.h"

#include "packet/bytes.h"
#include "packet/fields.h"

#include <netinet/in.h>

bool tunic_is_host4(const uint8_t *address)
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

bool tunic_is_host6(const uint8_t *address)
{
    static const uint8_t unspecified[IPV6_ADDRESS];
    static const uint8_t loopback[IPV6_ADDRESS] = {[15] = 1};

    return address[0] != 0xFF && memcmp(address, unspecified, IPV6_ADDRESS) != 0 &&
           memcmp(address, loopback, IPV6_ADDRESS) != 0;
}

/* Writes the checksum of a message, `sum` being that of what comes before it. */
static void seal(uint8_t *message, uint32_t sum, size_t length)
{
    store_word(message + ICMP_CHECKSUM, 0);
    sum = tunic_checksum_add(sum, message, length);
    store_word(message + ICMP_CHECKSUM, (uint16_t)~tunic_checksum_fold(sum));
}

size_t tunic_reply_ipv4(const struct tunic_reply *reply, uint8_t *packet)
{
    size_t length = IPV4_LENGTH + reply->length;

    seal(packet + IPV4_LENGTH, 0, reply->length);
    packet[0] = 0x45;
    packet[1] = reply->traffic_class;
    store16(packet + IPV4_TOTAL, (uint16_t)length);
    store16(packet + IPV4_IDENTIFICATION, reply->identification);
    store16(packet + IPV4_FRAGMENT, reply->fragment);
    packet[IPV4_TTL] = reply->hops;
    packet[IPV4_PROTOCOL] = IPPROTO_ICMP;
    store_word(packet + IPV4_CHECKSUM, 0);
    memcpy(packet + IPV4_SOURCE, reply->from, 4);
    memcpy(packet + IPV4_TARGET, reply->to, 4);
    uint32_t sum = tunic_checksum_add(0, packet, IPV4_LENGTH);
    store_word(packet + IPV4_CHECKSUM, (uint16_t)~tunic_checksum_fold(sum));
    return length;
}

size_t tunic_reply_ipv6(const struct tunic_reply *reply, uint8_t *packet)
{
    uint32_t length = (uint32_t)reply->length;

    store32(packet, 6U << 28 | (uint32_t)reply->traffic_class << 20);
    store16(packet + IPV6_PAYLOAD, (uint16_t)length);
    packet[IPV6_NEXT] = IPPROTO_ICMPV6;
    packet[IPV6_HOPS] = reply->hops;
    memcpy(packet + IPV6_SOURCE, reply->from, IPV6_ADDRESS);
    memcpy(packet + IPV6_TARGET, reply->to, IPV6_ADDRESS);
    seal(packet + IPV6_LENGTH, tunic_checksum_pseudo(packet, IPPROTO_ICMPV6, length), length);
    return IPV6_LENGTH + reply->length;
}

void tunic_reply_ethernet(uint8_t *reply, const uint8_t *frame, size_t length, const uint8_t *mac)
{
    memcpy(reply, frame, length);
    memcpy(reply, frame + MAC, MAC);
    memcpy(reply + MAC, mac, MAC);
}
