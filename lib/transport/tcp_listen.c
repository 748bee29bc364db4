/* SPDX-License-Identifier: MIT */
#include "transport/socket.h"
#include "transport/tcp.h"

#include <errno.h>
#include <unistd.h>

enum { BACKLOG = 128, ACCEPTS = 16 };

static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void accept_ready(void *closure, uint32_t events)
{
    struct tunic_tcp_listener *listener = closure;

    (void)events;
    for (size_t i = 0; i < ACCEPTS; i++) {
        union tunic_socket_address from = {.any.sa_family = AF_UNSPEC};
        socklen_t size = sizeof(from);
        int descriptor =
            accept4(listener->source.descriptor, &from.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (descriptor >= 0) {
            listener->meet(listener->closure, descriptor, &from);
        } else if (errno == EAGAIN) {
            return;
        } else if (is_exhausted(errno)) {
            /* Whoever waits keeps the listener ready: it would be asked over and over. */
            tunic_loop_change(listener->loop, &listener->source, 0);
            tunic_timer_set(listener->loop, &listener->timer, tunic_clock_now() + TUNIC_SECOND);
            return;
        }
    }
}

static void go_on(void *closure)
{
    struct tunic_tcp_listener *listener = closure;

    tunic_loop_change(listener->loop, &listener->source, EPOLLIN);
}

static int listen_on(struct tunic_tcp_listener *listener, int descriptor, struct tunic_error *error)
{
    listener->source = (struct tunic_source){descriptor, accept_ready, listener};
    tunic_tcp_set_options(descriptor);
    if (listen(descriptor, BACKLOG) != 0)
        return tunic_error_system(error, errno, "cannot listen");
    return tunic_loop_add(listener->loop, &listener->source, EPOLLIN, error);
}

int tunic_tcp_listen(struct tunic_tcp_listener *listener, struct tunic_loop *loop,
                     const struct tunic_transport_options *options, struct tunic_error *error)
{
    listener->loop = loop;
    listener->source.descriptor = -1;
    listener->timer = (struct tunic_timer){.fire = go_on, .closure = listener};
    int descriptor = tunic_socket_open_bound(SOCK_STREAM, options, error);
    if (descriptor < 0)
        return descriptor;
    int result = tunic_timer_add(loop, &listener->timer, error);
    if (result != 0) {
        (void)close(descriptor);
        return result;
    }
    result = listen_on(listener, descriptor, error);
    if (result != 0)
        tunic_tcp_listen_close(listener);
    return result;
}

void tunic_tcp_listen_close(struct tunic_tcp_listener *listener)
{
    if (listener->source.descriptor < 0)
        return;
    tunic_timer_remove(listener->loop, &listener->timer);
    tunic_loop_remove(listener->loop, &listener->source);
    (void)close(listener->source.descriptor);
    listener->source.descriptor = -1;
}

uint16_t tunic_tcp_listen_port(const struct tunic_tcp_listener *listener)
{
    union tunic_socket_address own = {0};
    socklen_t size = sizeof(own);

    if (listener->source.descriptor < 0 ||
        getsockname(listener->source.descriptor, &own.any, &size) != 0)
        return 0;
    return tunic_endpoint_port(&own);
}
