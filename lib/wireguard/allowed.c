/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. An address is two words in the host's order, most significant bit first, so
 * that a node is compared in two operations and bit N chooses the child of a node of length N. An
 * IPv4 address is in the first word alone.
 *
 * A node either has an owner or two children that part there; one that has neither any more is
 * taken out, so that there are never more than two nodes a range.
 */
#include "wireguard/allowed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bits {
    uint64_t high;
    uint64_t low;
};

struct tunic_allowed_node {
    struct bits address; /* zero behind its length */
    struct bits mask;
    struct tunic_allowed_node *children[2];
    struct tunic_allowed_owner *owner; /* NULL: its children part here, and nothing else */
    struct tunic_allowed_node *parent;
    /* The owner's ranges in the order in which they came: the first one's `previous` is the last,
     * the last one's `next` is NULL. */
    struct tunic_allowed_node *next;
    struct tunic_allowed_node *previous;
    uint8_t length;
    bool inet6;
};

/* ---- bits ------------------------------------------------------------------------------ */

static uint64_t load_big_endian(const uint8_t *bytes, size_t length)
{
    uint64_t word = 0;

    for (size_t i = 0; i < length; i++)
        word = word << 8 | bytes[i];
    return word;
}

static void store_big_endian(uint8_t *bytes, size_t length, uint64_t word)
{
    for (size_t i = length; i > 0; i--) {
        bytes[i - 1] = (uint8_t)word;
        word >>= 8;
    }
}

static struct bits bits_load(bool inet6, const uint8_t *address)
{
    if (!inet6)
        return (struct bits){.high = load_big_endian(address, 4) << 32};
    return (struct bits){load_big_endian(address, 8), load_big_endian(address + 8, 8)};
}

static uint64_t word_mask(unsigned length)
{
    return length == 0 ? 0 : length >= 64 ? UINT64_MAX : ~(UINT64_MAX >> length);
}

static struct bits bits_mask(unsigned length)
{
    return (struct bits){word_mask(length), length > 64 ? word_mask(length - 64) : 0};
}

/* Behind the last there is any. */
static unsigned bit_at(struct bits bits, unsigned position)
{
    uint64_t word = position < 64 ? bits.high : bits.low;

    return word >> (63 - position % 64) & 1;
}

/* Length of what both begin with. */
static unsigned bits_common(struct bits left, struct bits right)
{
    if (left.high != right.high)
        return (unsigned)__builtin_clzll(left.high ^ right.high);
    if (left.low != right.low)
        return 64 + (unsigned)__builtin_clzll(left.low ^ right.low);
    return 128;
}

static bool node_contains(const struct tunic_allowed_node *node, struct bits address)
{
    return (((address.high ^ node->address.high) & node->mask.high) |
            ((address.low ^ node->address.low) & node->mask.low)) == 0;
}

/* ---- owners ---------------------------------------------------------------------------- */

static void owner_append(struct tunic_allowed_owner *owner, struct tunic_allowed_node *node)
{
    struct tunic_allowed_node *first = owner->first;

    node->owner = owner;
    node->next = NULL;
    node->previous = first ? first->previous : node;
    if (first) {
        first->previous->next = node;
        first->previous = node;
    } else {
        owner->first = node;
    }
}

static void owner_detach(struct tunic_allowed_owner *owner, struct tunic_allowed_node *node)
{
    if (owner->first == node)
        owner->first = node->next;
    else
        node->previous->next = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else if (owner->first)
        owner->first->previous = node->previous;
    node->owner = NULL;
}

/* ---- the trie -------------------------------------------------------------------------- */

static struct tunic_allowed_node *node_new(bool inet6, struct bits address, unsigned length)
{
    struct tunic_allowed_node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    node->mask = bits_mask(length);
    node->address = (struct bits){address.high & node->mask.high, address.low & node->mask.low};
    node->length = (uint8_t)length;
    node->inet6 = inet6;
    return node;
}

/* Where the pointer to this node is. */
static struct tunic_allowed_node **node_place(struct tunic_allowed *allowed,
                                              const struct tunic_allowed_node *node)
{
    if (node->parent)
        return &node->parent->children[node->parent->children[1] == node];
    return node->inet6 ? &allowed->inet6 : &allowed->inet;
}

static void node_adopt(struct tunic_allowed_node *parent, struct tunic_allowed_node *child)
{
    parent->children[bit_at(child->address, parent->length)] = child;
    child->parent = parent;
}

