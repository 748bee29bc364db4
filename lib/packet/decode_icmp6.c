/* SPDX-License-Identifier: MIT */
/* Sources: RFC 4443, 4861, 2710, 3810. */
#include "packet/decode.h"

enum {
    TYPE_UNREACHABLE = 1,
    TYPE_TOO_BIG = 2,
    TYPE_TIME_EXCEEDED = 3,
    TYPE_PARAMETER_PROBLEM = 4,
    TYPE_ECHO_REQUEST = 128,
    TYPE_ECHO_REPLY = 129,
    TYPE_LISTENER_QUERY = 130,
    TYPE_LISTENER_REPORT = 131,
    TYPE_LISTENER_DONE = 132,
    TYPE_ROUTER_SOLICITATION = 133,
    TYPE_ROUTER_ADVERTISEMENT = 134,
    TYPE_NEIGHBOUR_SOLICITATION = 135,
    TYPE_NEIGHBOUR_ADVERTISEMENT = 136,
    TYPE_REDIRECT = 137,
    TYPE_ROUTER_RENUMBERING = 138,
    TYPE_INVERSE_SOLICITATION = 141,
    TYPE_INVERSE_ADVERTISEMENT = 142,
    TYPE_LISTENER_REPORT_2 = 143,
    HEADER = 8,
    WITH_ADDRESS = 24,
    LISTENER_QUERY_2 = 28,
    QUOTED_SOURCE = IPV6_ADDRESSES,
    QUOTED_DESTINATION = IPV6_ADDRESSES + 16,
};

static void add_address(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        size_t at, const char *before)
{
    char text[INET6_ADDRSTRLEN];

    tunic_decode_add(line, "%s", before);
    if (length < at + 16)
        tunic_decode_cut(line, "icmp6");
    else
        tunic_decode_add(line, "%s", tunic_decode_inet6(packet + at, text));
}

/* RFC 4443, 3.1. */
static void decode_unreachable(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    static const char *const codes[] = {
        "unreachable route", "unreachable prohibited",       "beyond scope", "unreachable address",
        "unreachable port",  "source address failed policy", "reject route"};
    enum { BEYOND_SCOPE = 2, PORT = 4 };
    uint8_t code = packet[1];
    const uint8_t *quoted = packet + HEADER;
    size_t left = length - HEADER;

    tunic_decode_add(line, "destination unreachable, ");
    if (code < TUNIC_COUNT(codes))
        tunic_decode_add(line, "%s", codes[code]);
    else
        tunic_decode_add(line, "unknown unreach code (%u)", code);
    add_address(line, quoted, left, QUOTED_DESTINATION, code == PORT ? ", " : " ");
    if (code == BEYOND_SCOPE)
        add_address(line, quoted, left, QUOTED_SOURCE, ", source address ");
    if (code == PORT && left >= IPV6_LENGTH + 4 &&
        (quoted[IPV6_NEXT] == IPPROTO_TCP || quoted[IPV6_NEXT] == IPPROTO_UDP))
        tunic_decode_add(line, " %s port %u", quoted[IPV6_NEXT] == IPPROTO_TCP ? "tcp" : "udp",
                         load16(quoted + IPV6_LENGTH + 2));
}

static void decode_parameter_problem(struct tunic_line_text *line, const uint8_t *packet)
{
    static const char *const codes[] = {"erroneous", "next header", "option",
                                        "incomplete header chain"};
    uint8_t code = packet[1];

    if (code < TUNIC_COUNT(codes))
        tunic_decode_add(line, "parameter problem, %s - octet %u", codes[code], load32(packet + 4));
    else
        tunic_decode_add(line, "parameter problem, code-#%u", code);
}

static void decode_error(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    switch (packet[0]) {
    case TYPE_UNREACHABLE:
        decode_unreachable(line, packet, length);
        break;
    case TYPE_TOO_BIG:
        tunic_decode_add(line, "packet too big, mtu %u", load32(packet + 4));
        break;
    case TYPE_TIME_EXCEEDED:
        tunic_decode_add(line, "time exceeded in-transit");
        if (packet[1] == 0)
            add_address(line, packet + HEADER, length - HEADER, QUOTED_DESTINATION, " for ");
        else if (packet[1] == 1)
            tunic_decode_add(line, " (reassembly)");
        else
            tunic_decode_add(line, ", unknown code (%u)", packet[1]);
        break;
    default:
        decode_parameter_problem(line, packet);
        break;
    }
}

