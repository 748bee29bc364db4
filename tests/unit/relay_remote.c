/* SPDX-License-Identifier: MIT */
/* Where the peers of a relay with keys are; the engine, the resolver and the transport are the
 * test's. */
#include "unit.h"

#include "relay/guard.h"
#include "transport/tcp.h"

#include <arpa/inet.h>
#include <stdlib.h>

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

/* ---- what the linker redirects --------------------------------------------------------- */

uint64_t __wrap_tunic_clock_now(void);
void __wrap_tunic_resolver_ask(struct tunic_resolver *resolver, size_t index);
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
        TEST(test_less_and_less_often),
        TEST(test_a_number_is_not_looked_up),
        TEST(test_two_at_one_address),
        TEST(test_a_connection_begins_a_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
