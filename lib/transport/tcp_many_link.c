/* SPDX-License-Identifier: MIT */
#include "transport/tcp_many.h"

#include <string.h>
#include <unistd.h>

/* ---- those that are not proven --------------------------------------------------------- */

static void set_proof_timer(struct tunic_tcp_many *many)
{
    if (many->unproven_count == 0)
        tunic_timer_clear(many->base.loop, &many->proof_timer);
    else
        tunic_timer_set(many->base.loop, &many->proof_timer,
                        many->unproven[0]->accepted + TUNIC_TCP_PROOF_TIME * TUNIC_SECOND);
}

static void add_unproven(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;

    link->accepted = tunic_clock_now();
    many->unproven[many->unproven_count++] = link;
    set_proof_timer(many);
}

static void remove_unproven(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;
    size_t place = 0;

    while (place < many->unproven_count && many->unproven[place] != link)
        place++;
    if (place == many->unproven_count)
        return;
    many->unproven_count--;
    memmove(&many->unproven[place], &many->unproven[place + 1],
            (many->unproven_count - place) * sizeof(many->unproven[0]));
    set_proof_timer(many);
}

static void refuse_oldest(struct tunic_tcp_many *many)
{
    many->base.counters.refused++;
    tunic_tcp_link_end(many->unproven[0]);
}

void tunic_tcp_link_proof_is_due(void *closure)
{
    struct tunic_tcp_many *many = closure;
    uint64_t now = tunic_clock_now();

    while (many->unproven_count > 0 &&
           now - many->unproven[0]->accepted >= TUNIC_TCP_PROOF_TIME * TUNIC_SECOND)
        refuse_oldest(many);
    set_proof_timer(many);
}

void tunic_tcp_link_make_room(struct tunic_tcp_many *many)
{
    if (!many->free && many->used == TUNIC_TCP_LINKS && many->unproven_count > 0)
        refuse_oldest(many);
}

/* ---- a connection ---------------------------------------------------------------------- */

static void serve(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;

    link->serves = true;
    many->serving++;
    if (many->serving > 1)
        tunic_tcp_many_go_on(many);
}

void tunic_tcp_link_prove(struct tunic_tcp_link *link)
{
    if (link->serves || link->stream.state != TUNIC_TCP_CONNECTED)
        return;
    remove_unproven(link);
    serve(link);
}

static void join(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;
    const struct tunic_endpoint peer = link->stream.peer;

    tunic_tcp_stream_begin(&link->stream, &many->base);
    (void)tunic_tcp_stream_drain(&link->stream, &many->base);
    if (tunic_tcp_link_is_dialled(link))
        serve(link);
    else
        add_unproven(link);
    if (many->base.user.connected)
        many->base.user.connected(many->base.user.closure, &peer);
}

bool tunic_tcp_link_meet(struct tunic_tcp_many *many, int descriptor,
                         const union tunic_socket_address *from)
{
    struct tunic_tcp_link *link = tunic_tcp_link_find(many, from);
    struct tunic_error error;

    if (link && tunic_tcp_link_is_dialled(link))
        return false;
    /* It has begun anew: there is one connection between two addresses. */
    if (link)
        tunic_tcp_link_end(link);
    if (many->unproven_count == TUNIC_TCP_UNPROVEN)
        refuse_oldest(many);
    tunic_tcp_link_make_room(many);
    link = tunic_tcp_link_take(many, false, from);
    if (!link)
        return false;
    link->stream.source.descriptor = descriptor;
    if (tunic_loop_add(many->base.loop, &link->stream.source, EPOLLIN, &error) != 0) {
        tunic_tcp_link_release(link);
        return false;
    }
    join(link);
    return true;
}

void tunic_tcp_link_end(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;

    tunic_tcp_stream_end(&link->stream, &many->base);
    remove_unproven(link);
    if (link->serves)
        many->serving--;
    link->serves = false;
    if (tunic_tcp_link_is_dialled(link)) {
        tunic_tcp_dial_part(&link->dialler);
    } else {
        (void)close(link->stream.source.descriptor);
        tunic_tcp_link_release(link);
    }
    if (many->awaited == link)
        tunic_tcp_many_go_on(many);
    if (many->base.user.connected)
        many->base.user.connected(many->base.user.closure, NULL);
}

void tunic_tcp_link_ready(void *closure, uint32_t events)
{
    struct tunic_tcp_link *link = closure;
    struct tunic_tcp_many *many = link->many;
    uint64_t number = link->stream.number;

    if (link->stream.state == TUNIC_TCP_DIALS) {
        if (tunic_tcp_dial_answered(&link->dialler))
            join(link);
        return;
    }
    if ((events & EPOLLOUT) && tunic_tcp_stream_drain(&link->stream, &many->base) &&
        many->awaited == link)
        tunic_tcp_many_go_on(many);
    /* The user was called. */
    if (link->stream.state != TUNIC_TCP_CONNECTED || link->stream.number != number)
        return;
    if ((events & ~(uint32_t)EPOLLOUT) &&
        !tunic_tcp_stream_receive(&link->stream, &many->input, &many->base))
        tunic_tcp_link_end(link);
}
