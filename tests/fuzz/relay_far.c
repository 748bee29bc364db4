/* SPDX-License-Identifier: MIT */
#include "relay_far.h"

#include "../unit/packet_build.h"
#include "fuzz.h"
#include "relay_device.h"

#include <sys/random.h>

struct relay_far far;

/* ---- the peers ------------------------------------------------------------------------- */

/* 10.0.0.0/8 and 2001:db8::/32 belong to the first, 10.1.0.0/16 and 2001:db8:1::/48 to the
 * second. */
unsigned relay_far_whose(const uint8_t *packet, size_t length, bool source)
{
    if (length >= 20 && packet[0] >> 4 == 4) {
        const uint8_t *address = packet + (source ? 12 : 16);
        return address[0] != 10 ? FAR_PEERS : address[1] == 1;
    }
    if (length >= 40 && packet[0] >> 4 == 6) {
        static const uint8_t documentation[] = {0x20, 0x01, 0x0d, 0xb8};
        const uint8_t *address = packet + (source ? 8 : 24);
        if (memcmp(address, documentation, sizeof(documentation)) != 0)
            return FAR_PEERS;
        return address[4] == 0 && address[5] == 1;
    }
    return FAR_PEERS;
}

void relay_far_own(uint8_t *packet, size_t length, unsigned peer, bool source)
{
    struct tunic_headers headers;
    size_t network = far.relay.layer == TUNIC_LAYER_ETHERNET ? TUNIC_ETHERNET_HEADER : 0;
    uint8_t *ip = packet + network;

    if (length >= network + 20 && ip[0] >> 4 == 4) {
        memcpy(ip + (source ? 12 : 16), (const uint8_t[]){10, (uint8_t)peer}, 2);
    } else if (length >= network + 40 && ip[0] >> 4 == 6) {
        const uint8_t prefix[] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)peer};
        memcpy(ip + (source ? 8 : 24), prefix, sizeof(prefix));
    }
    if (tunic_headers_read(&headers, far.relay.layer, packet, length))
        plain_seal(&headers, packet);
}

size_t relay_far_inner_length(const uint8_t *text, size_t length)
{
    size_t claimed = 0;

    if (length >= 20 && text[0] >> 4 == 4)
        claimed = (size_t)text[2] << 8 | text[3];
    else if (length >= 40 && text[0] >> 4 == 6)
        claimed = ((size_t)text[4] << 8 | text[5]) + 40;
    return claimed <= length ? claimed : 0;
}

static void add_peer(struct tunic_settings *settings, unsigned number)
{
    static const struct tunic_allowed_ip ranges[FAR_PEERS][2] = {
        {{.length = 8, .address = {10}},
         {.inet6 = true, .length = 32, .address = {0x20, 0x01, 0x0d, 0xb8}}},
        {{.length = 16, .address = {10, 1}},
         {.inet6 = true, .length = 48, .address = {0x20, 0x01, 0x0d, 0xb8, 0, 1}}},
    };
    const uint8_t key[TUNIC_KEY_SIZE] = {(uint8_t)(9 + number)};
    struct tunic_peer_settings *peer = tunic_settings_add_peer(settings, key);
    struct tunic_error error;
    const char *const endpoints[FAR_PEERS] = {"192.0.2.1:1000", "[2001:db8::2]:2000"};

    fuzz_check(peer != NULL);
    peer->has_endpoint = tunic_host_parse(endpoints[number], &peer->endpoint, &error) == 0;
    fuzz_check(peer->has_endpoint);
    for (size_t i = 0; i < TUNIC_COUNT(ranges[number]); i++)
        fuzz_check(tunic_peer_settings_allow(peer, &ranges[number][i]) == 0);
}

static void set_keys(uint8_t send[TUNIC_KEY_SIZE], uint8_t receive[TUNIC_KEY_SIZE], unsigned peer)
{
    memset(send, (int)(0x10 + peer), TUNIC_KEY_SIZE);
    memset(receive, (int)(0x20 + peer), TUNIC_KEY_SIZE);
}

void relay_far_agree(unsigned peer)
{
    struct tunic_wireguard *wireguard = far.guard->wireguard;
    struct tunic_wireguard_peer *theirs = far.remotes[peer]->peer;
    struct tunic_session *session = tunic_session_new(wireguard, theirs, true, tunic_clock_boot());

    fuzz_check(session != NULL);
    tunic_peer_forget(wireguard, theirs);
    set_keys(session->send.bytes, session->receive.bytes, peer);
    tunic_table_add_index(&wireguard->table, &session->indexed, &wireguard->user);
    session->remote_index = peer + 1;
    theirs->current = session;
    far.queues[peer].counter = far.counters[peer] = 0;
    far.seen[peer] = false;
    (void)wireguard->user.usable(far.guard, theirs);
}

