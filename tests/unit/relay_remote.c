/* SPDX-License-Identifier: MIT */
/* Where the peers of a relay with keys are; the engine, the resolver and the transport are the
 * test's. */
#include "unit.h"

#include "relay/guard.h"
#include "transport/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t second = 1000000000;
enum { PEERS = 2 };

struct tunic_wireguard_peer {
    void *owner; /* NULL: it was removed */
};

static struct tunic_guard *guard;
static struct tunic_relay relay;
static struct tunic_transport transport = {.form = TUNIC_TCP_FORM};
static struct tunic_wireguard_peer peers[PEERS];
static size_t added;
static uint64_t now;
static unsigned asked;
static unsigned expected;
static unsigned forgotten;
static unsigned begun;
static uint64_t due;   /* of the protocol's clock */
static uint64_t armed; /* of the loop's; 0: not */
static int resolver_result;
static unsigned warned;

/* ---- what the linker redirects --------------------------------------------------------- */

uint64_t __wrap_tunic_clock_now(void);
void __wrap_tunic_resolver_ask(struct tunic_resolver *resolver, size_t index);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                               const struct tunic_host *hosts, size_t count,
                               int (*confine)(void *closure, struct tunic_error *error),
                               void *closure, struct tunic_error *error);
int __wrap_tunic_tcp_many_expect(struct tunic_transport *on,
                                 const union tunic_socket_address *address,
                                 struct tunic_error *error);
void __wrap_tunic_tcp_many_forget(struct tunic_transport *on,
                                  const union tunic_socket_address *address);
void __wrap_tunic_timer_set(struct tunic_loop *loop, struct tunic_timer *timer, uint64_t when);
uint64_t __wrap_tunic_wireguard_due(const struct tunic_wireguard *wireguard);
int __wrap_tunic_wireguard_peer_add(struct tunic_wireguard *wireguard,
                                    const uint8_t public_key[TUNIC_KEY_SIZE], void *owner,
                                    struct tunic_wireguard_peer **peer);
void __wrap_tunic_wireguard_peer_begin(struct tunic_wireguard *wireguard,
                                       struct tunic_wireguard_peer *peer, uint64_t moment);
struct tunic_wireguard_peer *
__wrap_tunic_wireguard_peer_next(const struct tunic_wireguard *wireguard,
                                 const struct tunic_wireguard_peer *peer);
void *__wrap_tunic_wireguard_peer_owner(const struct tunic_wireguard_peer *peer);
void __wrap_tunic_wireguard_peer_remove(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer);

uint64_t __wrap_tunic_clock_now(void)
{
    return now;
}

void __wrap_tunic_resolver_ask(struct tunic_resolver *resolver, size_t index)
{
    assert_ptr_equal(resolver, &guard->resolver);
    assert_int_equal(index, 0);
    asked++;
}

/* No name is known, for now. */
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    (void)service;
    (void)hints;
    (void)found;
    assert_string_equal(host, "peer.test");
    return EAI_AGAIN;
}

int __wrap_tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                               const struct tunic_host *hosts, size_t count,
                               /* cppcheck-suppress constParameter */
                               int (*confine)(void *closure, struct tunic_error *error),
                               void *closure, struct tunic_error *error)
{
    assert_ptr_equal(resolver, &guard->resolver);
    assert_ptr_equal(loop, &relay.loop);
    assert_int_equal(count, 1);
    assert_string_equal(hosts[0].name, "peer.test");
    assert_int_equal(hosts[0].port, TUNIC_RELAY_PORT);
    assert_ptr_equal(closure, &relay);
    assert_true(confine == tunic_relay_confine_resolver);
    if (resolver_result != 0)
        (void)tunic_error_set(error, TUNIC_FAILED, "no process");
    return resolver_result;
}

static void warn(void *closure, const struct tunic_error *warning)
{
    (void)closure;
    assert_string_equal(warning->action, "cannot find peer.test");
    warned++;
}

int __wrap_tunic_tcp_many_expect(struct tunic_transport *on,
                                 const union tunic_socket_address *address,
                                 struct tunic_error *error)
{
    (void)address;
    (void)error;
    assert_ptr_equal(on, &transport);
    expected++;
    return 0;
}

void __wrap_tunic_tcp_many_forget(struct tunic_transport *on,
                                  const union tunic_socket_address *address)
{
    (void)address;
    assert_ptr_equal(on, &transport);
    forgotten++;
}

