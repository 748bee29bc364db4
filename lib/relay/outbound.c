/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. When the device has packets, they are read one behind the other into a
 * buffer, until there are none or the buffer is full; super-packets are split where they lie. Then
 * all of them are sealed and sent at once. Nothing is kept from one such burst to the next but what
 * the transport had no room for: then the device is not read, and its own queue drops.
 *
 * A wake-up costs both sides more than a small packet does: with one for each packet, whoever sends
 * them waits for us more than for anything else. So where bursts follow each other closely, are
 * small, and nothing comes the other way, packets are given a moment to gather.
 */
#include "relay/engine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    BURSTS = 4,         /* before the other direction has its turn */
    GATHER = 50000,     /* nanoseconds */
    CLOSE = 100000,     /* nanoseconds between bursts that follow each other closely */
    SMALL = 16384,      /* bytes of a burst */
    PAUSE = 1000000,    /* nanoseconds without a burst */
    FORGOTTEN = 100000, /* packets at most: of any queue's length, but not for ever */
    ANSWERS = 100,      /* at once, to packets that cannot go on */
};

static const uint64_t answer_interval = 1000000; /* nanoseconds, where they do not end */

bool tunic_outbound_flush(struct tunic_relay *relay)
{
    struct tunic_outbound *outbound = &relay->outbound;

    if (outbound->outbox.message_count > 0 && !outbound->blocked)
        relay->transport->operations->send(relay->transport, &outbound->outbox);
    return outbound->outbox.message_count == 0;
}

/* ---- what cannot go on ----------------------------------------------------------------- */

/* RFC 4443 2.4 (f), RFC 1812 4.3.2.8: who does not listen is not told each time. */
static bool may_answer(struct tunic_outbound *outbound)
{
    uint64_t now = tunic_clock_now();

    if (outbound->answers > now + ANSWERS * answer_interval)
        return false;
    outbound->answers = (outbound->answers > now ? outbound->answers : now) + answer_interval;
    return true;
}

/* `length` 0: there is none. */
static void give_answer(struct tunic_relay *relay, uint8_t *answer, size_t length)
{
    struct virtio_net_hdr header = {0};
    struct iovec pieces[2] = {{0}, {.iov_base = answer, .iov_len = length}};

    if (length > 0 && may_answer(&relay->outbound))
        (void)tunic_queue_write(&relay->queue, &header, pieces, 2);
}

void tunic_outbound_unreachable(struct tunic_relay *relay, const struct tunic_packet *packet)
{
    uint8_t answer[TUNIC_ANSWER_MOST];
    uint8_t *whole = relay->outbound.whole;
    size_t length = tunic_packet_copy(packet, whole);

    give_answer(relay, answer, tunic_no_route(relay->layer, whole, length, answer));
}

/* True: its sender was told, and it goes no further. */
static bool refuse(struct tunic_relay *relay, const struct tunic_packet *packet)
{
    struct tunic_outbound *outbound = &relay->outbound;
    uint8_t answer[TUNIC_ANSWER_MOST];
    size_t length = tunic_packet_copy(packet, outbound->whole);

    length = tunic_too_big(relay->layer, outbound->whole, length, relay->limit, answer);
    if (length == 0 && relay->options->protocol == TUNIC_RELAY_UDP)
        return false; /* it may be sent in fragments */
    relay->counters.too_big++;
    give_answer(relay, answer, length);
    return true;
}

/* ---- reading --------------------------------------------------------------------------- */

static void begin_burst(struct tunic_outbound *outbound)
{
    outbound->used = 0;
    outbound->heads_used = 0;
    outbound->count = 0;
}

static void seal(struct tunic_relay *relay)
{
    struct tunic_outbound *outbound = &relay->outbound;

    tunic_packets_arrange(outbound->packets, outbound->count);
    if (outbound->count > 0)
        relay->codec->operations->seal(relay->codec, outbound->packets, outbound->count);
    outbound->count = 0;
}

/* Drops what is too big, and counts the rest. */
static size_t sort_out(struct tunic_relay *relay, struct tunic_packet *packets, size_t count,
                       uint32_t flow)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)packets[i].head_length + packets[i].body_length;
        if (length > relay->limit && refuse(relay, &packets[i]))
            continue;
        relay->counters.device_in++;
        relay->counters.device_in_bytes += length;
        if (kept != i)
            packets[kept] = packets[i];
        packets[kept++].flow = flow;
    }
    return kept;
}

static void take(struct tunic_relay *relay, const struct virtio_net_hdr *header, uint8_t *packet,
                 size_t length)
{
    struct tunic_outbound *outbound = &relay->outbound;
    size_t headroom = relay->transport->form.prefix + relay->codec->operations->headroom;
    struct tunic_split split;

    if (tunic_split_begin(&split, header, relay->layer, packet, length) != 0) {
        relay->counters.device_malformed++;
        return;
    }
    if (!relay->options->no_mss)
        tunic_clamp_mss(&split.headers, packet, length, relay->limit);
    uint32_t flow = (uint32_t)(tunic_flow_hash(&split.headers, packet) >> 32);
    for (;;) {
        size_t room =
            (TUNIC_OUTBOUND_HEADS - outbound->heads_used) / (headroom + TUNIC_HEADERS_MOST);
        size_t used = 0;

        if (room > TUNIC_OUTBOUND_PACKETS - outbound->count)
            room = TUNIC_OUTBOUND_PACKETS - outbound->count;
        if (room == 0) {
            /* Sealed and sent, their heads are free again. */
            seal(relay);
            if (!tunic_outbound_flush(relay))
                return;
            outbound->heads_used = 0;
            continue;
        }
        struct tunic_packet *packets = &outbound->packets[outbound->count];
        size_t count = tunic_split_next(&split, packets, room,
                                        outbound->heads + outbound->heads_used, headroom, &used);
        if (count == 0)
            return;
        outbound->heads_used += used;
        outbound->count += sort_out(relay, packets, count, flow);
    }
}

