/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation.
 *
 * A host that answers for every address is a danger to whoever shares a link with it: it could take
 * addresses away from others. So it never says anything that was not asked for by one host, about
 * one address that is not this host's own: probes and announcements (RFC 5227), solicitations from
 * the unspecified address (RFC 4862), and whatever goes to or comes from more than one host have no
 * answer. And no answer asks for another.
 *
 * An echo reply is the request's message with another type. Of the IP header only what the reply
 * needs is taken over: requests with options or extension headers, of which some would have to be
 * turned around and others to be left out, have no answer.
 *
 * Who asks is told at the address that its frame came from; where its message names another link
 * address, it is not answered.
 */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"
#include "packet/reply.h"

#include <netinet/in.h>

enum {
    ECN = 0x03, /* of the traffic class */
};

enum {
    ECHO_REPLY = 0, /* RFC 792 */
    ECHO_REQUEST = 8,
    ECHO_REQUEST6 = 128, /* RFC 4443 */
    ECHO_REPLY6 = 129,
};

/* RFC 4861 */
enum {
    SOLICITATION = 135,
    ADVERTISEMENT = 136,
    NEIGHBOUR_HOPS = 255, /* it was sent on this link */
    NEIGHBOUR_FLAGS = 4,
    NEIGHBOUR_TARGET = 8,
    NEIGHBOUR_OPTIONS = 24,
    NEIGHBOUR_SOLICITED = 0x60, /* and it overrides what was known */
    OPTION_UNIT = 8,
    OPTION_SOURCE_MAC = 1,
    OPTION_TARGET_MAC = 2,
};

/* A packet that may be a request. */
struct request {
    const struct tunic_responder *responder;
    const uint8_t *packet;
    size_t length;
    bool ethernet;
    struct tunic_headers headers;
};

/* ---- who and to whom ------------------------------------------------------------------- */

static bool is_host4(const struct tunic_responder *responder, const uint8_t *address)
{
    for (size_t i = 0; i < responder->broadcast_count; i++)
        if (memcmp(responder->broadcasts[i], address, 4) == 0)
            return false;
    return tunic_is_host4(address);
}

static bool is_between4(const struct request *request, const uint8_t *sender, const uint8_t *target)
{
    return is_host4(request->responder, sender) && is_host4(request->responder, target) &&
           memcmp(sender, target, 4) != 0;
}

static bool is_between6(const uint8_t *sender, const uint8_t *target)
{
    return tunic_is_host6(sender) && tunic_is_host6(target) &&
           memcmp(sender, target, IPV6_ADDRESS) != 0;
}

/* Whether the frame, if it is one, comes from another host and goes to `mac`. */
static bool goes_to(const struct request *request, const uint8_t *mac)
{
    static const uint8_t nobody[MAC];
    const uint8_t *sender = request->packet + MAC;

    return !request->ethernet ||
           (memcmp(request->packet, mac, MAC) == 0 && (sender[0] & MAC_GROUP) == 0 &&
            memcmp(sender, nobody, MAC) != 0 && memcmp(sender, request->responder->mac, MAC) != 0);
}

static bool goes_here(const struct request *request)
{
    return goes_to(request, request->responder->mac);
}

/* Returns where the network header of the reply is to be. */
static uint8_t *begin_reply(const struct request *request, uint8_t *answer)
{
    if (request->ethernet)
        tunic_reply_ethernet(answer, request->packet, request->headers.network,
                             request->responder->mac);
    return answer + request->headers.network;
}

/* ---- ARP ------------------------------------------------------------------------------- */

static size_t answer_arp(const struct request *request, uint8_t *answer)
{
    static const uint8_t asked[ARP_SENDER_MAC] = {0, 1, 8, 0, MAC, 4, 0, ARP_REQUEST};
    static const uint8_t everybody[MAC] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t *arp = request->packet + request->headers.network;

    if (request->length - request->headers.network < ARP_LENGTH ||
        memcmp(arp, asked, sizeof(asked)) != 0)
        return 0;
    if (!goes_here(request) && !goes_to(request, everybody))
        return 0;
    if (memcmp(arp + ARP_SENDER_MAC, request->packet + MAC, MAC) != 0 ||
        !is_between4(request, arp + ARP_SENDER, arp + ARP_TARGET))
        return 0;
    answer = begin_reply(request, answer);
    memcpy(answer, arp, ARP_SENDER_MAC);
    store16(answer + ARP_OPERATION, ARP_REPLY);
    memcpy(answer + ARP_SENDER_MAC, request->responder->mac, MAC);
    memcpy(answer + ARP_SENDER, arp + ARP_TARGET, 4);
    memcpy(answer + ARP_TARGET_MAC, arp + ARP_SENDER_MAC, MAC);
    memcpy(answer + ARP_TARGET, arp + ARP_SENDER, 4);
    return request->headers.network + ARP_LENGTH;
}

