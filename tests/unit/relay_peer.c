/* SPDX-License-Identifier: MIT */
/* Whom a plain relay speaks with; the resolver and the transport are the test's. */
#include "unit.h"

#include "relay/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const uint64_t second = 1000000000;

static struct tunic_relay relay;
static struct tunic_relay_options options;
static struct tunic_error error;
static uint64_t now;
static unsigned asked[2];
static unsigned hosts_told;
static uint16_t port_told;
static int open_result;
static unsigned closed;
static unsigned reconnects;
static unsigned rooms;
static struct tunic_endpoint room_of;

/* ---- what the linker redirects --------------------------------------------------------- */

uint64_t __wrap_tunic_clock_now(void);
int __wrap_tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                               const struct tunic_host *hosts, size_t count,
                               int (*confine)(void *closure, struct tunic_error *error),
                               void *closure, struct tunic_error *failure);
void __wrap_tunic_resolver_ask(struct tunic_resolver *resolver, size_t index);
void __wrap_tunic_resolver_close(struct tunic_resolver *resolver);

uint64_t __wrap_tunic_clock_now(void)
{
    return now;
}

int __wrap_tunic_resolver_open(struct tunic_resolver *resolver, struct tunic_loop *loop,
                               const struct tunic_host *hosts, size_t count,
                               /* cppcheck-suppress constParameter */
                               int (*confine)(void *closure, struct tunic_error *error),
                               void *closure, struct tunic_error *failure)
{
    assert_non_null(resolver->found);
    assert_ptr_equal(loop, &relay.loop);
    assert_ptr_equal(closure, &relay);
    assert_true(confine == tunic_relay_confine_resolver);
    (void)failure;
    hosts_told = (unsigned)count;
    port_told = hosts[0].port;
    return open_result;
}

void __wrap_tunic_resolver_ask(struct tunic_resolver *resolver, size_t index)
{
    assert_ptr_equal(resolver, &relay.peer.resolver);
    asked[index]++;
}

void __wrap_tunic_resolver_close(struct tunic_resolver *resolver)
{
    (void)resolver;
    closed++;
}

/* ---- a transport ----------------------------------------------------------------------- */

static void reconnect(struct tunic_transport *transport, const struct tunic_addresses *addresses)
{
    (void)transport;
    assert_true(addresses->count > 0);
    reconnects++;
}

static size_t room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    (void)transport;
    rooms++;
    room_of = to ? *to : (struct tunic_endpoint){0};
    return 1472;
}

static const struct tunic_transport_operations transport_operations = {.reconnect = reconnect,
                                                                       .room = room};
static struct tunic_transport transport = {.operations = &transport_operations};

static int end(void **state)
{
    (void)state;
    tunic_timer_remove(&relay.loop, &relay.refresh);
    tunic_loop_close(&relay.loop);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&relay, 0, sizeof(relay));
    assert_int_equal(tunic_loop_open(&relay.loop, &error), 0);
    assert_int_equal(tunic_timer_add(&relay.loop, &relay.refresh, &error), 0);
    options = (struct tunic_relay_options){.protocol = TUNIC_RELAY_UDP, .insecure = true};
    relay.options = &options;
    relay.transport = &transport;
    tunic_plain_open(&relay.plain, &relay);
    relay.codec = &relay.plain;
    now = 1000 * second;
    memset(asked, 0, sizeof(asked));
    hosts_told = closed = reconnects = rooms = 0;
    open_result = 0;
    return 0;
}

static union tunic_socket_address address_of(const char *host, uint16_t port)
{
    union tunic_socket_address address = {.inet = {.sin_family = AF_INET, .sin_port = htons(port)}};

    assert_int_equal(inet_pton(AF_INET, host, &address.inet.sin_addr), 1);
    return address;
}

static struct tunic_host host_of(const char *word)
{
    struct tunic_host host;

    assert_int_equal(tunic_host_parse(word, &host, &error), 0);
    return host;
}

static void connect_to(const char *word)
{
    options.has_connect = true;
    options.connect = host_of(word);
}

static void hear_from(const char *word)
{
    options.has_from = true;
    options.from = host_of(word);
}

/* ---- finding --------------------------------------------------------------------------- */

