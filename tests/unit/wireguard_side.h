/* SPDX-License-Identifier: MIT */
/* Engines joined by a network that is simulated, with a clock that is simulated: the same in every
 * run of a seed. Aborts where a promise of the engine is broken. For fuzz targets too. */
#ifndef TUNIC_TESTS_WIREGUARD_SIDE_H
#define TUNIC_TESTS_WIREGUARD_SIDE_H

#include "wireguard/engine.h"

enum {
    SIDE_NODES = 3,
    SIDE_FLYING = 1024,
    SIDE_MESSAGE = 256, /* bytes, at most */
    SIDE_PACKET = 48,   /* of each that is sent */
};

#define SIDE_SECOND UINT64_C(1000000000)
#define SIDE_MILLISECOND UINT64_C(1000000)
#define SIDE_LATENCY (10 * SIDE_MILLISECOND)

struct side_network;
struct side_node;

/* What a node has for a peer, and what it saw of it. */
struct side_link {
    struct side_node *node;
    struct tunic_wireguard_peer *peer;
    unsigned endpoint; /* address of the other side; 0: not known */
    unsigned waiting;  /* packets, for a session */
    unsigned sent[TUNIC_MESSAGE_DATA + 1];
    unsigned packets; /* sent; the rest of the data are keepalives */
    unsigned received_packets;
    unsigned received_keepalives;
    unsigned authenticated;
    unsigned usable;
    unsigned retried;
    unsigned gave_up;
};

struct side_node {
    struct side_network *network;
    struct tunic_wireguard *wireguard;
    unsigned address;
    int64_t clock; /* seconds by which its wall clock is wrong */
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint8_t public_key[TUNIC_KEY_SIZE];
    struct side_link links[SIDE_NODES]; /* to each of the others */
    unsigned answers;                   /* cookie replies */
};

/* A message under way. */
struct side_message {
    uint64_t arrival;
    uint64_t order; /* of two at the same time the first is the first */
    unsigned from;
    unsigned to;
    size_t length;
    uint8_t bytes[SIDE_MESSAGE];
};

struct side_network {
    uint64_t now;
    uint64_t random;
    struct tunic_crypto *crypto;
    unsigned loss; /* percent */
    /* Sees every message that is sent, and may change it. False: it is lost. NULL: nobody looks. */
    bool (*watch)(struct side_network *network, struct side_message *message);
    void *closure;
    struct side_node nodes[SIDE_NODES];
    unsigned arriving;                                /* address of what is being received */
    struct side_message last[TUNIC_MESSAGE_DATA + 1]; /* sent, by type, also where it got lost */
    uint64_t order;
    size_t flying_count;
    struct side_message flying[SIDE_FLYING];
};

/* With one crypto for all. Nodes have keys and the addresses 1, 2, 3, and know nobody. */
void side_open(struct side_network *network, uint64_t seed);
void side_close(struct side_network *network);
uint64_t side_random(struct side_network *network);

/* A node that begins again, with its key but without any other memory. */
void side_restart(struct side_network *network, unsigned node);
/* `node` knows `other` from now on, with or without its address. */
struct side_link *side_meet(struct side_network *network, unsigned node, unsigned other,
                            bool address);
/* Both know each other, and where they are. */
void side_join(struct side_network *network, unsigned left, unsigned right);

/* Sends a packet, or lets it wait. */
void side_send(struct side_link *link);
/* Puts a message into the network, or hands it over at once. */
void side_inject(struct side_network *network, const struct side_message *message);
void side_deliver(struct side_network *network, struct side_message *message);
/* Lets everything happen up to then. */
void side_run(struct side_network *network, uint64_t until);
static inline void side_wait(struct side_network *network, uint64_t time)
{
    side_run(network, network->now + time);
}

#endif
