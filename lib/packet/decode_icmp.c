/* SPDX-License-Identifier: MIT */
/* Sources: RFC 792, 1191, 1256, 4884. */
#include "packet/decode.h"

enum {
    TYPE_ECHO_REPLY = 0,
    TYPE_UNREACHABLE = 3,
    TYPE_SOURCE_QUENCH = 4,
    TYPE_REDIRECT = 5,
    TYPE_ECHO_REQUEST = 8,
    TYPE_ROUTER_ADVERTISEMENT = 9,
    TYPE_ROUTER_SOLICITATION = 10,
    TYPE_TIME_EXCEEDED = 11,
    TYPE_PARAMETER_PROBLEM = 12,
    TYPE_TIMESTAMP = 13,
    TYPE_TIMESTAMP_REPLY = 14,
    TYPE_INFORMATION_REQUEST = 15,
    TYPE_INFORMATION_REPLY = 16,
    TYPE_ADDRESS_MASK_REQUEST = 17,
    TYPE_ADDRESS_MASK_REPLY = 18,
    HEADER = 8,
};

/* The packet that an error is about. */
struct quoted {
    bool there;
    char destination[INET6_ADDRSTRLEN];
    uint8_t protocol;
    bool has_port; /* or what lies where TCP and UDP have it */
    uint16_t port;
};

static struct quoted read_quoted(const uint8_t *packet, size_t length)
{
    struct quoted quoted = {0};

    if (length < IPV4_LENGTH)
        return quoted;
    size_t header = (size_t)(packet[0] & 0x0F) * 4;
    quoted.there = true;
    quoted.protocol = packet[IPV4_PROTOCOL];
    (void)tunic_decode_inet(packet + IPV4_ADDRESSES + 4, quoted.destination);
    quoted.has_port = header >= IPV4_LENGTH && length >= header + 4;
    if (quoted.has_port)
        quoted.port = load16(packet + header + 2);
    return quoted;
}

static void add_port(struct tunic_line_text *line, const struct quoted *quoted)
{
    if (quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP)
        tunic_decode_add(line, "%s %s ", quoted->destination,
                         quoted->protocol == IPPROTO_TCP ? "tcp" : "udp");
    else
        tunic_decode_add(line, "%s protocol %u ", quoted->destination, quoted->protocol);
    if (quoted->has_port)
        tunic_decode_add(line, "port %u unreachable", quoted->port);
    else
        tunic_decode_add(line, "port unreachable");
}

static void decode_unreachable(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    static const char *const whom[] = {"net %s unreachable",
                                       "host %s unreachable",
                                       NULL,
                                       NULL,
                                       NULL,
                                       "%s unreachable - source route failed",
                                       "net %s unreachable - unknown",
                                       "host %s unreachable - unknown",
                                       "%s unreachable - source host isolated",
                                       "net %s unreachable - admin prohibited",
                                       "host %s unreachable - admin prohibited",
                                       "net %s unreachable - tos prohibited",
                                       "host %s unreachable - tos prohibited",
                                       "host %s unreachable - admin prohibited filter",
                                       "host %s unreachable - host precedence violation",
                                       "host %s unreachable - precedence cutoff"};
    enum { PROTOCOL = 2, PORT = 3, TOO_BIG = 4 };
    struct quoted quoted = read_quoted(packet + HEADER, length - HEADER);
    uint8_t code = packet[1];

    if (!quoted.there) {
        tunic_decode_add(line, "unreachable - #%u ", code);
        tunic_decode_cut(line, "icmp");
        return;
    }
    if (code == PROTOCOL) {
        tunic_decode_add(line, "%s protocol %u unreachable", quoted.destination, quoted.protocol);
    } else if (code == PORT) {
        add_port(line, &quoted);
    } else if (code == TOO_BIG) {
        tunic_decode_add(line, "%s unreachable - need to frag", quoted.destination);
        if (load16(packet + 6) != 0)
            tunic_decode_add(line, " (mtu %u)", load16(packet + 6));
    } else if (code < TUNIC_COUNT(whom)) {
        const char *before = whom[code];
        const char *mark = strchr(before, '%');
        tunic_decode_add(line, "%.*s%s%s", (int)(mark - before), before, quoted.destination,
                         mark + 2);
    } else {
        tunic_decode_add(line, "%s unreachable - #%u", quoted.destination, code);
    }
}