size_t relay_far_seal(unsigned peer, uint64_t counter, const uint8_t *text, size_t length,
                      uint8_t *message)
{
    const struct tunic_session *session = far.remotes[peer]->peer->current;
    const struct tunic_message_text sealed = {
        .text = text, .length = length, .output = message + TUNIC_DATA_HEADER};
    uint8_t send[TUNIC_KEY_SIZE];
    uint8_t receive[TUNIC_KEY_SIZE];

    set_keys(send, receive, peer);
    tunic_put32(message, TUNIC_MESSAGE_DATA);
    tunic_put32(message + TUNIC_AT_DATA_RECEIVER, session ? session->indexed.index : 0);
    tunic_put64(message + TUNIC_AT_DATA_COUNTER, counter);
    fuzz_check(tunic_aead_seal(far.guard->crypto, receive, counter, &sealed) == 0);
    return length + TUNIC_DATA_OVERHEAD;
}

/* ---- what the relay sends -------------------------------------------------------------- */

void relay_far_expect(unsigned peer, const struct tunic_packet *packet)
{
    struct far_queue *queue = &far.queues[peer];
    struct tunic_packet copied = *packet;

    if (queue->count == FAR_PACKETS)
        return;
    size_t length = (size_t)packet->head_length + packet->body_length;
    uint8_t *bytes = malloc(length ? length : 1);
    fuzz_check(bytes != NULL);
    queue->packets[queue->count].length = tunic_packet_copy(&copied, bytes);
    queue->packets[queue->count++].bytes = bytes;
}

/* What is sealed of a packet: nothing but zeros is added, and not beyond what fits. */
static bool is_padded(const uint8_t *text, size_t length, const uint8_t *packet, size_t size)
{
    size_t padded = (size + 15) / 16 * 16;

    if (padded > FAR_LIMIT)
        padded = size > FAR_LIMIT ? size : FAR_LIMIT;
    if (far.relay.layer == TUNIC_LAYER_ETHERNET)
        padded = size;
    if (length != padded || memcmp(text, packet, size) != 0)
        return false;
    for (size_t i = size; i < length; i++)
        if (text[i] != 0)
            return false;
    return true;
}

/* Each is sent once, in order; some may be lost. */
static void check_text(struct far_queue *queue, const uint8_t *text, size_t length)
{
    while (queue->first < queue->count) {
        size_t index = queue->first++;
        if (is_padded(text, length, queue->packets[index].bytes, queue->packets[index].length)) {
            queue->sent++;
            return;
        }
    }
    fuzz_check(queue->count == FAR_PACKETS);
}

static void check_datagram(const struct tunic_endpoint *to, uint8_t *message, size_t length)
{
    unsigned peer = to->remote.any.sa_family == AF_INET ? 0 : 1;
    unsigned type = tunic_wireguard_message_type(message, length);
    uint8_t send[TUNIC_KEY_SIZE];
    uint8_t receive[TUNIC_KEY_SIZE];

    fuzz_check(tunic_endpoint_same(&to->remote, &far.endpoints[peer].remote));
    if (type == TUNIC_MESSAGE_INITIATION) {
        far.initiations++;
        return;
    }
    fuzz_check(type == TUNIC_MESSAGE_DATA && length <= TUNIC_DATAGRAM_MOST);
    struct far_queue *queue = &far.queues[peer];
    uint64_t counter = tunic_get64(message + TUNIC_AT_DATA_COUNTER);
    fuzz_check(tunic_get32(message + TUNIC_AT_DATA_RECEIVER) == peer + 1);
    fuzz_check(counter >= queue->counter && counter < TUNIC_REJECT_AFTER_MESSAGES);
    queue->counter = counter + 1;
    const struct tunic_message_text sealed = {.text = message + TUNIC_DATA_HEADER,
                                              .length = length - TUNIC_DATA_HEADER,
                                              .output = message + TUNIC_DATA_HEADER};
    set_keys(send, receive, peer);
    fuzz_check(tunic_aead_open(far.guard->crypto, send, counter, &sealed) == 0);
    if (length > TUNIC_DATA_OVERHEAD)
        check_text(queue, message + TUNIC_DATA_HEADER, length - TUNIC_DATA_OVERHEAD);
}

