/* SPDX-License-Identifier: MIT */
#include "relay/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum {
    DESCRIPTORS = 4096,
    REMOTES_MEASURED = 16, /* peers of which the way's room is asked for */
    INET6_MORE = 20,       /* bytes by which an IPv6 header is longer */
};

void tunic_guard_arm(struct tunic_guard *guard, uint64_t now)
{
    struct tunic_loop *loop = &guard->codec.relay->loop;
    uint64_t due = tunic_wireguard_due(guard->wireguard);

    if (due == guard->armed)
        return;
    guard->armed = due;
    if (due == UINT64_MAX)
        tunic_timer_clear(loop, &guard->timer);
    else
        tunic_timer_set(loop, &guard->timer, tunic_clock_now() + (due > now ? due - now : 0));
}

static void tick(void *closure)
{
    struct tunic_guard *guard = closure;
    uint64_t now = tunic_clock_boot();

    guard->armed = 0;
    tunic_wireguard_tick(guard->wireguard, now);
    tunic_guard_arm(guard, now);
}

/* ---- what the protocol asks for -------------------------------------------------------- */

static void fill_random(void *closure, void *bytes, size_t length)
{
    (void)closure;
    /* Nothing that follows would be safe without. */
    if (tunic_random(bytes, length) != 0)
        abort();
}

static void wall_clock(void *closure, struct timespec *now)
{
    (void)closure;
    (void)clock_gettime(CLOCK_REALTIME, now);
}

static void send_message(void *closure, struct tunic_wireguard_peer *peer, const uint8_t *message,
                         size_t length)
{
    tunic_guard_send(closure, &tunic_remote_of(peer)->endpoint, message, length);
}

static void answer(void *closure, const uint8_t *message, size_t length)
{
    struct tunic_guard *guard = closure;

    if (guard->from)
        tunic_guard_send(guard, guard->from, message, length);
}

static void authenticated(void *closure, struct tunic_wireguard_peer *peer)
{
    struct tunic_guard *guard = closure;

    if (guard->from)
        tunic_guard_heard(guard, tunic_remote_of(peer));
}

static bool usable(void *closure, struct tunic_wireguard_peer *peer)
{
    struct tunic_guard *guard = closure;

    guard->last_handshake = tunic_clock_now();
    return tunic_guard_send_waiting(guard, tunic_remote_of(peer));
}

static void retried(void *closure, struct tunic_wireguard_peer *peer)
{
    tunic_guard_unheard(closure, tunic_remote_of(peer));
}

static void gave_up(void *closure, struct tunic_wireguard_peer *peer)
{
    struct tunic_guard *guard = closure;

    guard->codec.relay->counters.unanswered +=
        tunic_stage_drop(&guard->stage, &tunic_remote_of(peer)->waiting);
}

/* ---- starting -------------------------------------------------------------------------- */

static int open_parts(struct tunic_guard *guard, struct tunic_error *error)
{
    const struct tunic_relay_options *options = guard->codec.relay->options;
    const struct tunic_wireguard_user user = {.closure = guard,
                                              .random = fill_random,
                                              .wall_clock = wall_clock,
                                              .send = send_message,
                                              .answer = answer,
                                              .authenticated = authenticated,
                                              .usable = usable,
                                              .retried = retried,
                                              .gave_up = gave_up};
    int result = tunic_crypto_open(&guard->crypto, error);

    if (result == 0)
        result = tunic_cipher_pool_open(&guard->pool, guard->crypto,
                                        options->workers > 0 ? options->workers : 1, error);
    if (result == 0)
        result = tunic_wireguard_open(&guard->wireguard, guard->crypto, &user, error);
    return result;
}

