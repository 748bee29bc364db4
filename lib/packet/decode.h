/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/packet: a packet as a line for people, a file for each family of protocols.
 *
 *   decode.c         Ethernet, tags, LLC
 *   decode_arp.c     ARP and its kin
 *   decode_ip.c      IPv4, IPv6 and its extension headers, and which protocol follows
 *   decode_tcp.c     TCP with its options
 *   decode_sctp.c    SCTP's chunks
 *   decode_others.c  UDP, and the protocols of which little is said
 *   decode_icmp.c    ICMP, and the packets that it quotes
 *   decode_icmp6.c   ICMPv6: neighbour discovery, multicast listeners
 *
 * Theory of operation. Each function is given the bytes that are there, `length` of them, and says
 * as much as they hold: where a field is cut off it says so, "[|tcp]", and ends. All is added to
 * one line of bounded size; what has no room is left out. No byte of a packet gets into it but as a
 * number or an address.
 */
#ifndef TUNIC_PACKET_DECODE_H
#define TUNIC_PACKET_DECODE_H

#include "packet/bytes.h"
#include "packet/fields.h"

#include <netinet/in.h>

/* The line. */
struct tunic_line_text {
    char *text; /* TUNIC_DECODE_TEXT bytes, always terminated */
    size_t used;
};

TUNIC_PRINTF(2, 3)
void tunic_decode_add(struct tunic_line_text *line, const char *format, ...);
/* "[|NAME]": the rest of it is missing. */
void tunic_decode_cut(struct tunic_line_text *line, const char *name);

void tunic_decode_mac(struct tunic_line_text *line, const uint8_t *mac);

enum { TUNIC_DECODE_DEPTH = 3 }; /* packets within packets */

/* `length` is what there is, `whole` what the headers before claim that there were, and never less.
 * `named`: nothing on the line has said yet which protocol it is. */
void tunic_decode_ethernet(struct tunic_line_text *line, bool link, const uint8_t *packet,
                           size_t length, unsigned depth);
void tunic_decode_ethertype(struct tunic_line_text *line, bool named, uint16_t type,
                            const uint8_t *packet, size_t length, unsigned depth);
void tunic_decode_arp(struct tunic_line_text *line, bool named, const uint8_t *packet,
                      size_t length);
void tunic_decode_ip(struct tunic_line_text *line, bool named, const uint8_t *packet, size_t length,
                     unsigned depth);
void tunic_decode_tcp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                      size_t whole);
void tunic_decode_udp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                      size_t whole);
void tunic_decode_sctp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole);
void tunic_decode_icmp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole);
void tunic_decode_icmp6(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                        size_t whole);
/* Of the protocols that have no function of their own. */
void tunic_decode_other(struct tunic_line_text *line, uint8_t protocol, const uint8_t *packet,
                        size_t length, size_t whole, unsigned depth);

static inline const char *tunic_decode_inet(const uint8_t *address, char text[INET6_ADDRSTRLEN])
{
    return inet_ntop(AF_INET, address, text, INET6_ADDRSTRLEN);
}

static inline const char *tunic_decode_inet6(const uint8_t *address, char text[INET6_ADDRSTRLEN])
{
    return inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

#endif
