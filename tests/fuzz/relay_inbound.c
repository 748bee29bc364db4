/* SPDX-License-Identifier: MIT */
/*
 * What a hostile peer sends, from the datagram or the stream up to the write to the device, which
 * is replaced by one that judges it (relay_device.c).
 *
 * The input begins with two bytes of settings (see enum setting; the second: which writes fail).
 * Then come packets; each begins with a byte of flags (see enum flag) and goes on with
 *
 *     length (2 bytes, big endian), bytes            where it is whole
 *     as many (offset, bits to turn around) as       where it is made from the one before: equal
 *     the two highest flags say                      headers are hard to come by otherwise
 *     how many more of it follow                     where it is repeated
 *
 * JOIN puts it into the datagrams of the one before, which are all as long as their first; in a
 * stream, it goes without its length, and its bytes say where frames begin.
 */
#include "../unit/packet_build.h"
#include "fuzz.h"
#include "relay/engine.h"
#include "relay_device.h"
#include "transport/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum setting {
    TAP = 1,
    STREAM = 2,
    TSO4 = 4,
    TSO6 = 8,
    USO = 16,
    NO_MSS = 32,
    PI = 64,
    BARE = 128, /* without virtio-net header */
};
enum flag {
    DERIVE = 1,
    SEAL = 2,    /* its checksums are made right */
    ADVANCE = 4, /* what counts up from packet to packet does so */
    JOIN = 8,
    CONGESTION = 16,
    REPEAT = 32,
    PATCHES = 6, /* shift */
};
enum { ARRIVALS = 1024, ROOM = 1 << 18, LIMIT = 1400, EXPERIENCED = 3 };

struct input {
    const uint8_t *bytes;
    size_t left;
};

static struct tunic_relay relay; /* large */

/* ---- what comes ------------------------------------------------------------------------ */

/* What must come of what came. */
struct expected {
    uint64_t wanted; /* by the device */
    uint64_t bytes;
    uint64_t doubtful;
    uint64_t unwanted;
};

static void expect(struct expected *expected, const uint8_t *packet, size_t length,
                   uint8_t traffic_class)
{
    size_t network;
    unsigned version;
    bool wanted = length > 0 && relay_device_takes(packet, length, &network, &version);

    if (wanted && version != 0 && traffic_class == EXPERIENCED) {
        uint8_t inner = packet[network + 1];
        wanted = ((version == 4 ? inner : inner >> 4) & 3) != 0;
    }
    expected->unwanted += !wanted;
    if (!wanted)
        return;
    expected->wanted++;
    expected->bytes += length;
    expected->doubtful += version != 0 && relay_device_doubts(packet + network, length - network);
}

/* As a transport would. */
static void deliver(struct tunic_arrival *arrivals, size_t count)
{
    const struct tunic_relay_counters *counters = &relay.counters;
    const struct tunic_relay_counters before = *counters;
    struct expected expected = {0};

    relay_device.packets = relay_device.bytes = relay_device.doubtful = 0;
    relay_device.taken = relay_device.taken_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tunic_arrival *arrival = &arrivals[i];
        size_t at = 0;
        do {
            size_t left = arrival->length - at;
            size_t length = left < arrival->size ? left : arrival->size;
            expect(&expected, arrival->data + at, length, arrival->traffic_class);
            at += length;
        } while (at < arrival->length);
    }
    relay.codec->operations->open(relay.codec, arrivals, count);
    tunic_inbound_flush(&relay);
    fuzz_check(relay_device.packets == expected.wanted && relay_device.bytes == expected.bytes);
    fuzz_check(relay_device.doubtful == expected.doubtful);
    fuzz_check(counters->malformed - before.malformed == expected.unwanted);
    fuzz_check(counters->device_out - before.device_out == relay_device.taken);
    fuzz_check(counters->device_out_bytes - before.device_out_bytes == relay_device.taken_bytes);
    fuzz_check(counters->device_refused - before.device_refused ==
               expected.wanted - relay_device.taken);
}

static void deliver_stream(uint8_t *bytes, size_t length, const struct tunic_endpoint *from)
{
    static struct tunic_arrival arrivals[TUNIC_TCP_ARRIVALS];
    struct tunic_tcp_frames frames;

    do {
        frames = tunic_tcp_frames(bytes, length, arrivals, TUNIC_TCP_ARRIVALS);
        for (size_t i = 0; i < frames.count; i++)
            arrivals[i].from = from;
        deliver(arrivals, frames.count);
        bytes += frames.consumed;
        length -= frames.consumed;
    } while (frames.count > 0);
}

/* ---- the input ------------------------------------------------------------------------- */

