/* SPDX-License-Identifier: MIT */
#include "wireguard_near.h"

#include "fuzz.h"

enum { TICKS = 4096 };

static const uint8_t keys[NEAR_KEYS][TUNIC_KEY_SIZE] = {{8}, {16}, {0x80, 4}};

void near_random(struct near *near, void *bytes, size_t length)
{
    uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++) {
        /* xorshift64* */
        near->random ^= near->random >> 12;
        near->random ^= near->random << 25;
        near->random ^= near->random >> 27;
        at[i] = (uint8_t)(near->random * UINT64_C(0x2545f4914f6cdd1d) >> 56);
    }
}

static size_t peer_number(const struct near *near, const struct tunic_wireguard_peer *peer)
{
    size_t number = 0;

    while (number < NEAR_PEERS && near->peers[number] != peer)
        number++;
    fuzz_check(number < NEAR_PEERS && tunic_wireguard_peer_owner(peer) == &near->peers[number]);
    return number;
}

/* ---- what the engine asks for ---------------------------------------------------------- */

static void fill_random(void *closure, void *bytes, size_t length)
{
    near_random(closure, bytes, length);
}

static void wall_clock(void *closure, struct timespec *now)
{
    const struct near *near = closure;

    now->tv_sec = (time_t)(INT64_C(1700000000) + near->clock + (int64_t)(near->now / TUNIC_SECOND));
    now->tv_nsec = (long)(near->now % TUNIC_SECOND);
}

static void check_session(const struct near *near, const struct tunic_session *session)
{
    fuzz_check(session == session->peer->current);
    fuzz_check(near->now - session->born < TUNIC_REJECT_AFTER_TIME * TUNIC_SECOND);
    fuzz_check(session->counter <= TUNIC_REJECT_AFTER_MESSAGES);
}

static void send_message(void *closure, struct tunic_wireguard_peer *peer, const uint8_t *message,
                         size_t length)
{
    struct near *near = closure;
    size_t number = peer_number(near, peer);
    unsigned type = tunic_wireguard_message_type(message, length);

    fuzz_check(number < NEAR_FARS && type != 0 && type != TUNIC_MESSAGE_COOKIE);
    if (type == TUNIC_MESSAGE_DATA)
        check_session(near, peer->current);
    near->events.sent += length;
    near->events.responses += type == TUNIC_MESSAGE_RESPONSE;
    far_receive(&near->fars[number], message, length);
}

static void answer(void *closure, const uint8_t *message, size_t length)
{
    struct near *near = closure;

    fuzz_check(near->receiving);
    fuzz_check(tunic_wireguard_message_type(message, length) == TUNIC_MESSAGE_COOKIE);
    near->events.answered += length;
}

static void authenticated(void *closure, struct tunic_wireguard_peer *peer)
{
    struct near *near = closure;

    fuzz_check(near->receiving && peer_number(near, peer) < NEAR_FARS);
    near->events.authenticated++;
}

static bool send_packet(struct near *near, size_t peer, size_t length)
{
    uint8_t message[FAR_MESSAGE] = {0};
    struct tunic_packet_job job;
    struct tunic_session *session =
        tunic_wireguard_sending(near->wireguard, near->peers[peer], near->now);

    if (!session)
        return false;
    check_session(near, session);
    size_t padded = (length + TUNIC_DATA_PADDING - 1) / TUNIC_DATA_PADDING * TUNIC_DATA_PADDING;
    size_t size = tunic_session_seal(session, message, length, padded, &job);
    if (size == 0)
        return false;
    fuzz_check(size == padded + TUNIC_DATA_OVERHEAD && job.counter < TUNIC_REJECT_AFTER_MESSAGES);
    const struct tunic_message_text text = {
        .text = job.text, .length = job.length, .output = job.text};
    fuzz_check(tunic_aead_seal(far_crypto, job.key->bytes, job.counter, &text) == 0);
    fuzz_check(peer < NEAR_FARS);
    far_receive(&near->fars[peer], message, size);
    tunic_session_sent(near->wireguard, session, size, near->now);
    return true;
}

void near_send(struct near *near, size_t peer, size_t length)
{
    if (near->peers[peer] && !send_packet(near, peer, length))
        near->waiting[peer]++;
}

static bool usable(void *closure, struct tunic_wireguard_peer *peer)
{
    struct near *near = closure;
    size_t number = peer_number(near, peer);
    bool sent = false;

    for (; near->waiting[number] > 0 && send_packet(near, number, FAR_TEXT); sent = true)
        near->waiting[number]--;
    return sent;
}

