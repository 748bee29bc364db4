/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdlib.h>

enum { FIRST = 16 };

void *tunic_array_reserve(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : FIRST;
    void *grown = larger > SIZE_MAX / size ? NULL : realloc(items, larger * size);
    if (grown)
        *capacity = larger;
    return grown;
}
