/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Each item is due no later than the two below it, so that the first is the
 * next. An item knows its own place, which makes moving and removing one as cheap as adding it.
 */
#include "base/base.h"

#include <stdlib.h>

static void place(struct tunic_heap *heap, size_t index, struct tunic_heap_item *item)
{
    heap->items[index] = item;
    item->position = index + 1;
}

/* Puts an item at `index` or, past those that are due later, above it. */
static void rise(struct tunic_heap *heap, size_t index, struct tunic_heap_item *item)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (heap->items[parent]->due <= item->due)
            break;
        place(heap, index, heap->items[parent]);
        index = parent;
    }
    place(heap, index, item);
}

/* The same downwards, past those that are due earlier. */
static void sink(struct tunic_heap *heap, size_t index, struct tunic_heap_item *item)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->items[child + 1]->due < heap->items[child]->due)
            child++;
        if (item->due <= heap->items[child]->due)
            break;
        place(heap, index, heap->items[child]);
        index = child;
    }
    place(heap, index, item);
}

/* Puts an item where it belongs, the place `index` being free. */
static void settle(struct tunic_heap *heap, size_t index, struct tunic_heap_item *item)
{
    if (index > 0 && item->due < heap->items[(index - 1) / 2]->due)
        rise(heap, index, item);
    else
        sink(heap, index, item);
}

bool tunic_heap_reserve(struct tunic_heap *heap, size_t count)
{
    struct tunic_heap_item **items = tunic_array_reserve(heap->items, count - 1, &heap->capacity,
                                                         sizeof(struct tunic_heap_item *));

    if (!items)
        return false;
    heap->items = items;
    return true;
}

void tunic_heap_set(struct tunic_heap *heap, struct tunic_heap_item *item, uint64_t due)
{
    size_t index = item->position != 0 ? item->position - 1 : heap->count++;

    item->due = due;
    settle(heap, index, item);
}

void tunic_heap_remove(struct tunic_heap *heap, struct tunic_heap_item *item)
{
    if (item->position == 0)
        return;
    size_t index = item->position - 1;
    struct tunic_heap_item *last = heap->items[--heap->count];
    if (last != item)
        settle(heap, index, last);
    item->position = 0;
}

void tunic_heap_free(struct tunic_heap *heap)
{
    free(heap->items);
    *heap = (struct tunic_heap){0};
}