static void decode_redirect(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    /* The first bit: of a host, not a net; the second: for its type of service. */
    enum { CODES = 4 };
    struct quoted quoted = read_quoted(packet + HEADER, length - HEADER);
    char gateway[INET6_ADDRSTRLEN];
    uint8_t code = packet[1];

    tunic_decode_add(line, "redirect");
    if (code >= CODES)
        tunic_decode_add(line, "-#%u", code);
    else if (code & 2)
        tunic_decode_add(line, "-tos");
    tunic_decode_add(line, " %s to", quoted.there ? quoted.destination : "?");
    if (code < CODES)
        tunic_decode_add(line, code & 1 ? " host" : " net");
    tunic_decode_add(line, " %s", tunic_decode_inet(packet + 4, gateway));
}

/* What hosts once asked each other. */
static void decode_query(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    switch (packet[0]) {
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_REPLY:
        tunic_decode_add(line, "time stamp %s id %u seq %u",
                         packet[0] == TYPE_TIMESTAMP ? "query" : "reply", load16(packet + 4),
                         load16(packet + 6));
        break;
    case TYPE_INFORMATION_REQUEST:
    case TYPE_INFORMATION_REPLY:
        tunic_decode_add(line, "information %s",
                         packet[0] == TYPE_INFORMATION_REQUEST ? "request" : "reply");
        break;
    case TYPE_ADDRESS_MASK_REQUEST:
        tunic_decode_add(line, "address mask request");
        break;
    default:
        tunic_decode_add(line, "address mask is ");
        if (length < HEADER + 4)
            tunic_decode_cut(line, "icmp");
        else
            tunic_decode_add(line, "0x%08x", load32(packet + HEADER));
        break;
    }
}

static void decode_body(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    uint8_t type = packet[0];

    switch (type) {
    case TYPE_ECHO_REQUEST:
    case TYPE_ECHO_REPLY:
        tunic_decode_add(line, "echo %s, id %u, seq %u",
                         type == TYPE_ECHO_REQUEST ? "request" : "reply", load16(packet + 4),
                         load16(packet + 6));
        break;
    case TYPE_UNREACHABLE:
        decode_unreachable(line, packet, length);
        break;
    case TYPE_SOURCE_QUENCH:
        tunic_decode_add(line, "source quench");
        break;
    case TYPE_REDIRECT:
        decode_redirect(line, packet, length);
        break;
    case TYPE_ROUTER_ADVERTISEMENT:
        tunic_decode_add(line, "router advertisement lifetime %u", load16(packet + 6));
        break;
    case TYPE_ROUTER_SOLICITATION:
        tunic_decode_add(line, "router solicitation");
        break;
    case TYPE_TIME_EXCEEDED:
        if (packet[1] > 1)
            tunic_decode_add(line, "time exceeded-#%u", packet[1]);
        else
            tunic_decode_add(line, packet[1] == 0 ? "time exceeded in-transit"
                                                  : "ip reassembly time exceeded");
        break;
    case TYPE_PARAMETER_PROBLEM:
        if (packet[1] == 0)
            tunic_decode_add(line, "parameter problem - octet %u", packet[4]);
        else
            tunic_decode_add(line, "parameter problem - code %u", packet[1]);
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_REPLY:
    case TYPE_INFORMATION_REQUEST:
    case TYPE_INFORMATION_REPLY:
    case TYPE_ADDRESS_MASK_REQUEST:
    case TYPE_ADDRESS_MASK_REPLY:
        decode_query(line, packet, length);
        break;
    default:
        tunic_decode_add(line, "type-#%u", type);
        break;
    }
}

void tunic_decode_icmp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole)
{
    tunic_decode_add(line, "ICMP ");
    if (length < HEADER)
        tunic_decode_cut(line, "icmp");
    else
        decode_body(line, packet, length);
    tunic_decode_add(line, ", length %zu", whole);
}
