/* SPDX-License-Identifier: MIT */
#include "wireguard_side.h"

#include <stdlib.h>

static void check(bool promise)
{
    if (!promise)
        abort();
}

uint64_t side_random(struct side_network *network)
{
    /* xorshift64* */
    network->random ^= network->random >> 12;
    network->random ^= network->random << 25;
    network->random ^= network->random >> 27;
    return network->random * UINT64_C(0x2545f4914f6cdd1d);
}

/* ---- the network ----------------------------------------------------------------------- */

void side_inject(struct side_network *network, const struct side_message *message)
{
    check(network->flying_count < SIDE_FLYING);
    struct side_message *flying = &network->flying[network->flying_count++];
    *flying = *message;
    flying->order = network->order++;
}

static void transmit(struct side_node *node, unsigned to, const uint8_t *bytes, size_t length)
{
    struct side_network *network = node->network;
    struct side_message message = {
        .arrival = network->now + SIDE_LATENCY, .from = node->address, .to = to, .length = length};

    check(length <= sizeof(message.bytes));
    memcpy(message.bytes, bytes, length);
    network->last[tunic_wireguard_message_type(bytes, length)] = message;
    if (network->watch && !network->watch(network, &message))
        return;
    if (side_random(network) % 100 >= network->loss)
        side_inject(network, &message);
}

static void receive_data(struct side_node *node, struct side_message *message)
{
    struct side_network *network = node->network;
    struct tunic_packet_job job;
    struct tunic_session *session = tunic_wireguard_receiving(node->wireguard, message->bytes,
                                                              message->length, network->now, &job);

    if (!session)
        return;
    check(network->now - session->born < TUNIC_REJECT_AFTER_TIME * SIDE_SECOND);
    const struct tunic_message_text text = {
        .text = job.text, .length = job.length + TUNIC_TAG_SIZE, .output = job.text};
    job.failed = tunic_aead_open(network->crypto, job.key->bytes, job.counter, &text) < 0;
    if (!tunic_session_received(node->wireguard, session, &job, network->now))
        return;
    struct side_link *link = tunic_wireguard_peer_owner(tunic_session_peer(session));
    if (job.length == 0)
        link->received_keepalives++;
    else
        link->received_packets++;
}

void side_deliver(struct side_network *network, struct side_message *message)
{
    const struct tunic_wireguard_source source = {
        .address = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = (uint8_t)message->from},
        .port = 51820};

    network->arriving = message->from;
    for (size_t i = 0; i < SIDE_NODES; i++) {
        struct side_node *node = &network->nodes[i];
        if (node->address != message->to)
            continue;
        if (tunic_wireguard_message_type(message->bytes, message->length) == TUNIC_MESSAGE_DATA)
            receive_data(node, message);
        else
            tunic_wireguard_receive(node->wireguard, message->bytes, message->length, &source,
                                    network->now);
    }
    network->arriving = 0;
}

/* ---- what an engine needs -------------------------------------------------------------- */

static void random_bytes(void *closure, void *bytes, size_t length)
{
    const struct side_node *node = closure;
    uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++)
        at[i] = (uint8_t)(side_random(node->network) >> 56);
}

static void wall_clock(void *closure, struct timespec *now)
{
    const struct side_node *node = closure;
    uint64_t clock = node->network->now;

    now->tv_sec = (time_t)(INT64_C(1700000000) + node->clock + (int64_t)(clock / SIDE_SECOND));
    now->tv_nsec = (long)(clock % SIDE_SECOND);
}

static void send_message(void *closure, struct tunic_wireguard_peer *peer, const uint8_t *message,
                         size_t length)
{
    struct side_link *link = tunic_wireguard_peer_owner(peer);
    unsigned type = tunic_wireguard_message_type(message, length);

    check(type != 0 && type != TUNIC_MESSAGE_COOKIE);
    link->sent[type]++;
    if (link->endpoint != 0)
        transmit(closure, link->endpoint, message, length);
}

static void answer(void *closure, const uint8_t *message, size_t length)
{
    struct side_node *node = closure;

    check(node->network->arriving != 0);
    check(tunic_wireguard_message_type(message, length) == TUNIC_MESSAGE_COOKIE);
    node->answers++;
    transmit(node, node->network->arriving, message, length);
}

static void authenticated(void *closure, struct tunic_wireguard_peer *peer)
{
    struct side_link *link = tunic_wireguard_peer_owner(peer);
    const struct side_node *node = closure;

    check(node->network->arriving != 0);
    link->authenticated++;
    link->endpoint = node->network->arriving;
}

static bool send_packet(struct side_link *link)
{
    struct side_node *node = link->node;
    uint64_t now = node->network->now;
    uint8_t message[SIDE_PACKET + TUNIC_DATA_OVERHEAD] = {0};
    struct tunic_packet_job job;
    struct tunic_session *session = tunic_wireguard_sending(node->wireguard, link->peer, now);

    if (!session)
        return false;
    check(now - session->born < TUNIC_REJECT_AFTER_TIME * SIDE_SECOND);
    size_t length = tunic_session_seal(session, message, SIDE_PACKET - 3, SIDE_PACKET, &job);
    if (length == 0)
        return false;
    check(length == sizeof(message));
    const struct tunic_message_text text = {
        .text = job.text, .length = job.length, .output = job.text};
    check(tunic_aead_seal(node->network->crypto, job.key->bytes, job.counter, &text) == 0);
    link->sent[TUNIC_MESSAGE_DATA]++;
    link->packets++;
    if (link->endpoint != 0)
        transmit(node, link->endpoint, message, length);
    tunic_session_sent(node->wireguard, session, length, now);
    return true;
}

