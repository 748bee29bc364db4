/* SPDX-License-Identifier: MIT */
#include "transport/tcp_many.h"
#include "transport/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t links_size = TUNIC_TCP_LINKS * sizeof(struct tunic_tcp_link);

/* What waits in a socket is late when it arrives. Best effort. */
static void limit_unsent(int descriptor)
{
    (void)tunic_socket_set(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, TUNIC_TCP_UNSENT);
}

/* ---- whom ------------------------------------------------------------------------------ */

static int add_dialler(struct tunic_tcp_link *link, struct tunic_error *error)
{
    struct tunic_tcp_many *many = link->many;
    struct tunic_tcp_dialler *dialler = &link->dialler;
    int result = tunic_tcp_dial_open(dialler, many->base.loop, &many->options, error);

    if (result != 0) {
        dialler->loop = NULL;
        return result;
    }
    for (size_t i = 0; i < TUNIC_COUNT(dialler->sockets); i++)
        if (dialler->sockets[i] >= 0)
            limit_unsent(dialler->sockets[i]);
    return 0;
}

int tunic_tcp_many_expect(struct tunic_transport *transport,
                          const union tunic_socket_address *address, struct tunic_error *error)
{
    struct tunic_tcp_many *many = tunic_tcp_many_of(transport);
    const struct tunic_addresses addresses = {.list = {*address}, .count = 1};
    struct tunic_tcp_link *link = tunic_tcp_link_find(many, address);

    if (link && tunic_tcp_link_is_dialled(link))
        return 0;
    if (link)
        tunic_tcp_link_end(link);
    link = tunic_tcp_link_take(many, true, address);
    if (!link) {
        tunic_tcp_link_make_room(many);
        link = tunic_tcp_link_take(many, false, address);
        if (!link)
            return tunic_error_system(error, ENOSPC, "cannot connect to more peers");
        int result = add_dialler(link, error);
        if (result != 0) {
            tunic_tcp_link_release(link);
            return result;
        }
    }
    tunic_tcp_dial_for(&link->dialler, &link->stream, &addresses);
    return 0;
}

void tunic_tcp_many_forget(struct tunic_transport *transport,
                           const union tunic_socket_address *address)
{
    struct tunic_tcp_many *many = tunic_tcp_many_of(transport);
    struct tunic_tcp_link *link = tunic_tcp_link_find(many, address);

    if (!link)
        return;
    if (!tunic_tcp_link_is_dialled(link)) {
        tunic_tcp_link_end(link);
        return;
    }
    if (link->stream.state == TUNIC_TCP_CONNECTED)
        tunic_tcp_link_end(link);
    tunic_tcp_dial_stop(&link->dialler);
    tunic_tcp_stream_forget(&link->stream, transport);
    tunic_tcp_link_release(link);
}

void tunic_tcp_many_prove(struct tunic_transport *transport,
                          const union tunic_socket_address *address)
{
    struct tunic_tcp_link *link = tunic_tcp_link_find(tunic_tcp_many_of(transport), address);

    if (link)
        tunic_tcp_link_prove(link);
}

static void meet(void *closure, int descriptor, const union tunic_socket_address *from)
{
    struct tunic_tcp_many *many = closure;
    const struct tunic_transport_user *user = &many->base.user;

    if ((user->admits && !user->admits(user->closure, from)) ||
        !tunic_tcp_link_meet(many, descriptor, from)) {
        many->base.counters.refused++;
        (void)close(descriptor);
    }
}

/* ---- the transport --------------------------------------------------------------------- */

/* It is told whom to dial by other means. */
static void reconnect(struct tunic_transport *transport, const struct tunic_addresses *addresses)
{
    (void)transport;
    (void)addresses;
}

static void close_link(struct tunic_tcp_link *link)
{
    struct tunic_source *source = &link->stream.source;

    if (link->stream.state != TUNIC_TCP_NOBODY)
        tunic_loop_remove(link->many->base.loop, source);
    if (tunic_tcp_link_is_dialled(link))
        tunic_tcp_dial_close(&link->dialler);
    else if (link->stream.state != TUNIC_TCP_NOBODY)
        (void)close(source->descriptor);
}

static void close_many(struct tunic_transport *transport)
{
    struct tunic_tcp_many *many = tunic_tcp_many_of(transport);

    for (size_t i = 0; i < many->used; i++)
        close_link(&many->links[i]);
    tunic_tcp_listen_close(&many->listener);
    tunic_timer_remove(many->base.loop, &many->proof_timer);
    (void)munmap(many->links, links_size);
    free(many);
}

static uint16_t port(const struct tunic_transport *transport)
{
    return tunic_tcp_listen_port(&tunic_tcp_many_of(transport)->listener);
}

static const struct tunic_transport_operations operations = {
    .name = "tcp",
    .send = tunic_tcp_many_send,
    .reconnect = reconnect,
    .room = tunic_tcp_room,
    .port = port,
    .rebind = tunic_tcp_rebind,
    .close = close_many,
};

static struct tunic_tcp_many *allocate(struct tunic_loop *loop,
                                       const struct tunic_transport_user *user)
{
    struct tunic_tcp_many *many = calloc(1, sizeof(*many));

    if (!many)
        return NULL;
    void *memory = mmap(NULL, links_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        free(many);
        return NULL;
    }
    many->links = memory;
    many->base = (struct tunic_transport){
        .operations = &operations, .form = TUNIC_TCP_FORM, .user = *user, .loop = loop};
    many->listener =
        (struct tunic_tcp_listener){.source.descriptor = -1, .meet = meet, .closure = many};
    many->proof_timer = (struct tunic_timer){.fire = tunic_tcp_link_proof_is_due, .closure = many};
    return many;
}

static int open_listener(struct tunic_tcp_many *many, const struct tunic_transport_options *options,
                         struct tunic_error *error)
{
    if (!options->listen)
        return 0;
    int result = tunic_tcp_listen(&many->listener, many->base.loop, options, error);
    if (result == 0)
        limit_unsent(many->listener.source.descriptor);
    return result;
}

int tunic_tcp_many_open(struct tunic_transport **transport, struct tunic_loop *loop,
                        const struct tunic_transport_options *options,
                        const struct tunic_transport_user *user, struct tunic_error *error)
{
    struct tunic_tcp_many *many = allocate(loop, user);

    if (!many)
        return tunic_error_memory(error);
    many->options.mark = options->mark;
    if (options->underlay) {
        (void)snprintf(many->underlay, sizeof(many->underlay), "%s", options->underlay);
        many->options.underlay = many->underlay;
    }
    int result = tunic_timer_add(loop, &many->proof_timer, error);
    if (result != 0) {
        (void)munmap(many->links, links_size);
        free(many);
        return result;
    }
    result = open_listener(many, options, error);
    if (result != 0) {
        close_many(&many->base);
        return result;
    }
    *transport = &many->base;
    user->ready(user->closure, true);
    return 0;
}