void __wrap_tunic_timer_set(struct tunic_loop *loop, struct tunic_timer *timer, uint64_t when)
{
    assert_ptr_equal(loop, &relay.loop);
    assert_ptr_equal(timer, &guard->timer);
    armed = when;
}

uint64_t __wrap_tunic_wireguard_due(const struct tunic_wireguard *wireguard)
{
    (void)wireguard;
    return due;
}

void __wrap_tunic_wireguard_peer_begin(struct tunic_wireguard *wireguard,
                                       struct tunic_wireguard_peer *peer, uint64_t moment)
{
    (void)wireguard;
    assert_ptr_equal(peer, &peers[0]);
    begun++;
    due = moment + 5 * second;
}

int __wrap_tunic_wireguard_peer_add(struct tunic_wireguard *wireguard,
                                    const uint8_t public_key[TUNIC_KEY_SIZE], void *owner,
                                    struct tunic_wireguard_peer **peer)
{
    (void)wireguard;
    (void)public_key;
    *peer = &peers[added++];
    (*peer)->owner = owner;
    return 0;
}

struct tunic_wireguard_peer *
__wrap_tunic_wireguard_peer_next(const struct tunic_wireguard *wireguard,
                                 const struct tunic_wireguard_peer *peer)
{
    (void)wireguard;
    for (size_t i = peer ? (size_t)(peer - peers) + 1 : 0; i < added; i++)
        if (peers[i].owner)
            return &peers[i];
    return NULL;
}

void *__wrap_tunic_wireguard_peer_owner(const struct tunic_wireguard_peer *peer)
{
    return peer->owner;
}

void __wrap_tunic_wireguard_peer_remove(struct tunic_wireguard *wireguard,
                                        struct tunic_wireguard_peer *peer)
{
    (void)wireguard;
    peer->owner = NULL;
}

/* ---- fixtures -------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    struct tunic_codec *codec = NULL;
    struct tunic_error error;

    assert_int_equal(tunic_guard_open(&codec, &relay, &error), 0);
    guard = tunic_guard_of(codec);
    relay.transport = &transport;
    added = 0;
    now = 3 * second;
    asked = expected = forgotten = begun = 0;
    due = armed = 0;
    warned = 0;
    resolver_result = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(guard);
    return 0;
}

static struct tunic_remote *add(void)
{
    static const uint8_t key[TUNIC_KEY_SIZE] = {1};
    struct tunic_remote *remote = NULL;

    assert_int_equal(tunic_guard_add(guard, key, &remote), 0);
    return remote;
}

static union tunic_socket_address at_port(uint16_t port)
{
    return (union tunic_socket_address){.inet = {.sin_family = AF_INET,
                                                 .sin_port = htons(port),
                                                 .sin_addr = {htonl(INADDR_LOOPBACK)}}};
}

/* ---- names ----------------------------------------------------------------------------- */

/* Lookups while it is tried for so many seconds, every five. */
static unsigned lookups_in(struct tunic_remote *remote, unsigned seconds)
{
    unsigned before = asked;

    for (unsigned i = 0; i < seconds; i += 5) {
        tunic_guard_unheard(guard, remote);
        now += 5 * second;
    }
    return asked - before;
}

/* 15 seconds, and twice that each time, up to five minutes; also where it was never heard. */
static void test_less_and_less_often(void **state)
{
    struct tunic_remote *remote = add();

    (void)state;
    remote->name = 1;
    assert_int_equal(lookups_in(remote, 5), 1);
    assert_int_equal(lookups_in(remote, 25), 0);
    assert_int_equal(lookups_in(remote, 60), 1);
    assert_in_range(lookups_in(remote, 3600), 10, 20);
    tunic_guard_remove(guard, remote);
}

static void test_a_number_is_not_looked_up(void **state)
{
    struct tunic_remote *remote = add();

    (void)state;
    assert_int_equal(lookups_in(remote, 600), 0);
    tunic_guard_remove(guard, remote);
}

/* ---- connections ----------------------------------------------------------------------- */

static void test_two_at_one_address(void **state)
{
    const union tunic_socket_address here = at_port(1);
    const union tunic_socket_address there = at_port(2);
    struct tunic_remote *one = add();
    struct tunic_remote *other = add();

    (void)state;
    tunic_guard_point(guard, one, &here);
    tunic_guard_point(guard, other, &here);
    assert_int_equal(forgotten, 0);
    tunic_guard_point(guard, one, &there);
    assert_int_equal(forgotten, 0);
    tunic_guard_point(guard, one, &here);
    assert_int_equal(forgotten, 1);
    tunic_guard_remove(guard, one);
    assert_int_equal(forgotten, 1);
    tunic_guard_remove(guard, other);
    assert_int_equal(forgotten, 2);
    assert_int_equal(expected, 4);
}