static void test_finds(void **state)
{
    const struct tunic_endpoint *to;

    (void)state;
    connect_to("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    const union tunic_socket_address expected = address_of("192.0.2.1", 55555);
    assert_true(tunic_endpoint_same(&relay.peer.connect.list[0], &expected));
    assert_true(tunic_peer_reachable(&relay, &to));
    assert_null(to);
    connect_to("192.0.2.1:7");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    const union tunic_socket_address other = address_of("192.0.2.1", 7);
    assert_true(tunic_endpoint_same(&relay.peer.connect.list[0], &other));
}

static void test_connect_and_from(void **state)
{
    (void)state;
    connect_to("192.0.2.1");
    hear_from("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    hear_from("192.0.2.2");
    assert_int_equal(tunic_peer_find(&relay, &error), -EINVAL);
    assert_int_equal(error.reason, TUNIC_USAGE);
    options.from_any = true;
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
}

static void test_admits(void **state)
{
    const union tunic_socket_address one = address_of("192.0.2.1", 9);
    const union tunic_socket_address other = address_of("192.0.2.2", 9);

    (void)state;
    hear_from("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    assert_true(tunic_peer_admits(&relay, &one));
    assert_false(tunic_peer_admits(&relay, &other));
    options.from_any = true;
    assert_true(tunic_peer_admits(&relay, &other));
    options.from_any = false;
    connect_to("192.0.2.1");
    assert_true(tunic_peer_admits(&relay, &other)); /* whom the transport let in */
}

static void test_expected(void **state)
{
    const union tunic_socket_address one = address_of("192.0.2.1", 0);
    union tunic_socket_address expected;

    (void)state;
    tunic_peer_expected(&relay, &expected);
    assert_int_equal(expected.any.sa_family, AF_UNSPEC);
    hear_from("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    tunic_peer_expected(&relay, &expected);
    assert_true(tunic_endpoint_same_host(&expected, &one));
}

/* ---- hearing --------------------------------------------------------------------------- */

static void test_hears(void **state)
{
    struct tunic_endpoint from = {.remote = address_of("192.0.2.1", 9), .ifindex = 3};
    const struct tunic_endpoint *to;

    (void)state;
    hear_from("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    assert_false(tunic_peer_reachable(&relay, &to));
    tunic_peer_heard(&relay, &from);
    assert_int_equal(relay.peer.heard, now);
    assert_true(tunic_peer_reachable(&relay, &to));
    assert_memory_equal(to, &from, sizeof(from));
    /* The path to it is looked at soon, and not once for each datagram. */
    assert_true(tunic_timer_waits(&relay.refresh));
    assert_int_equal(relay.refresh.item.due, now);
    assert_int_equal(rooms, 0);
    tunic_relay_measure(&relay);
    assert_memory_equal(&room_of, &from, sizeof(from));
    assert_int_equal(relay.limit, 1472);
    /* From there again nothing is new but the time. */
    tunic_timer_clear(&relay.loop, &relay.refresh);
    now += second;
    tunic_peer_heard(&relay, &from);
    assert_int_equal(relay.peer.heard, now);
    assert_false(tunic_timer_waits(&relay.refresh));
    /* It moved; to another port, or to another address of ours. */
    from.remote.inet.sin_port = htons(10);
    tunic_peer_heard(&relay, &from);
    assert_true(tunic_timer_waits(&relay.refresh));
    tunic_timer_clear(&relay.loop, &relay.refresh);
    from.ifindex = 4;
    tunic_peer_heard(&relay, &from);
    assert_true(tunic_timer_waits(&relay.refresh));
    assert_true(tunic_peer_reachable(&relay, &to));
    assert_memory_equal(to, &from, sizeof(from));
}

static void test_hears_whom_it_is_connected_to(void **state)
{
    const struct tunic_endpoint from = {.remote = address_of("192.0.2.1", 55555)};
    const struct tunic_endpoint *to;

    (void)state;
    connect_to("192.0.2.1");
    assert_int_equal(tunic_peer_find(&relay, &error), 0);
    tunic_peer_heard(&relay, &from);
    assert_int_equal(relay.peer.heard, now);
    assert_int_equal(relay.peer.endpoint.remote.any.sa_family, AF_UNSPEC);
    assert_true(tunic_peer_reachable(&relay, &to));
    assert_null(to);
}

/* ---- names ----------------------------------------------------------------------------- */

static void test_addresses_need_no_looking_up(void **state)
{
    (void)state;
    connect_to("192.0.2.1");
    assert_int_equal(tunic_peer_open(&relay, &error), 0);
    assert_int_equal(hosts_told, 0);
    now += 1000 * second;
    tunic_peer_check(&relay, now);
    assert_int_equal(asked[0], 0);
    tunic_peer_close(&relay);
    assert_int_equal(closed, 0);
}

static void test_looks_up_after_silence(void **state)
{
    static const unsigned pauses[] = {60, 120, 240, 240, 240}; /* seconds, after the first */
    const struct tunic_endpoint from = {.remote = address_of("192.0.2.1", 55555)};

    (void)state;
    connect_to("peer.test");
    assert_int_equal(tunic_peer_open(&relay, &error), 0);
    assert_int_equal(hosts_told, 1);
    assert_int_equal(port_told, 55555);
    tunic_peer_heard(&relay, &from);
    tunic_peer_check(&relay, now + 30 * second - 1);
    assert_int_equal(asked[0], 0);
    now += 30 * second;
    tunic_peer_check(&relay, now);
    assert_int_equal(asked[0], 1);
    for (size_t i = 0; i < TUNIC_COUNT(pauses); i++) {
        tunic_peer_check(&relay, now + pauses[i] * second - 1);
        assert_int_equal(asked[0], i + 1);
        now += pauses[i] * second;
        tunic_peer_check(&relay, now);
        assert_int_equal(asked[0], i + 2);
    }
    /* Heard again, it begins anew. */
    tunic_peer_heard(&relay, &from);
    tunic_peer_check(&relay, now);
    unsigned before = asked[0];
    now += 30 * second;
    tunic_peer_check(&relay, now);
    assert_int_equal(asked[0], before + 1);
    tunic_peer_close(&relay);
    tunic_peer_close(&relay);
    assert_int_equal(closed, 1);
}

static void test_both_are_looked_up(void **state)
{
    (void)state;
    connect_to("peer.test");
    hear_from("peer.test");
    assert_int_equal(tunic_peer_open(&relay, &error), 0);
    assert_int_equal(hosts_told, 2);
    tunic_peer_check(&relay, now);
    assert_int_equal(asked[0], 1);
    assert_int_equal(asked[1], 1);
}

static void test_found(void **state)
{
    struct tunic_addresses addresses = {.list = {address_of("192.0.2.9", 55555)}};

    (void)state;
    connect_to("peer.test");
    assert_int_equal(tunic_peer_open(&relay, &error), 0);
    struct tunic_resolver *resolver = &relay.peer.resolver;
    /* Nothing was found: all stays. */
    resolver->found(resolver->closure, 0, &addresses);
    assert_int_equal(reconnects, 0);
    addresses.count = 1;
    resolver->found(resolver->closure, 0, &addresses);
    assert_int_equal(reconnects, 1);
    assert_int_equal(rooms, 1);
    assert_true(tunic_endpoint_same(&relay.peer.connect.list[0], &addresses.list[0]));
    resolver->found(resolver->closure, 1, &addresses);
    assert_int_equal(reconnects, 1);
    assert_true(tunic_endpoint_same(&relay.peer.from.list[0], &addresses.list[0]));
}

static void test_from_is_found(void **state)
{
    const struct tunic_addresses addresses = {.list = {address_of("192.0.2.9", 0)}, .count = 1};
    const union tunic_socket_address from = address_of("192.0.2.9", 1234);

    (void)state;
    hear_from("peer.test");
    assert_int_equal(tunic_peer_open(&relay, &error), 0);
    assert_false(tunic_peer_admits(&relay, &from));
    relay.peer.resolver.found(relay.peer.resolver.closure, 0, &addresses);
    assert_true(tunic_peer_admits(&relay, &from));
    assert_int_equal(reconnects, 0);
}

static void test_no_resolver(void **state)
{
    (void)state;
    open_result = -EAGAIN;
    connect_to("peer.test");
    assert_int_equal(tunic_peer_open(&relay, &error), -EAGAIN);
    tunic_peer_close(&relay);
    assert_int_equal(closed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_finds, begin, end),
        cmocka_unit_test_setup_teardown(test_connect_and_from, begin, end),
        cmocka_unit_test_setup_teardown(test_admits, begin, end),
        cmocka_unit_test_setup_teardown(test_expected, begin, end),
        cmocka_unit_test_setup_teardown(test_hears, begin, end),
        cmocka_unit_test_setup_teardown(test_hears_whom_it_is_connected_to, begin, end),
        cmocka_unit_test_setup_teardown(test_addresses_need_no_looking_up, begin, end),
        cmocka_unit_test_setup_teardown(test_looks_up_after_silence, begin, end),
        cmocka_unit_test_setup_teardown(test_both_are_looked_up, begin, end),
        cmocka_unit_test_setup_teardown(test_found, begin, end),
        cmocka_unit_test_setup_teardown(test_from_is_found, begin, end),
        cmocka_unit_test_setup_teardown(test_no_resolver, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
