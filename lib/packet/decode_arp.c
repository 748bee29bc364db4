/* SPDX-License-Identifier: MIT */
/* Sources: RFC 826, 903, 2390, 1577. */
#include "packet/decode.h"

enum {
    ARP_FIXED = 8,
    HARDWARE_ETHERNET = 1,
};

enum {
    REVERSE_REQUEST = 3,
    REVERSE_REPLY = 4,
    INVERSE_REQUEST = 8,
    INVERSE_REPLY = 9,
    REFUSAL = 10,
};

static void add_request(struct tunic_line_text *line, const uint8_t *packet, const char *sender,
                        const char *target)
{
    static const uint8_t unknown[MAC];

    tunic_decode_add(line, "Request who-has %s", target);
    if (memcmp(packet + ARP_TARGET_MAC, unknown, MAC) != 0) {
        tunic_decode_add(line, " (");
        tunic_decode_mac(line, packet + ARP_TARGET_MAC);
        tunic_decode_add(line, ")");
    }
    tunic_decode_add(line, " tell %s", sender);
}

static void add_operation(struct tunic_line_text *line, const uint8_t *packet)
{
    uint16_t operation = load16(packet + ARP_OPERATION);
    char sender[INET6_ADDRSTRLEN];
    char target[INET6_ADDRSTRLEN];

    (void)tunic_decode_inet(packet + ARP_SENDER, sender);
    (void)tunic_decode_inet(packet + ARP_TARGET, target);
    switch (operation) {
    case ARP_REQUEST:
        add_request(line, packet, sender, target);
        break;
    case ARP_REPLY:
        tunic_decode_add(line, "Reply %s is-at ", sender);
        tunic_decode_mac(line, packet + ARP_SENDER_MAC);
        break;
    case REVERSE_REQUEST:
    case INVERSE_REQUEST:
        tunic_decode_add(line, "%s Request who-is ",
                         operation == REVERSE_REQUEST ? "Reverse" : "Inverse");
        tunic_decode_mac(line, packet + ARP_TARGET_MAC);
        tunic_decode_add(line, " tell ");
        tunic_decode_mac(line, packet + ARP_SENDER_MAC);
        break;
    case REVERSE_REPLY:
        tunic_decode_add(line, "Reverse Reply ");
        tunic_decode_mac(line, packet + ARP_TARGET_MAC);
        tunic_decode_add(line, " at %s", target);
        break;
    case INVERSE_REPLY:
        tunic_decode_add(line, "Inverse Reply ");
        tunic_decode_mac(line, packet + ARP_SENDER_MAC);
        tunic_decode_add(line, " at %s", sender);
        break;
    case REFUSAL:
        tunic_decode_add(line, "NACK Reply");
        break;
    default:
        tunic_decode_add(line, "Unknown (%u)", operation);
        break;
    }
}

void tunic_decode_arp(struct tunic_line_text *line, bool named, const uint8_t *packet,
                      size_t length)
{
    if (named)
        tunic_decode_add(line, "ARP, ");
    if (length < ARP_FIXED) {
        tunic_decode_cut(line, "arp");
        return;
    }
    if (load16(packet + ARP_HARDWARE) != HARDWARE_ETHERNET ||
        load16(packet + ARP_PROTOCOL) != ETHERTYPE_IPV4 || packet[ARP_HARDWARE_SIZE] != MAC ||
        packet[ARP_PROTOCOL_SIZE] != sizeof(struct in_addr))
        tunic_decode_add(line, "Unknown Hardware (%u) (len %u), Unknown Protocol (0x%04x) (len %u)",
                         load16(packet + ARP_HARDWARE), packet[ARP_HARDWARE_SIZE],
                         load16(packet + ARP_PROTOCOL), packet[ARP_PROTOCOL_SIZE]);
    else if (length < ARP_LENGTH)
        tunic_decode_cut(line, "arp");
    else
        add_operation(line, packet);
    tunic_decode_add(line, ", length %zu", length);
}
