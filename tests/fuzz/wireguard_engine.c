/* SPDX-License-Identifier: MIT */
/*
 * Three engines that are told what to do by the input: talk, wait, be removed, get messages of any
 * bytes and true ones that are damaged, seen before or late. Whatever comes, what an engine holds
 * stays bounded and consistent, and afterwards two of them still find each other.
 */
#include "fuzz.h"

#include "../unit/wireguard_side.h"

static struct side_network network;

struct input {
    const uint8_t *bytes;
    size_t length;
};

static uint8_t take(struct input *input)
{
    if (input->length == 0)
        return 0;
    input->length--;
    return *input->bytes++;
}

static void check_peer(const struct tunic_wireguard *wireguard,
                       const struct tunic_wireguard_peer *peer)
{
    const struct tunic_session *sessions[] = {peer->previous, peer->current, peer->next};

    fuzz_check(!peer->previous || !peer->next);
    for (unsigned i = 0; i < TUNIC_COUNT(sessions); i++)
        if (sessions[i])
            fuzz_check(sessions[i]->peer == peer && sessions[i]->indexed.index != 0 &&
                       tunic_table_index(&wireguard->table, sessions[i]->indexed.index) ==
                           &sessions[i]->indexed);
    if (peer->attempt)
        fuzz_check(tunic_table_index(&wireguard->table, peer->attempt->indexed.index) ==
                   &peer->attempt->indexed);
    uint64_t next = tunic_timers_next(&peer->timers);
    fuzz_check(peer->scheduled.position == 0 ? next == UINT64_MAX : peer->scheduled.due <= next);
}

static void check_all(void)
{
    for (unsigned i = 0; i < SIDE_NODES; i++) {
        const struct tunic_wireguard *wireguard = network.nodes[i].wireguard;
        const struct tunic_wireguard_peer *peer = NULL;
        while ((peer = tunic_wireguard_peer_next(wireguard, peer)))
            check_peer(wireguard, peer);
    }
}

/* Any bytes, or a message that was sent, changed where the input says. */
static void hand_over(struct input *input)
{
    uint8_t what = take(input);
    struct side_message message = network.last[what % 5];

    if (what & 0x80) {
        message.length = take(input);
        for (size_t i = 0; i < message.length; i++)
            message.bytes[i] = take(input);
    } else if (what & 0x40)
        message.bytes[take(input)] ^= take(input);
    else if (what & 0x20)
        message.length = take(input);
    message.from = 1U + take(input) % 4;
    message.to = 1U + what % SIDE_NODES;
    side_deliver(&network, &message);
}

static void forget(unsigned node, unsigned other)
{
    struct side_link *link = &network.nodes[node].links[other];

    if (link->peer) {
        tunic_wireguard_peer_remove(link->node->wireguard, link->peer);
        *link = (struct side_link){0};
    } else
        side_meet(&network, node, other, true);
}

static void act(struct input *input)
{
    uint8_t action = take(input);
    unsigned node = action >> 4 & 1;
    struct side_link *link = &network.nodes[node].links[1 - node];

    switch (action % 8) {
    case 0:
    case 1:
        if (link->peer)
            side_send(link);
        break;
    case 2:
        side_wait(&network, take(input) * SIDE_MILLISECOND);
        break;
    case 3:
        side_wait(&network, take(input) * SIDE_SECOND);
        break;
    case 4:
    case 5:
        hand_over(input);
        break;
    case 6:
        network.loss = take(input) % 101;
        break;
    default:
        if (action & 0x80)
            forget(node, 1 - node);
        else if (link->peer)
            tunic_wireguard_peer_set_keepalive(link->node->wireguard, link->peer, take(input),
                                               network.now);
    }
}

/* The network is good again: within two tries there is a session, whatever happened. */
static void find_each_other(void)
{
    struct side_link *link = &network.nodes[0].links[1];
    struct side_link *back = &network.nodes[1].links[0];

    if (!link->peer)
        forget(0, 1);
    if (!back->peer)
        forget(1, 0);
    network.loss = 0;
    link->endpoint = 2;
    back->endpoint = 1;
    side_wait(&network, 600 * SIDE_SECOND);
    back->received_packets = 0;
    side_send(link);
    side_wait(&network, 20 * SIDE_SECOND);
    fuzz_check(link->waiting == 0);
    fuzz_check(back->received_packets > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct input input = {bytes, length < 1024 ? length : 1024};

    side_open(&network, 7);
    side_join(&network, 0, 1);
    side_join(&network, 1, 2);
    while (input.length > 0 && network.flying_count < SIDE_FLYING / 2) {
        act(&input);
        check_all();
    }
    find_each_other();
    check_all();
    side_close(&network);
    return 0;
}