/* ---- neighbour discovery --------------------------------------------------------------- */

/* Whether the options are whole, and name no other source than the frame does. */
static bool are_options_right(const struct request *request)
{
    const uint8_t *next = request->packet + request->headers.transport + NEIGHBOUR_OPTIONS;
    const uint8_t *end = request->packet + request->headers.end;

    for (size_t length = 0; next < end; next += length) {
        if (end - next < OPTION_UNIT)
            return false;
        length = (size_t)next[1] * OPTION_UNIT;
        if (length == 0 || length > (size_t)(end - next))
            return false;
        if (request->ethernet && next[0] == OPTION_SOURCE_MAC &&
            (length != OPTION_UNIT || memcmp(next + 2, request->packet + MAC, MAC) != 0))
            return false;
    }
    return true;
}

/* Whether it was sent to the target itself, or to the group of those whose addresses end so. */
static bool is_solicitation_for(const struct request *request, const uint8_t *target)
{
    static const uint8_t group[IPV6_ADDRESS - 3] = {0xFF, 0x02, [11] = 1, 0xFF};
    const uint8_t *destination = request->packet + request->headers.network + IPV6_TARGET;
    const uint8_t mac[MAC] = {0x33, 0x33, 0xFF, target[13], target[14], target[15]};

    if (memcmp(destination, target, IPV6_ADDRESS) == 0)
        return goes_here(request);
    return memcmp(destination, group, sizeof(group)) == 0 &&
           memcmp(destination + sizeof(group), target + sizeof(group), 3) == 0 &&
           (goes_here(request) || goes_to(request, mac));
}

/* The link address must be told whoever does not know it yet, and may be left out where the
 * solicitation has no room for it. */
static size_t answer_solicitation(const struct request *request, uint8_t *answer)
{
    const struct tunic_headers *headers = &request->headers;
    const uint8_t *network = request->packet + headers->network;
    const uint8_t *solicitation = request->packet + headers->transport;
    const uint8_t *target = solicitation + NEIGHBOUR_TARGET;
    size_t length = (size_t)headers->end - headers->transport;

    if (length < NEIGHBOUR_OPTIONS || network[IPV6_HOPS] != NEIGHBOUR_HOPS ||
        !is_between6(network + IPV6_SOURCE, target) || !is_solicitation_for(request, target) ||
        !are_options_right(request))
        return 0;
    bool room = request->ethernet && length >= NEIGHBOUR_OPTIONS + OPTION_UNIT;
    if (request->ethernet && !room && network[IPV6_TARGET] == 0xFF)
        return 0;
    const struct tunic_reply reply = {
        .from = target,
        .to = network + IPV6_SOURCE,
        .hops = NEIGHBOUR_HOPS,
        .length = NEIGHBOUR_OPTIONS + (room ? OPTION_UNIT : 0),
    };
    answer = begin_reply(request, answer);
    uint8_t *advertisement = answer + IPV6_LENGTH;
    memset(advertisement, 0, NEIGHBOUR_TARGET);
    advertisement[0] = ADVERTISEMENT;
    advertisement[NEIGHBOUR_FLAGS] = NEIGHBOUR_SOLICITED;
    memcpy(advertisement + NEIGHBOUR_TARGET, target, IPV6_ADDRESS);
    if (room) {
        advertisement[NEIGHBOUR_OPTIONS] = OPTION_TARGET_MAC;
        advertisement[NEIGHBOUR_OPTIONS + 1] = 1;
        memcpy(advertisement + NEIGHBOUR_OPTIONS + 2, request->responder->mac, MAC);
    }
    return headers->network + tunic_reply_ipv6(&reply, answer);
}

