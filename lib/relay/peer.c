/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. With `connect` the transport itself speaks to, and hears, one address only.
 * Without it whoever `from` admits is the peer, and the address that was heard last is where
 * packets go: so it may move, and no address of it needs to be known.
 *
 * A name is looked up when the relay starts. Where nothing has been heard for a while it is looked
 * up again, by a helper, less and less often: the peer may have another address now.
 */
#include "relay/engine.h"

#include <errno.h>
#include <string.h>

enum { SILENCE = 30, LONGEST_PAUSE = 300 }; /* seconds */

static uint16_t port_of(const struct tunic_host *host)
{
    return host->has_port ? host->port : TUNIC_RELAY_PLAIN_PORT;
}

static bool lists(const struct tunic_addresses *addresses, const union tunic_socket_address *host)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (tunic_endpoint_same_host(&addresses->list[i], host))
            return true;
    return false;
}

static int check_from(const struct tunic_relay *relay, struct tunic_error *error)
{
    const struct tunic_addresses *connect = &relay->peer.connect;

    if (relay->options->from_any || !relay->options->has_from)
        return 0;
    for (size_t i = 0; i < connect->count; i++)
        if (lists(&relay->peer.from, &connect->list[i]))
            return 0;
    (void)tunic_error_set(error, TUNIC_USAGE, "'connect' and 'from' name different hosts");
    tunic_error_hint(error, "with 'connect' only that host is heard: leave 'from' out");
    return -EINVAL;
}

int tunic_peer_find(struct tunic_relay *relay, struct tunic_error *error)
{
    const struct tunic_relay_options *options = relay->options;
    struct tunic_host host = options->connect;
    int result = 0;

    if (options->has_connect) {
        host.port = port_of(&host);
        host.has_port = true;
        result = tunic_host_resolve(&host, false, &relay->peer.connect, error);
    }
    if (result == 0 && options->has_from && !options->from_any)
        result = tunic_host_resolve(&options->from, false, &relay->peer.from, error);
    return result == 0 && options->has_connect ? check_from(relay, error) : result;
}

bool tunic_peer_admits(const struct tunic_relay *relay, const union tunic_socket_address *from)
{
    /* With `connect` the kernel lets nobody else in. */
    return relay->options->from_any || relay->options->has_connect ||
           lists(&relay->peer.from, from);
}

static bool is_same(const struct tunic_endpoint *left, const struct tunic_endpoint *right)
{
    return tunic_endpoint_same(&left->remote, &right->remote) && left->ifindex == right->ifindex &&
           memcmp(&left->local, &right->local, sizeof(left->local)) == 0;
}

void tunic_peer_heard(struct tunic_relay *relay, const struct tunic_endpoint *from)
{
    struct tunic_peer *peer = &relay->peer;

    peer->heard = tunic_clock_now();
    if (peer->connect.count > 0 || relay->options->protocol != TUNIC_RELAY_UDP ||
        is_same(&peer->endpoint, from))
        return;
    peer->endpoint = *from;
    /* Not here and now: whoever is admitted might move with every datagram. */
    tunic_timer_set(&relay->loop, &relay->refresh, peer->heard);
}

bool tunic_peer_reachable(const struct tunic_relay *relay, const struct tunic_endpoint **to)
{
    const struct tunic_peer *peer = &relay->peer;

    *to = NULL;
    if (relay->options->protocol != TUNIC_RELAY_UDP || peer->connect.count > 0)
        return true;
    *to = &peer->endpoint;
    return peer->endpoint.remote.any.sa_family != AF_UNSPEC;
}

void tunic_peer_expected(const struct tunic_relay *relay, union tunic_socket_address *remote)
{
    const struct tunic_addresses *from = &relay->peer.from;

    *remote =
        from->count > 0 ? from->list[0] : (union tunic_socket_address){.any.sa_family = AF_UNSPEC};
}

/* ---- names ----------------------------------------------------------------------------- */

static void found(void *closure, size_t index, const struct tunic_addresses *addresses)
{
    struct tunic_relay *relay = closure;

    if (addresses->count == 0)
        return;
    if (index == 0 && relay->options->has_connect) {
        relay->peer.connect = *addresses;
        relay->transport->operations->reconnect(relay->transport, addresses);
        tunic_relay_measure(relay);
    } else {
        relay->peer.from = *addresses;
    }
}

int tunic_peer_open(struct tunic_relay *relay, struct tunic_error *error)
{
    const struct tunic_relay_options *options = relay->options;
    struct tunic_peer *peer = &relay->peer;
    struct tunic_host hosts[2];
    size_t count = 0;

    if (options->has_connect) {
        hosts[count] = options->connect;
        hosts[count].port = port_of(&options->connect);
        hosts[count++].has_port = true;
    }
    if (options->has_from && !options->from_any)
        hosts[count++] = options->from;
    for (size_t i = 0; i < count; i++)
        peer->looks_up = peer->looks_up || !hosts[i].numeric;
    if (!peer->looks_up)
        return 0;
    peer->pause = SILENCE * TUNIC_SECOND;
    peer->resolver.found = found;
    peer->resolver.closure = relay;
    int result = tunic_resolver_open(&peer->resolver, &relay->loop, hosts, count,
                                     tunic_relay_confine_resolver, relay, error);
    if (result != 0)
        peer->looks_up = false;
    relay->sandbox.helper = peer->resolver.process;
    return result;
}

void tunic_peer_close(struct tunic_relay *relay)
{
    if (relay->peer.looks_up)
        tunic_resolver_close(&relay->peer.resolver);
    relay->peer.looks_up = false;
}

void tunic_peer_check(struct tunic_relay *relay, uint64_t now)
{
    struct tunic_peer *peer = &relay->peer;

    if (!peer->looks_up)
        return;
    if (peer->heard != 0 && now - peer->heard < SILENCE * TUNIC_SECOND) {
        peer->pause = SILENCE * TUNIC_SECOND;
        return;
    }
    if (now - peer->looked_up < peer->pause)
        return;
    peer->looked_up = now;
    if (peer->pause < LONGEST_PAUSE * TUNIC_SECOND / 2)
        peer->pause *= 2;
    tunic_resolver_ask(&peer->resolver, 0);
    if (relay->options->has_connect && relay->options->has_from && !relay->options->from_any)
        tunic_resolver_ask(&peer->resolver, 1);
}
