/* SPDX-License-Identifier: MIT */
#include "transport_udp_side.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct tunic_loop loop;
struct side left;
struct side right;
bool own_network;

static struct tunic_error error;
static struct tunic_timer asking;
static bool (*condition)(void);
static uint64_t deadline;
#define PATIENCE UINT64_C(10000000000)

/* ---- the network ----------------------------------------------------------------------- */

static int set_lo(int family, unsigned long request, void *argument)
{
    int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = ioctl(descriptor, request, argument);

    (void)close(descriptor);
    return result;
}

int side_group_setup(void **state)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

    (void)state;
    own_network = unshare(CLONE_NEWNET) == 0;
    return own_network ? set_lo(AF_INET, SIOCSIFFLAGS, &request) : 0;
}

void set_mtu(int mtu)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_mtu = mtu};

    assert_int_equal(set_lo(AF_INET, SIOCSIFMTU, &request), 0);
}

/* The kernel takes an address of IPv6 into use a moment later. */
static bool in_use(const struct tunic_addresses *addresses)
{
    const struct sockaddr *address = &addresses->list[0].any;
    int descriptor = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool used = bind(descriptor, address, sizeof(addresses->list[0])) == 0 &&
                connect(descriptor, address, sizeof(addresses->list[0])) == 0;

    (void)close(descriptor);
    return used;
}

void add_address(const char *host)
{
    struct tunic_addresses addresses = addresses_of(host, 0);
    struct ifreq request = {.ifr_name = "lo:1"};
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr = addresses.list[0].inet.sin_addr};
    /* struct in6_ifreq, whose header does not go with the C library's: address, length, index */
    static const uint32_t numbers[] = {128, 1};
    uint8_t request6[sizeof(request)] = {0};

    memcpy(request6, &addresses.list[0].inet6.sin6_addr, sizeof(struct in6_addr));
    memcpy(request6 + sizeof(struct in6_addr), numbers, sizeof(numbers));
    memcpy(&request.ifr_addr, &inet, sizeof(inet));
    int result = addresses.list[0].any.sa_family == AF_INET6
                     ? set_lo(AF_INET6, SIOCSIFADDR, request6)
                     : set_lo(AF_INET, SIOCSIFADDR, &request);
    assert_int_equal(result, 0);
    deadline = tunic_clock_now() + PATIENCE;
    while (!in_use(&addresses))
        assert_true(tunic_clock_now() < deadline);
}

/* ---- the loop -------------------------------------------------------------------------- */

static void ask(void *closure)
{
    (void)closure;
    if (condition())
        tunic_loop_stop(&loop, 0);
    else if (tunic_clock_now() > deadline)
        tunic_loop_stop(&loop, -ETIMEDOUT);
    else
        tunic_timer_set(&loop, &asking, tunic_clock_now());
}

void run_until(bool (*done)(void))
{
    condition = done;
    deadline = tunic_clock_now() + PATIENCE;
    tunic_timer_set(&loop, &asking, tunic_clock_now());
    assert_int_equal(tunic_loop_run(&loop, &error), 0);
}

static const struct side *expecting;
static size_t expected;

static bool enough_heard(void)
{
    return expecting->count >= expected;
}

void run_until_heard(struct side *side, size_t count)
{
    expecting = side;
    expected = count;
    run_until(enough_heard);
    assert_int_equal(side->count, count);
}

int side_setup(void **state)
{
    (void)state;
    left.transport = right.transport = NULL;
    asking = (struct tunic_timer){.fire = ask};
    return tunic_loop_open(&loop, &error) || tunic_timer_add(&loop, &asking, &error);
}

int side_teardown(void **state)
{
    (void)state;
    close_side(&left);
    close_side(&right);
    tunic_loop_close(&loop);
    return 0;
}

/* ---- transports ------------------------------------------------------------------------ */

static void note(struct side *side, const struct tunic_arrival *arrival, size_t offset)
{
    size_t length = arrival->length - offset;
    struct heard *heard = &side->heard[side->count++];

    assert_true(side->count <= SIDE_DATAGRAMS);
    if (length > arrival->size)
        length = arrival->size;
    assert_true(side->used + length <= SIDE_BYTES);
    *heard = (struct heard){.offset = side->used,
                            .length = length,
                            .size = arrival->size,
                            .arrival = side->arrivals,
                            .traffic_class = arrival->traffic_class,
                            .from = *arrival->from};
    memcpy(side->bytes + side->used, arrival->data + offset, length);
    side->used += length;
}

static void arrived(void *closure, struct tunic_arrival *arrivals, size_t count)
{
    struct side *side = closure;

    for (size_t i = 0; i < count; i++) {
        size_t offset = 0;

        do {
            note(side, &arrivals[i], offset);
            offset += arrivals[i].size;
        } while (offset < arrivals[i].length);
        side->arrivals++;
    }
}

