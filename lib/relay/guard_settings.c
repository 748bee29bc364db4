/* SPDX-License-Identifier: MIT */
/*
 * What is set: at the start all of it comes from the command's words or a file, later a part of it
 * from wg(8). What is so already is left alone, so that setting a whole file again disturbs nobody.
 */
#include "relay/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the interface --------------------------------------------------------------------- */

static int set_private_key(struct tunic_guard *guard, const uint8_t *key, uint64_t now)
{
    static const uint8_t none[TUNIC_KEY_SIZE];
    const uint8_t *before = tunic_wireguard_private_key(guard->wireguard);

    if (tunic_equal(before ? before : none, key, TUNIC_KEY_SIZE))
        return 0;
    return tunic_wireguard_set_private_key(guard->wireguard, key, now, tunic_guard_removed, guard);
}

static int set_port(struct tunic_guard *guard, uint16_t port)
{
    struct tunic_transport *transport = guard->codec.relay->transport;

    if (port == transport->operations->port(transport))
        return 0;
    return transport->operations->rebind(transport, port);
}

/* Marking takes a privilege that is gone. */
static int set_mark(const struct tunic_guard *guard, uint32_t mark)
{
    return mark == guard->codec.relay->options->mark ? 0 : -EPERM;
}

static int set_interface(struct tunic_guard *guard, const struct tunic_settings *settings,
                         uint64_t now)
{
    int result = 0;

    if (settings->has_mark)
        result = set_mark(guard, settings->mark);
    if (result == 0 && settings->has_listen_port)
        result = set_port(guard, settings->listen_port);
    if (result == 0 && settings->has_private_key)
        result = set_private_key(guard, settings->private_key, now);
    return result;
}

/* ---- peers ----------------------------------------------------------------------------- */

static int set_ranges(struct tunic_guard *guard, struct tunic_remote *remote,
                      const struct tunic_peer_settings *settings)
{
    int result = 0;

    if (settings->replace_allowed)
        tunic_wireguard_disallow_all(guard->wireguard, remote->peer);
    for (size_t i = 0; i < settings->allowed_count && result == 0; i++)
        result = tunic_wireguard_allow(guard->wireguard, remote->peer, &settings->allowed[i]);
    return result;
}

/* Without `found` it is a number, as the protocol has it: nothing can be looked up here. */
static int set_endpoint(struct tunic_guard *guard, struct tunic_remote *remote,
                        const struct tunic_host *host, const union tunic_socket_address *found)
{
    union tunic_socket_address address;

    if (found) {
        tunic_guard_point(guard, remote, found);
        return 0;
    }
    if (!tunic_host_address(host, &address))
        return -EINVAL;
    if (!tunic_endpoint_same(&remote->endpoint.remote, &address))
        tunic_guard_point(guard, remote, &address);
    remote->name = 0;
    return 0;
}

static int set_peer(struct tunic_guard *guard, const struct tunic_peer_settings *settings,
                    const union tunic_socket_address *found, uint64_t now)
{
    struct tunic_wireguard_peer *peer =
        tunic_wireguard_peer_find(guard->wireguard, settings->public_key);
    struct tunic_remote *remote = peer ? tunic_remote_of(peer) : NULL;
    struct tunic_wireguard_status status;

    if (settings->remove) {
        if (remote)
            tunic_guard_remove(guard, remote);
        return 0;
    }
    if (!remote) {
        if (settings->update_only)
            return 0;
        int result = tunic_guard_add(guard, settings->public_key, &remote);
        if (result != 0) /* oneself is no peer: passed over, as WireGuard does */
            return result == -EINVAL ? 0 : result;
    }
    if (settings->has_preshared)
        tunic_wireguard_peer_set_preshared(remote->peer, settings->preshared_key);
    int result = 0;
    if (settings->has_endpoint)
        result = set_endpoint(guard, remote, &settings->endpoint, found);
    if (result == 0)
        result = set_ranges(guard, remote, settings);
    tunic_wireguard_peer_status(remote->peer, &status);
    if (result == 0 && settings->has_keepalive && settings->keepalive != status.keepalive)
        tunic_wireguard_peer_set_keepalive(guard->wireguard, remote->peer, settings->keepalive,
                                           now);
    return result;
}

