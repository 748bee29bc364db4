/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation.
 *
 * The answer comes from the address that the packet was sent to. A tunnel has none of its own that
 * the sender need know: it may be unnumbered, or the port of a bridge. A sender finds the
 * connection by the quoted packet and not by who reports it; and an answer that enters by the
 * interface to which its source is routed is what its reverse path filter lets through.
 *
 * What must not be answered (RFC 1122 3.2.2, RFC 4443 2.4) is whatever could make errors breed, or
 * reach others than one sender.
 */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"
#include "packet/reply.h"

#include <netinet/in.h>

enum {
    IPV4_DO_NOT_FRAGMENT = 0x4000,
    IPV4_OFFSET = 0x1FFF,
    IPV4_MTU_LEAST = 68,
    IPV4_ANSWER_MOST = 576, /* what every host takes */
    IPV6_OFFSET = 0xFFF8,
    IPV6_MTU_LEAST = 1280,
    INTERNETWORK_CONTROL = 0xC0, /* RFC 1812 4.3.2.5 */
    ICMP_UNREACHABLE = 3,
    ICMP_HOST_UNREACHABLE = 1,
    ICMP_FRAGMENTATION_NEEDED = 4,
    ICMPV6_UNREACHABLE = 1,
    ICMPV6_NO_ROUTE = 0,
    ICMPV6_PACKET_TOO_BIG = 2,
    ICMPV6_INFORMATIONAL = 128,
    ICMPV6_REDIRECT = 137,
};

/* ---- what may be answered -------------------------------------------------------------- */

/* Of ICMP: only the types that ask or answer something are known not to be errors. */
static bool is_error(const struct tunic_headers *headers, const uint8_t *packet)
{
    static const uint32_t asking = 1U << 0 | 1U << 8 | 1U << 9 | 1U << 10 | 1U << 13 | 1U << 14;

    if (headers->protocol != IPPROTO_ICMP && headers->protocol != IPPROTO_ICMPV6)
        return false;
    if (headers->transport == headers->end)
        return true;
    uint8_t type = packet[headers->transport];
    if (headers->protocol == IPPROTO_ICMPV6)
        return type < ICMPV6_INFORMATIONAL || type == ICMPV6_REDIRECT;
    return type >= 32 || (asking >> type & 1) == 0;
}

static bool may_answer4(const struct tunic_headers *headers, const uint8_t *packet)
{
    const uint8_t *network = packet + headers->network;

    return (load16(network + IPV4_FRAGMENT) & IPV4_OFFSET) == 0 &&
           tunic_is_host4(network + IPV4_SOURCE) && tunic_is_host4(network + IPV4_TARGET) &&
           !is_error(headers, packet);
}

static bool may_answer6(const struct tunic_headers *headers, const uint8_t *packet)
{
    const uint8_t *network = packet + headers->network;

    /* Of a fragment the transport begins behind the fragment header. */
    if (headers->fragment && (load16(packet + headers->transport - 6) & IPV6_OFFSET) != 0)
        return false;
    return tunic_is_host6(network + IPV6_SOURCE) && tunic_is_host6(network + IPV6_TARGET) &&
           !is_error(headers, packet);
}

/* Whoever may be answered with it would not fragment, and can do with such an MTU. */
static bool may_be_too_big(const struct tunic_headers *headers, const uint8_t *packet, uint32_t mtu)
{
    if (headers->version != 4)
        return mtu >= IPV6_MTU_LEAST;
    uint16_t flags = load16(packet + headers->network + IPV4_FRAGMENT);
    return mtu >= IPV4_MTU_LEAST && (flags & IPV4_DO_NOT_FRAGMENT) != 0;
}

/* ---- the answer ------------------------------------------------------------------------ */

/* What the sender is told, in either version's words. */
struct report {
    uint8_t type4;
    uint8_t code4;
    uint8_t type6;
    uint8_t code6;
    uint32_t mtu; /* 0: it says nothing of it */
};

