/* SPDX-License-Identifier: MIT */
/* The engine that is fuzzed, with a clock, randomness and far sides that are the same in every run
 * of an input. Aborts where it breaks a promise. */
#ifndef TUNIC_TESTS_WIREGUARD_NEAR_H
#define TUNIC_TESTS_WIREGUARD_NEAR_H

#include "wireguard_far.h"

enum {
    NEAR_FARS = 2,
    NEAR_PEERS = NEAR_FARS + 1, /* the last: with a public key that nobody can have */
    NEAR_KEYS = 4,              /* of the engine: two, that of the last far side, none */
    NEAR_HELD = 8,              /* data messages decrypted at once */
    NEAR_SENT = 16,             /* messages that may be delivered again */
    NEAR_TAKEN = 4096,          /* data messages of which it is remembered that they were taken */
};

/* What happened while something was done. */
struct near_events {
    unsigned authenticated;
    size_t sent; /* bytes, of all messages but packets */
    unsigned responses;
    size_t answered; /* bytes */
};

/* What may never go down. */
struct near_marks {
    struct tunic_wireguard_counters counters;
    struct {
        uint64_t sent_bytes;
        uint64_t received_bytes;
        uint8_t taken[TUNIC_TIMESTAMP_SIZE];
        uint64_t serial; /* of the current session */
        uint64_t counter;
        uint64_t next; /* of its replay window */
    } peers[NEAR_PEERS];
};

struct near_held {
    struct tunic_session *session;
    struct tunic_packet_job job;
    bool may; /* be taken */
    bool must;
};

struct near_sent {
    struct far_message message;
    bool taken; /* of handshakes: it had its effect */
};

struct near {
    struct tunic_wireguard *wireguard;
    uint64_t now;
    int64_t clock; /* seconds by which the wall clock is wrong */
    uint64_t random;
    uint8_t public_key[TUNIC_KEY_SIZE]; /* what the far sides believe */
    struct far fars[NEAR_FARS];
    struct tunic_wireguard_peer *peers[NEAR_PEERS]; /* NULL: removed */
    unsigned waiting[NEAR_PEERS];                   /* packets */
    bool receiving;
    struct near_events events;
    struct near_marks marks;
    size_t held_count;
    struct near_held held[NEAR_HELD];
    size_t sent_count;
    struct near_sent sent[NEAR_SENT];
    size_t taken_count;
    struct {
        uint64_t serial; /* of the receiving key */
        uint64_t counter;
    } taken[NEAR_TAKEN];
};

void near_open(struct near *near);
void near_close(struct near *near);
void near_random(struct near *near, void *bytes, size_t length);

/* `which`: of NEAR_KEYS. */
void near_set_key(struct near *near, size_t which);
/* Removes a peer, or adds it again: true. */
bool near_toggle(struct near *near, size_t peer);
/* Sends a packet of so many bytes, or lets it wait. */
void near_send(struct near *near, size_t peer, size_t length);
/* Lets time go by and everything happen; late, where the clock jumps. */
void near_wait(struct near *near, uint64_t time);
/* Gives it a message, which was `made` so and may have been changed on its way, from some port.
 * `must`: it has an effect, where nothing was changed that a tag covers. Data are held, so that
 * they are decrypted together. */
void near_deliver(struct near *near, const struct far_message *message,
                  const struct far_message *made, bool must, size_t port);
/* One that was delivered before. */
void near_deliver_again(struct near *near, size_t place);
/* Decrypts the data that are held. */
void near_finish(struct near *near);
/* Everything that must be so between two steps. */
void near_check(struct near *near);

#endif
