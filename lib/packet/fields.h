/* SPDX-License-Identifier: MIT */
/* Private to lib/packet: where the fields of the headers lie. */
#ifndef TUNIC_PACKET_FIELDS_H
#define TUNIC_PACKET_FIELDS_H

enum {
    MAC = 6, /* bytes: the receiver's, the sender's, the type */
    MAC_GROUP = 0x01,
};

/* Types of a frame. */
enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_BRIDGED = 0x6558, /* RFC 1701: a frame inside */
    ETHERTYPE_REVERSE_ARP = 0x8035,
    ETHERTYPE_CUSTOMER_TAG = 0x8100, /* IEEE 802.1Q */
    ETHERTYPE_IPV6 = 0x86DD,
    ETHERTYPE_SERVICE_TAG = 0x88A8, /* IEEE 802.1ad */
};

/* RFC 826, of Ethernet and IPv4. */
enum {
    ARP_HARDWARE = 0,
    ARP_PROTOCOL = 2,
    ARP_HARDWARE_SIZE = 4,
    ARP_PROTOCOL_SIZE = 5,
    ARP_OPERATION = 6,
    ARP_SENDER_MAC = 8,
    ARP_SENDER = 14,
    ARP_TARGET_MAC = 18,
    ARP_TARGET = 24,
    ARP_LENGTH = 28,
    ARP_REQUEST = 1, /* operations */
    ARP_REPLY = 2,
};

enum {
    IPV4_TRAFFIC_CLASS = 1,
    IPV4_TOTAL = 2,
    IPV4_IDENTIFICATION = 4,
    IPV4_FRAGMENT = 6,
    IPV4_DF = 0x40, /* in its first byte */
    IPV4_TTL = 8,
    IPV4_PROTOCOL = 9,
    IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12,
    IPV4_SOURCE = IPV4_ADDRESSES,
    IPV4_TARGET = 16,
    IPV4_LENGTH = 20, /* without options */
};

enum {
    IPV6_PAYLOAD = 4,
    IPV6_NEXT = 6,
    IPV6_HOPS = 7,
    IPV6_ADDRESSES = 8,
    IPV6_SOURCE = IPV6_ADDRESSES,
    IPV6_TARGET = 24,
    IPV6_LENGTH = 40,
    IPV6_ADDRESS = 16, /* bytes of one */
};

/* Of either version. */
enum {
    ICMP_CHECKSUM = 2,
    ICMP_HEADER = 8,
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
