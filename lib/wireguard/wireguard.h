/* SPDX-License-Identifier: MIT */
/*
 * lib/wireguard: WireGuard's protocol, alone. No I/O, no clock, no randomness of its own: time
 * comes with each call, the rest from struct tunic_wireguard_user. One instance belongs to one
 * thread.
 *
 *   messages.h   the four messages as they are on the wire
 *   noise.c      the symmetric state of Noise and its tokens; handshake.c: IKpsk2 with them
 *   cookie.c     mac1, mac2, cookies and cookie replies; limit.c: handshakes from an address
 *   replay.c     which counters were seen
 *   session.c    the keys of one handshake; the slots previous, current and next
 *   timers.c     what is due when: a function of a peer's times
 *   allowed.c    which peer has an address: a trie
 *   table.c      peers by public key, handshakes and sessions by index
 *   schedule.c   which peer has something to do next
 *   peer.c       adding, changing and removing peers
 *   send.c       handshake messages and keepalives of ours; receive.c: handshake messages that come
 *   data.c       data messages; wireguard.c: opening, keys, ticking
 *
 * Who calls gives it the messages that came, asks it with which session a packet goes, and lets it
 * tick when something is due. The packets themselves are encrypted by the caller, many at a time,
 * with the jobs that it is given here.
 *
 * Sources: the WireGuard paper (wireguard.com/papers/wireguard.pdf) and the Noise specification.
 * Times: nanoseconds of a clock that never goes back and goes on while the host is suspended.
 */
#ifndef TUNIC_WIREGUARD_H
#define TUNIC_WIREGUARD_H

#include "crypto/crypto.h"

#include <time.h>

enum {
    TUNIC_DATA_HEADER = 16,
    TUNIC_DATA_OVERHEAD = TUNIC_DATA_HEADER + TUNIC_TAG_SIZE,
    TUNIC_DATA_PADDING = 16,
};

/* Where a message came from. */
struct tunic_wireguard_source {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
};

/* An address range that a peer may speak for. */
struct tunic_allowed_ip {
    bool inet6;
    uint8_t length;      /* bits, 0 to 32 or 128 */
    uint8_t address[16]; /* the first 4 of IPv4; bits behind `length` are ignored when adding, and
                            zero when told */
    bool remove;         /* settings only: taken away from the peer that has exactly it */
};

struct tunic_wireguard;
struct tunic_wireguard_peer;
struct tunic_session;

/* What it needs of its caller, and tells him. None of these may add or remove peers. */
struct tunic_wireguard_user {
    void *closure;
    void (*random)(void *closure, void *bytes, size_t length); /* of a CSPRNG */
    void (*wall_clock)(void *closure, struct timespec *now);   /* for TAI64N and for people */
    /* A handshake message or a keepalive for where this peer is; dropped where that is not known.
     */
    void (*send)(void *closure, struct tunic_wireguard_peer *peer, const uint8_t *message,
                 size_t length);
    /* A cookie reply for whoever sent the message that is being received. */
    void (*answer)(void *closure, const uint8_t *message, size_t length);
    /* The message that is being received is authentic: the peer is where it came from. */
    void (*authenticated)(void *closure, struct tunic_wireguard_peer *peer);
    /* There is a session to send with: what waited for it can go. Returns whether anything did; if
     * not, it may send a keepalive. */
    bool (*usable)(void *closure, struct tunic_wireguard_peer *peer);
    /* An initiation or data was not answered, and an initiation follows: the way there may be
     * another one. */
    void (*retried)(void *closure, struct tunic_wireguard_peer *peer);
    /* Nobody answered for 90 s: what waits is dropped. */
    void (*gave_up)(void *closure, struct tunic_wireguard_peer *peer);
};

/* `user` is copied. */
int tunic_wireguard_open(struct tunic_wireguard **wireguard, struct tunic_crypto *crypto,
                         const struct tunic_wireguard_user *user, struct tunic_error *error);