/* The names of the settings' peers are the resolver's, in the same order. */
static void set_name(struct tunic_guard *guard, const struct tunic_peer_settings *settings,
                     size_t *names)
{
    const struct tunic_wireguard_peer *peer;

    if (!settings->has_endpoint || settings->endpoint.numeric)
        return;
    ++*names;
    peer = tunic_wireguard_peer_find(guard->wireguard, settings->public_key);
    if (peer)
        tunic_remote_of(peer)->name = *names;
}

int tunic_guard_set(struct tunic_guard *guard, const struct tunic_settings *settings,
                    const union tunic_socket_address *found)
{
    uint64_t now = tunic_clock_boot();
    struct tunic_wireguard_peer *peer;
    size_t names = 0;
    int result = set_interface(guard, settings, now);

    if (result == 0 && settings->replace_peers)
        while ((peer = tunic_wireguard_peer_next(guard->wireguard, NULL)) != NULL)
            tunic_guard_remove(guard, tunic_remote_of(peer));
    for (size_t i = 0; i < settings->peer_count && result == 0; i++) {
        result = set_peer(guard, &settings->peers[i], found ? &found[i] : NULL, now);
        if (result == 0 && found)
            set_name(guard, &settings->peers[i], &names);
    }
    return result;
}

/* ---- the socket for wg(8) -------------------------------------------------------------- */

static void get(void *closure, struct tunic_settings *settings)
{
    const struct tunic_guard *guard = closure;
    const struct tunic_relay *relay = guard->codec.relay;
    const uint8_t *key = tunic_wireguard_private_key(guard->wireguard);

    settings->has_private_key = key != NULL;
    if (key)
        memcpy(settings->private_key, key, TUNIC_KEY_SIZE);
    settings->has_listen_port = true;
    settings->listen_port = relay->transport->operations->port(relay->transport);
    settings->has_mark = relay->options->mark != 0;
    settings->mark = relay->options->mark;
}

static bool next(void *closure, const struct tunic_wireguard_peer *before,
                 struct tunic_peer_report *report)
{
    const struct tunic_guard *guard = closure;

    report->peer = tunic_wireguard_peer_next(guard->wireguard, before);
    if (!report->peer)
        return false;
    tunic_wireguard_peer_status(report->peer, &report->status);
    report->endpoint = tunic_remote_of(report->peer)->endpoint.remote;
    return true;
}

static int set(void *closure, const struct tunic_settings *settings)
{
    struct tunic_guard *guard = closure;
    struct tunic_relay *relay = guard->codec.relay;
    int result = tunic_guard_set(guard, settings, NULL);
    uint64_t now = tunic_clock_now();

    tunic_guard_arm(guard, tunic_clock_boot());
    tunic_timer_set(&relay->loop, &relay->refresh, now);
    return result;
}

int tunic_guard_serve(struct tunic_guard *guard, struct tunic_error *error)
{
    const struct tunic_relay *relay = guard->codec.relay;
    const struct tunic_control_user user = {.closure = guard, .get = get, .next = next, .set = set};
    char standard[sizeof("/var/run/wireguard/.sock") + IFNAMSIZ];
    const char *path = relay->options->control;

    if (relay->options->no_control)
        return 0;
    (void)snprintf(standard, sizeof(standard), "/var/run/wireguard/%s.sock", relay->name);
    /* Nobody may be many, and whoever opens it reads the private key: then it stays root's. */
    uint32_t owner = geteuid() == 0 && relay->owned ? relay->sandbox.user : (uint32_t)-1;
    if (tunic_control_open(&guard->control, &guard->codec.relay->loop, path ? path : standard,
                           owner, &user, error) != 0)
        /* The tunnel is what matters. */
        relay->user->warn(relay->user->closure, error);
    return 0;
}
