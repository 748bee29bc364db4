/* SPDX-License-Identifier: MIT */
#include "transport/tcp_many.h"

static struct tunic_tcp_link **bucket_of(struct tunic_tcp_many *many,
                                         const union tunic_socket_address *address)
{
    return &many->buckets[tunic_endpoint_hash(address) % TUNIC_COUNT(many->buckets)];
}

struct tunic_tcp_link *tunic_tcp_link_find(struct tunic_tcp_many *many,
                                           const union tunic_socket_address *address)
{
    struct tunic_tcp_link *link = *bucket_of(many, address);

    while (link && !tunic_endpoint_same(&link->stream.peer.remote, address))
        link = link->next;
    return link;
}

/* Off the list where there is one, or one that was never used. */
static struct tunic_tcp_link *take_free(struct tunic_tcp_many *many, bool spare)
{
    struct tunic_tcp_link **list = spare ? &many->spare : &many->free;
    struct tunic_tcp_link *link = *list;

    if (link)
        *list = link->next;
    else if (!spare && many->used < TUNIC_TCP_LINKS)
        link = &many->links[many->used++];
    return link;
}

struct tunic_tcp_link *tunic_tcp_link_take(struct tunic_tcp_many *many, bool spare,
                                           const union tunic_socket_address *address)
{
    struct tunic_tcp_link **bucket = bucket_of(many, address);
    struct tunic_tcp_link *link = take_free(many, spare);

    if (!link)
        return NULL;
    link->many = many;
    link->stream.source = (struct tunic_source){-1, tunic_tcp_link_ready, link};
    link->stream.peer = (struct tunic_endpoint){.remote = *address};
    link->next = *bucket;
    *bucket = link;
    return link;
}

void tunic_tcp_link_release(struct tunic_tcp_link *link)
{
    struct tunic_tcp_many *many = link->many;
    struct tunic_tcp_link **place = bucket_of(many, &link->stream.peer.remote);
    struct tunic_tcp_link **list = tunic_tcp_link_is_dialled(link) ? &many->spare : &many->free;

    while (*place != link)
        place = &(*place)->next;
    *place = link->next;
    link->next = *list;
    *list = link;
}