static void check_message(const struct tunic_outbox *outbox, const struct tunic_message *message)
{
    uint8_t *bytes = malloc(message->length);
    size_t length = 0;
    size_t prefix = outbox->form.prefix;

    fuzz_check(bytes != NULL);
    for (size_t i = message->first; i < (size_t)message->first + message->pieces; i++) {
        fuzz_check(length + outbox->pieces[i].iov_len <= message->length);
        memcpy(bytes + length, outbox->pieces[i].iov_base, outbox->pieces[i].iov_len);
        length += outbox->pieces[i].iov_len;
    }
    fuzz_check(length == message->length && message->size > prefix);
    size_t datagrams = 0;
    for (size_t at = 0; at < length; at += message->size, datagrams++) {
        size_t size = length - at < message->size ? length - at : message->size;
        fuzz_check(size > prefix);
        if (prefix == 2)
            fuzz_check((((size_t)bytes[at] << 8) | bytes[at + 1]) == size - prefix);
        check_datagram(&message->to, bytes + at + prefix, size - prefix);
    }
    fuzz_check(datagrams == message->count);
    free(bytes);
}

static void send_all(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    fuzz_check(!far.relay.outbound.blocked);
    if (far.stalls) {
        far.stalls = false;
        tunic_outbound_ready(&far.relay, false);
        return;
    }
    for (size_t i = 0; i < outbox->message_count; i++) {
        transport->counters.sent += outbox->messages[i].count;
        check_message(outbox, &outbox->messages[i]);
    }
    tunic_outbox_clear(outbox);
}

static size_t room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    (void)transport;
    (void)to;
    return FAR_LIMIT + TUNIC_DATA_OVERHEAD;
}

static uint16_t port(const struct tunic_transport *transport)
{
    (void)transport;
    return 51820;
}

/* ---- opening --------------------------------------------------------------------------- */

ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);

/* The same in every run: xorshift64. */
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags)
{
    static uint64_t state = 1;
    uint8_t *at = bytes;

    (void)flags;
    for (size_t i = 0; i < length; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at[i] = (uint8_t)(state >> 56);
    }
    return (ssize_t)length;
}

void relay_far_open(enum tunic_layer layer, uint16_t prefix)
{
    static const struct tunic_transport_operations operations = {
        .name = "far", .send = send_all, .room = room, .port = port};
    static const uint8_t key[TUNIC_KEY_SIZE] = {8};
    struct tunic_relay *relay = &far.relay;
    struct tunic_wireguard_peer *peer = NULL;
    struct tunic_error error;

    memset(&far.options, 0, sizeof(far.options));
    memset(far.queues, 0, sizeof(far.queues));
    memset(&relay->counters, 0, sizeof(relay->counters));
    far.initiations = 0;
    far.stalls = false;
    far.options.no_control = true;
    far.options.settings.has_private_key = true;
    memcpy(far.options.settings.private_key, key, sizeof(key));
    for (unsigned i = 0; i < FAR_PEERS; i++)
        add_peer(&far.options.settings, i);
    far.transport =
        (struct tunic_transport){.operations = &operations,
                                 .form = {.prefix = prefix, .most_run = 64, .most_length = 65000}};
    relay->options = &far.options;
    relay->layer = layer;
    relay->limit = FAR_LIMIT;
    relay->mtu = FAR_LIMIT;
    relay->transport = &far.transport;
    relay->refresh = (struct tunic_timer){0};
    fuzz_check(tunic_loop_open(&relay->loop, &error) == 0);
    fuzz_check(tunic_timer_add(&relay->loop, &relay->refresh, &error) == 0);
    relay->outbound.outbox.form = far.transport.form;
    relay->outbound.blocked = false;
    relay->outbound.answers = 0;
    tunic_outbox_clear(&relay->outbound.outbox);
    tunic_inbound_open(relay);
    fuzz_check(tunic_guard_open(&relay->codec, relay, &error) == 0);
    far.guard = tunic_guard_of(relay->codec);
    fuzz_check(relay->codec->operations->find(relay->codec, &error) == 0);
    fuzz_check(relay->codec->operations->start(relay->codec, &error) == 0);
    for (unsigned i = 0; i < FAR_PEERS; i++) {
        peer = tunic_wireguard_peer_next(far.guard->wireguard, peer);
        far.remotes[i] = tunic_remote_of(peer);
        far.endpoints[i] = far.remotes[i]->endpoint;
    }
}

void relay_far_check(uint64_t given)
{
    uint64_t known =
        far.transport.counters.dropped + far.relay.counters.unanswered + far.relay.counters.too_big;
    bool all = far.relay.layer == TUNIC_LAYER_IP;

    for (size_t i = 0; i < FAR_PEERS; i++) {
        known += far.queues[i].sent + far.remotes[i]->waiting.count;
        all = all && far.queues[i].count < FAR_PACKETS;
    }
    fuzz_check(!all || known == given);
}

void relay_far_close(void)
{
    far.relay.codec->operations->stop(far.relay.codec);
    tunic_loop_close(&far.relay.loop);
    for (unsigned i = 0; i < FAR_PEERS; i++)
        for (size_t j = 0; j < far.queues[i].count; j++)
            free(far.queues[i].packets[j].bytes);
}
