/* SPDX-License-Identifier: MIT */
#include "packet/decode.h"

#include <stdio.h>

enum {
    TAG = 4,
    TAGS_MOST = 8,
    LONGEST_802_3 = 1500, /* what is not above it is a length, no type */
};

enum {
    ETHERTYPE_OLD_TAG = 0x9100,
    ETHERTYPE_OLDER_TAG = 0x9200,
    ETHERTYPE_SLOW = 0x8809,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_DISCOVERY = 0x8863,
    ETHERTYPE_PPPOE = 0x8864,
    ETHERTYPE_EAPOL = 0x888E,
    ETHERTYPE_LLDP = 0x88CC,
    ETHERTYPE_PTP = 0x88F7,
    ETHERTYPE_LOOPBACK = 0x9000,
};

/* ---- the line -------------------------------------------------------------------------- */

void tunic_decode_add(struct tunic_line_text *line, const char *format, ...)
{
    size_t room = TUNIC_DECODE_TEXT - line->used;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line->text + line->used, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        line->used += (size_t)length < room ? (size_t)length : room - 1;
}

void tunic_decode_cut(struct tunic_line_text *line, const char *name)
{
    tunic_decode_add(line, "[|%s]", name);
}

/* ---- Ethernet -------------------------------------------------------------------------- */

