/* SPDX-License-Identifier: MIT */
/* Finding the holders of one interface among those that were read. */
#include "interface/interface.h"

#include <string.h>

const struct tunic_holder *tunic_holders_of(const struct tunic_holders *holders, const char *name,
                                            size_t *count)
{
    size_t first = 0;
    size_t end = holders->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(holders->holders[middle].interface, name) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    for (end = first; end < holders->count; end++)
        if (strcmp(holders->holders[end].interface, name) != 0)
            break;
    *count = end - first;
    return *count > 0 ? &holders->holders[first] : NULL;
}
