/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/attach: packets as frames of a stream (tunic_frame_length), which come and go in
 * any pieces. Neither reads nor writes: whoever has the stream does.
 */
#ifndef TUNIC_ATTACH_FRAMES_H
#define TUNIC_ATTACH_FRAMES_H

#include "packet/packet.h"

enum {
    TUNIC_FRAME_MOST = TUNIC_FRAME_PREFIX + TUNIC_PACKET_MOST, /* bytes */
    TUNIC_FRAMES_ROOM = 1 << 18,
};

/* ---- that come ------------------------------------------------------------------------- */

/* Zero-initialised is empty. */
struct tunic_frames_in {
    size_t held; /* bytes of a frame that is not whole yet */
    uint8_t bytes[TUNIC_FRAMES_ROOM];
};

/* Where the stream's next bytes belong; never no room. */
uint8_t *tunic_frames_room(struct tunic_frames_in *in, size_t *room);
/* `length` of them are there. Gives the packets that are whole now to `take`; where that returns
 * false, those behind it are dropped. -EBADMSG: behind the last of them is no frame, and what comes
 * cannot be told apart any more. */
int tunic_frames_came(struct tunic_frames_in *in, size_t length,
                      bool (*take)(void *closure, const uint8_t *packet, size_t length),
                      void *closure);

/* ---- that go --------------------------------------------------------------------------- */

/* Zero-initialised is empty. */
struct tunic_frames_out {
    size_t filled; /* bytes */
    size_t gone;   /* of them, which the stream has taken */
    size_t told;   /* of them, by tunic_frames_next */
    uint8_t bytes[TUNIC_FRAMES_ROOM];
};

/* Whether the largest packet fits. */
bool tunic_frames_fit(const struct tunic_frames_out *out);
/* One that fits, and is neither empty nor longer than TUNIC_PACKET_MOST. */
void tunic_frames_add(struct tunic_frames_out *out, const uint8_t *packet, size_t length);
/* What has not gone: all of it, or up to where a frame that has gone in part ends. */
struct iovec tunic_frames_waiting(const struct tunic_frames_out *out);
struct iovec tunic_frames_rest(const struct tunic_frames_out *out);
void tunic_frames_went(struct tunic_frames_out *out, size_t length);
/* The length of the next packet that has gone, each once; 0: no more. Makes room where nothing
 * waits. */
size_t tunic_frames_next(struct tunic_frames_out *out);

#endif
