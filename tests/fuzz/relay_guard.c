/* SPDX-License-Identifier: MIT */
/*
 * A relay with keys, between what peers that know them send, and what its device has for them.
 *
 * The input begins with two bytes of settings (see enum setting; the second: which writes fail).
 * Then come steps, each a byte of which the lower three bits are one of enum step and the others
 * flags. A text or packet is
 *
 *     length (2 bytes, big endian), bytes            where it is whole
 *     (offset, bits to turn around)                  where it is made from the one before
 *
 * Texts of peers are collected, encrypted as they would do it, and given to the codec together.
 */
#include "../unit/packet_build.h"
#include "fuzz_input.h"
#include "relay_device.h"
#include "relay_far.h"

#include <errno.h>

enum setting {
    TAP = 1,
    PREFIX = 2, /* two bytes before each datagram */
    TSO4 = 4,
    TSO6 = 8,
    USO = 16,
    NO_MSS = 32,
    PI = 64,
    NO_SESSION = 128,
};
enum step {
    TEXT,    /* of a peer */
    PACKET,  /* of the device */
    FLUSH,   /* what was collected of either */
    AGREE,   /* on a new session */
    STALL,   /* the transport takes nothing; or again */
    EXHAUST, /* a session's counter */
    MESSAGE, /* of any kind, from anywhere */
};
enum flag {
    SECOND = 8, /* peer */
    DERIVE = 16,
    OWN = 32,    /* the address is made that of a peer, and checksums right */
    FORGED = 64, /* of texts: a bit of the tag is wrong. Of packets: the body lies apart */
    AGAIN = 128, /* of texts: with the counter of the one before. Of packets: 9 times */
};
enum { TEXTS = 256, PACKETS = 256, EXPERIENCED = 3 };

/* What must come of what was collected. */
struct expected {
    uint64_t wanted;
    uint64_t bytes;
    uint64_t given; /* bytes */
    uint64_t malformed;
    uint64_t unauthorised;
    uint64_t unauthentic;
    uint64_t replayed;
};

static struct {
    struct tunic_arrival arrivals[TEXTS];
    size_t count;
    struct expected expected;
} inbound;
static struct {
    struct tunic_packet packets[PACKETS];
    uint8_t *bodies[PACKETS];
    size_t count;
    uint64_t unrouted;
    uint64_t given; /* that there is a peer for */
} outbound;
static uint8_t text[TUNIC_PACKET_MOST];
static size_t text_length;

