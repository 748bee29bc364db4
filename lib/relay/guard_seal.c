/* SPDX-License-Identifier: MIT */
#include "relay/guard.h"

#include <string.h>

enum {
    CONGESTION_BITS = 3,
    HANDSHAKE_CLASS = 0x88, /* AF41, as WireGuard's other implementations have it */
};

/* Room in the buffer of what is sent, which begins anew once everything in it was sent. NULL: there
 * is none before that. */
static uint8_t *take(struct tunic_guard *guard, size_t size)
{
    const struct tunic_outbox *outbox = &guard->codec.relay->outbound.outbox;

    if (outbox->message_count == 0 && guard->sealing_count == 0)
        guard->used = 0;
    if (guard->used + size > TUNIC_GUARD_SEALED)
        return NULL;
    uint8_t *place = guard->sealed + guard->used;
    guard->used += size;
    return place;
}

/* Puts a message into the outbox. False: the transport takes nothing now. */
static bool post(struct tunic_guard *guard, const struct tunic_endpoint *to, uint8_t traffic_class,
                 uint8_t *message, size_t length)
{
    struct tunic_relay *relay = guard->codec.relay;

    while (!tunic_outbox_add(&relay->outbound.outbox, to, traffic_class, message, length, NULL, 0))
        if (!tunic_outbound_flush(relay))
            return false;
    return true;
}

void tunic_guard_send(struct tunic_guard *guard, const struct tunic_endpoint *to,
                      const uint8_t *message, size_t length)
{
    struct tunic_relay *relay = guard->codec.relay;
    size_t prefix = relay->transport->form.prefix;

    /* What has no room is lost like anything on the way: handshakes are repeated. */
    if (to->remote.any.sa_family == AF_UNSPEC || relay->outbound.blocked)
        return;
    uint8_t *place = take(guard, prefix + length);
    if (!place)
        return;
    memcpy(place + prefix, message, length);
    uint8_t traffic_class = message[0] == TUNIC_MESSAGE_DATA ? 0 : HANDSHAKE_CLASS;
    /* What answers a batch that is being received goes at its end. */
    if (post(guard, to, traffic_class, place + prefix, length) && !guard->from)
        (void)tunic_outbound_flush(relay);
}

/* ---- encrypting ------------------------------------------------------------------------ */

/* Encrypts what was collected, and puts it into the outbox. */
static void finish(struct tunic_guard *guard, uint64_t now)
{
    struct tunic_relay *relay = guard->codec.relay;
    size_t count = guard->sealing_count;
    uint64_t bytes = 0;

    tunic_cipher_pool_seal(guard->pool, guard->jobs, count);
    for (size_t i = 0; i < count; i++) {
        struct tunic_sealing *sealing = &guard->sealing[i];

        if (guard->jobs[i].failed ||
            !post(guard, &sealing->remote->endpoint, sealing->traffic_class, sealing->message,
                  sealing->length))
            relay->transport->counters.dropped++;
        else
            bytes += sealing->length;
        if (i + 1 == count || guard->sealing[i + 1].session != sealing->session) {
            if (bytes > 0)
                tunic_session_sent(guard->wireguard, sealing->session, bytes, now);
            bytes = 0;
        }
    }
    guard->sealing_count = 0;
}

/* Room for one more message of `size` bytes, with the prefix before it. */
static uint8_t *reserve(struct tunic_guard *guard, size_t size, uint64_t now)
{
    size_t prefix = guard->codec.relay->transport->form.prefix;
    uint8_t *place = NULL;

    if (guard->sealing_count < TUNIC_GUARD_JOBS)
        place = take(guard, prefix + size);
    if (!place) {
        finish(guard, now);
        if (tunic_outbound_flush(guard->codec.relay))
            place = take(guard, prefix + size);
    }
    return place ? place + prefix : NULL;
}

/* Who looks at the length of a datagram shall not see that of the packet; but for a frame, of which
 * the other side could not tell what was added. Nothing becomes larger than packets may be. */
static size_t padded_length(const struct tunic_relay *relay, size_t length)
{
    size_t padded =
        (length + TUNIC_DATA_PADDING - 1) / TUNIC_DATA_PADDING * (size_t)TUNIC_DATA_PADDING;
    size_t most = relay->limit < relay->mtu ? relay->limit : relay->mtu;

    if (relay->layer == TUNIC_LAYER_ETHERNET)
        return length;
    if (padded > most)
        padded = most;
    return padded > length ? padded : length;
}

