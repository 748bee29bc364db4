/* SPDX-License-Identifier: MIT */
/*
 * For the tests of UDP: one loop, and transports on it that note what they hear. The network is one
 * of their own where it may be made; `lo` is up in it.
 */
#ifndef TUNIC_TESTS_TRANSPORT_UDP_SIDE_H
#define TUNIC_TESTS_TRANSPORT_UDP_SIDE_H

#include "unit.h"

#include "transport/udp.h"

enum { SIDE_BYTES = 1 << 22, SIDE_DATAGRAMS = 4096 };

/* A datagram that arrived. */
struct heard {
    size_t offset; /* in `bytes` */
    size_t length;
    uint16_t size;    /* of the arrival that it was part of: its datagrams' */
    uint32_t arrival; /* number of it */
    uint8_t traffic_class;
    struct tunic_endpoint from;
};

struct side {
    struct tunic_transport *transport; /* NULL: closed */
    struct tunic_outbox outbox;
    unsigned told_ready; /* how often it was told so */
    unsigned told_full;
    bool refuses; /* whoever it hears */
    uint32_t arrivals;
    size_t count;
    size_t used;
    struct heard heard[SIDE_DATAGRAMS];
    uint8_t bytes[SIDE_BYTES];
};

extern struct tunic_loop loop;
extern struct side left;
extern struct side right;
extern bool own_network; /* only then may it be changed */

int side_group_setup(void **state);
int side_setup(void **state);
int side_teardown(void **state);

/* HOST is numeric, "" for the wildcard; returns the port. A side that listens takes a free one. */
uint16_t listen_at(struct side *side, const char *host, bool offload);
void connect_to(struct side *side, const char *host, uint16_t port, bool offload);
void open_side(struct side *side, const struct tunic_transport_options *options);
void close_side(struct side *side);

/* Where the right listens, and how the left, which connects, and what it hears call it. */
struct family {
    const char *listens;
    const char *host;
    const char *tells; /* the right, of the left */
};
enum { FAMILIES = 4 };
extern const struct family families[FAMILIES];
void open_both(size_t family, bool left_offload, bool right_offload);
void close_both(void);

struct tunic_udp *inside(const struct side *side);
struct tunic_addresses addresses_of(const char *host, uint16_t port);

/* Puts a datagram into the outbox, whose bytes follow from its number in it. `to` NULL: connected.
 */
void put(struct side *side, const struct tunic_endpoint *to, uint8_t traffic_class, size_t length);
void send_all(struct side *side); /* what was put */
/* Datagram `index` that was heard is number `number` of those put. */
void assert_heard(const struct side *side, size_t index, size_t number, size_t length);

/* Runs the loop until that many datagrams were heard, or `done` says so. */
void run_until_heard(struct side *side, size_t count);
void run_until(bool (*done)(void));

/* Adds an address to `lo` or removes it, and sets the MTU of it. */
void add_address(const char *host);
void set_mtu(int mtu);

#endif
