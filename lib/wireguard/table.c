/* SPDX-License-Identifier: MIT */
#include "wireguard/engine.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST = 16 };

static size_t place_of_key(const struct tunic_table *table, const uint8_t *public_key)
{
    /* A multiplier without a pattern in its bits; the upper ones depend on all of the key's. */
    uint64_t mixed = 0;

    for (size_t i = 0; i < TUNIC_KEY_SIZE; i += 8)
        mixed = (mixed ^ tunic_get64(public_key + i) ^ table->seed) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) & (table->places - 1);
}

/* ---- peers ----------------------------------------------------------------------------- */

struct tunic_wireguard_peer *tunic_table_peer(const struct tunic_table *table,
                                              const uint8_t public_key[TUNIC_KEY_SIZE])
{
    if (table->places == 0)
        return NULL;
    struct tunic_wireguard_peer *peer = table->peers[place_of_key(table, public_key)];
    while (peer && memcmp(peer->public_key, public_key, TUNIC_KEY_SIZE) != 0)
        peer = peer->chained;
    return peer;
}

void tunic_table_add_peer(struct tunic_table *table, struct tunic_wireguard_peer *peer)
{
    struct tunic_wireguard_peer **place = &table->peers[place_of_key(table, peer->public_key)];

    peer->chained = *place;
    *place = peer;
}

void tunic_table_remove_peer(struct tunic_table *table, const struct tunic_wireguard_peer *peer)
{
    struct tunic_wireguard_peer **link = &table->peers[place_of_key(table, peer->public_key)];

    while (*link != peer)
        link = &(*link)->chained;
    *link = peer->chained;
}

/* ---- indices --------------------------------------------------------------------------- */

static struct tunic_indexed **place_of_index(const struct tunic_table *table, uint32_t index)
{
    return &table->indexed[index & (table->places - 1)];
}

struct tunic_indexed *tunic_table_index(const struct tunic_table *table, uint32_t index)
{
    if (table->places == 0 || index == 0)
        return NULL;
    struct tunic_indexed *indexed = *place_of_index(table, index);
    while (indexed && indexed->index != index)
        indexed = indexed->next;
    return indexed;
}

static void insert(struct tunic_table *table, struct tunic_indexed *indexed)
{
    struct tunic_indexed **place = place_of_index(table, indexed->index);

    indexed->next = *place;
    *place = indexed;
}

void tunic_table_add_index(struct tunic_table *table, struct tunic_indexed *indexed,
                           const struct tunic_wireguard_user *user)
{
    uint32_t index = 0;

    do {
        user->random(user->closure, &index, sizeof(index));
    } while (index == 0 || tunic_table_index(table, index));
    indexed->index = index;
    insert(table, indexed);
}

void tunic_table_remove_index(struct tunic_table *table, struct tunic_indexed *indexed)
{
    if (indexed->index == 0)
        return;
    struct tunic_indexed **link = place_of_index(table, indexed->index);
    while (*link != indexed)
        link = &(*link)->next;
    *link = indexed->next;
    indexed->index = 0;
    indexed->next = NULL;
}

void tunic_table_replace_index(struct tunic_table *table, struct tunic_indexed *attempt,
                               struct tunic_indexed *session)
{
    uint32_t index = attempt->index;

    tunic_table_remove_index(table, attempt);
    session->index = index;
    insert(table, session);
}

/* ---- room ------------------------------------------------------------------------------ */

static void move(struct tunic_table *to, const struct tunic_table *from)
{
    for (size_t i = 0; i < from->places; i++) {
        for (struct tunic_wireguard_peer *peer = from->peers[i], *next; peer; peer = next) {
            next = peer->chained;
            tunic_table_add_peer(to, peer);
        }
        for (struct tunic_indexed *indexed = from->indexed[i], *next; indexed; indexed = next) {
            next = indexed->next;
            insert(to, indexed);
        }
    }
}

int tunic_table_reserve(struct tunic_table *table, size_t peers)
{
    struct tunic_table larger = {.places = table->places ? table->places * 2 : FIRST,
                                 .seed = table->seed};

    if (peers <= table->places)
        return 0;
    larger.peers = calloc(larger.places, sizeof(*larger.peers));
    larger.indexed = calloc(larger.places, sizeof(*larger.indexed));
    if (!larger.peers || !larger.indexed) {
        tunic_table_close(&larger);
        return -ENOMEM;
    }
    move(&larger, table);
    tunic_table_close(table);
    *table = larger;
    return 0;
}

void tunic_table_close(struct tunic_table *table)
{
    free(table->peers);
    free(table->indexed);
}