static size_t next(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

static size_t take_whole(struct input *input, uint8_t *packet)
{
    size_t length = next(input) << 8;

    length |= next(input);
    if (length > input->left)
        length = input->left;
    memcpy(packet, input->bytes, length);
    input->bytes += length;
    input->left -= length;
    return length;
}

static void count_up(uint8_t *field, size_t size, size_t value)
{
    for (; size > 0; size--, value >>= 8) {
        value += field[size - 1];
        field[size - 1] = (uint8_t)(value & 0xff);
    }
}

/* What the next of its flow is like; and the checksums that it should have. */
static void mend(size_t flags, uint8_t *packet, size_t length)
{
    struct tunic_headers headers;

    if (!tunic_headers_read(&headers, relay.layer, packet, length))
        return;
    if ((flags & ADVANCE) && headers.version == 4)
        count_up(packet + headers.network + 4, 2, 1);
    if ((flags & ADVANCE) && headers.protocol == IPPROTO_TCP && !headers.fragment)
        count_up(packet + headers.transport + 4, 4, (size_t)headers.end - headers.payload);
    if (flags & SEAL)
        plain_seal(&headers, packet);
}

/* Packets on their way to the relay. */
struct traffic {
    uint8_t *bytes; /* ROOM of them, one packet behind the other; of a stream with their lengths */
    size_t used;
    size_t starts[ARRIVALS + 1];
    size_t sizes[ARRIVALS];
    uint8_t classes[ARRIVALS];
    size_t count;
};

static void append(struct traffic *traffic, size_t flags, const uint8_t *packet, size_t length)
{
    bool joins = (flags & JOIN) && traffic->count > 0;
    bool framed = relay.options->protocol == TUNIC_RELAY_TCP && !joins;
    size_t prefix = framed ? TUNIC_TCP_PREFIX : 0;

    if (prefix + length > ROOM - traffic->used || (!joins && traffic->count == ARRIVALS) ||
        (joins && traffic->used + length - traffic->starts[traffic->count - 1] > 65535))
        return;
    if (!joins) {
        traffic->starts[traffic->count] = traffic->used;
        traffic->sizes[traffic->count] = length;
        traffic->classes[traffic->count++] = flags & CONGESTION ? EXPERIENCED : 0;
    }
    if (framed) {
        traffic->bytes[traffic->used++] = (uint8_t)(length >> 8);
        traffic->bytes[traffic->used++] = (uint8_t)(length & 0xff);
    }
    memcpy(traffic->bytes + traffic->used, packet, length);
    traffic->used += length;
    traffic->starts[traffic->count] = traffic->used;
}

static void read_traffic(struct input *input, struct traffic *traffic)
{
    static uint8_t packet[TUNIC_PACKET_MOST];
    size_t length = 0;

    while (input->left > 0) {
        size_t flags = next(input);
        if (!(flags & DERIVE))
            length = take_whole(input, packet);
        for (size_t patches = flags >> PATCHES; patches > 0 && length > 0; patches--) {
            size_t offset = next(input);
            packet[offset % length] ^= (uint8_t)next(input);
        }
        for (size_t times = flags & REPEAT ? next(input) + 1 : 1; times > 0; times--) {
            mend(flags, packet, length);
            append(traffic, flags, packet, length);
        }
    }
}

static void set_up(struct tunic_relay_options *options, size_t settings, size_t failing)
{
    static const int errors[] = {EINVAL, EAGAIN, EIO, ENOBUFS, EINVAL, EFAULT, ENOMEM, EINVAL};

    options->protocol = settings & STREAM ? TUNIC_RELAY_TCP : TUNIC_RELAY_UDP;
    options->no_mss = settings & NO_MSS;
    relay.options = options;
    relay.layer = settings & TAP ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    relay.limit = LIMIT;
    relay.peer.connect.count = 1; /* it need not find out where packets go */
    relay.queue = (struct tunic_queue){.descriptor = RELAY_DEVICE,
                                       .tap = settings & TAP,
                                       .pi = settings & PI,
                                       .vnet = !(settings & BARE)};
    if (relay.queue.vnet)
        relay.queue.offloads = (settings & TSO4 ? TUN_F_TSO4 : 0U) |
                               (settings & TSO6 ? TUN_F_TSO6 : 0U) |
                               (settings & USO ? TUN_F_USO4 : 0U);
    tunic_plain_open(&relay.plain, &relay);
    relay.codec = &relay.plain;
    tunic_inbound_open(&relay);
    relay_device = (struct relay_device){
        .queue = relay.queue, .failing = failing & 31, .error = errors[failing >> 5]};
}

/* Each in memory of its own, as long as it is: a read beyond it is seen. */
static uint8_t *keep(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);

    fuzz_check(copy != NULL);
    memcpy(copy, bytes, length);
    return copy;
}

static void deliver_datagrams(const struct traffic *traffic, const struct tunic_endpoint *from)
{
    struct tunic_arrival arrivals[ARRIVALS];

    for (size_t i = 0; i < traffic->count; i++) {
        const uint8_t *start = traffic->bytes + traffic->starts[i];
        size_t length = traffic->starts[i + 1] - traffic->starts[i];
        /* As a transport tells it: 0 of an empty one alone. */
        size_t size = traffic->sizes[i] > 0 ? traffic->sizes[i] : length;
        arrivals[i] = (struct tunic_arrival){.data = keep(start, length),
                                             .length = (uint32_t)length,
                                             .size = (uint16_t)size,
                                             .traffic_class = traffic->classes[i],
                                             .from = from};
    }
    deliver(arrivals, traffic->count);
    for (size_t i = 0; i < traffic->count; i++)
        free(arrivals[i].data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static uint8_t room[ROOM] = {0};
    static struct tunic_endpoint from;
    struct tunic_relay_options options = {0};
    struct input input = {bytes, length};
    struct traffic traffic = {.bytes = room};

    size_t settings = next(&input);
    set_up(&options, settings, next(&input));
    read_traffic(&input, &traffic);
    if (settings & STREAM) {
        uint8_t *stream = keep(traffic.bytes, traffic.used);
        deliver_stream(stream, traffic.used, &from);
        free(stream);
    } else {
        deliver_datagrams(&traffic, &from);
    }
    return 0;
}
