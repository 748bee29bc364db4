/* SPDX-License-Identifier: MIT */
/*
 * The input: 4 bytes that are the seed of how it is cut, then a stream. What comes of it in pieces
 * must be what comes of it at once, and goes out again, in other pieces, as the same bytes.
 */
#include "fuzz_input.h"

#include "attach/frames.h"

#include <errno.h>

static struct {
    struct tunic_frames_in in;
    struct tunic_frames_out out;
    uint32_t lot;
    uint8_t *written;
    size_t length;
    size_t told; /* bytes of frames */
} fuzz;

/* Many small ones, and some that are as large as can be. */
static size_t piece(size_t most)
{
    fuzz.lot = fuzz.lot * 1664525 + 1013904223;
    uint32_t drawn = fuzz.lot >> 8;
    size_t limit = drawn % 4 == 0 ? most : drawn % 4 == 1 ? 1 : drawn % 4 == 2 ? 5 : 1500;

    return limit < most ? drawn / 4 % (limit + 1) : drawn / 4 % (most + 1);
}

static void write_piece(size_t most)
{
    struct iovec waiting = tunic_frames_waiting(&fuzz.out);
    struct iovec rest = tunic_frames_rest(&fuzz.out);
    size_t length = waiting.iov_len < most ? waiting.iov_len : most;
    size_t packet;

    fuzz_check(rest.iov_len <= waiting.iov_len && rest.iov_base == waiting.iov_base);
    memcpy(fuzz.written + fuzz.length, waiting.iov_base, length);
    fuzz.length += length;
    tunic_frames_went(&fuzz.out, length);
    while ((packet = tunic_frames_next(&fuzz.out)) > 0)
        fuzz.told += TUNIC_FRAME_PREFIX + packet;
    rest = tunic_frames_rest(&fuzz.out);
    fuzz_check((rest.iov_len == 0) == (fuzz.told == fuzz.length));
    fuzz_check(rest.iov_len < TUNIC_FRAME_MOST);
}

static bool take(void *closure, const uint8_t *packet, size_t length)
{
    (void)closure;
    fuzz_check(length > 0 && length <= TUNIC_PACKET_MOST);
    while (!tunic_frames_fit(&fuzz.out))
        write_piece(1 + piece(TUNIC_FRAMES_ROOM));
    tunic_frames_add(&fuzz.out, packet, length);
    write_piece(piece(TUNIC_FRAMES_ROOM));
    return true;
}

/* How many bytes of whole frames it begins with; `*broken`: what follows is none. */
static size_t whole_bytes(const uint8_t *stream, size_t length, bool *broken)
{
    size_t whole = 0;

    *broken = false;
    while (length - whole >= 2) {
        size_t packet = (size_t)stream[whole] << 8 | stream[whole + 1];
        *broken = packet == 0;
        if (*broken || length - whole - 2 < packet)
            break;
        whole += 2 + packet;
    }
    return whole;
}

static void check_stream(const uint8_t *stream, size_t length)
{
    size_t came = 0;
    bool broken;
    int result = 0;

    while (came < length && result == 0) {
        size_t room;
        uint8_t *place = tunic_frames_room(&fuzz.in, &room);
        size_t most = length - came < room ? length - came : room;
        size_t next = piece(most);
        fuzz_check(room >= TUNIC_FRAMES_ROOM - TUNIC_FRAME_MOST + 1);
        memcpy(place, stream + came, next);
        came += next;
        result = tunic_frames_came(&fuzz.in, next, take, NULL);
        size_t whole = whole_bytes(stream, came, &broken);
        fuzz_check(result == (broken ? -EBADMSG : 0));
        fuzz_check(fuzz.in.held == came - whole);
    }
    while (tunic_frames_waiting(&fuzz.out).iov_len > 0)
        write_piece(1 + piece(TUNIC_FRAMES_ROOM));
    fuzz_check(fuzz.length == whole_bytes(stream, length, &broken));
    fuzz_check(memcmp(fuzz.written, stream, fuzz.length) == 0);
    fuzz_check(fuzz.told == fuzz.length && fuzz.out.filled == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fuzz_input input = {bytes, length};

    fuzz.in.held = 0;
    fuzz.out.filled = fuzz.out.gone = fuzz.out.told = 0;
    fuzz.length = fuzz.told = 0;
    fuzz.lot = (uint32_t)fuzz_number(&input, 4);
    fuzz.written =
        malloc(input.left + 1); /* of just this size: what is written behind it is found */
    fuzz_check(fuzz.written != NULL);
    check_stream(input.bytes, input.left);
    free(fuzz.written);
    return 0;
}
