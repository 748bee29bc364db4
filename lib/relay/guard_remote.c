/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Where a peer is follows from the last authentic message; before the first it
 * is where the settings say. Where it does not answer, the address of ours that it spoke to may be
 * gone, which is therefore forgotten, and its name may mean another address, and is looked up
 * again by a helper, less and less often. Of several addresses each has its turn.
 */
#include "relay/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PAUSE = 15, LONGEST_PAUSE = 300 }; /* seconds */

/* ---- connections ----------------------------------------------------------------------- */

/* Two keys may be at one address: while a host changes its own, say. */
static bool is_dialled_for_another(const struct tunic_guard *guard,
                                   const struct tunic_remote *remote)
{
    const struct tunic_wireguard_peer *peer = NULL;

    while ((peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL)
        if (tunic_remote_of(peer) != remote &&
            tunic_endpoint_same(&tunic_remote_of(peer)->dialled, &remote->dialled))
            return true;
    return false;
}

/* Of a stream: the connection that is to be there for this peer; NULL: none. */
static void dial(struct tunic_guard *guard, struct tunic_remote *remote,
                 const union tunic_socket_address *address)
{
    const struct tunic_relay *relay = guard->codec.relay;
    struct tunic_error error;

    if (!relay->transport->form.stream ||
        (address && tunic_endpoint_same(&remote->dialled, address)))
        return;
    if (remote->dialled.any.sa_family != AF_UNSPEC && !is_dialled_for_another(guard, remote))
        tunic_tcp_many_forget(relay->transport, &remote->dialled);
    remote->dialled.any.sa_family = AF_UNSPEC;
    if (!address || address->any.sa_family == AF_UNSPEC)
        return;
    if (tunic_tcp_many_expect(relay->transport, address, &error) == 0)
        remote->dialled = *address;
    else
        relay->user->warn(relay->user->closure, &error);
}

/* The connection that a peer came by before: nothing will come of it any more, and what is not
 * closed counts as one that is served. The one that is dialled stays. */
static void leave(const struct tunic_guard *guard, const struct tunic_remote *remote)
{
    const struct tunic_relay *relay = guard->codec.relay;

    if (relay->transport->form.stream && remote->endpoint.remote.any.sa_family != AF_UNSPEC &&
        !tunic_endpoint_same(&remote->endpoint.remote, &remote->dialled))
        tunic_tcp_many_forget(relay->transport, &remote->endpoint.remote);
}

/* ---- peers ----------------------------------------------------------------------------- */

int tunic_guard_add(struct tunic_guard *guard, const uint8_t *public_key,
                    struct tunic_remote **remote)
{
    struct tunic_remote *added = calloc(1, sizeof(*added));

    if (!added)
        return -ENOMEM;
    added->endpoint.remote.any.sa_family = AF_UNSPEC;
    added->dialled.any.sa_family = AF_UNSPEC;
    added->pause = FIRST_PAUSE * TUNIC_SECOND;
    int result = tunic_wireguard_peer_add(guard->wireguard, public_key, added, &added->peer);
    if (result != 0) {
        free(added);
        return result;
    }
    *remote = added;
    return 0;
}

void tunic_guard_removed(void *closure, void *owner)
{
    struct tunic_guard *guard = closure;
    struct tunic_remote *remote = owner;

    (void)tunic_stage_drop(&guard->stage, &remote->waiting);
    leave(guard, remote);
    dial(guard, remote, NULL);
    if (guard->table)
        tunic_forwarding_forget(guard->table, remote);
    if (guard->heard == remote)
        guard->heard = NULL;
    free(remote);
}

void tunic_guard_remove(struct tunic_guard *guard, struct tunic_remote *remote)
{
    tunic_wireguard_peer_remove(guard->wireguard, remote->peer);
    tunic_guard_removed(guard, remote);
}

/* ---- where they are -------------------------------------------------------------------- */

void tunic_guard_point(struct tunic_guard *guard, struct tunic_remote *remote,
                       const union tunic_socket_address *address)
{
    remote->endpoint = (struct tunic_endpoint){.remote = *address};
    dial(guard, remote, address);
}

void tunic_guard_heard(struct tunic_guard *guard, struct tunic_remote *remote)
{
    struct tunic_relay *relay = guard->codec.relay;

    if (guard->heard == remote && guard->heard_from == guard->from)
        return;
    guard->heard = remote;
    guard->heard_from = guard->from;
    if (relay->transport->form.stream)
        tunic_tcp_many_prove(relay->transport, &guard->from->remote);
    remote->heard = tunic_clock_now();
    remote->pause = FIRST_PAUSE * TUNIC_SECOND;
    if (tunic_endpoint_same(&remote->endpoint.remote, &guard->from->remote)) {
        remote->endpoint = *guard->from;
        return;
    }
    leave(guard, remote);
    remote->endpoint = *guard->from;
    /* Not here and now: it might move with every datagram. */
    uint64_t soon = remote->heard + TUNIC_SECOND / 10;
    if (relay->refresh.item.due > soon)
        tunic_timer_set(&relay->loop, &relay->refresh, soon);
}

void tunic_guard_unheard(struct tunic_guard *guard, struct tunic_remote *remote)
{
    uint64_t now = tunic_clock_now();

    remote->endpoint.local = in6addr_any;
    remote->endpoint.ifindex = 0;
    if (remote->dialled.any.sa_family != AF_UNSPEC)
        remote->endpoint.remote = remote->dialled; /* it may have called us, and be gone */
    if (remote->name == 0 || (remote->looked_up != 0 && now - remote->looked_up < remote->pause))
        return;
    remote->looked_up = now;
    if (remote->pause < LONGEST_PAUSE * TUNIC_SECOND / 2)
        remote->pause *= 2;
    tunic_resolver_ask(&guard->resolver, remote->name - 1);
}

/* ---- names ----------------------------------------------------------------------------- */

static void found(void *closure, size_t index, const struct tunic_addresses *addresses)
{
    struct tunic_guard *guard = closure;
    const struct tunic_wireguard_peer *peer = NULL;

    while (addresses->count > 0 &&
           (peer = tunic_wireguard_peer_next(guard->wireguard, peer)) != NULL) {
        struct tunic_remote *remote = tunic_remote_of(peer);
        if (remote->name != index + 1)
            continue;
        tunic_guard_point(guard, remote, &addresses->list[remote->tried++ % addresses->count]);
        return;
    }
}

static struct tunic_host host_of(const struct tunic_peer_settings *peer)
{
    struct tunic_host host = peer->endpoint;

    if (!host.has_port)
        host.port = TUNIC_RELAY_PORT;
    host.has_port = true;
    return host;
}

static void warn_unknown(struct tunic_guard *guard, const struct tunic_host *host,
                         struct tunic_error *error)
{
    const struct tunic_relay_user *user = guard->codec.relay->user;

    tunic_error_action(error, "cannot find %s", host->name);
    tunic_error_hint(error, "it is looked up again as long as the peer does not answer");
    user->warn(user->closure, error);
}

int tunic_guard_find(struct tunic_guard *guard, struct tunic_error *error)
{
    const struct tunic_settings *settings = &guard->codec.relay->options->settings;

    guard->found = calloc(settings->peer_count + 1, sizeof(*guard->found));
    if (!guard->found)
        return tunic_error_memory(error);
    for (size_t i = 0; i < settings->peer_count; i++) {
        const struct tunic_peer_settings *peer = &settings->peers[i];
        struct tunic_addresses addresses;

        guard->found[i].any.sa_family = AF_UNSPEC;
        if (!peer->has_endpoint)
            continue;
        struct tunic_host host = host_of(peer);
        guard->named += !host.numeric;
        if (tunic_host_resolve(&host, false, &addresses, error) == 0)
            guard->found[i] = addresses.list[0];
        else if (host.numeric)
            return tunic_reason_errno(error->reason);
        else
            warn_unknown(guard, &host, error);
    }
    return 0;
}

int tunic_guard_start_resolver(struct tunic_guard *guard, struct tunic_error *error)
{
    struct tunic_relay *relay = guard->codec.relay;
    const struct tunic_settings *settings = &relay->options->settings;
    size_t count = 0;

    if (guard->named == 0)
        return 0;
    struct tunic_host *hosts = calloc(guard->named, sizeof(*hosts));
    if (!hosts)
        return tunic_error_memory(error);
    for (size_t i = 0; i < settings->peer_count; i++)
        if (settings->peers[i].has_endpoint && !settings->peers[i].endpoint.numeric)
            hosts[count++] = host_of(&settings->peers[i]);
    guard->resolver.found = found;
    guard->resolver.closure = guard;
    int result = tunic_resolver_open(&guard->resolver, &relay->loop, hosts, count,
                                     tunic_relay_confine_resolver, relay, error);
    free(hosts);
    if (result != 0)
        guard->named = 0;
    relay->sandbox.helper = guard->resolver.process;
    return result;
}
