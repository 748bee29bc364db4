/* SPDX-License-Identifier: MIT */
#include "transport/socket.h"
#include "transport/tcp.h"

#include <errno.h>

static const uint64_t second = 1000000000;

enum {
    ANSWER_TIME = 10, /* seconds; as long must a connection last to be a success */
    DELAY_LEAST = 1,
    DELAY_MOST = 30,
};

static void hang_up(int descriptor)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    (void)connect(descriptor, &nobody, sizeof(nobody));
}

/* False: it failed at once. */
static bool dial_one(struct tunic_tcp *tcp, const union tunic_socket_address *address)
{
    int descriptor = tcp->sockets[address->any.sa_family == AF_INET6];
    struct tunic_error error;

    if (descriptor < 0)
        return false;
    tcp->connection.descriptor = descriptor;
    if ((connect(descriptor, &address->any, tunic_socket_address_size(address)) == 0 ||
         errno == EINPROGRESS) &&
        tunic_loop_add(tcp->base.loop, &tcp->connection, EPOLLOUT, &error) == 0)
        return true;
    hang_up(descriptor);
    tcp->connection.descriptor = -1;
    return false;
}

/* A little longer than `delay`, so that two who lost each other do not stay in step. */
static void dial_later(struct tunic_tcp *tcp)
{
    uint64_t now = tunic_clock_now();

    tcp->next = 0;
    tunic_timer_set(tcp->base.loop, &tcp->timer, now + tcp->delay + now % (tcp->delay / 4));
    tcp->delay *= 2;
    if (tcp->delay > DELAY_MOST * second)
        tcp->delay = DELAY_MOST * second;
}

void tunic_tcp_dial(struct tunic_tcp *tcp)
{
    while (tcp->next < tcp->addresses.count) {
        const union tunic_socket_address *address = &tcp->addresses.list[tcp->next++];

        if (dial_one(tcp, address)) {
            tcp->peer = (struct tunic_endpoint){.remote = *address};
            tcp->state = TUNIC_TCP_DIALS;
            tunic_timer_set(tcp->base.loop, &tcp->timer, tunic_clock_now() + ANSWER_TIME * second);
            return;
        }
    }
    dial_later(tcp);
}

static void dial_next(struct tunic_tcp *tcp)
{
    tunic_loop_remove(tcp->base.loop, &tcp->connection);
    hang_up(tcp->connection.descriptor);
    tcp->connection.descriptor = -1;
    tcp->state = TUNIC_TCP_NOBODY;
    tunic_tcp_dial(tcp);
}

void tunic_tcp_dial_answered(struct tunic_tcp *tcp)
{
    int failure = 0;
    socklen_t size = sizeof(failure);

    if (getsockopt(tcp->connection.descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 ||
        failure != 0) {
        dial_next(tcp);
        return;
    }
    tunic_timer_clear(tcp->base.loop, &tcp->timer);
    tunic_loop_change(tcp->base.loop, &tcp->connection, EPOLLIN);
    tunic_tcp_join(tcp);
}

void tunic_tcp_dial_part(struct tunic_tcp *tcp)
{
    hang_up(tcp->connection.descriptor);
    /* One that is only accepted and closed again is no success: somebody else is served there. */
    if (tunic_clock_now() - tcp->joined >= ANSWER_TIME * second)
        tcp->delay = DELAY_LEAST * second;
    dial_later(tcp);
}

static bool includes(const struct tunic_addresses *addresses,
                     const union tunic_socket_address *address)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (tunic_endpoint_same(&addresses->list[i], address))
            return true;
    return false;
}

static bool includes_all(const struct tunic_addresses *addresses,
                         const struct tunic_addresses *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (!includes(addresses, &others->list[i]))
            return false;
    return true;
}

/* Names are looked up again and again: what is still right is left alone. */
void tunic_tcp_dial_others(struct tunic_tcp *tcp, const struct tunic_addresses *addresses)
{
    bool is_right = tcp->state == TUNIC_TCP_NOBODY ? includes_all(&tcp->addresses, addresses)
                                                   : includes(addresses, &tcp->peer.remote);

    if (addresses->count == 0 ||
        (addresses->count == tcp->addresses.count && includes_all(&tcp->addresses, addresses)))
        return;
    tcp->addresses = *addresses;
    tcp->next = 0;
    if (is_right)
        return;
    if (tcp->state == TUNIC_TCP_CONNECTED)
        tunic_tcp_part(tcp);
    tcp->delay = DELAY_LEAST * second;
    if (tcp->state == TUNIC_TCP_DIALS)
        dial_next(tcp);
    else
        tunic_tcp_dial(tcp);
}

static void time_is_over(void *closure)
{
    struct tunic_tcp *tcp = closure;

    if (tcp->state == TUNIC_TCP_DIALS)
        dial_next(tcp);
    else
        tunic_tcp_dial(tcp);
}

int tunic_tcp_dial_prepare(struct tunic_tcp *tcp, const struct tunic_transport_options *options,
                           struct tunic_error *error)
{
    static const int families[] = {AF_INET, AF_INET6};
    int result = 0;

    for (size_t i = 0; i < TUNIC_COUNT(families); i++) {
        result = tunic_socket_open(families[i], SOCK_STREAM, options, error);
        if (result >= 0)
            tunic_tcp_set_options(tcp->sockets[i] = result);
        else if (result != -EAFNOSUPPORT)
            return result;
    }
    if (tcp->sockets[0] < 0 && tcp->sockets[1] < 0)
        return result;
    tcp->timer.fire = time_is_over;
    tcp->delay = DELAY_LEAST * second;
    tcp->addresses = *options->connect;
    return 0;
}