/* Each returns the length of what is written at `answer`: an IP packet. */
static size_t write4(uint8_t *answer, const uint8_t *network, size_t length,
                     const struct report *report)
{
    enum { QUOTE_MOST = IPV4_ANSWER_MOST - IPV4_LENGTH - ICMP_HEADER };
    size_t quote = length < QUOTE_MOST ? length : QUOTE_MOST;
    uint8_t *icmp = answer + IPV4_LENGTH;
    const struct tunic_reply reply = {
        .from = network + IPV4_TARGET,
        .to = network + IPV4_SOURCE,
        .traffic_class = INTERNETWORK_CONTROL,
        .hops = HOP_LIMIT,
        .fragment = IPV4_DO_NOT_FRAGMENT, /* so it needs no identification */
        .length = ICMP_HEADER + quote,
    };

    memset(icmp, 0, ICMP_HEADER);
    icmp[0] = report->type4;
    icmp[1] = report->code4;
    store16(icmp + 6, (uint16_t)(report->mtu < UINT16_MAX ? report->mtu : UINT16_MAX));
    memcpy(icmp + ICMP_HEADER, network, quote);
    return tunic_reply_ipv4(&reply, answer);
}

static size_t write6(uint8_t *answer, const uint8_t *network, size_t length,
                     const struct report *report)
{
    enum { QUOTE_MOST = IPV6_MTU_LEAST - IPV6_LENGTH - ICMP_HEADER };
    size_t quote = length < QUOTE_MOST ? length : QUOTE_MOST;
    uint8_t *icmp = answer + IPV6_LENGTH;
    const struct tunic_reply reply = {
        .from = network + IPV6_TARGET,
        .to = network + IPV6_SOURCE,
        .hops = HOP_LIMIT,
        .length = ICMP_HEADER + quote,
    };

    icmp[0] = report->type6;
    icmp[1] = report->code6;
    store32(icmp + 4, report->mtu);
    memcpy(icmp + ICMP_HEADER, network, quote);
    return tunic_reply_ipv6(&reply, answer);
}

static size_t write_answer(enum tunic_layer layer, const struct tunic_headers *headers,
                           const uint8_t *packet, const struct report *report, uint8_t *answer)
{
    const uint8_t *network = packet + headers->network;
    size_t quotable = (size_t)headers->end - headers->network;

    if (headers->version == 4 ? !may_answer4(headers, packet) : !may_answer6(headers, packet))
        return 0;
    if (layer == TUNIC_LAYER_ETHERNET) {
        if (((packet[0] | packet[MAC]) & MAC_GROUP) != 0)
            return 0;
        tunic_reply_ethernet(answer, packet, headers->network, packet);
    }
    answer += headers->network;
    return headers->network + (headers->version == 4 ? write4(answer, network, quotable, report)
                                                     : write6(answer, network, quotable, report));
}

size_t tunic_too_big(enum tunic_layer layer, const uint8_t *packet, size_t length, uint32_t limit,
                     uint8_t answer[TUNIC_ANSWER_MOST])
{
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, layer, packet, length) || headers.version == 0 ||
        limit < headers.network)
        return 0;
    const struct report report = {.type4 = ICMP_UNREACHABLE,
                                  .code4 = ICMP_FRAGMENTATION_NEEDED,
                                  .type6 = ICMPV6_PACKET_TOO_BIG,
                                  .mtu = limit - headers.network};
    if (!may_be_too_big(&headers, packet, report.mtu))
        return 0;
    return write_answer(layer, &headers, packet, &report, answer);
}

size_t tunic_no_route(enum tunic_layer layer, const uint8_t *packet, size_t length,
                      uint8_t answer[TUNIC_ANSWER_MOST])
{
    static const struct report report = {.type4 = ICMP_UNREACHABLE,
                                         .code4 = ICMP_HOST_UNREACHABLE,
                                         .type6 = ICMPV6_UNREACHABLE,
                                         .code6 = ICMPV6_NO_ROUTE};
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, layer, packet, length) || headers.version == 0)
        return 0;
    return write_answer(layer, &headers, packet, &report, answer);
}