/* What routers and neighbours say, on links that have addresses of their own. */
static void decode_discovery(struct tunic_line_text *line, const uint8_t *packet, size_t length)
{
    switch (packet[0]) {
    case TYPE_ROUTER_SOLICITATION:
        tunic_decode_add(line, "router solicitation");
        break;
    case TYPE_ROUTER_ADVERTISEMENT:
        tunic_decode_add(line, "router advertisement");
        break;
    case TYPE_NEIGHBOUR_SOLICITATION:
        add_address(line, packet, length, HEADER, "neighbor solicitation, who has ");
        break;
    case TYPE_NEIGHBOUR_ADVERTISEMENT:
        add_address(line, packet, length, HEADER, "neighbor advertisement, tgt is ");
        break;
    default:
        add_address(line, packet, length, WITH_ADDRESS, "redirect, ");
        add_address(line, packet, length, HEADER, " to ");
        break;
    }
}

static void decode_listeners(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                             size_t whole)
{
    static const char *const names[] = {"query", "report", "done"};

    if (packet[0] == TYPE_LISTENER_REPORT_2) {
        tunic_decode_add(line, "multicast listener report v2, %u group record(s)",
                         load16(packet + 6));
    } else if (packet[0] == TYPE_LISTENER_QUERY && whole >= LISTENER_QUERY_2) {
        add_address(line, packet, length, HEADER, "multicast listener query v2 [gaddr ");
        if (length >= LISTENER_QUERY_2 && load16(packet + LISTENER_QUERY_2 - 2) != 0)
            tunic_decode_add(line, ", %u source(s)", load16(packet + LISTENER_QUERY_2 - 2));
        tunic_decode_add(line, "]");
    } else {
        tunic_decode_add(line, "multicast listener %s max resp delay: %u",
                         names[packet[0] - TYPE_LISTENER_QUERY], load16(packet + 4));
        add_address(line, packet, length, HEADER, " addr: ");
    }
}

static void decode_body(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        size_t whole)
{
    switch (packet[0]) {
    case TYPE_UNREACHABLE:
    case TYPE_TOO_BIG:
    case TYPE_TIME_EXCEEDED:
    case TYPE_PARAMETER_PROBLEM:
        decode_error(line, packet, length);
        break;
    case TYPE_ECHO_REQUEST:
    case TYPE_ECHO_REPLY:
        tunic_decode_add(line, "echo %s, id %u, seq %u",
                         packet[0] == TYPE_ECHO_REQUEST ? "request" : "reply", load16(packet + 4),
                         load16(packet + 6));
        break;
    case TYPE_LISTENER_QUERY:
    case TYPE_LISTENER_REPORT:
    case TYPE_LISTENER_DONE:
    case TYPE_LISTENER_REPORT_2:
        decode_listeners(line, packet, length, whole);
        break;
    case TYPE_ROUTER_SOLICITATION:
    case TYPE_ROUTER_ADVERTISEMENT:
    case TYPE_NEIGHBOUR_SOLICITATION:
    case TYPE_NEIGHBOUR_ADVERTISEMENT:
    case TYPE_REDIRECT:
        decode_discovery(line, packet, length);
        break;
    case TYPE_ROUTER_RENUMBERING:
        tunic_decode_add(line, "router renumbering");
        break;
    case TYPE_INVERSE_SOLICITATION:
    case TYPE_INVERSE_ADVERTISEMENT:
        tunic_decode_add(line, "inverse neighbor %s",
                         packet[0] == TYPE_INVERSE_SOLICITATION ? "solicitation" : "advertisement");
        break;
    default:
        tunic_decode_add(line, "unknown icmp6 type (%u)", packet[0]);
        break;
    }
}

void tunic_decode_icmp6(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        size_t whole)
{
    tunic_decode_add(line, "ICMP6, ");
    if (length < HEADER)
        tunic_decode_cut(line, "icmp6");
    else
        decode_body(line, packet, length, whole);
    tunic_decode_add(line, ", length %zu", whole);
}