static void *keep(const void *bytes, size_t length)
{
    void *copy = malloc(length ? length : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    return copy;
}

static void read_text(struct fuzz_input *input, size_t flags, bool source)
{
    if (flags & DERIVE) {
        size_t offset = fuzz_next(input);
        size_t bits = fuzz_next(input);
        if (text_length > 0)
            text[offset % text_length] ^= (uint8_t)bits;
    } else {
        text_length = fuzz_next(input) << 8;
        text_length |= fuzz_next(input);
        memset(text, 0, text_length); /* what is not there is padding */
        (void)fuzz_take(input, text, text_length);
    }
    if (flags & OWN)
        relay_far_own(text, text_length, (flags & SECOND) != 0, source);
}

/* ---- from peers ------------------------------------------------------------------------ */

static void expect_packet(struct expected *expected, size_t length, uint8_t traffic_class)
{
    size_t network;
    unsigned version;
    bool wanted = relay_device_takes(text, length, &network, &version);

    if (wanted && version != 0 && traffic_class == EXPERIENCED) {
        uint8_t inner = text[network + 1];
        wanted = ((version == 4 ? inner : inner >> 4) & 3) != 0;
    }
    expected->malformed += !wanted;
    expected->wanted += wanted;
    expected->bytes += wanted ? length : 0;
}

static void expect_text(struct expected *expected, unsigned peer, size_t flags,
                        uint8_t traffic_class)
{
    size_t length = text_length;

    if (!far.remotes[peer]->peer->current || (flags & FORGED)) {
        expected->unauthentic++;
        return;
    }
    if (far.seen[peer]) {
        expected->replayed++;
        return;
    }
    far.seen[peer] = true;
    expected->given += length;
    if (length == 0)
        return;
    if (far.relay.layer == TUNIC_LAYER_IP) {
        length = relay_far_inner_length(text, text_length);
        if (length == 0) {
            expected->malformed++;
            return;
        }
        /* Its header is not whole where it claims to be shorter than that. */
        if (length < 20 || relay_far_whose(text, length, true) != peer) {
            expected->unauthorised++;
            return;
        }
    } else if (length < 14) {
        expected->malformed++;
        return;
    }
    expect_packet(expected, length, traffic_class);
}

static void deliver_texts(void)
{
    struct tunic_relay *relay = &far.relay;
    const struct tunic_relay_counters before = relay->counters;
    const struct tunic_wireguard_counters wireguard =
        *tunic_wireguard_counters(far.guard->wireguard);
    const struct expected *expected = &inbound.expected;
    uint64_t unauthorised = far.guard->unauthorised;

    relay_device.packets = relay_device.bytes = 0;
    relay->codec->operations->open(relay->codec, inbound.arrivals, inbound.count);
    tunic_inbound_flush(relay);
    const struct tunic_wireguard_counters *after = tunic_wireguard_counters(far.guard->wireguard);
    fuzz_check(relay_device.packets == expected->wanted && relay_device.bytes == expected->bytes);
    fuzz_check(relay_device.bytes <= expected->given);
    fuzz_check(relay->counters.malformed - before.malformed == expected->malformed);
    fuzz_check(far.guard->unauthorised - unauthorised == expected->unauthorised);
    fuzz_check(after->unauthentic - wireguard.unauthentic == expected->unauthentic);
    fuzz_check(after->replayed - wireguard.replayed == expected->replayed);
    for (size_t i = 0; i < inbound.count; i++)
        free(inbound.arrivals[i].data);
    inbound.count = 0;
    inbound.expected = (struct expected){0};
}

static void collect(const uint8_t *message, size_t length, uint8_t traffic_class, unsigned peer)
{
    inbound.arrivals[inbound.count++] = (struct tunic_arrival){.data = keep(message, length),
                                                               .length = (uint32_t)length,
                                                               .size = (uint16_t)length,
                                                               .traffic_class = traffic_class,
                                                               .from = &far.endpoints[peer]};
    if (inbound.count == TEXTS)
        deliver_texts();
}

static void add_text(struct fuzz_input *input, size_t flags)
{
    static uint8_t message[TUNIC_PACKET_MOST + TUNIC_DATA_OVERHEAD];
    unsigned peer = (flags & SECOND) != 0;
    uint8_t traffic_class = fuzz_next(input) % 4;

    read_text(input, flags, true);
    if (text_length > TUNIC_DATAGRAM_MOST - TUNIC_DATA_OVERHEAD)
        text_length = TUNIC_DATAGRAM_MOST - TUNIC_DATA_OVERHEAD;
    if (!(flags & AGAIN) || far.counters[peer] == 0) {
        far.counters[peer]++;
        far.seen[peer] = false;
    }
    expect_text(&inbound.expected, peer, flags, traffic_class);
    size_t length = relay_far_seal(peer, far.counters[peer] - 1, text, text_length, message);
    if (flags & FORGED)
        message[length - 1 - text_length % 16] ^= 1;
    collect(message, length, traffic_class, peer);
}

/* Also several of one size in one arrival, of which the last may be shorter. */
static void deliver_any(struct fuzz_input *input, size_t flags)
{
    struct tunic_arrival arrival = {.from = &far.endpoints[(flags & SECOND) != 0]};

    deliver_texts();
    size_t size = fuzz_next(input) << 8;
    size |= fuzz_next(input);
    read_text(input, flags & DERIVE, true);
    arrival.length = (uint32_t)text_length;
    arrival.size = (uint16_t)(size > 0 && size < text_length ? size : text_length);
    arrival.data = keep(text, text_length);
    relay_device.packets = 0;
    far.relay.codec->operations->open(far.relay.codec, &arrival, 1);
    tunic_inbound_flush(&far.relay);
    fuzz_check(relay_device.packets == 0);
    free(arrival.data);
}

/* ---- from the device ------------------------------------------------------------------- */

static void seal_packets(void)
{
    struct tunic_relay *relay = &far.relay;
    uint64_t unrouted = far.guard->unrouted;

    if (!relay->outbound.blocked) {
        relay->codec->operations->seal(relay->codec, outbound.packets, outbound.count);
        (void)tunic_outbound_flush(relay);
        fuzz_check(far.guard->unrouted - unrouted == outbound.unrouted);
        outbound.given += outbound.count - outbound.unrouted;
    }
    fuzz_check(far.guard->sealing_count == 0 && far.guard->used <= TUNIC_GUARD_SEALED);
    for (size_t i = 0; i < outbound.count; i++) {
        free(outbound.packets[i].head - 64);
        free(outbound.bodies[i]);
    }
    outbound.count = 0;
    outbound.unrouted = 0;
}

static void collect_packet(size_t flags)
{
    struct tunic_packet *packet = &outbound.packets[outbound.count];
    size_t head = text_length;

    if (far.relay.outbound.blocked)
        return;
    /* The head has all that is looked at. */
    if ((flags & FORGED) && text_length > 100)
        head = 100;
    uint8_t *bytes = malloc(64 + head);
    fuzz_check(bytes != NULL);
    memcpy(bytes + 64, text, head);
    *packet = (struct tunic_packet){.head = bytes + 64,
                                    .head_length = (uint16_t)head,
                                    .body_length = (uint16_t)(text_length - head),
                                    .traffic_class = text[1 % (text_length + 1)]};
    outbound.bodies[outbound.count] =
        text_length > head ? keep(text + head, text_length - head) : NULL;
    packet->body = outbound.bodies[outbound.count];
    unsigned peer = relay_far_whose(text, head, false);
    if (far.relay.layer == TUNIC_LAYER_ETHERNET) {
        for (unsigned i = 0; i < FAR_PEERS && head >= TUNIC_ETHERNET_HEADER; i++)
            relay_far_expect(i, packet);
    } else if (peer < FAR_PEERS) {
        relay_far_expect(peer, packet);
    } else {
        outbound.unrouted++;
    }
    if (++outbound.count == PACKETS)
        seal_packets();
}

static void add_packet(struct fuzz_input *input, size_t flags)
{
    read_text(input, flags, false);
    if (text_length == 0)
        return;
    for (unsigned i = 0; i < (flags & AGAIN ? 9 : 1); i++)
        collect_packet(flags);
}

/* ---- steps ----------------------------------------------------------------------------- */

static void stall(size_t flags)
{
    seal_packets();
    if (far.relay.outbound.blocked)
        tunic_outbound_ready(&far.relay, true);
    else if (flags & SECOND)
        far.stalls = true;
    else
        tunic_outbound_ready(&far.relay, false);
}

static void exhaust(struct fuzz_input *input, size_t flags)
{
    struct tunic_session *session = far.remotes[(flags & SECOND) != 0]->peer->current;
    uint64_t counter = TUNIC_REJECT_AFTER_MESSAGES - fuzz_next(input);

    seal_packets();
    if (session && session->counter < counter)
        session->counter = counter;
}

static void agree(unsigned peer)
{
    deliver_texts();
    seal_packets();
    if (far.relay.outbound.blocked)
        tunic_outbound_ready(&far.relay, true);
    relay_far_agree(peer);
}

static void run_step(struct fuzz_input *input)
{
    size_t flags = fuzz_next(input);

    switch (flags & 7) {
    case TEXT:
        add_text(input, flags);
        break;
    case PACKET:
        add_packet(input, flags);
        break;
    case FLUSH:
        deliver_texts();
        seal_packets();
        break;
    case AGREE:
        agree((flags & SECOND) != 0);
        break;
    case STALL:
        stall(flags);
        break;
    case EXHAUST:
        exhaust(input, flags);
        break;
    case MESSAGE:
        deliver_any(input, flags);
        break;
    default:
        break;
    }
}

static void set_up(size_t settings, size_t failing)
{
    static const int errors[] = {EINVAL, EAGAIN, EIO, ENOBUFS, EINVAL, EFAULT, ENOMEM, EINVAL};
    struct tunic_queue *queue = &far.relay.queue;

    *queue = (struct tunic_queue){
        .descriptor = RELAY_DEVICE, .tap = settings & TAP, .pi = settings & PI, .vnet = true};
    queue->offloads = (settings & TSO4 ? TUN_F_TSO4 : 0U) | (settings & TSO6 ? TUN_F_TSO6 : 0U) |
                      (settings & USO ? TUN_F_USO4 : 0U);
    relay_device = (struct relay_device){
        .queue = *queue, .failing = failing & 31, .error = errors[failing >> 5]};
    relay_far_open(settings & TAP ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP,
                   settings & PREFIX ? 2 : 0);
    far.options.no_mss = settings & NO_MSS;
    if (!(settings & NO_SESSION))
        for (unsigned i = 0; i < FAR_PEERS; i++)
            relay_far_agree(i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fuzz_input input = {bytes, length};

    size_t settings = fuzz_next(&input);
    set_up(settings, fuzz_next(&input));
    text_length = 0;
    outbound.given = 0;
    while (input.left > 0)
        run_step(&input);
    deliver_texts();
    seal_packets();
    far.stalls = false;
    tunic_outbound_ready(&far.relay, true);
    fuzz_check(far.relay.outbound.outbox.message_count == 0);
    relay_far_check(outbound.given);
    relay_far_close();
    return 0;
}