/* Nothing that is touched while packets flow is allocated later. */
static int allocate(struct tunic_guard *guard, struct tunic_error *error)
{
    struct tunic_relay *relay = guard->codec.relay;
    uint32_t most = relay->limit < TUNIC_PACKET_MOST ? relay->limit : TUNIC_PACKET_MOST;
    void *sealed =
        mmap(NULL, TUNIC_GUARD_SEALED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t seed;

    if (sealed == MAP_FAILED)
        return tunic_error_memory(error);
    guard->sealed = sealed;
    if (tunic_stage_open(&guard->stage, most) != 0)
        return tunic_error_memory(error);
    if (relay->layer != TUNIC_LAYER_ETHERNET)
        return 0;
    guard->table = calloc(1, sizeof(*guard->table));
    if (!guard->table)
        return tunic_error_memory(error);
    fill_random(guard, &seed, sizeof(seed));
    tunic_forwarding_open(guard->table, seed);
    return 0;
}

static int find(struct tunic_codec *codec, struct tunic_error *error)
{
    return tunic_guard_find(tunic_guard_of(codec), error);
}

/* Each peer that comes by TCP takes one, and each that is dialled two. Best effort. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The helper first: it shall not have what is secret. */
static int start(struct tunic_codec *codec, struct tunic_error *error)
{
    struct tunic_guard *guard = tunic_guard_of(codec);
    struct tunic_relay *relay = codec->relay;
    int result = tunic_guard_start_resolver(guard, error);

    if (relay->transport->form.stream)
        raise_descriptors();
    if (result == 0)
        result = allocate(guard, error);
    if (result == 0)
        result = tunic_guard_watch(guard, error);
    if (result == 0)
        result = open_parts(guard, error);
    if (result != 0)
        return result;
    guard->timer = (struct tunic_timer){.fire = tick, .closure = guard};
    result = tunic_timer_add(&relay->loop, &guard->timer, error);
    if (result != 0)
        return result;
    result = tunic_guard_set(guard, &relay->options->settings, guard->found);
    tunic_settings_clear(&relay->options->settings);
    if (result != 0)
        return tunic_error_system(error, -result, "cannot set its keys and peers");
    tunic_guard_arm(guard, tunic_clock_boot());
    return tunic_guard_serve(guard, error);
}

static int start_threads(struct tunic_codec *codec, struct tunic_error *error)
{
    return tunic_cipher_pool_start(tunic_guard_of(codec)->pool, error);
}

static void stop(struct tunic_codec *codec)
{
    struct tunic_guard *guard = tunic_guard_of(codec);
    struct tunic_wireguard_peer *peer;

    if (guard->named > 0)
        tunic_resolver_close(&guard->resolver);
    tunic_guard_watch_close(guard);
    tunic_control_close(guard->control, !codec->relay->confined);
    while (guard->wireguard && (peer = tunic_wireguard_peer_next(guard->wireguard, NULL)) != NULL)
        tunic_guard_remove(guard, tunic_remote_of(peer));
    tunic_wireguard_close(guard->wireguard);
    tunic_cipher_pool_close(guard->pool);
    tunic_crypto_close(guard->crypto);
    tunic_stage_close(&guard->stage);
    free(guard->table);
    free(guard->found);
    if (guard->sealed)
        (void)munmap(guard->sealed, TUNIC_GUARD_SEALED);
    free(guard);
}

/* ---- the other operations -------------------------------------------------------------- */

static bool admits(const struct tunic_codec *codec, const union tunic_socket_address *from)
{
    (void)codec;
    (void)from;
    return true; /* whoever knows a key */
}

static void connected(struct tunic_codec *codec, const struct tunic_endpoint *endpoint)
{
    struct tunic_guard *guard = tunic_guard_of(codec);
    const struct tunic_wireguard_peer *peer = NULL;
    uint64_t now = tunic_clock_boot();

    if (!endpoint)
        return;
    while ((peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL)
        if (tunic_endpoint_same(&tunic_remote_of(peer)->endpoint.remote, &endpoint->remote))
            tunic_wireguard_peer_begin(guard->wireguard, tunic_remote_of(peer)->peer, now);
    tunic_guard_arm(guard, now);
}

/* The addresses of peers, as far as they are known. Returns how many. */
static size_t list_endpoints(const struct tunic_guard *guard,
                             struct tunic_endpoint endpoints[REMOTES_MEASURED])
{
    const struct tunic_relay *relay = guard->codec.relay;
    const struct tunic_wireguard_peer *peer = NULL;
    size_t count = 0;

    if (!guard->wireguard) {
        for (size_t i = 0; i < relay->options->settings.peer_count && i < REMOTES_MEASURED; i++)
            endpoints[count++] = (struct tunic_endpoint){.remote = guard->found[i]};
        return count;
    }
    while (count < REMOTES_MEASURED &&
           (peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL)
        endpoints[count++] = tunic_remote_of(peer)->endpoint;
    return count;
}

/* The least of what fits to the peers, of which there may be too many to ask for each of them. One
 * may come by IPv6 one day: a device that is made leaves room for that. */
static uint32_t find_limit(struct tunic_codec *codec)
{
    struct tunic_transport *transport = codec->relay->transport;
    struct tunic_endpoint endpoints[REMOTES_MEASURED];
    size_t count = list_endpoints(tunic_guard_of(codec), endpoints);
    size_t least = transport->operations->room(transport, NULL);
    bool known = false;

    codec->spare = 0;
    for (size_t i = 0; i < count; i++) {
        if (endpoints[i].remote.any.sa_family == AF_UNSPEC)
            continue;
        size_t room = transport->operations->room(transport, &endpoints[i]);
        if (known && room >= least)
            continue;
        least = room;
        known = true;
        codec->spare =
            tunic_endpoint_inet(&endpoints[i].remote) && !transport->form.stream ? INET6_MORE : 0;
    }
    return (uint32_t)(least - TUNIC_DATA_OVERHEAD);
}

static void tell_counters(const struct tunic_codec *codec, struct tunic_relay_counters *counters)
{
    const struct tunic_guard *guard = tunic_guard_of(codec);
    const struct tunic_wireguard_peer *peer = NULL;
    const struct tunic_remote *remote = NULL;
    uint64_t now = tunic_clock_boot();

    counters->has_keys = true;
    counters->unrouted = guard->unrouted;
    counters->unauthorised = guard->unauthorised;
    counters->last_handshake = guard->last_handshake;
    counters->wireguard = *tunic_wireguard_counters(guard->wireguard);
    counters->peer.any.sa_family = AF_UNSPEC;
    while ((peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL) {
        remote = tunic_remote_of(peer);
        counters->peers++;
        counters->peers_alive += tunic_wireguard_peer_alive(peer, now);
        if (remote->heard > counters->last_received)
            counters->last_received = remote->heard;
    }
    if (remote && counters->peers == 1)
        counters->peer = remote->endpoint.remote;
}

static const struct tunic_codec_operations operations = {
    .seal = tunic_guard_seal,
    .open = tunic_guard_open_arrivals,
    .find = find,
    .start = start,
    .start_threads = start_threads,
    .stop = stop,
    .admits = admits,
    .connected = connected,
    .limit = find_limit,
    .count = tell_counters,
};

int tunic_guard_open(struct tunic_codec **codec, struct tunic_relay *relay,
                     struct tunic_error *error)
{
    struct tunic_guard *guard = calloc(1, sizeof(*guard));

    if (!guard)
        return tunic_error_memory(error);
    guard->codec = (struct tunic_codec){.operations = &operations, .relay = relay};
    *codec = &guard->codec;
    return 0;
}
