/* SPDX-License-Identifier: MIT */
/* Private to lib/wireguard: which peer has an address. A binary trie for each family in which a
 * node has the bits that its parent does not decide (path compression), so that a lookup costs at
 * most as many steps as nested prefixes match. */
#ifndef TUNIC_WIREGUARD_ALLOWED_H
#define TUNIC_WIREGUARD_ALLOWED_H

#include "wireguard/wireguard.h"

struct tunic_allowed_node;

struct tunic_allowed {
    struct tunic_allowed_node *inet;
    struct tunic_allowed_node *inet6;
};

/* What a peer keeps: the list of its nodes. Zero: none. */
struct tunic_allowed_owner {
    struct tunic_allowed_node *first;
    struct tunic_wireguard_peer *peer; /* told by the lookup */
};

/* -ENOMEM: all is as before. Whoever had exactly this range has it no more. */
int tunic_allowed_add(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                      const struct tunic_allowed_ip *range);
/* Only from `owner`. */
void tunic_allowed_remove(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                          const struct tunic_allowed_ip *range);
void tunic_allowed_remove_all(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner);
struct tunic_wireguard_peer *tunic_allowed_find(const struct tunic_allowed *allowed, bool inet6,
                                                const uint8_t *address);
/* As tunic_wireguard_allowed_next. */
bool tunic_allowed_next(const struct tunic_allowed_owner *owner, const void **cursor,
                        struct tunic_allowed_ip *range);

#endif
