/* SPDX-License-Identifier: MIT */
#include "packet/decode.h"

void tunic_decode_udp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                      size_t whole)
{
    if (length < UDP_LENGTH) {
        tunic_decode_cut(line, "udp");
        return;
    }
    size_t claimed = load16(packet + UDP_SIZE);
    tunic_decode_add(line, "UDP, ");
    if (claimed < UDP_LENGTH)
        tunic_decode_add(line, "bad length %zu", claimed);
    else if (claimed > whole)
        tunic_decode_add(line, "bad length %zu > %zu", claimed - UDP_LENGTH, whole - UDP_LENGTH);
    else
        tunic_decode_add(line, "length %zu", claimed - UDP_LENGTH);
}

/* ---- those of which little is said ----------------------------------------------------- */

/* RFC 2784, 2890: flags tell which fields there are before what is carried. */
static void decode_gre(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole, unsigned depth)
{
    enum { CHECKSUM = 0x8000, KEY = 0x2000, SEQUENCE = 0x1000, VERSION = 0x0007 };
    size_t header = 4;

    if (length < header) {
        tunic_decode_cut(line, "gre");
        return;
    }
    uint16_t flags = load16(packet);
    bool plain = (flags & VERSION) == 0; /* version 1 is PPTP's, its fields are others */
    size_t key = header + (flags & CHECKSUM ? 4 : 0);
    size_t sequence = key + (flags & KEY ? 4 : 0);
    header = sequence + (flags & SEQUENCE ? 4 : 0);
    tunic_decode_add(line, "GREv%u", flags & VERSION);
    if (plain && length < header) {
        tunic_decode_add(line, " ");
        tunic_decode_cut(line, "gre");
        return;
    }
    if (plain && flags & KEY)
        tunic_decode_add(line, ", key=0x%x", load32(packet + key));
    if (plain && flags & SEQUENCE)
        tunic_decode_add(line, ", seq %u", load32(packet + sequence));
    tunic_decode_add(line, ", length %zu", whole);
    if (!plain || header == length || depth + 1 >= TUNIC_DECODE_DEPTH)
        return;
    tunic_decode_add(line, ": ");
    if (load16(packet + 2) == ETHERTYPE_BRIDGED)
        tunic_decode_ethernet(line, false, packet + header, length - header, depth + 1);
    else
        tunic_decode_ethertype(line, true, load16(packet + 2), packet + header, length - header,
                               depth + 1);
}

/* RFC 1112, 2236, 3376: the version of a query is told by what it has. */
static void decode_igmp_query(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    enum { HEADER = 8, VERSION_3 = 12 };
    unsigned version = length >= VERSION_3 ? 3 : packet[1] != 0 ? 2 : 1;
    char group[INET6_ADDRSTRLEN];

    tunic_decode_add(line, "igmp query v%u", version);
    if (version == 2 && packet[1] != 100) /* tenths of a second; the usual */
        tunic_decode_add(line, " [max resp time %u]", packet[1]);
    if (load32(packet + HEADER - 4) == 0)
        return;
    tunic_decode_add(line, " [gaddr %s", tunic_decode_inet(packet + HEADER - 4, group));
    if (version == 3 && load16(packet + VERSION_3 - 2) != 0)
        tunic_decode_add(line, ", %u source(s)", load16(packet + VERSION_3 - 2));
    tunic_decode_add(line, "]");
}

static void decode_igmp(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    enum { QUERY = 0x11, REPORT_1, REPORT_2 = 0x16, LEAVE, REPORT_3 = 0x22, HEADER = 8 };
    char group[INET6_ADDRSTRLEN];

    if (length < HEADER) {
        tunic_decode_cut(line, "igmp");
        return;
    }
    (void)tunic_decode_inet(packet + HEADER - 4, group);
    switch (packet[0]) {
    case QUERY:
        decode_igmp_query(line, packet, length);
        break;
    case REPORT_1:
    case REPORT_2:
        tunic_decode_add(line, "igmp v%u report %s", packet[0] == REPORT_1 ? 1 : 2, group);
        break;
    case LEAVE:
        tunic_decode_add(line, "igmp leave %s", group);
        break;
    case REPORT_3:
        tunic_decode_add(line, "igmp v3 report, %u group record(s)", load16(packet + 6));
        break;
    default:
        tunic_decode_add(line, "igmp-%u", packet[0]);
        break;
    }
}

static void decode_esp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole)
{
    if (length < 8)
        tunic_decode_cut(line, "esp");
    else
        tunic_decode_add(line, "ESP(spi=0x%08x,seq=0x%x), length %zu", load32(packet),
                         load32(packet + 4), whole);
}

/* RFC 3768, 5798. */
static void decode_vrrp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        size_t whole)
{
    enum { ADVERTISEMENT = 1 };

    if (length < 8) {
        tunic_decode_cut(line, "vrrp");
        return;
    }
    tunic_decode_add(line, "VRRPv%u, ", packet[0] >> 4);
    if ((packet[0] & 0x0F) == ADVERTISEMENT)
        tunic_decode_add(line, "Advertisement, vrid %u, prio %u", packet[1], packet[2]);
    else
        tunic_decode_add(line, "unknown type (%u)", packet[0] & 0x0F);
    tunic_decode_add(line, ", length %zu", whole);
}

/* By name, where there is one that people know better than the number. */
static void add_protocol(struct tunic_line_text *line, uint8_t protocol, const uint8_t *packet,
                         size_t length, size_t whole)
{
    enum { VERSION_HIGH = 1, VERSION_BYTE = 2 };
    static const struct {
        uint8_t protocol;
        uint8_t version; /* where its first byte has it */
        const char *name;
    } names[] = {
        {IPPROTO_EGP, 0, "EGP"},
        {IPPROTO_DCCP, 0, "DCCP"},
        {IPPROTO_RSVP, VERSION_HIGH, "RSVP"},
        {88, VERSION_BYTE, "EIGRP"},
        {89, VERSION_BYTE, "OSPF"},
        {IPPROTO_PIM, VERSION_HIGH, "PIM"},
        {IPPROTO_COMP, 0, "IPComp"},
    };

    for (size_t i = 0; i < TUNIC_COUNT(names); i++) {
        if (names[i].protocol != protocol)
            continue;
        tunic_decode_add(line, "%s", names[i].name);
        if (names[i].version != 0 && length > 0)
            tunic_decode_add(line, "v%u",
                             names[i].version == VERSION_HIGH ? packet[0] >> 4 : packet[0]);
        tunic_decode_add(line, ", length %zu", whole);
        return;
    }
    tunic_decode_add(line, "ip-proto-%u %zu", protocol, whole);
}

void tunic_decode_other(struct tunic_line_text *line, uint8_t protocol, const uint8_t *packet,
                        size_t length, size_t whole, unsigned depth)
{
    switch (protocol) {
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
        if (depth + 1 < TUNIC_DECODE_DEPTH)
            tunic_decode_ip(line, true, packet, length, depth + 1);
        else
            tunic_decode_add(line, "IP%s, length %zu", protocol == IPPROTO_IPV6 ? "6" : "", whole);
        break;
    case IPPROTO_GRE:
        decode_gre(line, packet, length, whole, depth);
        break;
    case IPPROTO_IGMP:
        decode_igmp(line, packet, length);
        break;
    case IPPROTO_ESP:
        decode_esp(line, packet, length, whole);
        break;
    case 112:
        decode_vrrp(line, packet, length, whole);
        break;
    default:
        add_protocol(line, protocol, packet, length, whole);
        break;
    }
}
