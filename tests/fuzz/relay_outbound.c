/* SPDX-License-Identifier: MIT */
/*
 * What a relay's own device has for it, from the read to the transport, which is replaced by one
 * that judges it. The clock stands still, but for what is slept.
 *
 * The input begins with two bytes of settings (see enum setting; the second: the largest packet,
 * in tens of bytes). Then come reads; each is a byte of flags (see enum flag) and
 *
 *     the virtio-net header (10 bytes, where there is one)   where it is whole
 *     length (2 bytes, big endian), bytes
 *     (offset, bits to turn around)                          where it is the one before, changed
 */
#include "fuzz_input.h"
#include "relay/engine.h"
#include "relay_device.h"

#include <errno.h>
#include <time.h>

enum setting {
    TAP = 1,
    STREAM = 2, /* frames with their length before them */
    NO_MSS = 4,
    PI = 8,
    BARE = 16, /* without virtio-net header */
};
enum flag {
    DERIVE = 1,
    NOTHING = 2, /* there is none, for now */
    FAILED = 4,
    SHORT = 8,  /* not even what stands before the packet */
    STALL = 16, /* the transport takes nothing, until the next read that finds nothing */
    GONE = 32,  /* the failure is for ever */
};

static struct {
    struct tunic_relay relay; /* large */
    struct tunic_relay_options options;
    struct tunic_transport transport;
    struct fuzz_input input;
    uint8_t prefix[sizeof(struct tun_pi) + sizeof(struct virtio_net_hdr)];
    uint8_t packet[TUNIC_PACKET_ROOM];
    size_t length;
    bool stalls;
    uint64_t now;
    uint64_t sent; /* datagrams, and their bytes */
    uint64_t bytes;
} fuzz;

/* ---- the device ------------------------------------------------------------------------ */

ssize_t __wrap_readv(int descriptor, const struct iovec *pieces, int count);
uint64_t __wrap_tunic_clock_now(void);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                           struct timespec *rest);
int __wrap_tunic_loop_add(struct tunic_loop *loop, struct tunic_source *source, uint32_t events,
                          struct tunic_error *error);
void __wrap_tunic_loop_change(struct tunic_loop *loop, struct tunic_source *source,
                              uint32_t events);
void __wrap_tunic_loop_remove(struct tunic_loop *loop, struct tunic_source *source);

uint64_t __wrap_tunic_clock_now(void)
{
    return fuzz.now;
}

int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                           struct timespec *rest)
{
    (void)rest;
    fuzz_check(clock == CLOCK_MONOTONIC && flags == 0 && time->tv_sec == 0);
    fuzz.now += (uint64_t)time->tv_nsec;
    return 0;
}

int __wrap_tunic_loop_add(struct tunic_loop *loop, struct tunic_source *source, uint32_t events,
                          struct tunic_error *error)
{
    (void)loop;
    (void)error;
    fuzz_check(source->descriptor == RELAY_DEVICE && events != 0);
    return 0;
}

void __wrap_tunic_loop_change(struct tunic_loop *loop, struct tunic_source *source, uint32_t events)
{
    (void)loop;
    fuzz_check(source->descriptor == RELAY_DEVICE && events != 0);
}

void __wrap_tunic_loop_remove(struct tunic_loop *loop, struct tunic_source *source)
{
    (void)loop;
    (void)source;
}

static int fail_with(int errno_value)
{
    errno = errno_value;
    return -1;
}

static void read_packet(size_t flags)
{
    if (flags & DERIVE) {
        size_t offset = fuzz_next(&fuzz.input) % (sizeof(fuzz.prefix) + 128);
        uint8_t bits = (uint8_t)fuzz_next(&fuzz.input);
        if (offset < sizeof(fuzz.prefix))
            fuzz.prefix[offset] ^= bits;
        else
            fuzz.packet[offset - sizeof(fuzz.prefix)] ^= bits;
        return;
    }
    if (fuzz.relay.queue.vnet)
        (void)fuzz_take(&fuzz.input,
                        fuzz.prefix + (fuzz.relay.queue.pi ? sizeof(struct tun_pi) : 0),
                        sizeof(struct virtio_net_hdr));
    fuzz.length = fuzz_number(&fuzz.input, 2);
    size_t taken = fuzz_take(&fuzz.input, fuzz.packet, fuzz.length);
    memset(fuzz.packet + taken, 0, fuzz.length - taken); /* what is not there is payload */
}

ssize_t __wrap_readv(int descriptor, const struct iovec *pieces, int count)
{
    static const int errors[] = {EIO, EFAULT, EINTR, ENOMEM};

    fuzz_check(descriptor == RELAY_DEVICE && count == 2 && pieces[1].iov_len == TUNIC_PACKET_ROOM);
    if (fuzz.input.left == 0)
        return fail_with(EAGAIN);
    size_t flags = fuzz_next(&fuzz.input);
    fuzz.stalls = fuzz.stalls || (flags & STALL);
    if (flags & NOTHING)
        return fail_with(EAGAIN);
    if (flags & FAILED)
        return fail_with(flags & GONE ? EBADFD : errors[flags >> 6]);
    read_packet(flags);
    memcpy(pieces[0].iov_base, fuzz.prefix, pieces[0].iov_len);
    if (flags & SHORT)
        return (ssize_t)pieces[0].iov_len - 1;
    memcpy(pieces[1].iov_base, fuzz.packet, fuzz.length);
    return (ssize_t)(pieces[0].iov_len + fuzz.length);
}

