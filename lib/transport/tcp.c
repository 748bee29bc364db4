/* SPDX-License-Identifier: MIT */
#include "transport/tcp.h"
#include "transport/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* A peer that vanished is noticed after two minutes, whether anything is sent or not. */
    KEEPALIVE_IDLE = 60, /* seconds */
    KEEPALIVE_INTERVAL = 10,
    KEEPALIVE_PROBES = 6,
    UNANSWERED_TIME = 120000, /* milliseconds */
};

/* Buffers are left to the kernel, which grows them to what the path needs. */
void tunic_tcp_set_options(int descriptor)
{
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    (void)tunic_socket_set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_TIME);
}

/* ---- the connection -------------------------------------------------------------------- */

static bool is_listener(const struct tunic_tcp *tcp)
{
    return tcp->listener.descriptor >= 0;
}

void tunic_tcp_set_ready(struct tunic_tcp *tcp, bool ready)
{
    if (tcp->ready == ready)
        return;
    tcp->ready = ready;
    tcp->base.user.ready(tcp->base.user.closure, ready);
}

static void tell_connected(struct tunic_tcp *tcp, const struct tunic_endpoint *endpoint)
{
    if (tcp->base.user.connected)
        tcp->base.user.connected(tcp->base.user.closure, endpoint);
}

void tunic_tcp_join(struct tunic_tcp *tcp)
{
    tcp->state = TUNIC_TCP_CONNECTED;
    tcp->joined = tunic_clock_now();
    tcp->base.counters.connects++;
    tell_connected(tcp, &tcp->peer);
    tunic_tcp_set_ready(tcp, true);
}

void tunic_tcp_part(struct tunic_tcp *tcp)
{
    /* It ended inside a frame, or what came was none. */
    if (tcp->held > 0)
        tcp->base.counters.malformed++;
    tcp->held = 0;
    tcp->state = TUNIC_TCP_NOBODY;
    tunic_loop_remove(tcp->base.loop, &tcp->connection);
    if (is_listener(tcp))
        (void)close(tcp->connection.descriptor);
    else
        tunic_tcp_dial_part(tcp);
    tcp->connection.descriptor = -1;
    tunic_tcp_set_ready(tcp, false);
    tell_connected(tcp, NULL);
}

static void connection_ready(void *closure, uint32_t events)
{
    struct tunic_tcp *tcp = closure;

    if (tcp->state == TUNIC_TCP_DIALS) {
        tunic_tcp_dial_answered(tcp);
        return;
    }
    if (events & EPOLLOUT)
        tunic_tcp_send_ready(tcp);
    if (tcp->state == TUNIC_TCP_CONNECTED && (events & ~(uint32_t)EPOLLOUT))
        tunic_tcp_receive(tcp);
}

/* ---- the transport --------------------------------------------------------------------- */

static void reconnect(struct tunic_transport *transport, const struct tunic_addresses *addresses)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);

    if (!is_listener(tcp))
        tunic_tcp_dial_others(tcp, addresses);
}

/* A stream cuts up what it is given as the path needs it. */
static size_t room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    (void)transport;
    (void)to;
    return TUNIC_DATAGRAM_MOST;
}

static uint16_t port(const struct tunic_transport *transport)
{
    (void)transport;
    return 0;
}

static int rebind(struct tunic_transport *transport, uint16_t port)
{
    (void)transport;
    (void)port;
    return -EOPNOTSUPP;
}

/* Descriptors that are closed leave the loop by themselves, but it may still have to tell of them.
 */
static void close_source(struct tunic_loop *loop, struct tunic_source *source)
{
    if (source->descriptor < 0)
        return;
    tunic_loop_remove(loop, source);
    (void)close(source->descriptor);
}

static void close_tcp(struct tunic_transport *transport)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);
    struct tunic_loop *loop = tcp->base.loop;

    tunic_timer_remove(loop, &tcp->timer);
    close_source(loop, &tcp->listener);
    close_source(loop, &tcp->connection);
    for (size_t i = 0; i < TUNIC_COUNT(tcp->sockets); i++)
        if (tcp->sockets[i] >= 0 && tcp->sockets[i] != tcp->connection.descriptor)
            (void)close(tcp->sockets[i]);
    free(tcp);
}

static const struct tunic_transport_operations operations = {
    .name = "tcp",
    .send = tunic_tcp_send,
    .reconnect = reconnect,
    .room = room,
    .port = port,
    .rebind = rebind,
    .close = close_tcp,
};

static struct tunic_tcp *allocate(struct tunic_loop *loop, const struct tunic_transport_user *user)
{
    struct tunic_tcp *tcp = calloc(1, sizeof(*tcp));

    if (!tcp)
        return NULL;
    tcp->base = (struct tunic_transport){
        .operations = &operations,
        .form = {.prefix = TUNIC_TCP_PREFIX,
                 .most_run = UINT16_MAX,
                 .most_length = UINT32_MAX,
                 .stream = true},
        .user = *user,
        .loop = loop,
    };
    tcp->listener.descriptor = -1;
    tcp->connection = (struct tunic_source){-1, connection_ready, tcp};
    tcp->timer.closure = tcp;
    tcp->sockets[0] = tcp->sockets[1] = -1;
    return tcp;
}

int tunic_tcp_open(struct tunic_transport **transport, struct tunic_loop *loop,
                   const struct tunic_transport_options *options,
                   const struct tunic_transport_user *user, struct tunic_error *error)
{
    struct tunic_tcp *tcp = NULL;
    int result = 0;

    if (!options->listen == !options->connect)
        return tunic_error_set(error, TUNIC_USAGE, "TCP either listens or connects");
    tcp = allocate(loop, user);
    if (!tcp)
        return tunic_error_memory(error);
    result = tunic_timer_add(loop, &tcp->timer, error);
    if (result != 0) {
        free(tcp);
        return result;
    }
    result = options->listen ? tunic_tcp_listen(tcp, options, error)
                             : tunic_tcp_dial_prepare(tcp, options, error);
    if (result != 0) {
        close_tcp(&tcp->base);
        return result;
    }
    *transport = &tcp->base;
    user->ready(user->closure, false);
    if (options->connect)
        tunic_tcp_dial(tcp);
    return 0;
}
