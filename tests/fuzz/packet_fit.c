/* SPDX-License-Identifier: MIT */
/* The first byte tells the layer, the next two the MTU, then comes the packet. */
#include "fuzz.h"

#include "packet/packet.h"

#include <string.h>

/* An answer is a packet, no longer than it may be, and never answered itself. */
static void check_answer(enum tunic_layer layer, const uint8_t *packet, size_t length, uint32_t mtu)
{
    struct tunic_headers headers;
    uint8_t *room = malloc(TUNIC_ANSWER_MOST);
    uint8_t again[TUNIC_ANSWER_MOST];

    fuzz_check(room != NULL);
    size_t answered = tunic_too_big(layer, packet, length, mtu, room);
    fuzz_check(answered <= TUNIC_ANSWER_MOST);
    if (answered != 0) {
        uint8_t *exact = malloc(answered);
        fuzz_check(exact != NULL);
        memcpy(exact, room, answered);
        fuzz_check(tunic_headers_read(&headers, layer, exact, answered));
        fuzz_check(headers.end == answered);
        fuzz_check(tunic_too_big(layer, exact, answered, mtu, again) == 0);
        free(exact);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct tunic_headers headers;
    struct tunic_headers clamped;

    if (length < 4)
        return 0;
    enum tunic_layer layer = (bytes[0] & 1) != 0 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    uint32_t mtu = (uint32_t)bytes[1] << 8 | bytes[2];
    length -= 3;
    uint8_t *packet = malloc(length);
    fuzz_check(packet != NULL);
    memcpy(packet, bytes + 3, length);
    if (tunic_headers_read(&headers, layer, packet, length)) {
        fuzz_check(headers.version == 0 ||
                   (headers.network < headers.transport && headers.transport <= headers.payload &&
                    headers.payload <= headers.end && headers.end <= length));
        tunic_clamp_mss(&headers, packet, length, mtu);
        /* Nothing but the MSS and the checksum has changed. */
        fuzz_check(tunic_headers_read(&clamped, layer, packet, length));
        fuzz_check(clamped.payload == headers.payload && clamped.end == headers.end);
    }
    check_answer(layer, packet, length, mtu);
    free(packet);
    return 0;
}
