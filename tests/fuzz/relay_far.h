/* SPDX-License-Identifier: MIT */
/*
 * A fuzzed relay with keys: its codec as it is, between a device (relay_device.c) and a transport
 * that judges what it is given. Its peers share sessions with it whose keys are known.
 */
#ifndef TUNIC_TESTS_RELAY_FAR_H
#define TUNIC_TESTS_RELAY_FAR_H

#include "relay/guard.h"
#include "wireguard/engine.h"

enum {
    FAR_PEERS = 2,
    FAR_PACKETS = 512, /* that wait to be sent to a peer */
    FAR_LIMIT = 1400,
};

/* What was given to the codec for a peer, in order. */
struct far_queue {
    struct {
        uint8_t *bytes;
        size_t length;
    } packets[FAR_PACKETS];
    size_t count;
    size_t first; /* not sent yet, as far as is known */
    uint64_t sent;
    uint64_t counter; /* of the last message, plus one */
};

struct relay_far {
    struct tunic_relay relay;
    struct tunic_relay_options options;
    struct tunic_transport transport;
    struct tunic_guard *guard;
    struct tunic_remote *remotes[FAR_PEERS];
    struct tunic_endpoint endpoints[FAR_PEERS];
    struct far_queue queues[FAR_PEERS];
    uint64_t counters[FAR_PEERS]; /* of messages to the relay */
    bool seen[FAR_PEERS];         /* the last one of them */
    uint64_t initiations;
    bool stalls; /* the transport takes nothing the next time */
};
extern struct relay_far far; /* large */

/* Opens it, with peers but without sessions. The device is relay_device's. */
void relay_far_open(enum tunic_layer layer, uint16_t prefix);
void relay_far_close(void);
/* They share a session from now on, and what waited goes. */
void relay_far_agree(unsigned peer);
/* Writes the message that this peer would send with so many bytes of text; returns its length. */
size_t relay_far_seal(unsigned peer, uint64_t counter, const uint8_t *text, size_t length,
                      uint8_t *message);
/* The peer that has an IP packet's source or destination; FAR_PEERS: nobody, or it is none. */
unsigned relay_far_whose(const uint8_t *packet, size_t length, bool source);
/* Makes a packet's address one of this peer's, and its checksums right. */
void relay_far_own(uint8_t *packet, size_t length, unsigned peer, bool source);
/* The length of the IP packet that a text is, by its own words; 0: it is none. */
size_t relay_far_inner_length(const uint8_t *text, size_t length);
/* Every packet of those that were given, for a peer, was sent, waits, or is counted. Of a tun. */
void relay_far_check(uint64_t given);
/* A packet is given to the codec that this peer may be sent. */
void relay_far_expect(unsigned peer, const struct tunic_packet *packet);

#endif
