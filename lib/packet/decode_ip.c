/* SPDX-License-Identifier: MIT */
/* Sources: RFC 791, 8200, 8754, 4302. */
#include "packet/decode.h"

enum {
    EXTENSIONS_MOST = 16, /* more of them are not read: each is at least 8 bytes */
    EXTENSION = 8,
    AUTHENTICATION = 12, /* without the value */
    AUTHENTICATION_SHOWN = 32,
    FRAGMENT_OFFSET = 0x1FFF,
    FRAGMENT_MORE = 0x2000,
    FRAGMENT_OFFSET_6 = 0xFFF8,
    FRAGMENT_MORE_6 = 0x0001,
};

/* What lies behind the headers that were read. */
struct chain {
    const uint8_t *at;
    size_t length;
    size_t whole;
    uint8_t protocol;
    bool inet6;
    bool first; /* fragment */
    bool later;
    bool cut;
};

/* ---- what follows ---------------------------------------------------------------------- */

static bool has_ports(const struct chain *chain)
{
    return (chain->protocol == IPPROTO_TCP || chain->protocol == IPPROTO_UDP ||
            chain->protocol == IPPROTO_SCTP || chain->protocol == IPPROTO_DCCP) &&
           chain->length >= 4 && !chain->later;
}

static void decode_protocol(struct tunic_line_text *line, const struct chain *chain, unsigned depth)
{
    switch (chain->protocol) {
    case IPPROTO_TCP:
        tunic_decode_tcp(line, chain->at, chain->length, chain->whole);
        break;
    case IPPROTO_UDP: /* other fragments may have the rest that it claims */
        tunic_decode_udp(line, chain->at, chain->length, chain->first ? UINT16_MAX : chain->whole);
        break;
    case IPPROTO_SCTP:
        tunic_decode_sctp(line, chain->at, chain->length, chain->whole);
        break;
    case IPPROTO_ICMP:
        tunic_decode_icmp(line, chain->at, chain->length, chain->whole);
        break;
    case IPPROTO_ICMPV6:
        tunic_decode_icmp6(line, chain->at, chain->length, chain->whole);
        break;
    default:
        tunic_decode_other(line, chain->protocol, chain->at, chain->length, chain->whole, depth);
        break;
    }
}

/* ---- extension headers ----------------------------------------------------------------- */

/* How a header is called that is cut off; NULL: it is not one that another follows. */
static const char *extension_name(const struct chain *chain)
{
    if (chain->protocol == IPPROTO_AH)
        return "ah";
    if (!chain->inet6)
        return NULL;
    switch (chain->protocol) {
    case IPPROTO_HOPOPTS:
        return "hbhopt";
    case IPPROTO_ROUTING:
        return "rt6";
    case IPPROTO_DSTOPTS:
        return "dstopt";
    case IPPROTO_FRAGMENT:
        return "frag6";
    default:
        return NULL;
    }
}

/* Of one that EXTENSION bytes are there of; 0: it contradicts itself. */
static size_t extension_length(const struct chain *chain)
{
    if (chain->protocol == IPPROTO_FRAGMENT)
        return EXTENSION;
    if (chain->protocol != IPPROTO_AH)
        return (size_t)chain->at[1] * EXTENSION + EXTENSION;
    size_t length = (size_t)chain->at[1] * 4 + 8;
    return length < AUTHENTICATION ? 0 : length;
}

static void add_authentication(struct tunic_line_text *line, const uint8_t *header, size_t length)
{
    tunic_decode_add(line, "AH(spi=0x%08x,seq=0x%x,icv=0x", load32(header + 4), load32(header + 8));
    for (size_t at = AUTHENTICATION; at < length && at < AUTHENTICATION + AUTHENTICATION_SHOWN;
         at++)
        tunic_decode_add(line, "%02x", header[at]);
    tunic_decode_add(line, "): ");
}

static void add_extension(struct tunic_line_text *line, struct chain *chain, size_t length)
{
    const uint8_t *header = chain->at;
    uint16_t offset;

    switch (chain->protocol) {
    case IPPROTO_HOPOPTS:
        tunic_decode_add(line, "HBH ");
        break;
    case IPPROTO_DSTOPTS:
        tunic_decode_add(line, "DSTOPT ");
        break;
    case IPPROTO_ROUTING:
        tunic_decode_add(line, "RT6 (len=%u, type=%u, segleft=%u) ", header[1], header[2],
                         header[3]);
        break;
    case IPPROTO_FRAGMENT:
        offset = load16(header + 2) & FRAGMENT_OFFSET_6;
        tunic_decode_add(line, "frag (%u|%zu) ", offset, chain->whole - EXTENSION);
        chain->later = offset != 0;
        chain->first = !chain->later && (load16(header + 2) & FRAGMENT_MORE_6) != 0;
        break;
    default:
        add_authentication(line, header, length);
        break;
    }
}

