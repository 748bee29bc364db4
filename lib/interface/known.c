/* SPDX-License-Identifier: MIT */
#include "interface/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void release(struct tunic_known *known)
{
    tunic_link_release(&known->interface.link);
    free(known->addresses);
    free(known);
}

/* The place of the first one whose ifindex is not smaller. */
static size_t place_of(const struct tunic_known_list *list, int32_t ifindex)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle]->interface.link.ifindex < ifindex)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct tunic_known *tunic_known_find(const struct tunic_known_list *list, int32_t ifindex)
{
    size_t place = place_of(list, ifindex);

    if (place == list->count || list->items[place]->interface.link.ifindex != ifindex)
        return NULL;
    return list->items[place];
}

int tunic_known_insert(struct tunic_known_list *list, struct tunic_known *known)
{
    struct tunic_known **grown = tunic_array_reserve(list->items, list->count, &list->capacity,
                                                     sizeof(struct tunic_known *));

    if (!grown) {
        release(known);
        return -ENOMEM;
    }
    list->items = grown;
    size_t place = place_of(list, known->interface.link.ifindex);
    struct tunic_known **target = list->items + place;
    memmove(target + 1, target, (list->count - place) * sizeof(struct tunic_known *));
    *target = known;
    list->count++;
    return 0;
}

void tunic_known_remove(struct tunic_known_list *list, struct tunic_known *known)
{
    size_t place = place_of(list, known->interface.link.ifindex);
    struct tunic_known **target = list->items + place;

    list->count--;
    memmove(target, target + 1, (list->count - place) * sizeof(struct tunic_known *));
    release(known);
}

void tunic_known_free(struct tunic_known_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        release(list->items[i]);
    free(list->items);
    *list = (struct tunic_known_list){0};
}
