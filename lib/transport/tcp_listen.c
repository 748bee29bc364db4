/* SPDX-License-Identifier: MIT */
#include "transport/socket.h"
#include "transport/tcp.h"

#include <errno.h>
#include <unistd.h>

enum { BACKLOG = 16, ACCEPTS = 16 };

static const uint64_t pause_time = 1000000000;

static bool is_wanted(const struct tunic_tcp *tcp, const union tunic_socket_address *from)
{
    const struct tunic_transport_user *user = &tcp->base.user;

    if (user->admits && !user->admits(user->closure, from))
        return false;
    return tcp->state == TUNIC_TCP_NOBODY || tunic_endpoint_same_host(&tcp->peer.remote, from);
}

static void meet(struct tunic_tcp *tcp, int descriptor, const union tunic_socket_address *from)
{
    struct tunic_error error;

    if (!is_wanted(tcp, from)) {
        tcp->base.counters.refused++;
        (void)close(descriptor);
        return;
    }
    if (tcp->state != TUNIC_TCP_NOBODY)
        tunic_tcp_part(tcp);
    tcp->connection.descriptor = descriptor;
    if (tunic_loop_add(tcp->base.loop, &tcp->connection, EPOLLIN, &error) != 0) {
        tcp->connection.descriptor = -1;
        (void)close(descriptor);
        return;
    }
    tcp->peer = (struct tunic_endpoint){.remote = *from};
    tunic_tcp_join(tcp);
}

static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void accept_ready(void *closure, uint32_t events)
{
    struct tunic_tcp *tcp = closure;

    (void)events;
    for (size_t i = 0; i < ACCEPTS; i++) {
        union tunic_socket_address from = {.any.sa_family = AF_UNSPEC};
        socklen_t size = sizeof(from);
        int descriptor =
            accept4(tcp->listener.descriptor, &from.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (descriptor >= 0) {
            meet(tcp, descriptor, &from);
        } else if (errno == EAGAIN) {
            return;
        } else if (is_exhausted(errno)) {
            /* Whoever waits keeps the listener ready: it would be asked over and over. */
            tunic_loop_change(tcp->base.loop, &tcp->listener, 0);
            tunic_timer_set(tcp->base.loop, &tcp->timer, tunic_clock_now() + pause_time);
            return;
        }
    }
}

static void go_on(void *closure)
{
    struct tunic_tcp *tcp = closure;

    tunic_loop_change(tcp->base.loop, &tcp->listener, EPOLLIN);
}

int tunic_tcp_listen(struct tunic_tcp *tcp, const struct tunic_transport_options *options,
                     struct tunic_error *error)
{
    int descriptor = tunic_socket_open_bound(SOCK_STREAM, options, error);

    if (descriptor < 0)
        return descriptor;
    tcp->timer.fire = go_on;
    tcp->listener = (struct tunic_source){descriptor, accept_ready, tcp};
    tunic_tcp_set_options(descriptor);
    if (listen(descriptor, BACKLOG) != 0)
        return tunic_error_system(error, errno, "cannot listen");
    return tunic_loop_add(tcp->base.loop, &tcp->listener, EPOLLIN, error);
}
