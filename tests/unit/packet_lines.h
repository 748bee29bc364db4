/* SPDX-License-Identifier: MIT */
/* Packets and the lines that people get of them, a table for each family. Where a packet is sound
 * and the protocol is one of those read, the line is tcpdump's. */
#ifndef TUNIC_TESTS_PACKET_LINES_H
#define TUNIC_TESTS_PACKET_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct packet_line {
    bool link;
    const char *packet; /* hexadecimal; NULL: the table's end */
    const char *line;
};

extern const struct packet_line lines_ethernet[];
extern const struct packet_line lines_ip[];
extern const struct packet_line lines_ip6[];

#endif
