/* SPDX-License-Identifier: MIT */
/* Private to lib/wireguard: the keys of one handshake, and what was seen with them. */
#ifndef TUNIC_WIREGUARD_SESSION_H
#define TUNIC_WIREGUARD_SESSION_H

#include "wireguard/messages.h"

/* ---- replay.c -------------------------------------------------------------------------- */

enum { TUNIC_REPLAY_BITS = 8192, TUNIC_REPLAY_WORDS = TUNIC_REPLAY_BITS / 64 };

/* RFC 6479: a ring of bits, of which one word is always being cleared: 8128 are usable. */
struct tunic_replay {
    uint64_t next; /* the highest counter seen, plus one */
    uint64_t words[TUNIC_REPLAY_WORDS];
};
/* Takes note of a counter that is authentic. False: it was seen, or is too old, or is past
 * TUNIC_REJECT_AFTER_MESSAGES. */
bool tunic_replay_accept(struct tunic_replay *replay, uint64_t counter);

/* ---- limits (paper, 6.1) --------------------------------------------------------------- */

#define TUNIC_REKEY_AFTER_MESSAGES (UINT64_C(1) << 60)
#define TUNIC_REJECT_AFTER_MESSAGES (UINT64_MAX - (UINT64_C(1) << 13))

/* What an index stands for; chained in a table. */
struct tunic_indexed {
    uint32_t index; /* random, unique; 0: none */
    bool is_session;
    struct tunic_indexed *next;
};

/* ---- session.c ------------------------------------------------------------------------- */

struct tunic_session {
    struct tunic_indexed indexed; /* ours: what the peer sends to. The first member */
    struct tunic_packet_key send;
    struct tunic_packet_key receive;
    uint64_t counter; /* of the next message */
    uint64_t born;
    uint32_t remote_index;
    bool initiator;
    bool rekeyed; /* for being old while receiving: once */
    struct tunic_replay replay;
    struct tunic_wireguard_peer *peer;
};

#endif
