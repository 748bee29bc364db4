/* SPDX-License-Identifier: MIT */
#include "relay/stage.h"

#include <errno.h>
#include <stdlib.h>

enum {
    MEMORY = 1 << 20, /* bytes of all places */
    LEAST = 32,       /* places, of whatever size */
};

int tunic_stage_open(struct tunic_stage *stage, size_t packet_most)
{
    size_t alignment = _Alignof(struct tunic_staged);
    size_t size = sizeof(struct tunic_staged) + packet_most;

    size = (size + alignment - 1) / alignment * alignment;
    *stage = (struct tunic_stage){.size = size,
                                  .places = MEMORY / size > LEAST ? MEMORY / size : LEAST,
                                  .packet_most = packet_most};
    stage->memory = calloc(stage->places, size);
    if (!stage->memory)
        return -ENOMEM;
    for (size_t i = 0; i < stage->places; i++) {
        struct tunic_staged *place = (void *)(stage->memory + i * size);
        place->next = stage->free;
        stage->free = place;
    }
    return 0;
}

void tunic_stage_close(struct tunic_stage *stage)
{
    free(stage->memory);
    *stage = (struct tunic_stage){0};
}

bool tunic_stage_put(struct tunic_stage *stage, struct tunic_stage_queue *queue,
                     const struct tunic_packet *packet)
{
    bool kept_all = true;

    if ((size_t)packet->head_length + packet->body_length > stage->packet_most)
        return false;
    if (queue->count == TUNIC_STAGE_SHARE || (!stage->free && queue->count > 0)) {
        tunic_stage_drop_first(stage, queue);
        kept_all = false;
    }
    struct tunic_staged *place = stage->free;
    if (!place)
        return false;
    stage->free = place->next;
    place->next = NULL;
    place->length = (uint16_t)tunic_packet_copy(packet, place->bytes);
    place->traffic_class = packet->traffic_class;
    if (queue->last)
        queue->last->next = place;
    else
        queue->first = place;
    queue->last = place;
    queue->count++;
    return kept_all;
}

bool tunic_stage_first(const struct tunic_stage_queue *queue, struct tunic_packet *packet)
{
    if (!queue->first)
        return false;
    *packet = (struct tunic_packet){.head = queue->first->bytes,
                                    .head_length = queue->first->length,
                                    .traffic_class = queue->first->traffic_class};
    return true;
}

void tunic_stage_drop_first(struct tunic_stage *stage, struct tunic_stage_queue *queue)
{
    struct tunic_staged *place = queue->first;

    queue->first = place->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    place->next = stage->free;
    stage->free = place;
}

size_t tunic_stage_drop(struct tunic_stage *stage, struct tunic_stage_queue *queue)
{
    size_t count = queue->count;

    while (queue->first)
        tunic_stage_drop_first(stage, queue);
    return count;
}