static void ready(void *closure, bool is)
{
    struct side *side = closure;

    side->told_ready += is;
    side->told_full += !is;
    if (is)
        send_all(side);
}

static bool admits(void *closure, const union tunic_socket_address *from)
{
    const struct side *side = closure;

    assert_true(from->any.sa_family == AF_INET || from->any.sa_family == AF_INET6);
    return !side->refuses;
}

void open_side(struct side *side, const struct tunic_transport_options *options)
{
    const struct tunic_transport_user user = {
        .closure = side, .arrived = arrived, .ready = ready, .admits = admits};

    side->told_ready = side->told_full = side->arrivals = 0;
    side->count = side->used = 0;
    side->refuses = false;
    tunic_outbox_clear(&side->outbox);
    if (tunic_udp_open(&side->transport, &loop, options, &user, &error) != 0)
        fail_msg("%s: %s", error.action, error.cause);
    side->outbox.form = side->transport->form;
}

uint16_t listen_at(struct side *side, const char *host, bool offload)
{
    struct tunic_host own = {.has_port = true, .numeric = true};
    const struct tunic_transport_options options = {.listen = &own, .offload = offload};
    union tunic_socket_address address = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof(address);

    (void)snprintf(own.name, sizeof(own.name), "%s", host);
    open_side(side, &options);
    assert_int_equal(getsockname(inside(side)->descriptor, &address.any, &size), 0);
    return ntohs(address.any.sa_family == AF_INET ? address.inet.sin_port
                                                  : address.inet6.sin6_port);
}

void connect_to(struct side *side, const char *host, uint16_t port, bool offload)
{
    const struct tunic_addresses addresses = addresses_of(host, port);
    const struct tunic_transport_options options = {.connect = &addresses, .offload = offload};

    open_side(side, &options);
}

void close_side(struct side *side)
{
    if (side->transport)
        side->transport->operations->close(side->transport);
    side->transport = NULL;
}

const struct family families[FAMILIES] = {
    {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
    {"::1", "::1", "::1"},
    {"", "127.0.0.1", "::ffff:127.0.0.1"},
    {"", "::1", "::1"},
};

void open_both(size_t family, bool left_offload, bool right_offload)
{
    uint16_t port = listen_at(&right, families[family].listens, right_offload);

    connect_to(&left, families[family].host, port, left_offload);
}

void close_both(void)
{
    close_side(&left);
    close_side(&right);
}

struct tunic_udp *inside(const struct side *side)
{
    return tunic_udp_of(side->transport);
}

struct tunic_addresses addresses_of(const char *host, uint16_t port)
{
    struct tunic_addresses addresses = {.count = 1};
    union tunic_socket_address *address = &addresses.list[0];

    if (inet_pton(AF_INET, host, &address->inet.sin_addr) == 1) {
        address->inet.sin_family = AF_INET;
        address->inet.sin_port = htons(port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, host, &address->inet6.sin6_addr), 1);
        address->inet6.sin6_family = AF_INET6;
        address->inet6.sin6_port = htons(port);
    }
    return addresses;
}

/* ---- datagrams ------------------------------------------------------------------------- */

static uint8_t byte_of(size_t number, size_t offset)
{
    return (uint8_t)(number * 7 + offset + (offset >> 8));
}

static uint8_t made[SIDE_BYTES];
static size_t made_bytes;
static size_t made_count;

/* In two pieces each, of which some lie next to each other and some do not. */
void put(struct side *side, const struct tunic_endpoint *to, uint8_t traffic_class, size_t length)
{
    size_t cut = length / 3;

    if (side->outbox.message_count == 0)
        made_bytes = made_count = 0;
    assert_true(made_bytes + length + 1 <= sizeof(made));
    uint8_t *head = made + made_bytes;
    uint8_t *body = head + cut + made_count % 2;
    for (size_t i = 0; i < length; i++)
        *(i < cut ? head + i : body + i - cut) = byte_of(made_count, i);
    made_bytes += length + made_count % 2;
    made_count++;
    assert_true(tunic_outbox_add(&side->outbox, to, traffic_class, head, cut, body, length - cut));
}

void send_all(struct side *side)
{
    side->transport->operations->send(side->transport, &side->outbox);
}

void assert_heard(const struct side *side, size_t index, size_t number, size_t length)
{
    const struct heard *heard = &side->heard[index];

    assert_true(index < side->count);
    assert_int_equal(heard->length, length);
    for (size_t i = 0; i < length; i++)
        if (side->bytes[heard->offset + i] != byte_of(number, i))
            fail_msg("byte %zu of datagram %zu is wrong", i, index);
}
