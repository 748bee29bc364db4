/* SPDX-License-Identifier: MIT */
#include "relay/guard.h"

#include <string.h>

enum {
    IPV4_HEADER = 20,
    IPV4_TOTAL_LENGTH = 2, /* offsets */
    IPV6_HEADER = 40,
    IPV6_PAYLOAD_LENGTH = 4,
    ETHERNET_SOURCE = 6,
};

/* ---- the packet inside ----------------------------------------------------------------- */

/* Bytes of the IP packet that begins there, without what pads it; 0: it is none. */
static size_t packet_length(const uint8_t *packet, size_t length)
{
    size_t claimed = 0;

    if (length >= IPV4_HEADER && packet[0] >> 4 == 4)
        claimed = (size_t)packet[IPV4_TOTAL_LENGTH] << 8 | packet[IPV4_TOTAL_LENGTH + 1];
    else if (length >= IPV6_HEADER && packet[0] >> 4 == 6)
        claimed = IPV6_HEADER +
                  ((size_t)packet[IPV6_PAYLOAD_LENGTH] << 8 | packet[IPV6_PAYLOAD_LENGTH + 1]);
    return claimed <= length ? claimed : 0;
}

/* What of a peer's text goes on; 0: nothing. */
static size_t judge(struct tunic_guard *guard, struct tunic_remote *remote, const uint8_t *text,
                    size_t length, uint64_t now)
{
    struct tunic_relay *relay = guard->codec.relay;

    if (guard->table) {
        if (length >= TUNIC_ETHERNET_HEADER)
            tunic_forwarding_learn(guard->table, text + ETHERNET_SOURCE, remote, now);
        else
            relay->counters.malformed++;
        return length >= TUNIC_ETHERNET_HEADER ? length : 0;
    }
    length = packet_length(text, length);
    if (length == 0) {
        relay->counters.malformed++;
        return 0;
    }
    if (tunic_wireguard_origin(guard->wireguard, text, length) != remote->peer) {
        guard->unauthorised++;
        return 0;
    }
    return length;
}

/* ---- data ------------------------------------------------------------------------------ */

/* Decrypts what was collected, and gives it to the device side. */
static void finish(struct tunic_guard *guard, uint64_t now)
{
    size_t count = 0;

    tunic_cipher_pool_unseal(guard->pool, guard->opening_jobs, guard->opening_count);
    for (size_t i = 0; i < guard->opening_count; i++) {
        const struct tunic_packet_job *job = &guard->opening_jobs[i];
        const struct tunic_opening_message *message = &guard->opening[i];

        guard->from = message->from;
        if (!tunic_session_received(guard->wireguard, message->session, job, now) ||
            job->length == 0)
            continue;
        struct tunic_remote *remote = tunic_remote_of(tunic_session_peer(message->session));
        size_t length = judge(guard, remote, job->text, job->length, now);
        if (length > 0)
            guard->spans[count++] = (struct tunic_span){.data = job->text,
                                                        .length = (uint16_t)length,
                                                        .traffic_class = message->traffic_class};
    }
    guard->from = NULL;
    guard->opening_count = 0;
    (void)tunic_inbound_deliver(guard->codec.relay, guard->spans, count);
}

static void add(struct tunic_guard *guard, const struct tunic_arrival *arrival, uint8_t *message,
                size_t length, uint64_t now)
{
    if (guard->opening_count == TUNIC_GUARD_MESSAGES)
        finish(guard, now);
    size_t index = guard->opening_count;
    struct tunic_session *session = tunic_wireguard_receiving(guard->wireguard, message, length,
                                                              now, &guard->opening_jobs[index]);
    if (!session)
        return;
    guard->opening[index] = (struct tunic_opening_message){
        .session = session, .from = arrival->from, .traffic_class = arrival->traffic_class};
    guard->opening_count++;
}

/* ---- all messages ---------------------------------------------------------------------- */

static struct tunic_wireguard_source source_of(const union tunic_socket_address *from)
{
    const struct in6_addr host = tunic_endpoint_host(from);
    struct tunic_wireguard_source source = {.port = tunic_endpoint_port(from)};

    memcpy(source.address, host.s6_addr, sizeof(source.address));
    return source;
}

/* A handshake may end sessions: those of the data before it are looked at first. */
static void take_handshake(struct tunic_guard *guard, const struct tunic_arrival *arrival,
                           const uint8_t *message, size_t length, uint64_t now)
{
    const struct tunic_wireguard_source source = source_of(&arrival->from->remote);

    if (guard->opening_count > 0)
        finish(guard, now);
    guard->from = arrival->from;
    tunic_wireguard_receive(guard->wireguard, message, length, &source, now);
    guard->from = NULL;
}

void tunic_guard_open_arrivals(struct tunic_codec *codec, struct tunic_arrival *arrivals,
                               size_t count)
{
    struct tunic_guard *guard = tunic_guard_of(codec);
    uint64_t now = tunic_clock_boot();

    guard->heard = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct tunic_arrival *arrival = &arrivals[i];
        size_t step = arrival->size > 0 ? arrival->size : 1;

        for (size_t offset = 0; offset < arrival->length; offset += step) {
            uint8_t *message = arrival->data + offset;
            size_t left = arrival->length - offset;
            size_t length = left < step ? left : step;

            if (tunic_wireguard_message_type(message, length) == TUNIC_MESSAGE_DATA)
                add(guard, arrival, message, length, now);
            else
                take_handshake(guard, arrival, message, length, now);
        }
    }
    finish(guard, now);
    (void)tunic_outbound_flush(codec->relay);
    tunic_guard_arm(guard, now);
}
