/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Everything that needs a privilege comes first: names, sockets, the device,
 * the helper that looks names up. Then the process gives up all it can, and only then is anything
 * read that somebody else wrote.
 *
 * The socket comes before the device: a device that is made gets the MTU that fits through it.
 */
#include "relay/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REFRESH = 5, /* seconds: the path's MTU and the silence are looked at */
    ETHERNET_OVERHEAD = TUNIC_ETHERNET_HEADER,
    DEVICE_MTU_MOST = 65521,
    STREAM_MTU = 1500,
    QUEUE = 1000, /* packets, as Ethernet has it: a tun's 500 are full in a few milliseconds */
};

/* ---- how large ------------------------------------------------------------------------- */

void tunic_relay_measure(struct tunic_relay *relay)
{
    relay->limit = relay->codec->operations->limit(relay->codec);
}

/* Of a device that is made and of which nobody said anything. */
static uint32_t fitting_mtu(const struct tunic_relay *relay, uint32_t overhead)
{
    bool stream = relay->options->protocol == TUNIC_RELAY_TCP;
    uint32_t mtu = stream ? STREAM_MTU : relay->limit - relay->codec->spare - overhead;

    return mtu < DEVICE_MTU_MOST ? mtu : DEVICE_MTU_MOST;
}

static void warn_mtu(struct tunic_relay *relay)
{
    uint32_t fits = relay->limit - (relay->queue.tap ? ETHERNET_OVERHEAD : 0);
    struct tunic_error warning;

    if (relay->mtu <= fits)
        return;
    (void)tunic_error_set(&warning, TUNIC_FAILED, "its mtu is %u, and %u fits through the tunnel",
                          relay->mtu, fits);
    tunic_error_cause(&warning, "larger packets are refused or sent in fragments");
    tunic_error_hint(&warning, "'mtu %u'", fits);
    relay->user->warn(relay->user->closure, &warning);
}

/* ---- what others call ------------------------------------------------------------------ */

static void arrived(void *closure, struct tunic_arrival *arrivals, size_t count)
{
    struct tunic_relay *relay = closure;

    relay->codec->operations->open(relay->codec, arrivals, count);
    tunic_inbound_flush(relay);
}

static void ready(void *closure, bool is_ready)
{
    tunic_outbound_ready(closure, is_ready);
}

static bool admits(void *closure, const union tunic_socket_address *from)
{
    const struct tunic_relay *relay = closure;

    return relay->codec->operations->admits(relay->codec, from);
}

static void connected(void *closure, const struct tunic_endpoint *endpoint)
{
    struct tunic_relay *relay = closure;

    relay->codec->operations->connected(relay->codec, endpoint);
}

void tunic_relay_device_failed(struct tunic_relay *relay, int result)
{
    relay->device_failure = result == -EBADFD ? -ENODEV : result;
    tunic_loop_stop(&relay->loop, relay->device_failure);
}

/* ---- from time to time ----------------------------------------------------------------- */

static void count(const struct tunic_relay *relay, struct tunic_relay_counters *counters)
{
    *counters = relay->counters;
    counters->transport = relay->transport->counters;
    relay->codec->operations->count(relay->codec, counters);
}

static void refresh(void *closure)
{
    struct tunic_relay *relay = closure;
    uint64_t now = tunic_clock_now();

    if (relay->codec->operations->refresh)
        relay->codec->operations->refresh(relay->codec, now);
    tunic_relay_measure(relay);
    tunic_timer_set(&relay->loop, &relay->refresh, now + REFRESH * TUNIC_SECOND);
}

static void tick(void *closure)
{
    struct tunic_relay *relay = closure;
    struct tunic_relay_counters counters;

    count(relay, &counters);
    relay->user->tick(relay->user->closure, &counters);
    tunic_timer_set(&relay->loop, &relay->tick, tunic_clock_now() + TUNIC_SECOND);
}

