/* SPDX-License-Identifier: MIT */
/*
 * The input is a batch of packets to be merged. Its first byte says of which layer (bit 0) and what
 * may be merged (bits 1 to 3); then come packets, either whole,
 *
 *     0 | SEAL     length (2 bytes, big endian)     as many bytes
 *
 * or made from one of those before, since equal headers are hard to come by otherwise:
 *
 *     DERIVE | SEAL | ADVANCE | CUT | patches << 4     how many before     [bytes to cut off]
 *                                                      patches of (offset, bits to turn around)
 *
 * SEAL makes the checksums right. Whatever is merged must come out of the splitter as it was.
 */
#include "fuzz.h"

#include "../unit/packet_batch.h"
#include "../unit/packet_build.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { DERIVE = 1, SEAL = 2, ADVANCE = 4, CUT = 8, PATCHES = 4, PACKETS_MOST = 256 };

struct input {
    const uint8_t *bytes;
    size_t left;
};

static size_t next(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

static void count_up(uint8_t *field, size_t size, size_t value)
{
    for (; size > 0; size--, value >>= 8) {
        value += field[size - 1];
        field[size - 1] = (uint8_t)(value & 0xff);
    }
}

static void advance(const struct tunic_headers *headers, uint8_t *packet)
{
    if (headers->version == 4)
        count_up(packet + headers->network + 4, 2, 1);
    if (headers->protocol == IPPROTO_TCP && !headers->fragment)
        count_up(packet + headers->transport + 4, 4, (size_t)headers->end - headers->payload);
}

/* Returns how much shorter the packet is. */
static size_t cut(const struct tunic_headers *headers, uint8_t *packet, size_t length, size_t bytes)
{
    if (headers->version == 0 || headers->end != length)
        return 0;
    if (bytes > (size_t)headers->end - headers->payload)
        bytes = (size_t)headers->end - headers->payload;
    size_t less = 0x10000 - bytes;
    count_up(packet + headers->network + (headers->version == 4 ? 2 : 4), 2, less);
    if (headers->protocol == IPPROTO_UDP && !headers->fragment)
        count_up(packet + headers->transport + 4, 2, less);
    return bytes;
}

static size_t derive(const struct batch *batch, struct input *input, size_t kind, uint8_t *packet)
{
    struct tunic_headers headers;
    size_t back = next(input) % batch->count;
    const struct batch_packet *from = &batch->packets[batch->count - 1 - back];
    size_t length = from->length;

    memcpy(packet, from->original, length);
    if (!tunic_headers_read(&headers, batch->merge.layer, packet, length))
        abort();
    if (kind & ADVANCE)
        advance(&headers, packet);
    if (kind & CUT)
        length -= cut(&headers, packet, length, next(input));
    for (size_t patches = kind >> PATCHES; patches > 0; patches--) {
        size_t offset = next(input);
        packet[offset % length] ^= (uint8_t)next(input);
    }
    return length;
}

static size_t take_whole(struct input *input, uint8_t *packet)
{
    size_t length = next(input) << 8;

    length |= next(input);
    if (length > input->left)
        length = input->left;
    memcpy(packet, input->bytes, length);
    input->bytes += length;
    input->left -= length;
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct batch *batch; /* large: made once */
    static uint8_t packet[TUNIC_PACKET_MOST];
    struct input input = {bytes, length};
    struct tunic_headers headers;

    if (!batch)
        batch = batch_new(TUNIC_LAYER_IP, 0);
    size_t first = next(&input);
    enum tunic_layer layer = first & 1 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    tunic_merge_prepare(&batch->merge, layer, first >> 1 & 7);
    while (input.left > 0 && batch->count < PACKETS_MOST) {
        size_t kind = next(&input);
        bool derived = (kind & DERIVE) && batch->count > 0;
        size_t size = derived ? derive(batch, &input, kind, packet) : take_whole(&input, packet);
        bool readable = tunic_headers_read(&headers, layer, packet, size);
        if (readable && (kind & SEAL))
            plain_seal(&headers, packet);
        fuzz_check((batch_add(batch, packet, size) == 0) == readable);
    }
    const char *wrong = batch_check(batch);
    if (wrong)
        (void)fprintf(stderr, "%s\n", wrong);
    fuzz_check(!wrong);
    batch_reset(batch);
    return 0;
}
