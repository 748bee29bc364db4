/* SPDX-License-Identifier: MIT */
#include "wireguard_two.h"

struct side_network network;
struct side_link *left;
struct side_link *right;

int two_begin(void **state, uint64_t seed)
{
    (void)state;
    side_open(&network, seed);
    side_join(&network, 0, 1);
    left = &network.nodes[0].links[1];
    right = &network.nodes[1].links[0];
    return 0;
}

int two_end(void **state)
{
    (void)state;
    side_close(&network);
    return 0;
}

const struct tunic_wireguard_counters *counters(const struct side_link *link)
{
    return tunic_wireguard_counters(link->node->wireguard);
}

void again(unsigned type)
{
    struct side_message message = network.last[type];

    message.from = 99;
    side_deliver(&network, &message);
}