static void signalled(void *closure, int signal_number)
{
    struct tunic_relay *relay = closure;
    struct tunic_relay_counters counters;

    if (signal_number != SIGUSR1) {
        tunic_loop_stop(&relay->loop, 0);
        return;
    }
    count(relay, &counters);
    relay->user->report(relay->user->closure, &counters);
}

static int start_timers(struct tunic_relay *relay, struct tunic_error *error)
{
    uint64_t now = tunic_clock_now();
    int result;

    relay->refresh = (struct tunic_timer){.fire = refresh, .closure = relay};
    relay->tick = (struct tunic_timer){.fire = tick, .closure = relay};
    result = tunic_timer_add(&relay->loop, &relay->refresh, error);
    if (result == 0)
        result = tunic_timer_add(&relay->loop, &relay->tick, error);
    if (result != 0)
        return result;
    tunic_timer_set(&relay->loop, &relay->refresh, now + REFRESH * TUNIC_SECOND);
    if (relay->user->tick)
        tunic_timer_set(&relay->loop, &relay->tick, now + TUNIC_SECOND);
    return 0;
}

/* ---- setting up ------------------------------------------------------------------------ */

static int open_transport(struct tunic_relay *relay, struct tunic_error *error)
{
    const struct tunic_relay_options *options = relay->options;
    struct tunic_host listen = options->listen;
    const struct tunic_transport_user user = {.closure = relay,
                                              .arrived = arrived,
                                              .ready = ready,
                                              .admits = admits,
                                              .connected = connected};
    struct tunic_transport_options transport = {
        .listen = options->has_listen ? &listen : NULL,
        .connect = options->has_connect ? &relay->peer.connect : NULL,
        .mark = options->mark,
        .underlay = options->underlay,
        .offload = !options->no_offload};

    if (options->protocol == TUNIC_RELAY_UDP)
        return tunic_udp_open(&relay->transport, &relay->loop, &transport, &user, error);
    return options->has_keys
               ? tunic_tcp_many_open(&relay->transport, &relay->loop, &transport, &user, error)
               : tunic_tcp_open(&relay->transport, &relay->loop, &transport, &user, error);
}

static int open_device(struct tunic_relay *relay, struct tunic_context *context,
                       struct tunic_error *error)
{
    struct tunic_opening opening = {
        .desired = relay->options->desired,
        .vnet_hdr = !relay->options->no_offload,
        .mtu = {[TUNIC_MODE_TUN] = fitting_mtu(relay, 0),
                [TUNIC_MODE_TAP] = fitting_mtu(relay, ETHERNET_OVERHEAD)},
        .txqueuelen = QUEUE};
    struct tunic_link link;
    int result = tunic_interface_open(context, relay->name, &opening, &relay->queue, error);

    if (result != 0)
        return result;
    relay->layer = relay->queue.tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    result = tunic_queue_prepare(&relay->queue, !relay->options->no_offload, error);
    if (result == 0)
        result = tunic_link_get(&context->netlink, relay->name, 0, false, &link, error);
    if (result != 0)
        return result;
    relay->ifindex = link.ifindex;
    relay->mtu = link.mtu;
    warn_mtu(relay);
    relay->owned = link.owner != TUNIC_ID_NONE && link.owner != 0;
    tunic_sandbox_choose(&relay->sandbox, link.owner, link.group);
    tunic_link_release(&link);
    return 0;
}

int tunic_relay_confine_resolver(void *closure, struct tunic_error *error)
{
    const struct tunic_relay *relay = closure;
    struct tunic_sandbox sandbox = relay->sandbox;

    tunic_settings_clear(&relay->options->settings);
    sandbox.role = TUNIC_SANDBOX_RESOLVER;
    return relay->options->no_sandbox ? 0 : tunic_sandbox_enter(&sandbox, error);
}

static int start_threads(void *closure, struct tunic_error *error)
{
    const struct tunic_relay *relay = closure;
    const struct tunic_codec_operations *operations = relay->codec->operations;

    return operations->start_threads ? operations->start_threads(relay->codec, error) : 0;
}