/* Takes out a node that decides nothing any more, and its parent where that follows. */
static void node_prune(struct tunic_allowed *allowed, struct tunic_allowed_node *node)
{
    while (node && !node->owner && !(node->children[0] && node->children[1])) {
        struct tunic_allowed_node *parent = node->parent;
        struct tunic_allowed_node *child =
            node->children[0] ? node->children[0] : node->children[1];
        *node_place(allowed, node) = child;
        if (child)
            child->parent = parent;
        free(node);
        node = parent;
    }
}

/* The last node that contains the range, NULL: none; `*place` is where the next one would be. */
static struct tunic_allowed_node *descend(struct tunic_allowed *allowed, bool inet6,
                                          struct bits address, unsigned length,
                                          struct tunic_allowed_node ***place)
{
    struct tunic_allowed_node **next = inet6 ? &allowed->inet6 : &allowed->inet;
    struct tunic_allowed_node *last = NULL;

    while (*next && (*next)->length <= length && node_contains(*next, address)) {
        last = *next;
        next = &last->children[bit_at(address, last->length)];
    }
    *place = next;
    return last;
}

static struct bits range_bits(const struct tunic_allowed_ip *range)
{
    struct bits address = bits_load(range->inet6, range->address);
    struct bits mask = bits_mask(range->length);

    return (struct bits){address.high & mask.high, address.low & mask.low};
}

/* Puts a new node in the place of `sibling`, which becomes its child, or the child of a third where
 * they part. */
static int insert_before(struct tunic_allowed_node **place, struct tunic_allowed_node *node,
                         struct tunic_allowed_node *sibling)
{
    unsigned common = bits_common(node->address, sibling->address);
    struct tunic_allowed_node *fork = node;

    if (common < node->length) {
        fork = node_new(node->inet6, node->address, common);
        if (!fork)
            return -ENOMEM;
        node_adopt(fork, node);
    }
    fork->parent = sibling->parent;
    *place = fork;
    node_adopt(fork, sibling);
    return 0;
}

int tunic_allowed_add(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                      const struct tunic_allowed_ip *range)
{
    struct bits address = range_bits(range);
    struct tunic_allowed_node **place;
    struct tunic_allowed_node *above =
        descend(allowed, range->inet6, address, range->length, &place);

    if (above && above->length == range->length) {
        if (above->owner != owner) {
            if (above->owner)
                owner_detach(above->owner, above);
            owner_append(owner, above);
        }
        return 0;
    }
    struct tunic_allowed_node *node = node_new(range->inet6, address, range->length);
    if (!node)
        return -ENOMEM;
    node->parent = above;
    if (!*place) {
        *place = node;
    } else if (insert_before(place, node, *place) != 0) {
        free(node);
        return -ENOMEM;
    }
    owner_append(owner, node);
    return 0;
}

static void release(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                    struct tunic_allowed_node *node)
{
    owner_detach(owner, node);
    node_prune(allowed, node);
}

void tunic_allowed_remove(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                          const struct tunic_allowed_ip *range)
{
    struct tunic_allowed_node **place;
    struct tunic_allowed_node *node =
        descend(allowed, range->inet6, range_bits(range), range->length, &place);

    if (node && node->length == range->length && node->owner == owner)
        release(allowed, owner, node);
}

void tunic_allowed_remove_all(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner)
{
    while (owner->first)
        release(allowed, owner, owner->first);
}

/* ---- asking ---------------------------------------------------------------------------- */

struct tunic_wireguard_peer *tunic_allowed_find(const struct tunic_allowed *allowed, bool inet6,
                                                const uint8_t *address)
{
    struct bits bits = bits_load(inet6, address);
    const struct tunic_allowed_node *node = inet6 ? allowed->inet6 : allowed->inet;
    const struct tunic_allowed_owner *owner = NULL;

    while (node && node_contains(node, bits)) {
        if (node->owner)
            owner = node->owner;
        node = node->children[bit_at(bits, node->length)];
    }
    return owner ? owner->peer : NULL;
}

bool tunic_allowed_next(const struct tunic_allowed_owner *owner, const void **cursor,
                        struct tunic_allowed_ip *range)
{
    const struct tunic_allowed_node *node = *cursor;

    node = node ? node->next : owner->first;
    if (!node)
        return false;
    *range = (struct tunic_allowed_ip){.inet6 = node->inet6, .length = node->length};
    if (node->inet6) {
        store_big_endian(range->address, 8, node->address.high);
        store_big_endian(range->address + 8, 8, node->address.low);
    } else {
        store_big_endian(range->address, 4, node->address.high >> 32);
    }
    *cursor = node;
    return true;
}
