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

size_t tunic_tcp_room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    (void)transport;
    (void)to;
    return TUNIC_DATAGRAM_MOST;
}

int tunic_tcp_rebind(struct tunic_transport *transport, uint16_t port)
{
    return transport->operations->port(transport) == port ? 0 : -EOPNOTSUPP;
}

/* ---- the connection -------------------------------------------------------------------- */

static bool is_listener(const struct tunic_tcp *tcp)
{
    return tcp->listener.source.descriptor >= 0;
}

static void set_ready(struct tunic_tcp *tcp, bool ready)
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

static void join(struct tunic_tcp *tcp)
{
    tunic_tcp_stream_begin(&tcp->stream, &tcp->base);
    tell_connected(tcp, &tcp->stream.peer);
    set_ready(tcp, true);
}

static void part(struct tunic_tcp *tcp)
{
    tunic_tcp_stream_end(&tcp->stream, &tcp->base);
    if (is_listener(tcp)) {
        (void)close(tcp->stream.source.descriptor);
        tcp->stream.source.descriptor = -1;
    } else {
        tunic_tcp_dial_part(&tcp->dialler);
    }
    set_ready(tcp, false);
    tell_connected(tcp, NULL);
}

static void connection_ready(void *closure, uint32_t events)
{
    struct tunic_tcp *tcp = closure;

    if (tcp->stream.state == TUNIC_TCP_DIALS) {
        if (tunic_tcp_dial_answered(&tcp->dialler))
            join(tcp);
        return;
    }
    if ((events & EPOLLOUT) && tunic_tcp_stream_drain(&tcp->stream, &tcp->base))
        set_ready(tcp, true);
    if (tcp->stream.state == TUNIC_TCP_CONNECTED && (events & ~(uint32_t)EPOLLOUT) &&
        !tunic_tcp_stream_receive(&tcp->stream, &tcp->input, &tcp->base))
        part(tcp);
}

/* ---- whoever comes --------------------------------------------------------------------- */

static bool is_wanted(const struct tunic_tcp *tcp, const union tunic_socket_address *from)
{
    const struct tunic_transport_user *user = &tcp->base.user;

    if (user->admits && !user->admits(user->closure, from))
        return false;
    return tcp->stream.state == TUNIC_TCP_NOBODY ||
           tunic_endpoint_same_host(&tcp->stream.peer.remote, from);
}

static void meet(void *closure, int descriptor, const union tunic_socket_address *from)
{
    struct tunic_tcp *tcp = closure;
    struct tunic_error error;

    if (!is_wanted(tcp, from)) {
        tcp->base.counters.refused++;
        (void)close(descriptor);
        return;
    }
    if (tcp->stream.state != TUNIC_TCP_NOBODY)
        part(tcp);
    tcp->stream.source.descriptor = descriptor;
    if (tunic_loop_add(tcp->base.loop, &tcp->stream.source, EPOLLIN, &error) != 0) {
        tcp->stream.source.descriptor = -1;
        (void)close(descriptor);
        return;
    }
    tcp->stream.peer = (struct tunic_endpoint){.remote = *from};
    join(tcp);
}

/* ---- the transport --------------------------------------------------------------------- */

static void drop(struct tunic_tcp *tcp, struct tunic_outbox *outbox)
{
    for (size_t i = 0; i < outbox->message_count; i++)
        tcp->base.counters.dropped += outbox->messages[i].count;
    tcp->left_on = 0;
    tunic_outbox_clear(outbox);
}

static void send_all(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);
    bool is_left = tcp->left_on != 0;
    bool is_current =
        tcp->stream.state == TUNIC_TCP_CONNECTED && tcp->left_on == tcp->stream.number;
    size_t left = 0;

    if (outbox->message_count == 0 || (is_left && is_current && !tcp->ready))
        return;
    if (!tcp->ready || (is_left && !is_current)) {
        drop(tcp, outbox);
        return;
    }
    for (size_t i = 0; i < outbox->message_count; i++) {
        struct tunic_message *message = &outbox->messages[i];

        tunic_tcp_stream_send(&tcp->stream, transport, outbox->pieces, message);
        if (message->count > 0)
            outbox->messages[left++] = *message;
    }
    outbox->message_count = left;
    tcp->left_on = left > 0 ? tcp->stream.number : 0;
    if (left == 0)
        tunic_outbox_clear(outbox);
    if (tcp->stream.full)
        set_ready(tcp, false);
}

static void reconnect(struct tunic_transport *transport, const struct tunic_addresses *addresses)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);

    if (is_listener(tcp) || !tunic_tcp_dial_others(&tcp->dialler, addresses))
        return;
    if (tcp->stream.state == TUNIC_TCP_CONNECTED)
        part(tcp);
    tunic_tcp_dial_afresh(&tcp->dialler);
}

static uint16_t port(const struct tunic_transport *transport)
{
    return tunic_tcp_listen_port(&tunic_tcp_of(transport)->listener);
}

static void close_tcp(struct tunic_transport *transport)
{
    struct tunic_tcp *tcp = tunic_tcp_of(transport);

    if (tcp->stream.source.descriptor >= 0)
        tunic_loop_remove(tcp->base.loop, &tcp->stream.source);
    if (is_listener(tcp)) {
        if (tcp->stream.source.descriptor >= 0)
            (void)close(tcp->stream.source.descriptor);
        tunic_tcp_listen_close(&tcp->listener);
    } else {
        tunic_tcp_dial_close(&tcp->dialler);
    }
    free(tcp);
}

static const struct tunic_transport_operations operations = {
    .name = "tcp",
    .send = send_all,
    .reconnect = reconnect,
    .room = tunic_tcp_room,
    .port = port,
    .rebind = tunic_tcp_rebind,
    .close = close_tcp,
};

static struct tunic_tcp *allocate(struct tunic_loop *loop, const struct tunic_transport_user *user)
{
    struct tunic_tcp *tcp = calloc(1, sizeof(*tcp));

    if (!tcp)
        return NULL;
    tcp->base = (struct tunic_transport){
        .operations = &operations, .form = TUNIC_TCP_FORM, .user = *user, .loop = loop};
    tcp->stream.source = (struct tunic_source){-1, connection_ready, tcp};
    tcp->listener =
        (struct tunic_tcp_listener){.source.descriptor = -1, .meet = meet, .closure = tcp};
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
    result = options->listen ? tunic_tcp_listen(&tcp->listener, loop, options, error)
                             : tunic_tcp_dial_open(&tcp->dialler, loop, options, error);
    if (result != 0) {
        free(tcp);
        return result;
    }
    *transport = &tcp->base;
    user->ready(user->closure, false);
    if (options->connect) {
        tunic_tcp_dial_for(&tcp->dialler, &tcp->stream, options->connect);
        tunic_tcp_dial(&tcp->dialler);
    }
    return 0;
}