void side_send(struct side_link *link)
{
    if (!send_packet(link))
        link->waiting++;
}

static bool usable(void *closure, struct tunic_wireguard_peer *peer)
{
    struct side_link *link = tunic_wireguard_peer_owner(peer);
    bool sent = false;

    (void)closure;
    link->usable++;
    for (; link->waiting > 0 && send_packet(link); link->waiting--)
        sent = true;
    return sent;
}

static void retried(void *closure, struct tunic_wireguard_peer *peer)
{
    struct side_link *link = tunic_wireguard_peer_owner(peer);

    (void)closure;
    link->retried++;
}

static void gave_up(void *closure, struct tunic_wireguard_peer *peer)
{
    struct side_link *link = tunic_wireguard_peer_owner(peer);

    (void)closure;
    link->gave_up++;
    link->waiting = 0;
}

/* ---- nodes ----------------------------------------------------------------------------- */

static void open_node(struct side_node *node)
{
    struct tunic_error error;

    const struct tunic_wireguard_user user = {.closure = node,
                                              .random = random_bytes,
                                              .wall_clock = wall_clock,
                                              .send = send_message,
                                              .answer = answer,
                                              .authenticated = authenticated,
                                              .usable = usable,
                                              .retried = retried,
                                              .gave_up = gave_up};
    check(tunic_wireguard_open(&node->wireguard, node->network->crypto, &user, &error) == 0);
    check(tunic_wireguard_set_private_key(node->wireguard, node->private_key, node->network->now,
                                          NULL, NULL) == 0);
}

void side_open(struct side_network *network, uint64_t seed)
{
    struct tunic_error error;

    *network = (struct side_network){.now = 1000 * SIDE_SECOND, .random = seed * 2 + 1};
    check(tunic_crypto_open(&network->crypto, &error) == 0);
    for (unsigned i = 0; i < SIDE_NODES; i++) {
        struct side_node *node = &network->nodes[i];
        node->network = network;
        node->address = i + 1;
        random_bytes(node, node->private_key, TUNIC_KEY_SIZE);
        open_node(node);
        memcpy(node->public_key, tunic_wireguard_public_key(node->wireguard), TUNIC_KEY_SIZE);
    }
}

void side_close(struct side_network *network)
{
    for (unsigned i = 0; i < SIDE_NODES; i++)
        tunic_wireguard_close(network->nodes[i].wireguard);
    tunic_crypto_close(network->crypto);
}

void side_restart(struct side_network *network, unsigned node)
{
    tunic_wireguard_close(network->nodes[node].wireguard);
    memset(network->nodes[node].links, 0, sizeof(network->nodes[node].links));
    open_node(&network->nodes[node]);
}

struct side_link *side_meet(struct side_network *network, unsigned node, unsigned other,
                            bool address)
{
    struct side_link *link = &network->nodes[node].links[other];

    link->node = &network->nodes[node];
    link->endpoint = address ? network->nodes[other].address : 0;
    check(tunic_wireguard_peer_add(link->node->wireguard, network->nodes[other].public_key, link,
                                   &link->peer) == 0);
    return link;
}

void side_join(struct side_network *network, unsigned left, unsigned right)
{
    side_meet(network, left, right, true);
    side_meet(network, right, left, true);
}

/* ---- time ------------------------------------------------------------------------------ */

static struct side_message *first_flying(struct side_network *network)
{
    struct side_message *first = NULL;

    for (size_t i = 0; i < network->flying_count; i++) {
        struct side_message *message = &network->flying[i];
        if (!first || message->arrival < first->arrival ||
            (message->arrival == first->arrival && message->order < first->order))
            first = message;
    }
    return first;
}

static struct side_node *first_due(struct side_network *network)
{
    struct side_node *first = &network->nodes[0];

    for (unsigned i = 1; i < SIDE_NODES; i++)
        if (tunic_wireguard_due(network->nodes[i].wireguard) <
            tunic_wireguard_due(first->wireguard))
            first = &network->nodes[i];
    return first;
}

void side_run(struct side_network *network, uint64_t until)
{
    for (;;) {
        struct side_message *message = first_flying(network);
        struct side_node *node = first_due(network);
        uint64_t arrival = message ? message->arrival : UINT64_MAX;
        uint64_t due = tunic_wireguard_due(node->wireguard);
        uint64_t next = arrival < due ? arrival : due;
        if (next > until)
            break;
        if (next > network->now)
            network->now = next;
        if (message && arrival <= due) {
            struct side_message arrived = *message;
            *message = network->flying[--network->flying_count];
            side_deliver(network, &arrived);
        } else
            tunic_wireguard_tick(node->wireguard, network->now);
    }
    network->now = until;
}
