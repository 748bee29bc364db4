/* SPDX-License-Identifier: MIT */
/* The input: a byte that says how many frames are taken at once, and what came of a stream. */
#include "fuzz.h"

#include "transport/tcp.h"

#include <string.h>

enum { ROOM = 32 };

static void check_frame(const struct tunic_arrival *arrival, const uint8_t *place,
                        const uint8_t *end)
{
    fuzz_check(arrival->data == place + TUNIC_TCP_PREFIX);
    fuzz_check(arrival->size > 0 && arrival->size == arrival->length);
    fuzz_check((size_t)(end - arrival->data) >= arrival->size);
    fuzz_check((place[0] << 8 | place[1]) == arrival->size);
}

/* What is not taken has no whole frame at its start, or room was lacking. */
static void check_rest(const struct tunic_tcp_frames *frames, size_t room, const uint8_t *rest,
                       size_t length)
{
    if (frames->malformed)
        fuzz_check(length >= TUNIC_TCP_PREFIX && rest[0] == 0 && rest[1] == 0);
    else if (frames->count < room && length >= TUNIC_TCP_PREFIX)
        fuzz_check(length - TUNIC_TCP_PREFIX < (size_t)(rest[0] << 8 | rest[1]));
}

static void check_stream(uint8_t *bytes, size_t length, size_t room)
{
    struct tunic_arrival arrivals[ROOM];
    size_t taken = 0;

    for (;;) {
        struct tunic_tcp_frames frames =
            tunic_tcp_frames(bytes + taken, length - taken, arrivals, room);

        fuzz_check(frames.count <= room && frames.consumed <= length - taken);
        for (size_t i = 0; i < frames.count; i++) {
            check_frame(&arrivals[i], bytes + taken, bytes + length);
            taken += TUNIC_TCP_PREFIX + (size_t)arrivals[i].size;
            frames.consumed -= TUNIC_TCP_PREFIX + (size_t)arrivals[i].size;
        }
        fuzz_check(frames.consumed == 0);
        check_rest(&frames, room, bytes + taken, length - taken);
        if (frames.count < room)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    uint8_t *buffer = malloc(length - 1); /* of just this size: what is read behind it is found */
    fuzz_check(buffer != NULL);
    memcpy(buffer, bytes + 1, length - 1);
    check_stream(buffer, length - 1, 1 + bytes[0] % ROOM);
    free(buffer);
    return 0;
}
