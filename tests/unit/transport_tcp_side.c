/* SPDX-License-Identifier: MIT */
#include "transport_tcp_side.h"

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

static struct tunic_error error;
static struct tunic_timer asking;
static bool (*condition)(void);
static unsigned turns;
static uint64_t deadline;
static uint64_t forward;

uint64_t __real_tunic_clock_now(void);
uint64_t __wrap_tunic_clock_now(void);

uint64_t __wrap_tunic_clock_now(void)
{
    return __real_tunic_clock_now() + forward;
}

void put_clock_forward(uint64_t milliseconds)
{
    forward += milliseconds * 1000000;
}

/* ---- the loop -------------------------------------------------------------------------- */

static void ask(void *closure)
{
    (void)closure;
    if (condition())
        tunic_loop_stop(&loop, 0);
    else if (__real_tunic_clock_now() > deadline)
        tunic_loop_stop(&loop, -ETIMEDOUT);
    else
        tunic_timer_set(&loop, &asking, tunic_clock_now());
}

static bool some_turns_passed(void)
{
    return turns++ == 10;
}

void run_some_turns(void)
{
    turns = 0;
    run_until(some_turns_passed);
}

void run_until(bool (*done)(void))
{
    condition = done;
    deadline = __real_tunic_clock_now() + UINT64_C(20000000000);
    tunic_timer_set(&loop, &asking, tunic_clock_now());
    assert_int_equal(tunic_loop_run(&loop, &error), 0);
}

int side_group_setup(void **state)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

    (void)state;
    if (unshare(CLONE_NEWNET) != 0)
        return 0;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = ioctl(descriptor, SIOCSIFFLAGS, &request);
    (void)close(descriptor);
    return result;
}

int side_setup(void **state)
{
    (void)state;
    left = right = (struct side){.transport = NULL};
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

static void arrived(void *closure, struct tunic_arrival *arrivals, size_t count)
{
    struct side *side = closure;

    side->batches++;
    for (size_t i = 0; i < count; i++) {
        const struct tunic_arrival *arrival = &arrivals[i];

        if (arrival->length != arrival->size ||
            !tunic_endpoint_same(&arrival->from->remote, &side->peer.remote))
            side->wrong++;
        if (side->look)
            side->look(side, arrival);
        side->arrived++;
    }
    side->last_length = arrivals[count - 1].length;
    memcpy(side->last, arrivals[count - 1].data, side->last_length);
}

static void ready(void *closure, bool is)
{
    struct side *side = closure;

    /* Only changes are told. */
    if (side->told_ready && side->ready == is)
        side->wrong++;
    side->told_ready = true;
    side->ready = is;
}

static bool admits(void *closure, const union tunic_socket_address *from)
{
    const struct side *side = closure;
    union tunic_socket_address only = {.inet.sin_family = AF_INET};

    only.inet.sin_addr = side->admitted;
    return side->admitted.s_addr == 0 || tunic_endpoint_same_host(from, &only);
}

static void connected(void *closure, const struct tunic_endpoint *endpoint)
{
    struct side *side = closure;

    if (endpoint) {
        side->connects++;
        side->peer = *endpoint;
    } else {
        side->ends++;
    }
}

static void open_side(struct side *side, const struct tunic_transport_options *options)
{
    const struct tunic_transport_user user = {side, arrived, ready, admits, connected};

    side->told_ready = false;
    assert_int_equal(tunic_tcp_open(&side->transport, &loop, options, &user, &error), 0);
    assert_true(side->told_ready);
    assert_false(side->ready);
}

void listen_with(struct side *side, const char *host, uint16_t port)
{
    struct tunic_host own = {.port = port, .has_port = true, .numeric = true};
    struct tunic_transport_options options = {.listen = &own};

    (void)snprintf(own.name, sizeof(own.name), "%s", host);
    open_side(side, &options);
}

void connect_with(struct side *side, const struct tunic_addresses *addresses)
{
    struct tunic_transport_options options = {.connect = addresses};

    open_side(side, &options);
}

void close_side(struct side *side)
{
    if (side->transport)
        side->transport->operations->close(side->transport);
    side->transport = NULL;
}

struct tunic_tcp *inside(const struct side *side)
{
    return tunic_tcp_of(side->transport);
}

void send_one(struct side *side, const void *bytes, size_t length)
{
    static struct tunic_outbox outbox;
    static uint8_t frame[TUNIC_TCP_PREFIX + TUNIC_DATAGRAM_MOST];

    outbox.form = side->transport->form;
    memcpy(frame + TUNIC_TCP_PREFIX, bytes, length);
    assert_true(tunic_outbox_add(&outbox, NULL, 0, frame + TUNIC_TCP_PREFIX, length, NULL, 0));
    side->transport->operations->send(side->transport, &outbox);
    assert_int_equal(outbox.message_count, 0);
}

/* ---- conditions ------------------------------------------------------------------------ */

bool both_ready(void)
{
    return left.ready && right.ready;
}

bool left_ready(void)
{
    return left.ready;
}

bool left_ended(void)
{
    return left.ends > 0 && !left.ready;
}

bool one_arrived(void)
{
    return left.arrived == 1;
}

/* ---- plain sockets --------------------------------------------------------------------- */

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    assert_int_equal(inet_pton(AF_INET, host, &address.sin_addr), 1);
    return address;
}

struct tunic_addresses to_port(uint16_t port)
{
    struct tunic_addresses addresses = {.count = 1};

    addresses.list[0].inet = address_of("127.0.0.1", port);
    return addresses;
}

int plain_listener(uint16_t *port)
{
    union tunic_socket_address address = {.inet = address_of("127.0.0.1", 0)};
    socklen_t size = sizeof(address.inet);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(descriptor, &address.any, size), 0);
    assert_int_equal(listen(descriptor, 16), 0);
    assert_int_equal(getsockname(descriptor, &address.any, &size), 0);
    *port = ntohs(address.inet.sin_port);
    return descriptor;
}

int plain_accept(int listener)
{
    int descriptor = accept(listener, NULL, NULL);

    assert_true(descriptor >= 0);
    return descriptor;
}

uint16_t free_port(void)
{
    uint16_t port = 0;

    (void)close(plain_listener(&port));
    return port;
}

int plain_connect(const char *from, uint16_t port)
{
    union tunic_socket_address own = {.inet = address_of(from, 0)};
    union tunic_socket_address other = {.inet = address_of("127.0.0.1", port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(descriptor, &own.any, sizeof(own.inet)), 0);
    assert_int_equal(connect(descriptor, &other.any, sizeof(other.inet)), 0);
    return descriptor;
}

void plain_send(int descriptor, const void *bytes, size_t length)
{
    assert_int_equal(send(descriptor, bytes, length, MSG_NOSIGNAL), length);
}

bool plain_ended(int descriptor)
{
    uint8_t bytes[4096];
    ssize_t got;

    do
        got = recv(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
    while (got > 0);
    return got == 0 || errno == ECONNRESET;
}