/* Passes over one. False: it is cut off, or nothing may be read behind it. */
static bool pass(struct tunic_line_text *line, struct chain *chain)
{
    size_t length = chain->length < EXTENSION ? 0 : extension_length(chain);

    chain->cut = length == 0 || length > chain->length;
    if (chain->cut) {
        tunic_decode_cut(line, extension_name(chain));
        return false;
    }
    add_extension(line, chain, length);
    chain->protocol = chain->at[0];
    chain->at += length;
    chain->length -= length;
    chain->whole -= length;
    return !chain->later;
}

/* All of it, behind the IP header. */
static void decode_chain(struct tunic_line_text *line, struct chain *chain, const char *source,
                         const char *destination, unsigned depth)
{
    unsigned passed = 0;

    if (has_ports(chain))
        tunic_decode_add(line, "%s.%u > %s.%u: ", source, load16(chain->at), destination,
                         load16(chain->at + 2));
    else
        tunic_decode_add(line, "%s > %s: ", source, destination);
    while (extension_name(chain) && !chain->later && passed++ < EXTENSIONS_MOST)
        if (!pass(line, chain))
            break;
    if (chain->cut)
        return;
    if (chain->later)
        tunic_decode_add(line, "ip-proto-%u", chain->protocol);
    else if (extension_name(chain))
        tunic_decode_add(line, "more headers, length %zu", chain->whole);
    else if (chain->inet6 && chain->protocol == IPPROTO_NONE)
        tunic_decode_add(line, "no next header");
    else {
        if (passed > 0 && has_ports(chain))
            tunic_decode_add(line, "%u > %u: ", load16(chain->at), load16(chain->at + 2));
        decode_protocol(line, chain, depth);
    }
}

/* ---- IP -------------------------------------------------------------------------------- */

static void decode_ipv4(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        unsigned depth)
{
    char source[INET6_ADDRSTRLEN];
    char destination[INET6_ADDRSTRLEN];

    if (length < IPV4_LENGTH) {
        tunic_decode_cut(line, "ip");
        return;
    }
    size_t header = (size_t)(packet[0] & 0x0F) * 4;
    size_t total = load16(packet + IPV4_TOTAL);
    if (header < IPV4_LENGTH) {
        tunic_decode_add(line, "bad-hlen %zu", header);
        return;
    }
    if (total < header) {
        tunic_decode_add(line, "bad-len %zu", total);
        return;
    }
    if (total > length)
        tunic_decode_add(line, "truncated-ip - %zu bytes missing! ", total - length);
    if (header > length) {
        tunic_decode_cut(line, "ip");
        return;
    }
    uint16_t fragment = load16(packet + IPV4_FRAGMENT);
    size_t offset = (size_t)(fragment & FRAGMENT_OFFSET) * 8;
    struct chain chain = {.at = packet + header,
                          .length = (total < length ? total : length) - header,
                          .whole = total - header,
                          .protocol = packet[IPV4_PROTOCOL],
                          .first = offset == 0 && (fragment & FRAGMENT_MORE) != 0,
                          .later = offset != 0};

    decode_chain(line, &chain, tunic_decode_inet(packet + IPV4_ADDRESSES, source),
                 tunic_decode_inet(packet + IPV4_ADDRESSES + 4, destination), depth);
    if (chain.later)
        tunic_decode_add(line, ", fragment at %zu, length %zu", offset, total - header);
    else if (chain.first)
        tunic_decode_add(line, ", first fragment");
}

static void decode_ipv6(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        unsigned depth)
{
    char source[INET6_ADDRSTRLEN];
    char destination[INET6_ADDRSTRLEN];

    if (length < IPV6_LENGTH) {
        tunic_decode_cut(line, "ip6");
        return;
    }
    size_t payload = load16(packet + IPV6_PAYLOAD);
    size_t there = length - IPV6_LENGTH;
    struct chain chain = {.at = packet + IPV6_LENGTH,
                          .length = payload < there ? payload : there,
                          .whole = payload,
                          .protocol = packet[IPV6_NEXT],
                          .inet6 = true};

    if (payload > there)
        tunic_decode_add(line, "truncated-ip6 - %zu bytes missing!", payload - there);
    decode_chain(line, &chain, tunic_decode_inet6(packet + IPV6_ADDRESSES, source),
                 tunic_decode_inet6(packet + IPV6_ADDRESSES + 16, destination), depth);
}

void tunic_decode_ip(struct tunic_line_text *line, bool named, const uint8_t *packet, size_t length,
                     unsigned depth)
{
    unsigned version = length == 0 ? 0 : packet[0] >> 4;

    if (length == 0)
        tunic_decode_cut(line, "ip");
    else if (version != 4 && version != 6)
        tunic_decode_add(line, "unknown ip %u, length %zu", version, length);
    else {
        if (named)
            tunic_decode_add(line, version == 4 ? "IP " : "IP6 ");
        if (version == 4)
            decode_ipv4(line, packet, length, depth);
        else
            decode_ipv6(line, packet, length, depth);
    }
}