/* Collects a packet for one peer. */
static void add(struct tunic_guard *guard, struct tunic_remote *remote,
                const struct tunic_packet *packet, uint64_t now)
{
    struct tunic_relay *relay = guard->codec.relay;
    size_t length = (size_t)packet->head_length + packet->body_length;
    size_t padded = padded_length(relay, length);

    if (padded + TUNIC_DATA_OVERHEAD > TUNIC_DATAGRAM_MOST) {
        relay->counters.too_big++;
        return;
    }
    struct tunic_session *session = tunic_wireguard_sending(guard->wireguard, remote->peer, now);
    if (!session) {
        relay->counters.unanswered += !tunic_stage_put(&guard->stage, &remote->waiting, packet);
        return;
    }
    if (remote->endpoint.remote.any.sa_family == AF_UNSPEC) {
        relay->counters.unanswered++;
        return;
    }
    uint8_t *message = reserve(guard, padded + TUNIC_DATA_OVERHEAD, now);
    if (!message) {
        relay->transport->counters.dropped++;
        return;
    }
    (void)tunic_packet_copy(packet, message + TUNIC_DATA_HEADER);
    size_t size =
        tunic_session_seal(session, message, length, padded, &guard->jobs[guard->sealing_count]);
    if (size == 0) {
        relay->counters.unanswered++;
        return;
    }
    guard->sealing[guard->sealing_count++] =
        (struct tunic_sealing){.remote = remote,
                               .session = session,
                               .message = message,
                               .length = (uint16_t)size,
                               .traffic_class = packet->traffic_class & CONGESTION_BITS};
}

/* ---- whose it is ----------------------------------------------------------------------- */

/* Nor can it be found out where it is: nothing need wait for it, and no handshake be begun. */
static bool is_nowhere(const struct tunic_remote *remote)
{
    return remote->endpoint.remote.any.sa_family == AF_UNSPEC && remote->name == 0;
}

static void add_routed(struct tunic_guard *guard, const struct tunic_packet *packet, uint64_t now)
{
    struct tunic_wireguard_peer *peer =
        tunic_wireguard_route(guard->wireguard, packet->head, packet->head_length);

    if (peer && !is_nowhere(tunic_remote_of(peer))) {
        add(guard, tunic_remote_of(peer), packet, now);
        return;
    }
    if (peer)
        guard->codec.relay->counters.unanswered++;
    else
        guard->unrouted++;
    tunic_outbound_unreachable(guard->codec.relay, packet);
}

static void add_switched(struct tunic_guard *guard, const struct tunic_packet *packet, uint64_t now)
{
    const struct tunic_wireguard_peer *peer = NULL;
    struct tunic_remote *remote;

    if (packet->head_length < TUNIC_ETHERNET_HEADER)
        return;
    remote = tunic_forwarding_find(guard->table, packet->head, now);
    if (remote) {
        add(guard, remote, packet, now);
        return;
    }
    bool any = false;
    while ((peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL) {
        remote = tunic_remote_of(peer);
        if (is_nowhere(remote))
            continue;
        add(guard, remote, packet, now);
        any = true;
    }
    guard->codec.relay->counters.unanswered += !any;
}

void tunic_guard_seal(struct tunic_codec *codec, struct tunic_packet *packets, size_t count)
{
    struct tunic_guard *guard = tunic_guard_of(codec);
    uint64_t now = tunic_clock_boot();

    for (size_t i = 0; i < count; i++) {
        if (guard->table)
            add_switched(guard, &packets[i], now);
        else
            add_routed(guard, &packets[i], now);
    }
    finish(guard, now);
    tunic_guard_arm(guard, now);
}

bool tunic_guard_send_waiting(struct tunic_guard *guard, struct tunic_remote *remote)
{
    uint64_t now = tunic_clock_boot();
    struct tunic_packet packet;
    bool any = false;

    /* One that finds the session used up would wait again, behind the others. */
    while (tunic_wireguard_sending(guard->wireguard, remote->peer, now) &&
           tunic_stage_first(&remote->waiting, &packet)) {
        add(guard, remote, &packet, now);
        tunic_stage_drop_first(&guard->stage, &remote->waiting);
        any = true;
    }
    finish(guard, now);
    (void)tunic_outbound_flush(guard->codec.relay);
    return any;
}