/* ---- the transport --------------------------------------------------------------------- */

static void check_message(const struct tunic_outbox *outbox, const struct tunic_message *message)
{
    static uint8_t
        sink[TUNIC_DATAGRAM_MOST + 2]; /* so that each byte is read: the sanitizers look */
    size_t length = 0;

    for (size_t i = message->first; i < (size_t)message->first + message->pieces; i++) {
        fuzz_check(outbox->pieces[i].iov_len <= sizeof(sink));
        memcpy(sink, outbox->pieces[i].iov_base, outbox->pieces[i].iov_len);
        length += outbox->pieces[i].iov_len;
    }
    fuzz_check(length == message->length);
    fuzz_check(length <= (message->count > 1 ? outbox->form.most_length : TUNIC_DATAGRAM_MOST + 2));
    fuzz_check(message->count > 0 && message->count <= outbox->form.most_run);
    fuzz.sent += message->count;
    fuzz.bytes += length - (size_t)message->count * outbox->form.prefix;
}

static void send_all(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    (void)transport;
    fuzz_check(!fuzz.relay.outbound.blocked && outbox->message_count > 0);
    if (fuzz.stalls) {
        tunic_outbound_ready(&fuzz.relay, false);
        return;
    }
    for (size_t i = 0; i < outbox->message_count; i++)
        check_message(outbox, &outbox->messages[i]);
    tunic_outbox_clear(outbox);
}

/* ---- the relay ------------------------------------------------------------------------- */

static void set_up(size_t settings, size_t limit)
{
    static const struct tunic_transport_operations operations = {.name = "far", .send = send_all};
    struct tunic_relay *relay = &fuzz.relay;
    struct tunic_error error;
    bool stream = settings & STREAM;

    memset(&relay->outbound, 0, offsetof(struct tunic_outbound, whole));
    memset(&relay->counters, 0, sizeof(relay->counters));
    fuzz.options = (struct tunic_relay_options){
        .protocol = stream ? TUNIC_RELAY_TCP : TUNIC_RELAY_UDP, .no_mss = settings & NO_MSS};
    fuzz.transport = (struct tunic_transport){.operations = &operations,
                                              .form = {.prefix = stream ? 2 : 0,
                                                       .most_run = stream ? UINT16_MAX : 64,
                                                       .most_length = stream ? 262144 : 65507,
                                                       .stream = stream}};
    relay->options = &fuzz.options;
    relay->transport = &fuzz.transport;
    relay->layer = settings & TAP ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    relay->limit = (uint32_t)(100 + limit * 10);
    relay->peer.connect.count = 1; /* it need not find out where packets go */
    relay->queue = (struct tunic_queue){.descriptor = RELAY_DEVICE,
                                        .tap = settings & TAP,
                                        .pi = settings & PI,
                                        .vnet = !(settings & BARE)};
    relay_device = (struct relay_device){.queue = relay->queue};
    relay->loop = (struct tunic_loop){0};
    relay->device_failure = 0;
    tunic_plain_open(&relay->plain, relay);
    relay->codec = &relay->plain;
    fuzz.now = 1000000000;
    fuzz.sent = fuzz.bytes = fuzz.length = 0;
    fuzz.stalls = false;
    memset(fuzz.prefix, 0, sizeof(fuzz.prefix));
    fuzz_check(tunic_outbound_open(relay, &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct tunic_relay_counters *counters = &fuzz.relay.counters;
    struct tunic_outbound *outbound = &fuzz.relay.outbound;

    fuzz.input = (struct fuzz_input){bytes, length};
    size_t settings = fuzz_next(&fuzz.input);
    set_up(settings, fuzz_next(&fuzz.input));
    while (fuzz.input.left > 0 && fuzz.relay.device_failure == 0) {
        size_t left = fuzz.input.left;
        fuzz.stalls = false;
        if (outbound->blocked)
            tunic_outbound_ready(&fuzz.relay, true);
        outbound->source.ready(outbound->source.closure, 1);
        fuzz_check(fuzz.input.left < left || outbound->blocked);
    }
    fuzz.stalls = false;
    if (outbound->blocked)
        tunic_outbound_ready(&fuzz.relay, true);
    uint64_t dropped = fuzz.transport.counters.dropped;
    fuzz_check(outbound->outbox.message_count == 0 && counters->unanswered == 0);
    fuzz_check(fuzz.sent + dropped == counters->device_in);
    fuzz_check(dropped > 0 ? fuzz.bytes <= counters->device_in_bytes
                           : fuzz.bytes == counters->device_in_bytes);
    tunic_outbound_close(&fuzz.relay);
    return 0;
}