static void retried(void *closure, struct tunic_wireguard_peer *peer)
{
    (void)peer_number(closure, peer);
}

static void gave_up(void *closure, struct tunic_wireguard_peer *peer)
{
    struct near *near = closure;

    near->waiting[peer_number(near, peer)] = 0;
}

/* ---- keys and peers -------------------------------------------------------------------- */

static void removed(void *closure, void *owner)
{
    struct near *near = closure;
    struct tunic_wireguard_peer **peer = owner;
    size_t number = peer_number(near, *peer);

    near->peers[number] = NULL;
    near->waiting[number] = 0;
    memset(&near->marks.peers[number], 0, sizeof(near->marks.peers[number]));
}

void near_set_key(struct near *near, size_t which)
{
    bool none = which == NEAR_KEYS - 1;

    fuzz_check(tunic_wireguard_set_private_key(near->wireguard, none ? NULL : keys[which],
                                               near->now, removed, near) == 0);
    if (none)
        return;
    const uint8_t *public_key = tunic_wireguard_public_key(near->wireguard);
    if (memcmp(near->public_key, public_key, TUNIC_KEY_SIZE) == 0)
        return;
    memcpy(near->public_key, public_key, TUNIC_KEY_SIZE);
    for (size_t i = 0; i < NEAR_FARS; i++)
        far_meet(&near->fars[i], public_key);
}

bool near_toggle(struct near *near, size_t peer)
{
    static const uint8_t nobody[TUNIC_KEY_SIZE] = {1}; /* a point of low order */
    const uint8_t *key = peer < NEAR_FARS ? near->fars[peer].identity.public_key : nobody;

    if (near->peers[peer]) {
        struct tunic_wireguard_peer *old = near->peers[peer];
        removed(near, &near->peers[peer]);
        tunic_wireguard_peer_remove(near->wireguard, old);
        return false;
    }
    int result =
        tunic_wireguard_peer_add(near->wireguard, key, &near->peers[peer], &near->peers[peer]);
    fuzz_check(result == 0 || memcmp(key, near->public_key, TUNIC_KEY_SIZE) == 0);
    if (peer >= NEAR_FARS || result != 0)
        return false;
    memset(near->fars[peer].timestamp, 0, TUNIC_TIMESTAMP_SIZE);
    memset(near->fars[peer].preshared, 0, TUNIC_KEY_SIZE);
    return true;
}

/* What costs most of the time of a short input. */
static void prepare(struct far fars[NEAR_FARS], uint8_t public_key[TUNIC_KEY_SIZE])
{
    static const uint8_t far_keys[NEAR_FARS][TUNIC_KEY_SIZE] = {{0x40, 3}, {0x80, 4}};
    struct tunic_error error;

    fuzz_check(tunic_crypto_open(&far_crypto, &error) == 0);
    fuzz_check(tunic_x25519_public(far_crypto, keys[0], public_key) == 0);
    for (size_t i = 0; i < NEAR_FARS; i++)
        far_open(&fars[i], far_keys[i], public_key);
}

void near_open(struct near *near)
{
    static struct far fars[NEAR_FARS];
    static uint8_t public_key[TUNIC_KEY_SIZE];
    struct tunic_error error;

    if (!far_crypto)
        prepare(fars, public_key);
    memset(near, 0, sizeof(*near));
    near->now = 1000 * TUNIC_SECOND;
    near->random = 1;
    const struct tunic_wireguard_user user = {.closure = near,
                                              .random = fill_random,
                                              .wall_clock = wall_clock,
                                              .send = send_message,
                                              .answer = answer,
                                              .authenticated = authenticated,
                                              .usable = usable,
                                              .retried = retried,
                                              .gave_up = gave_up};
    fuzz_check(tunic_wireguard_open(&near->wireguard, far_crypto, &user, &error) == 0);
    memcpy(near->public_key, public_key, TUNIC_KEY_SIZE);
    memcpy(near->fars, fars, sizeof(fars));
    near_set_key(near, 0);
    for (size_t i = 0; i < NEAR_PEERS; i++)
        (void)near_toggle(near, i);
}

void near_close(struct near *near)
{
    tunic_wireguard_close(near->wireguard);
}

void near_wait(struct near *near, uint64_t time)
{
    near->now += time;
    for (unsigned i = 0; tunic_wireguard_due(near->wireguard) <= near->now; i++) {
        fuzz_check(i < TICKS);
        tunic_wireguard_tick(near->wireguard, near->now);
    }
}

/* ---- what must be so ------------------------------------------------------------------- */