/* The last privilege is given up. */
static int confine(struct tunic_relay *relay, struct tunic_error *error)
{
    struct tunic_sandbox *sandbox = &relay->sandbox;

    sandbox->role =
        relay->options->protocol == TUNIC_RELAY_TCP ? TUNIC_SANDBOX_LISTENER : TUNIC_SANDBOX_RELAY;
    if (relay->options->has_keys)
        sandbox->role = TUNIC_SANDBOX_GUARD;
    if (relay->options->no_sandbox)
        return start_threads(relay, error);
    sandbox->start_threads = start_threads;
    sandbox->closure = relay;
    relay->confined = true;
    return tunic_sandbox_enter(sandbox, error);
}

static int open_codec(struct tunic_relay *relay, struct tunic_error *error)
{
    if (relay->options->has_keys)
        return tunic_guard_open(&relay->codec, relay, error);
    tunic_plain_open(&relay->plain, relay);
    relay->codec = &relay->plain;
    return 0;
}

static int set_up(struct tunic_relay *relay, struct tunic_context *context,
                  struct tunic_error *error)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, 0};
    struct tunic_notify notify;
    int result = relay->codec->operations->find(relay->codec, error);

    /* Only now, as looking up may take long, and is ended by them as ever. */
    if (result == 0)
        result =
            tunic_signals_open(&relay->signals, &relay->loop, numbers, signalled, relay, error);
    if (result == 0)
        result = open_transport(relay, error);
    if (result != 0)
        return result;
    tunic_relay_measure(relay);
    result = open_device(relay, context, error);
    if (result == 0)
        result = tunic_outbound_open(relay, error);
    if (result == 0)
        result = relay->codec->operations->start(relay->codec, error);
    if (result == 0)
        result = start_timers(relay, error);
    if (result != 0)
        return result;
    tunic_inbound_open(relay);
    tunic_notify_open(&notify, relay->options->notify);
    result = confine(relay, error);
    if (result == 0) {
        relay->user->ready(relay->user->closure, relay->name);
        tunic_notify_ready(&notify);
    }
    tunic_notify_close(&notify);
    return result;
}

static void tear_down(struct tunic_relay *relay)
{
    if (relay->codec)
        relay->codec->operations->stop(relay->codec);
    tunic_outbound_close(relay);
    if (relay->queue.descriptor >= 0) {
        tunic_queue_release(&relay->queue);
        (void)close(relay->queue.descriptor);
    }
    if (relay->transport)
        relay->transport->operations->close(relay->transport);
    if (relay->signals.source.ready)
        tunic_signals_close(&relay->signals);
    tunic_loop_close(&relay->loop);
}

static int relay_until_stopped(struct tunic_relay *relay, struct tunic_error *error)
{
    int result = tunic_loop_run(&relay->loop, error);

    if (relay->device_failure == 0)
        return result;
    if (relay->device_failure == -ENODEV)
        return tunic_error_set(error, TUNIC_ABSENT, "it was deleted");
    return tunic_error_system(error, -relay->device_failure, "cannot read its packets");
}

int tunic_relay_run(struct tunic_context *context, struct tunic_relay_options *options,
                    const struct tunic_relay_user *user, struct tunic_error *error)
{
    struct tunic_relay *relay = calloc(1, sizeof(*relay));

    if (!relay)
        return tunic_error_memory(error);
    relay->options = options;
    relay->user = user;
    relay->queue.descriptor = -1;
    relay->counters.started = tunic_clock_now();
    memcpy(relay->name, options->name, strnlen(options->name, IFNAMSIZ - 1));
    int result = tunic_loop_open(&relay->loop, error);
    if (result == 0) {
        result = open_codec(relay, error);
        if (result == 0)
            result = set_up(relay, context, error);
        if (result == 0)
            result = relay_until_stopped(relay, error);
        tear_down(relay);
    }
    free(relay);
    return result;
}