/* One peer with a name, and one with an address. */
static void name_peers(struct tunic_relay_options *options)
{
    static const char *const hosts[PEERS] = {"192.0.2.1:5", "peer.test"};
    struct tunic_error error;

    for (unsigned i = 0; i < PEERS; i++) {
        const uint8_t key[TUNIC_KEY_SIZE] = {(uint8_t)i};
        struct tunic_peer_settings *peer = tunic_settings_add_peer(&options->settings, key);
        assert_non_null(peer);
        peer->has_endpoint = true;
        assert_int_equal(tunic_host_parse(hosts[i], &peer->endpoint, &error), 0);
    }
    relay.options = options;
}

/* It begins without, and each answer is another try. */
static void test_a_name_that_is_found_later(void **state)
{
    static const struct tunic_relay_user user = {.warn = warn};
    struct tunic_relay_options options = {0};
    struct tunic_addresses addresses = {.count = 2};
    struct tunic_error error;
    struct tunic_remote *other = add();
    struct tunic_remote *remote = add();

    (void)state;
    relay.user = &user;
    name_peers(&options);
    assert_int_equal(tunic_guard_find(guard, &error), 0);
    assert_int_equal(warned, 1);
    assert_int_equal(tunic_endpoint_port(&guard->found[0]), 5);
    assert_int_equal(guard->found[1].any.sa_family, AF_UNSPEC);
    assert_int_equal(tunic_guard_start_resolver(guard, &error), 0);
    remote->name = 1;
    addresses.list[0] = at_port(1);
    addresses.list[1] = at_port(2);
    for (unsigned i = 0; i < 3; i++) {
        guard->resolver.found(guard->resolver.closure, 0, &addresses);
        assert_true(tunic_endpoint_same(&remote->endpoint.remote, &addresses.list[i % 2]));
    }
    assert_int_equal(other->endpoint.remote.any.sa_family, AF_UNSPEC);
    addresses.count = 0; /* not found: it stays where it is */
    guard->resolver.found(guard->resolver.closure, 0, &addresses);
    assert_true(tunic_endpoint_same(&remote->endpoint.remote, &addresses.list[0]));
    tunic_guard_remove(guard, remote);
    addresses.count = 1; /* it is gone meanwhile */
    guard->resolver.found(guard->resolver.closure, 0, &addresses);
    assert_int_equal(other->endpoint.remote.any.sa_family, AF_UNSPEC);
    tunic_guard_remove(guard, other);
    free(guard->found);
    tunic_settings_clear(&options.settings);
}

static void test_no_resolver(void **state)
{
    static const struct tunic_relay_user user = {.warn = warn};
    struct tunic_relay_options options = {0};
    struct tunic_error error;

    (void)state;
    relay.user = &user;
    name_peers(&options);
    assert_int_equal(tunic_guard_find(guard, &error), 0);
    resolver_result = -EAGAIN;
    assert_int_equal(tunic_guard_start_resolver(guard, &error), -EAGAIN);
    assert_int_equal(guard->named, 0); /* nothing that is to be closed */
    free(guard->found);
    tunic_settings_clear(&options.settings);
}

/* A handshake that got no answer is begun anew, though there are no packets. */
static void test_a_connection_begins_a_handshake(void **state)
{
    struct tunic_endpoint endpoint = {.remote = at_port(1)};
    struct tunic_remote *one = add();
    struct tunic_remote *other = add();

    (void)state;
    tunic_guard_point(guard, one, &endpoint.remote);
    guard->codec.operations->connected(&guard->codec, NULL);
    assert_int_equal(begun, 0);
    guard->codec.operations->connected(&guard->codec, &endpoint);
    assert_int_equal(begun, 1);
    assert_int_equal(armed, now + 5 * second);
    tunic_guard_remove(guard, one);
    tunic_guard_remove(guard, other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_less_and_less_often), TEST(test_a_number_is_not_looked_up),
        TEST(test_two_at_one_address),  TEST(test_a_name_that_is_found_later),
        TEST(test_no_resolver),         TEST(test_a_connection_begins_a_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