static size_t check_index(const struct tunic_wireguard *wireguard,
                          const struct tunic_indexed *indexed, bool is_session)
{
    fuzz_check(indexed->index != 0 && indexed->is_session == is_session);
    fuzz_check(tunic_table_index(&wireguard->table, indexed->index) == indexed);
    return 1;
}

static size_t check_slots(const struct tunic_wireguard *wireguard,
                          const struct tunic_wireguard_peer *peer)
{
    const struct tunic_session *const slots[] = {peer->previous, peer->current, peer->next};
    size_t count = 0;

    fuzz_check(!peer->next || !peer->previous);
    for (size_t i = 0; i < TUNIC_COUNT(slots); i++) {
        if (!slots[i])
            continue;
        count += check_index(wireguard, &slots[i]->indexed, true);
        fuzz_check(slots[i]->peer == peer);
        fuzz_check(slots[i]->send.serial != 0 && slots[i]->receive.serial != 0);
        fuzz_check(slots[i] != peer->next || !slots[i]->initiator);
    }
    if (peer->attempt) {
        count += check_index(wireguard, &peer->attempt->indexed, false);
        fuzz_check(peer->attempt->peer == peer);
    }
    return count;
}

static void check_schedule(const struct tunic_wireguard *wireguard,
                           const struct tunic_wireguard_peer *peer)
{
    const struct tunic_heap *schedule = &wireguard->schedule;
    const struct tunic_heap_item *item = &peer->scheduled;
    uint64_t next = tunic_timers_next(&peer->timers);

    if (item->position == 0) {
        fuzz_check(next == UINT64_MAX);
        return;
    }
    fuzz_check(item->position <= schedule->count && item->due <= next);
    fuzz_check(schedule->items[item->position - 1] == item);
    fuzz_check(item->position == 1 || schedule->items[item->position / 2 - 1]->due <= item->due);
}

static size_t count_indexed(const struct tunic_table *table)
{
    size_t count = 0;

    for (size_t i = 0; i < table->places; i++)
        for (const struct tunic_indexed *at = table->indexed[i]; at; at = at->next)
            count++;
    return count;
}

static void check_counters(struct near *near)
{
    const struct tunic_wireguard_counters *now = tunic_wireguard_counters(near->wireguard);
    struct tunic_wireguard_counters *before = &near->marks.counters;

    fuzz_check(now->malformed >= before->malformed && now->unauthentic >= before->unauthentic);
    fuzz_check(now->replayed >= before->replayed && now->limited >= before->limited);
    fuzz_check(now->cookies >= before->cookies && now->handshakes >= before->handshakes);
    *before = *now;
}

static void check_marks(struct near *near, size_t number)
{
    const struct tunic_wireguard_peer *peer = near->peers[number];

    fuzz_check(peer->sent_bytes >= near->marks.peers[number].sent_bytes);
    fuzz_check(peer->received_bytes >= near->marks.peers[number].received_bytes);
    fuzz_check(
        memcmp(peer->taken_timestamp, near->marks.peers[number].taken, TUNIC_TIMESTAMP_SIZE) >= 0);
    near->marks.peers[number].sent_bytes = peer->sent_bytes;
    near->marks.peers[number].received_bytes = peer->received_bytes;
    memcpy(near->marks.peers[number].taken, peer->taken_timestamp, TUNIC_TIMESTAMP_SIZE);
    if (!peer->current)
        return;
    if (near->marks.peers[number].serial == peer->current->send.serial) {
        fuzz_check(peer->current->counter >= near->marks.peers[number].counter);
        fuzz_check(peer->current->replay.next >= near->marks.peers[number].next);
    }
    near->marks.peers[number].serial = peer->current->send.serial;
    near->marks.peers[number].counter = peer->current->counter;
    near->marks.peers[number].next = peer->current->replay.next;
}

void near_check(struct near *near)
{
    const struct tunic_wireguard *wireguard = near->wireguard;
    size_t indexed = 0;
    size_t peers = 0;
    size_t scheduled = 0;

    for (size_t i = 0; i < NEAR_PEERS; i++) {
        const struct tunic_wireguard_peer *peer = near->peers[i];
        if (!peer)
            continue;
        peers++;
        fuzz_check(tunic_table_peer(&wireguard->table, peer->public_key) == peer);
        indexed += check_slots(wireguard, peer);
        check_schedule(wireguard, peer);
        scheduled += peer->scheduled.position != 0;
        check_marks(near, i);
    }
    fuzz_check(indexed == count_indexed(&wireguard->table));
    fuzz_check(peers == tunic_wireguard_peer_count(wireguard));
    fuzz_check(scheduled == wireguard->schedule.count);
    check_counters(near);
}