static const char *type_name(uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {
        {ETHERTYPE_IPV4, "IPv4"},
        {ETHERTYPE_ARP, "ARP"},
        {ETHERTYPE_REVERSE_ARP, "Reverse ARP"},
        {ETHERTYPE_IPV6, "IPv6"},
        {ETHERTYPE_CUSTOMER_TAG, "802.1Q"},
        {ETHERTYPE_SERVICE_TAG, "802.1Q-QinQ"},
        {ETHERTYPE_OLD_TAG, "802.1Q-9100"},
        {ETHERTYPE_OLDER_TAG, "802.1Q-9200"},
        {ETHERTYPE_BRIDGED, "TEB"},
        {ETHERTYPE_SLOW, "Slow Protocols"},
        {ETHERTYPE_MPLS, "MPLS unicast"},
        {ETHERTYPE_MPLS_MULTICAST, "MPLS multicast"},
        {ETHERTYPE_PPPOE_DISCOVERY, "PPPoE D"},
        {ETHERTYPE_PPPOE, "PPPoE S"},
        {ETHERTYPE_EAPOL, "EAPOL"},
        {ETHERTYPE_LLDP, "LLDP"},
        {ETHERTYPE_PTP, "PTP"},
        {ETHERTYPE_LOOPBACK, "Loopback"},
    };

    for (size_t i = 0; i < TUNIC_COUNT(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return "Unknown";
}

void tunic_decode_mac(struct tunic_line_text *line, const uint8_t *mac)
{
    tunic_decode_add(line, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                     mac[5]);
}

static bool is_tag(uint16_t type)
{
    return type == ETHERTYPE_CUSTOMER_TAG || type == ETHERTYPE_SERVICE_TAG ||
           type == ETHERTYPE_OLD_TAG || type == ETHERTYPE_OLDER_TAG;
}

static void add_type(struct tunic_line_text *line, uint16_t type)
{
    if (type <= LONGEST_802_3)
        tunic_decode_add(line, "802.3, length %u", type);
    else
        tunic_decode_add(line, "ethertype %s (0x%04x)", type_name(type), type);
}

/* ---- frames ---------------------------------------------------------------------------- */

static void decode_version(struct tunic_line_text *line, bool named, unsigned version,
                           const uint8_t *packet, size_t length, unsigned depth)
{
    const char *name = version == 4 ? "IP" : "IP6";

    if (length == 0)
        tunic_decode_cut(line, version == 4 ? "ip" : "ip6");
    else if (packet[0] >> 4 != version)
        tunic_decode_add(line, "%s version error: %u != %u", name, packet[0] >> 4, version);
    else
        tunic_decode_ip(line, named, packet, length, depth);
}

void tunic_decode_ethertype(struct tunic_line_text *line, bool named, uint16_t type,
                            const uint8_t *packet, size_t length, unsigned depth)
{
    switch (type) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
        decode_version(line, named, type == ETHERTYPE_IPV4 ? 4 : 6, packet, length, depth);
        break;
    case ETHERTYPE_ARP:
    case ETHERTYPE_REVERSE_ARP:
        tunic_decode_arp(line, named, packet, length);
        break;
    default:
        add_type(line, type);
        tunic_decode_add(line, ", length %zu", length);
        break;
    }
}

/* IEEE 802.2: who the frame is for stands behind its length. What lies behind that is padding. */
static void decode_802_3(struct tunic_line_text *line, size_t claimed, const uint8_t *packet,
                         size_t length, unsigned depth)
{
    enum { HEADER = 3, SNAP = 8 };
    static const uint8_t spanning_tree[HEADER] = {0x42, 0x42, 0x03};
    static const uint8_t ethertype[SNAP - 2] = {0xAA, 0xAA, 0x03, 0, 0, 0}; /* RFC 1042 */

    if (claimed < length)
        length = claimed;
    else if (claimed > length)
        tunic_decode_add(line, "truncated-802.3 - %zu bytes missing! ", claimed - length);
    if (length < HEADER)
        tunic_decode_cut(line, "llc");
    else if (memcmp(packet, spanning_tree, HEADER) == 0)
        tunic_decode_add(line, "STP 802.1d, length %zu", claimed - HEADER);
    else if (length >= SNAP && memcmp(packet, ethertype, sizeof(ethertype)) == 0)
        tunic_decode_ethertype(line, true, load16(packet + SNAP - 2), packet + SNAP, length - SNAP,
                               depth);
    else
        tunic_decode_add(line, "LLC, dsap 0x%02x, ssap 0x%02x, ctrl 0x%02x, length %zu", packet[0],
                         packet[1], packet[2], claimed);
}

/* The type behind the tags, of a frame that has a header; a tag's: it is cut off there. */
static uint16_t inner_type(const uint8_t *packet, size_t length)
{
    size_t at = TUNIC_ETHERNET_HEADER;
    uint16_t type = load16(packet + at - 2);

    for (unsigned tags = 0; is_tag(type) && tags < TAGS_MOST && length - at >= TAG; tags++) {
        at += TAG;
        type = load16(packet + at - 2);
    }
    return type;
}

static bool is_read(uint16_t type)
{
    return type <= LONGEST_802_3 || type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ||
           type == ETHERTYPE_ARP || type == ETHERTYPE_REVERSE_ARP;
}

static void add_header(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    uint16_t type = load16(packet + TUNIC_ETHERNET_HEADER - 2);

    tunic_decode_mac(line, packet + MAC);
    tunic_decode_add(line, " > ");
    tunic_decode_mac(line, packet);
    tunic_decode_add(line, ", ");
    add_type(line, type);
    if (type > LONGEST_802_3)
        tunic_decode_add(line, ", length %zu", length);
}

void tunic_decode_ethernet(struct tunic_line_text *line, bool link, const uint8_t *packet,
                           size_t length, unsigned depth)
{
    size_t at = TUNIC_ETHERNET_HEADER;

    if (length < at) {
        tunic_decode_cut(line, "ether");
        return;
    }
    uint16_t type = load16(packet + at - 2);
    bool header = link || !is_read(inner_type(packet, length)); /* nothing else is there to say */
    const char *gap = header ? ": " : "";
    if (header)
        add_header(line, packet, length);
    for (unsigned tags = 0; is_tag(type) && tags < TAGS_MOST; tags++) {
        tunic_decode_add(line, "%s", gap);
        if (length - at < TAG) {
            tunic_decode_cut(line, "vlan");
            return;
        }
        uint16_t control = load16(packet + at);
        type = load16(packet + at + 2);
        at += TAG;
        tunic_decode_add(line, "vlan %u, p %u%s", control & 0x0FFF, control >> 13,
                         control & 0x1000 ? ", DEI" : "");
        gap = ", ";
        if (header) {
            tunic_decode_add(line, "%s", gap);
            add_type(line, type);
        }
    }
    if (!is_read(type))
        return;
    tunic_decode_add(line, "%s", gap);
    if (type <= LONGEST_802_3)
        decode_802_3(line, type, packet + at, length - at, depth);
    else
        tunic_decode_ethertype(line, !header, type, packet + at, length - at, depth);
}

void tunic_decode(enum tunic_layer layer, bool link, const uint8_t *packet, size_t length,
                  char text[TUNIC_DECODE_TEXT])
{
    struct tunic_line_text line = {.text = text};

    text[0] = '\0';
    if (layer == TUNIC_LAYER_ETHERNET)
        tunic_decode_ethernet(&line, link, packet, length, 0);
    else
        tunic_decode_ip(&line, true, packet, length, 0);
}