/* Wipes everything. NULL too. */
void tunic_wireguard_close(struct tunic_wireguard *wireguard);

/* ---- keys and peers -------------------------------------------------------------------- */

/* NULL or zero: none, and then nothing is sent or received. All sessions end; new handshakes begin
 * where packets go on. A peer that has the new public key is removed: `removed` (may be NULL) is
 * told before it is freed. -ENOMEM. */
int tunic_wireguard_set_private_key(struct tunic_wireguard *wireguard, const uint8_t *key,
                                    uint64_t now, void (*removed)(void *closure, void *owner),
                                    void *closure);
/* NULL: none. */
const uint8_t *tunic_wireguard_private_key(const struct tunic_wireguard *wireguard);
const uint8_t *tunic_wireguard_public_key(const struct tunic_wireguard *wireguard);

/* Adds a peer; `owner` is the caller's. -EEXIST; -EINVAL: the key is our own; -ENOMEM. */
int tunic_wireguard_peer_add(struct tunic_wireguard *wireguard,
                             const uint8_t public_key[TUNIC_KEY_SIZE], void *owner,
                             struct tunic_wireguard_peer **peer);
/* Forgets its sessions and ranges, and frees it. */
void tunic_wireguard_peer_remove(struct tunic_wireguard *wireguard,
                                 struct tunic_wireguard_peer *peer);
struct tunic_wireguard_peer *tunic_wireguard_peer_find(const struct tunic_wireguard *wireguard,
                                                       const uint8_t public_key[TUNIC_KEY_SIZE]);
/* In the order in which they were added; NULL: the first, after the last. */
struct tunic_wireguard_peer *tunic_wireguard_peer_next(const struct tunic_wireguard *wireguard,
                                                       const struct tunic_wireguard_peer *peer);
size_t tunic_wireguard_peer_count(const struct tunic_wireguard *wireguard);
void *tunic_wireguard_peer_owner(const struct tunic_wireguard_peer *peer);
/* Of the next handshake; zero: none. */
void tunic_wireguard_peer_set_preshared(struct tunic_wireguard_peer *peer,
                                        const uint8_t key[TUNIC_KEY_SIZE]);
/* Seconds; 0: off. Turned on, one is sent at once. */
void tunic_wireguard_peer_set_keepalive(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer, uint16_t seconds,
                                        uint64_t now);
/* Begins a handshake, unless one was begun just now. */
void tunic_wireguard_peer_begin(struct tunic_wireguard *wireguard,
                                struct tunic_wireguard_peer *peer, uint64_t now);

/* Whether there is a session to send with. */
bool tunic_wireguard_peer_alive(const struct tunic_wireguard_peer *peer, uint64_t now);

struct tunic_wireguard_status {
    const uint8_t *public_key;
    const uint8_t *preshared_key; /* zero: none */
    uint16_t keepalive;
    struct timespec handshake; /* wall clock of the last; 0: none */
    uint64_t sent_bytes;       /* messages of all kinds, without UDP and IP headers */
    uint64_t received_bytes;   /* of authentic ones */
};
void tunic_wireguard_peer_status(const struct tunic_wireguard_peer *peer,
                                 struct tunic_wireguard_status *status);

/* Gives a range to a peer; whoever had it has it no more. `range->remove`: takes it away, if this
 * peer has it. -ENOMEM: all is as before. */
int tunic_wireguard_allow(struct tunic_wireguard *wireguard, struct tunic_wireguard_peer *peer,
                          const struct tunic_allowed_ip *range);
void tunic_wireguard_disallow_all(struct tunic_wireguard *wireguard,
                                  struct tunic_wireguard_peer *peer);
/* One range after the other, of one peer; `*cursor` begins as NULL. False: no more. Nothing may be
 * changed meanwhile. */
bool tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer, const void **cursor,
                                  struct tunic_allowed_ip *range);

