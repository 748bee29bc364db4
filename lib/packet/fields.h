/* SPDX-License-Identifier: MIT */
/* Private to lib/packet: where the fields of the headers lie. */
#ifndef TUNIC_PACKET_FIELDS_H
#define TUNIC_PACKET_FIELDS_H

enum {
    IPV4_TOTAL = 2,
    IPV4_IDENTIFICATION = 4,
    IPV4_FRAGMENT = 6,
    IPV4_DF = 0x40, /* in its first byte */
    IPV4_TTL = 8,
    IPV4_PROTOCOL = 9,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV4_LENGTH = 20, /* without options */
};

enum {
    IPV6_PAYLOAD = 4,
    IPV6_NEXT = 6,
    IPV6_ADDRESSES = 8,
    IPV6_LENGTH = 40,
};

enum {
    TCP_SEQUENCE = 4,
    TCP_ACKNOWLEDGEMENT = 8,
    TCP_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_WINDOW = 14,
    TCP_CHECKSUM = 16,
    TCP_URGENT = 18,
    TCP_LENGTH = 20, /* without options */
};

enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

enum {
    UDP_SIZE = 4,
    UDP_CHECKSUM = 6,
    UDP_LENGTH = 8,
};

#endif