/* ---- echo ------------------------------------------------------------------------------ */

/* The message of an echo request, turned into the reply's. Returns its length. */
static size_t copy_echo(const struct request *request, uint8_t type, uint8_t *message)
{
    size_t length = (size_t)request->headers.end - request->headers.transport;

    memcpy(message, request->packet + request->headers.transport, length);
    message[0] = type;
    return length;
}

static size_t answer_echo4(const struct request *request, uint8_t *answer)
{
    const uint8_t *network = request->packet + request->headers.network;
    uint16_t fragment = load16(network + IPV4_FRAGMENT);

    if (!goes_here(request) || !is_between4(request, network + IPV4_SOURCE, network + IPV4_TARGET))
        return 0;
    answer = begin_reply(request, answer);
    /* What tells requests apart tells replies apart; and they may be cut where those might. */
    const struct tunic_reply reply = {
        .from = network + IPV4_TARGET,
        .to = network + IPV4_SOURCE,
        .traffic_class = request->headers.traffic_class & (uint8_t)~ECN,
        .hops = HOP_LIMIT,
        .identification = load16(network + IPV4_IDENTIFICATION),
        .fragment = fragment & IPV4_DF << 8,
        .length = copy_echo(request, ECHO_REPLY, answer + IPV4_LENGTH),
    };
    return request->headers.network + tunic_reply_ipv4(&reply, answer);
}

static size_t answer_echo6(const struct request *request, uint8_t *answer)
{
    const uint8_t *network = request->packet + request->headers.network;

    if (!goes_here(request) || !is_between6(network + IPV6_SOURCE, network + IPV6_TARGET))
        return 0;
    answer = begin_reply(request, answer);
    const struct tunic_reply reply = {
        .from = network + IPV6_TARGET,
        .to = network + IPV6_SOURCE,
        .traffic_class = request->headers.traffic_class & (uint8_t)~ECN,
        .hops = HOP_LIMIT,
        .length = copy_echo(request, ECHO_REPLY6, answer + IPV6_LENGTH),
    };
    return request->headers.network + tunic_reply_ipv6(&reply, answer);
}

/* ---- what it is ------------------------------------------------------------------------ */

static bool is_sum_right(uint32_t sum, const uint8_t *bytes, size_t length)
{
    return tunic_checksum_fold(tunic_checksum_add(sum, bytes, length)) == UINT16_MAX;
}

/* Whether it is a whole ICMP message of code 0 with the right checksums. */
static bool is_message(const struct request *request)
{
    const struct tunic_headers *headers = &request->headers;
    const uint8_t *network = request->packet + headers->network;
    const uint8_t *message = request->packet + headers->transport;
    size_t length = (size_t)headers->end - headers->transport;
    uint32_t sum = 0;

    if (headers->fragment || headers->options || length < ICMP_HEADER || message[1] != 0)
        return false;
    if (headers->version == 4 &&
        (headers->protocol != IPPROTO_ICMP || !is_sum_right(0, network, IPV4_LENGTH)))
        return false;
    if (headers->version == 6) {
        if (headers->protocol != IPPROTO_ICMPV6)
            return false;
        sum = tunic_checksum_pseudo(network, IPPROTO_ICMPV6, (uint32_t)length);
    }
    return is_sum_right(sum, message, length);
}

size_t tunic_responder_answer(const struct tunic_responder *responder, enum tunic_layer layer,
                              const uint8_t *packet, size_t length, uint8_t *answer)
{
    struct request request = {.responder = responder,
                              .packet = packet,
                              .length = length,
                              .ethernet = layer == TUNIC_LAYER_ETHERNET};
    const struct tunic_headers *headers = &request.headers;

    if (!tunic_headers_read(&request.headers, layer, packet, length))
        return 0;
    if (headers->version == 0)
        return load16(packet + headers->network - 2) == ETHERTYPE_ARP ? answer_arp(&request, answer)
                                                                      : 0;
    if (!is_message(&request))
        return 0;
    uint8_t type = packet[headers->transport];
    if (headers->version == 4)
        return type == ECHO_REQUEST ? answer_echo4(&request, answer) : 0;
    if (type == ECHO_REQUEST6)
        return answer_echo6(&request, answer);
    return type == SOLICITATION ? answer_solicitation(&request, answer) : 0;
}
