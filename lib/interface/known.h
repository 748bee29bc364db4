/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: what a watch knows of the interfaces that there are. */
#ifndef TUNIC_INTERFACE_KNOWN_H
#define TUNIC_INTERFACE_KNOWN_H

#include "interface/interface.h"

/* Allocated, with all that its members point to. */
struct tunic_known {
    struct tunic_interface interface;
    struct tunic_address *addresses; /* the interface's */
    bool seen;                       /* in the picture that is being taken over */
    unsigned looks;                  /* it is new: so many times to read it again */
};

struct tunic_known_list {
    struct tunic_known **items; /* sorted by ifindex */
    size_t count;
    size_t capacity;
};

struct tunic_known *tunic_known_find(const struct tunic_known_list *list, int32_t ifindex);
/* Takes it over; -ENOMEM: it was freed. */
int tunic_known_insert(struct tunic_known_list *list, struct tunic_known *known);
/* Frees it, too. */
void tunic_known_remove(struct tunic_known_list *list, struct tunic_known *known);
void tunic_known_free(struct tunic_known_list *list);

#endif
