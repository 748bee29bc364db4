/* SPDX-License-Identifier: MIT */
#include "packet/decode.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
    OPTION_FAST_OPEN = 34,
};

/* In the order in which people read them. */
static void add_flags(struct tunic_line_text *line, uint8_t flags)
{
    static const struct {
        uint8_t bit;
        char letter;
    } letters[] = {{TCP_FIN, 'F'}, {TCP_SYN, 'S'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'},
                   {TCP_ACK, '.'}, {TCP_URG, 'U'}, {TCP_ECE, 'E'}, {TCP_CWR, 'W'}};

    tunic_decode_add(line, "Flags [");
    for (size_t i = 0; i < TUNIC_COUNT(letters); i++)
        if (flags & letters[i].bit)
            tunic_decode_add(line, "%c", letters[i].letter);
    tunic_decode_add(line, flags == 0 ? "none]" : "]");
}

/* Of those that are not read. */
static void add_kind(struct tunic_line_text *line, uint8_t kind)
{
    static const struct {
        uint8_t kind;
        const char *name;
    } names[] = {{19, "md5"}, {28, "uto"}, {29, "tcp-ao"}, {30, "mptcp"}};

    for (size_t i = 0; i < TUNIC_COUNT(names); i++)
        if (names[i].kind == kind) {
            tunic_decode_add(line, "%s", names[i].name);
            return;
        }
    tunic_decode_add(line, "unknown-%u", kind);
}

/* `length` bytes of its value are there, as many as it claims. */
static void add_option(struct tunic_line_text *line, uint8_t kind, const uint8_t *value,
                       size_t length)
{
    if (kind == OPTION_MSS && length == 2) {
        tunic_decode_add(line, "mss %u", load16(value));
    } else if (kind == OPTION_WINDOW_SCALE && length == 1) {
        tunic_decode_add(line, "wscale %u", value[0]);
    } else if (kind == OPTION_SACK_PERMITTED && length == 0) {
        tunic_decode_add(line, "sackOK");
    } else if (kind == OPTION_TIMESTAMPS && length == 8) {
        tunic_decode_add(line, "TS val %u ecr %u", load32(value), load32(value + 4));
    } else if (kind == OPTION_SACK && length > 0 && length % 8 == 0) {
        tunic_decode_add(line, "sack %zu ", length / 8);
        for (size_t at = 0; at < length; at += 8)
            tunic_decode_add(line, "{%u:%u}", load32(value + at), load32(value + at + 4));
    } else if (kind == OPTION_FAST_OPEN) {
        tunic_decode_add(line, "tfo %s", length == 0 ? "cookiereq" : "cookie ");
        for (size_t i = 0; i < length; i++)
            tunic_decode_add(line, "%02x", value[i]);
    } else {
        add_kind(line, kind);
        for (size_t i = 0; i < length; i++)
            tunic_decode_add(line, i == 0 ? " 0x%02x" : "%02x", value[i]);
    }
}

static void add_options(struct tunic_line_text *line, const uint8_t *options, size_t length)
{
    size_t at = 0;

    tunic_decode_add(line, ", options [");
    while (at < length) {
        uint8_t kind = options[at++];
        if (at > 1)
            tunic_decode_add(line, ",");
        if (kind == OPTION_END) {
            tunic_decode_add(line, "eol");
            break;
        }
        if (kind == OPTION_NOP) {
            tunic_decode_add(line, "nop");
            continue;
        }
        if (at == length || options[at] < 2 || (size_t)options[at] - 1 > length - at) {
            tunic_decode_add(line, "|tcp"); /* it leads out of the header, or nowhere */
            break;
        }
        size_t size = options[at];
        add_option(line, kind, options + at + 1, size - 2);
        at += size - 1;
    }
    tunic_decode_add(line, "]");
}

void tunic_decode_tcp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                      size_t whole)
{
    if (length < TCP_LENGTH) {
        tunic_decode_cut(line, "tcp");
        return;
    }
    size_t header = (size_t)(packet[TCP_OFFSET] >> 4) * 4;
    uint8_t flags = packet[TCP_FLAGS];
    uint32_t sequence = load32(packet + TCP_SEQUENCE);

    if (header < TCP_LENGTH) {
        tunic_decode_add(line, "tcp %zu [bad hdr length %zu - too short, < %d]", whole - header,
                         header, TCP_LENGTH);
        return;
    }
    add_flags(line, flags);
    if (header > whole) {
        tunic_decode_add(line, " [bad hdr length %zu - too long, > %zu]", header, whole);
        return;
    }
    size_t payload = whole - header;
    if (payload > 0)
        tunic_decode_add(line, ", seq %u:%u", sequence, sequence + (uint32_t)payload);
    else if (flags & (TCP_SYN | TCP_FIN | TCP_RST))
        tunic_decode_add(line, ", seq %u", sequence);
    if (flags & TCP_ACK)
        tunic_decode_add(line, ", ack %u", load32(packet + TCP_ACKNOWLEDGEMENT));
    tunic_decode_add(line, ", win %u", load16(packet + TCP_WINDOW));
    if (flags & TCP_URG)
        tunic_decode_add(line, ", urg %u", load16(packet + TCP_URGENT));
    if (header > TCP_LENGTH)
        add_options(line, packet + TCP_LENGTH, (header < length ? header : length) - TCP_LENGTH);
    tunic_decode_add(line, ", length %zu", payload);
}
