/* SPDX-License-Identifier: MIT */
#include "transport/socket.h"
#include "transport/tcp.h"

#include <errno.h>
#include <unistd.h>

enum {
    ANSWER_TIME = 10, /* seconds; as long must a connection last to be a success */
    DELAY_LEAST = 1,
    DELAY_MOST = 30,
};

static void hang_up(struct tunic_tcp_stream *stream)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    (void)connect(stream->source.descriptor, &nobody, sizeof(nobody));
    stream->source.descriptor = -1;
}

/* False: it failed at once. */
static bool dial_one(struct tunic_tcp_dialler *dialler, const union tunic_socket_address *address)
{
    struct tunic_tcp_stream *stream = dialler->stream;
    int descriptor = dialler->sockets[address->any.sa_family == AF_INET6];
    struct tunic_error error;

    if (descriptor < 0)
        return false;
    stream->source.descriptor = descriptor;
    if ((connect(descriptor, &address->any, tunic_socket_address_size(address)) == 0 ||
         errno == EINPROGRESS) &&
        tunic_loop_add(dialler->loop, &stream->source, EPOLLOUT, &error) == 0)
        return true;
    hang_up(stream);
    return false;
}

/* A little longer than `delay`, so that two who lost each other do not stay in step. */
static void dial_later(struct tunic_tcp_dialler *dialler)
{
    uint64_t now = tunic_clock_now();

    dialler->next = 0;
    tunic_timer_set(dialler->loop, &dialler->timer,
                    now + dialler->delay + now % (dialler->delay / 4));
    dialler->delay *= 2;
    if (dialler->delay > DELAY_MOST * TUNIC_SECOND)
        dialler->delay = DELAY_MOST * TUNIC_SECOND;
}

void tunic_tcp_dial(struct tunic_tcp_dialler *dialler)
{
    struct tunic_tcp_stream *stream = dialler->stream;

    while (dialler->next < dialler->addresses.count) {
        const union tunic_socket_address *address = &dialler->addresses.list[dialler->next++];

        if (dial_one(dialler, address)) {
            stream->peer = (struct tunic_endpoint){.remote = *address};
            stream->state = TUNIC_TCP_DIALS;
            tunic_timer_set(dialler->loop, &dialler->timer,
                            tunic_clock_now() + ANSWER_TIME * TUNIC_SECOND);
            return;
        }
    }
    dial_later(dialler);
}

static void give_up(struct tunic_tcp_dialler *dialler)
{
    tunic_loop_remove(dialler->loop, &dialler->stream->source);
    hang_up(dialler->stream);
    dialler->stream->state = TUNIC_TCP_NOBODY;
}

static void dial_next(struct tunic_tcp_dialler *dialler)
{
    give_up(dialler);
    tunic_tcp_dial(dialler);
}

bool tunic_tcp_dial_answered(struct tunic_tcp_dialler *dialler)
{
    struct tunic_source *source = &dialler->stream->source;
    int failure = 0;
    socklen_t size = sizeof(failure);

    if (getsockopt(source->descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 ||
        failure != 0) {
        dial_next(dialler);
        return false;
    }
    dialler->joined = tunic_clock_now();
    tunic_timer_clear(dialler->loop, &dialler->timer);
    tunic_loop_change(dialler->loop, source, EPOLLIN);
    return true;
}

void tunic_tcp_dial_part(struct tunic_tcp_dialler *dialler)
{
    hang_up(dialler->stream);
    /* One that is only accepted and closed again is no success: somebody else is served there. */
    if (tunic_clock_now() - dialler->joined >= ANSWER_TIME * TUNIC_SECOND)
        dialler->delay = DELAY_LEAST * TUNIC_SECOND;
    dial_later(dialler);
}

/* ---- whom ------------------------------------------------------------------------------ */

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
bool tunic_tcp_dial_others(struct tunic_tcp_dialler *dialler,
                           const struct tunic_addresses *addresses)
{
    const struct tunic_tcp_stream *stream = dialler->stream;
    bool is_right = stream->state == TUNIC_TCP_NOBODY ? includes_all(&dialler->addresses, addresses)
                                                      : includes(addresses, &stream->peer.remote);

    if (addresses->count == 0 || (addresses->count == dialler->addresses.count &&
                                  includes_all(&dialler->addresses, addresses)))
        return false;
    dialler->addresses = *addresses;
    dialler->next = 0;
    return !is_right;
}

void tunic_tcp_dial_afresh(struct tunic_tcp_dialler *dialler)
{
    dialler->delay = DELAY_LEAST * TUNIC_SECOND;
    if (dialler->stream->state == TUNIC_TCP_DIALS)
        dial_next(dialler);
    else
        tunic_tcp_dial(dialler);
}

void tunic_tcp_dial_for(struct tunic_tcp_dialler *dialler, struct tunic_tcp_stream *stream,
                        const struct tunic_addresses *addresses)
{
    dialler->stream = stream;
    dialler->addresses = *addresses;
    dialler->next = 0;
    dialler->delay = DELAY_LEAST * TUNIC_SECOND;
}

void tunic_tcp_dial_stop(struct tunic_tcp_dialler *dialler)
{
    if (dialler->stream->state == TUNIC_TCP_DIALS)
        give_up(dialler);
    tunic_timer_clear(dialler->loop, &dialler->timer);
}

/* ---- opening --------------------------------------------------------------------------- */

static void time_is_over(void *closure)
{
    struct tunic_tcp_dialler *dialler = closure;

    if (dialler->stream->state == TUNIC_TCP_DIALS)
        dial_next(dialler);
    else
        tunic_tcp_dial(dialler);
}

static int open_sockets(struct tunic_tcp_dialler *dialler,
                        const struct tunic_transport_options *options, struct tunic_error *error)
{
    static const int families[] = {AF_INET, AF_INET6};
    int result = 0;

    for (size_t i = 0; i < TUNIC_COUNT(families); i++) {
        result = tunic_socket_open(families[i], SOCK_STREAM, options, error);
        if (result >= 0)
            tunic_tcp_set_options(dialler->sockets[i] = result);
        else if (result != -EAFNOSUPPORT)
            return result;
    }
    return dialler->sockets[0] < 0 && dialler->sockets[1] < 0 ? result : 0;
}

int tunic_tcp_dial_open(struct tunic_tcp_dialler *dialler, struct tunic_loop *loop,
                        const struct tunic_transport_options *options, struct tunic_error *error)
{
    *dialler = (struct tunic_tcp_dialler){.loop = loop, .sockets = {-1, -1}};
    dialler->timer.fire = time_is_over;
    dialler->timer.closure = dialler;
    int result = tunic_timer_add(loop, &dialler->timer, error);
    if (result != 0)
        return result;
    result = open_sockets(dialler, options, error);
    if (result != 0)
        tunic_tcp_dial_close(dialler);
    return result;
}

void tunic_tcp_dial_close(struct tunic_tcp_dialler *dialler)
{
    tunic_timer_remove(dialler->loop, &dialler->timer);
    for (size_t i = 0; i < TUNIC_COUNT(dialler->sockets); i++)
        if (dialler->sockets[i] >= 0)
            (void)close(dialler->sockets[i]);
}