/* ---- packets --------------------------------------------------------------------------- */

/* The peer that has a packet's destination, or its source, by the longest prefix; NULL: nobody, or
 * it is no IP packet. `length` bytes are there. */
struct tunic_wireguard_peer *tunic_wireguard_route(const struct tunic_wireguard *wireguard,
                                                   const uint8_t *packet, size_t length);
struct tunic_wireguard_peer *tunic_wireguard_origin(const struct tunic_wireguard *wireguard,
                                                    const uint8_t *packet, size_t length);

/* The session that this peer's packets go with now. NULL: there is none, and a handshake was begun;
 * the packet has to wait for `usable`. */
struct tunic_session *tunic_wireguard_sending(struct tunic_wireguard *wireguard,
                                              struct tunic_wireguard_peer *peer, uint64_t now);
/* Makes a data message of the `length` bytes at `message` + TUNIC_DATA_HEADER: writes the header
 * before and zeros behind them, up to `padded` bytes (at least `length`), and the job that encrypts
 * it; TUNIC_TAG_SIZE bytes more are written by that. Returns the message's length, or 0 where the
 * session's messages are used up: ask for another one. */
size_t tunic_session_seal(struct tunic_session *session, uint8_t *message, size_t length,
                          size_t padded, struct tunic_packet_job *job);
/* Data messages of `bytes` together went out; none of them was a keepalive. May begin a new
 * handshake, where the session is old. */
void tunic_session_sent(struct tunic_wireguard *wireguard, struct tunic_session *session,
                        uint64_t bytes, uint64_t now);

/* Type of a message, 1 to 4; 0: none of them, or of a wrong length for its type. */
unsigned tunic_wireguard_message_type(const uint8_t *message, size_t length);
enum { TUNIC_MESSAGE_DATA = 4 };

/* The session of a data message, and the job that decrypts it. NULL: none, drop it. The session
 * lives until the next call that is not about data messages. */
struct tunic_session *tunic_wireguard_receiving(struct tunic_wireguard *wireguard, uint8_t *message,
                                                size_t length, uint64_t now,
                                                struct tunic_packet_job *job);
/* After the job, one message after the other in the order in which they came. False: forged, seen
 * before, or too late; drop it. True: `authenticated` was called, and `usable` where it confirms a
 * session; the text is a packet of `job->length` bytes with its padding, or a keepalive (0). */
bool tunic_session_received(struct tunic_wireguard *wireguard, struct tunic_session *session,
                            const struct tunic_packet_job *job, uint64_t now);
struct tunic_wireguard_peer *tunic_session_peer(const struct tunic_session *session);

/* Takes a message that is no data, and does what follows from it. */
void tunic_wireguard_receive(struct tunic_wireguard *wireguard, const uint8_t *message,
                             size_t length, const struct tunic_wireguard_source *source,
                             uint64_t now);

/* ---- time ------------------------------------------------------------------------------ */

/* When tunic_wireguard_tick has something to do; UINT64_MAX: never. May be too early. Changes with
 * every call above that has `now`. */
uint64_t tunic_wireguard_due(const struct tunic_wireguard *wireguard);
/* Does what is due, for so many peers that packets need not wait long: begins handshakes, sends
 * keepalives, forgets keys. */
void tunic_wireguard_tick(struct tunic_wireguard *wireguard, uint64_t now);

struct tunic_wireguard_counters {
    uint64_t malformed;   /* no message */
    uint64_t unauthentic; /* a wrong mac1, tag, static key or index */
    uint64_t replayed;    /* timestamps and counters seen before */
    uint64_t limited;     /* handshakes of an address or a peer that sends too many */
    uint64_t cookies;     /* replies sent */
    uint64_t handshakes;  /* completed */
};
const struct tunic_wireguard_counters *
tunic_wireguard_counters(const struct tunic_wireguard *wireguard);

#endif
