/* SPDX-License-Identifier: MIT */
/*
 * For the tests of TCP: one loop, two transports on it, and plain sockets as peers that do what no
 * transport does. The clock can be put forward.
 */
#ifndef TUNIC_TESTS_TRANSPORT_TCP_SIDE_H
#define TUNIC_TESTS_TRANSPORT_TCP_SIDE_H

#include "unit.h"

#include "transport/tcp.h"

struct side {
    struct tunic_transport *transport; /* NULL: closed */
    bool ready;
    bool told_ready;
    unsigned connects;
    unsigned ends;
    struct tunic_endpoint peer;
    struct in_addr admitted; /* the only one; 0.0.0.0: all */
    size_t arrived;
    size_t batches;
    size_t wrong; /* arrivals that are not as they should be */
    uint8_t last[TUNIC_DATAGRAM_MOST];
    size_t last_length;
    void (*look)(struct side *side, const struct tunic_arrival *arrival); /* NULL: no closer */
};

extern struct tunic_loop loop;
extern struct side left;
extern struct side right;

/* Once: a network of its own where it may, so that no port is anybody else's. */
int side_group_setup(void **state);
int side_setup(void **state);
int side_teardown(void **state);

/* Runs the loop until `done` says so, which is asked again and again. */
void run_until(bool (*done)(void));
void run_some_turns(void);
bool both_ready(void);
bool left_ready(void);
bool left_ended(void);
bool one_arrived(void); /* at the left */
void put_clock_forward(uint64_t milliseconds);

uint16_t free_port(void);
struct tunic_addresses to_port(uint16_t port); /* of 127.0.0.1 */
void listen_with(struct side *side, const char *host, uint16_t port);
void connect_with(struct side *side, const struct tunic_addresses *addresses);
void close_side(struct side *side);
struct tunic_tcp *inside(const struct side *side);
/* Puts a frame into an outbox and sends it. */
void send_one(struct side *side, const void *bytes, size_t length);

/* Plain sockets, which block, but for the listener: who is accepted is there already. */
int plain_listener(uint16_t *port);
int plain_accept(int listener);
int plain_connect(const char *from, uint16_t port);
void plain_send(int descriptor, const void *bytes, size_t length);
/* The other side closed it; what was still to be read is dropped. */
bool plain_ended(int descriptor);

#endif