/* Reads until there is nothing, no room, or `most` packets. False: there is nothing more. */
static bool read_burst(struct tunic_relay *relay, size_t most)
{
    struct tunic_outbound *outbound = &relay->outbound;
    size_t headroom = relay->transport->form.prefix + relay->codec->operations->headroom;

    begin_burst(outbound);
    while (outbound->used + headroom + TUNIC_PACKET_ROOM <= TUNIC_OUTBOUND_BYTES &&
           outbound->count < most) {
        uint8_t *packet = outbound->bytes + outbound->used + headroom;
        struct virtio_net_hdr header;
        ssize_t length = tunic_queue_read(&relay->queue, &header, packet, TUNIC_PACKET_ROOM);

        if (length < 0) {
            if (length == -EAGAIN || length == -EINTR)
                return false;
            if (length == -EBADMSG) {
                relay->counters.device_malformed++;
                continue;
            }
            tunic_relay_device_failed(relay, (int)length);
            return false;
        }
        outbound->used += headroom + (size_t)length;
        take(relay, &header, packet, (size_t)length);
        if (outbound->blocked)
            return false;
    }
    return true;
}

/* Lets packets gather, where that pays. */
static void gather(struct tunic_relay *relay)
{
    struct tunic_outbound *outbound = &relay->outbound;
    static const struct timespec moment = {.tv_nsec = GATHER};
    uint64_t now = tunic_clock_now();
    bool pays = now - outbound->burst < CLOSE && outbound->used < SMALL && !relay->inbound.busy;

    relay->inbound.busy = false;
    if (pays && clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0)
        now = tunic_clock_now();
    outbound->burst = now;
}

static void device_ready(void *closure, uint32_t events)
{
    struct tunic_relay *relay = closure;
    struct tunic_outbound *outbound = &relay->outbound;
    bool more = true;
    /* After a pause there is most often one alone: it goes before the device is asked for more. */
    size_t most = tunic_clock_now() - outbound->burst > PAUSE ? 1 : TUNIC_OUTBOUND_PACKETS;

    if (outbound->blocked) {
        if (events & (EPOLLERR | EPOLLHUP))
            tunic_relay_device_failed(relay, -EBADFD);
        return;
    }
    for (size_t i = 0; i < BURSTS && more && !outbound->blocked; i++) {
        more = read_burst(relay, most);
        most = TUNIC_OUTBOUND_PACKETS;
        seal(relay);
        (void)tunic_outbound_flush(relay);
    }
    if (!more && !relay->loop.stopped)
        gather(relay);
}

static uint32_t waits_for(const struct tunic_outbound *outbound)
{
    return outbound->blocked ? TUNIC_QUEUE_UNREAD : EPOLLIN;
}

void tunic_outbound_ready(struct tunic_relay *relay, bool ready)
{
    struct tunic_outbound *outbound = &relay->outbound;

    outbound->blocked = !ready;
    if (ready)
        (void)tunic_outbound_flush(relay);
    if (outbound->source.ready)
        tunic_loop_change(&relay->loop, &outbound->source, waits_for(outbound));
}

void tunic_outbound_forget(struct tunic_relay *relay)
{
    struct virtio_net_hdr header;

    for (size_t i = 0; i < FORGOTTEN && relay->queue.descriptor >= 0; i++) {
        if (tunic_queue_read(&relay->queue, &header, relay->outbound.whole,
                             sizeof(relay->outbound.whole)) < 0)
            return;
        relay->counters.unanswered++;
    }
}

/* ---- opening --------------------------------------------------------------------------- */

int tunic_outbound_open(struct tunic_relay *relay, struct tunic_error *error)
{
    struct tunic_outbound *outbound = &relay->outbound;
    size_t size = (size_t)TUNIC_OUTBOUND_BYTES + TUNIC_OUTBOUND_HEADS;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return tunic_error_memory(error);
    outbound->bytes = memory;
    outbound->heads = outbound->bytes + TUNIC_OUTBOUND_BYTES;
    outbound->outbox.form = relay->transport->form;
    outbound->source = (struct tunic_source){relay->queue.descriptor, device_ready, relay};
    int result = tunic_loop_add(&relay->loop, &outbound->source, waits_for(outbound), error);
    if (result != 0)
        outbound->source.ready = NULL;
    return result;
}

void tunic_outbound_close(struct tunic_relay *relay)
{
    struct tunic_outbound *outbound = &relay->outbound;

    if (outbound->source.ready)
        tunic_loop_remove(&relay->loop, &outbound->source);
    if (outbound->bytes)
        (void)munmap(outbound->bytes, (size_t)TUNIC_OUTBOUND_BYTES + TUNIC_OUTBOUND_HEADS);
}
