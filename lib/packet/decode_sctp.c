/* SPDX-License-Identifier: MIT */
/* Source: RFC 9260. */
#include "packet/decode.h"

static const char *chunk_name(uint8_t type)
{
    static const char *const names[] = {
        "DATA",        "INIT",       "INIT ACK", "SACK",         "HB REQ",
        "HB ACK",      "ABORT",      "SHUTDOWN", "SHUTDOWN ACK", "ERROR",
        "COOKIE ECHO", "COOKIE ACK", "ECNE",     "CWR",          "SHUTDOWN COMPLETE",
    };

    return type < TUNIC_COUNT(names) ? names[type] : "unknown";
}

void tunic_decode_sctp(struct tunic_line_text *line, const uint8_t *packet, size_t length,
                       size_t whole)
{
    enum { HEADER = 12, CHUNKS_MOST = 32 };
    size_t at = HEADER;

    tunic_decode_add(line, "sctp");
    if (length < HEADER) {
        tunic_decode_add(line, " ");
        tunic_decode_cut(line, "sctp");
        return;
    }
    for (unsigned i = 1; i <= CHUNKS_MOST && length - at >= 4; i++) {
        size_t size = ((size_t)load16(packet + at + 2) + 3) & ~(size_t)3;
        tunic_decode_add(line, "%s (%u) [%s]", i > 1 ? "," : "", i, chunk_name(packet[at]));
        if (size < 4 || size > length - at)
            break;
        at += size;
    }
    tunic_decode_add(line, ", length %zu", whole);
}
