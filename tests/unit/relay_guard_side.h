/* SPDX-License-Identifier: MIT */
/* Relays with keys, whose network is an array, whose devices are sockets, and whose clocks stand
 * still. A is 10.0.0.1 and fd00::1 at 192.0.2.1, B the same with 2; B knows a third one, C, at an
 * IPv6 address, which is not there. */
#ifndef TUNIC_TESTS_RELAY_GUARD_SIDE_H
#define TUNIC_TESTS_RELAY_GUARD_SIDE_H

#include "relay/guard.h"
#include "wireguard/engine.h"

enum { GUARD_SENT = 64, GUARD_BYTES = 2048, GUARD_LIMIT = 1420, GUARD_ROOM6 = 1452 };

struct guard_message {
    uint8_t bytes[GUARD_BYTES];
    size_t length;
    uint8_t traffic_class;
    union tunic_socket_address to;
};

struct guard_side {
    struct tunic_relay relay;
    struct tunic_relay_options options;
    struct tunic_transport transport;
    struct tunic_endpoint address;
    int device; /* the other end of its device */
    unsigned sent_count;
    struct guard_message sent[GUARD_SENT];
};

extern struct guard_side guard_a;
extern struct guard_side guard_b;

/* What the clocks tell, in nanoseconds; and what the kernel's random numbers began with. */
extern struct guard_clocks {
    uint64_t boot;
    uint64_t monotonic;
    uint64_t wall;
} guard_clocks;
extern uint8_t guard_random[16];

int guard_begin(void **state);
int guard_end(void **state);

static inline struct tunic_guard *guard_of(struct guard_side *side)
{
    return tunic_guard_of(side->relay.codec);
}
/* The first peer of a side. */
struct tunic_remote *guard_remote(struct guard_side *side);

/* An IPv4 packet from 10.0.0.SOURCE to 10.0.0.TARGET. */
void guard_make(uint8_t *packet, size_t length, uint8_t source, uint8_t target);
/* The device has this packet. */
void guard_seal(struct guard_side *side, const uint8_t *packet, size_t length,
                uint8_t traffic_class);
/* Makes a message of any text, whatever it is. */
void guard_seal_text(struct guard_side *side, const uint8_t *text, size_t length);
/* `side` receives the message that was sent by the other last. */
void guard_deliver(struct guard_side *side, const struct tunic_endpoint *from);
/* The same, with this traffic class. */
void guard_deliver_class(struct guard_side *side, uint8_t traffic_class);
/* Reads what the device got; 0: nothing. */
size_t guard_read(struct guard_side *side, uint8_t packet[GUARD_BYTES]);
/* All clocks go on, and what is due is done. */
void guard_wait(struct guard_side *side, uint64_t nanoseconds);
/* A handshake of A with B, with a packet of `length` bytes that is read again. */
void guard_connect(size_t length);

#endif
