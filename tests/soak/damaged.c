/* SPDX-License-Identifier: MIT */
#include "damaged.h"

enum { RUN = 40 }; /* packets of a flow */

/* ---- packets --------------------------------------------------------------------------- */

static uint16_t drawn_payload(struct damaged *damaged)
{
    switch (draw(&damaged->lot, 8)) {
    case 0:
        return 0;
    case 1:
        return (uint16_t)draw(&damaged->lot, 1400);
    case 2:
        return 1348;
    default:
        return (uint16_t)draw(&damaged->lot, 128);
    }
}

static void begin_run(struct damaged *damaged)
{
    static const uint8_t others[] = {IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_IPIP,
                                     IPPROTO_IPV6, IPPROTO_SCTP,   IPPROTO_ESP, 255};
    uint8_t protocol = draw(&damaged->lot, 2) ? IPPROTO_TCP : IPPROTO_UDP;
    struct recipe *recipe_of = &damaged->recipe;

    if (once_in(&damaged->lot, 16))
        protocol = others[draw(&damaged->lot, sizeof(others))];
    *recipe_of = recipe(damaged->layer, draw(&damaged->lot, 2) ? 4 : 6, protocol);
    recipe_of->payload = drawn_payload(damaged);
    recipe_of->host = (uint8_t)(1 + draw(&damaged->lot, 4));
    recipe_of->source = (uint16_t)(1000 + draw(&damaged->lot, 4));
    recipe_of->sequence = draw(&damaged->lot, UINT32_MAX);
    recipe_of->fill = (uint8_t)draw(&damaged->lot, 256);
    recipe_of->tags = damaged->layer == TUNIC_LAYER_ETHERNET && once_in(&damaged->lot, 4)
                          ? 1 + once_in(&damaged->lot, 2)
                          : 0;
    recipe_of->traffic_class = once_in(&damaged->lot, 8) ? (uint8_t)draw(&damaged->lot, 256) : 2;
    recipe_of->extra = once_in(&damaged->lot, 16) ? 8 : 0;
    recipe_of->fragment =
        once_in(&damaged->lot, 16) ? (uint16_t)draw(&damaged->lot, UINT16_MAX) : DF;
    recipe_of->padding = once_in(&damaged->lot, 16) ? (uint16_t)draw(&damaged->lot, 32) : 0;
    if (once_in(&damaged->lot, 16))
        recipe_of->flags = (uint8_t)draw(&damaged->lot, 256);
    if (once_in(&damaged->lot, 4))
        recipe_of->options = (uint8_t)(4 * draw(&damaged->lot, 11));
    damaged->left = 1 + draw(&damaged->lot, RUN);
}

static size_t whole_packet(struct damaged *damaged, uint8_t *packet)
{
    if (damaged->left == 0)
        begin_run(damaged);
    else
        damaged->recipe = recipe_next(&damaged->recipe);
    damaged->left--;
    return recipe_build(&damaged->recipe, packet);
}

/* ---- damage ---------------------------------------------------------------------------- */

static void flip(struct damaged *damaged, uint8_t *packet, size_t length)
{
    for (uint32_t bits = 1 + draw(&damaged->lot, 8); bits > 0 && length > 0; bits--)
        packet[draw(&damaged->lot, (uint32_t)length)] ^= (uint8_t)(1U << draw(&damaged->lot, 8));
}

/* One of the fields that say how long something is, or what. */
static void lie(struct damaged *damaged, uint8_t *packet, size_t length)
{
    size_t network = recipe_network(&damaged->recipe);
    size_t transport = recipe_transport(&damaged->recipe);
    const size_t fields[] = {network,        network + 2,    network + 3,   network + 4,
                             network + 5,    network + 6,    transport + 4, transport + 5,
                             transport + 12, transport + 20, transport + 21};
    size_t field = fields[draw(&damaged->lot, sizeof(fields) / sizeof(*fields))];

    if (field < length)
        packet[field] = (uint8_t)draw(&damaged->lot, 256);
}

/* Goes on as the packet before did. */
static size_t splice(struct damaged *damaged, uint8_t *packet, size_t length)
{
    size_t at = draw(&damaged->lot, (uint32_t)length + 1);
    size_t from = draw(&damaged->lot, (uint32_t)damaged->before_length + 1);
    size_t more = damaged->before_length - from;

    memcpy(packet + at, damaged->before + from, more);
    return at + more;
}

static void seal(struct damaged *damaged, uint8_t *packet, size_t length)
{
    struct tunic_headers headers;

    if (tunic_headers_read(&headers, damaged->layer, packet, length))
        plain_seal(&headers, packet);
}

size_t damaged_append(struct damaged *damaged, uint8_t *packet, size_t length, size_t more)
{
    traffic_fill(damaged->lot.drawn++, 0, packet + length, more);
    return length + more;
}

static size_t damage(struct damaged *damaged, uint8_t *packet, size_t length)
{
    switch (draw(&damaged->lot, 16)) {
    case 0:
        flip(damaged, packet, length);
        return length;
    case 1: /* the headers, with checksums that are right */
        flip(damaged, packet, length < 64 ? length : 64);
        seal(damaged, packet, length);
        return length;
    case 2:
        return draw(&damaged->lot, (uint32_t)length + 1);
    case 3:
        lie(damaged, packet, length);
        return length;
    case 4:
        lie(damaged, packet, length);
        seal(damaged, packet, length);
        return length;
    case 5:
        return splice(damaged, packet, length);
    case 6:
        length = splice(damaged, packet, length);
        seal(damaged, packet, length);
        return length;
    case 7:
        return damaged_append(damaged, packet, length, draw(&damaged->lot, 64));
    case 8:
        return damaged_append(damaged, packet, 0, draw(&damaged->lot, 200));
    case 9:
        return damaged_append(damaged, packet, length,
                              once_in(&damaged->lot, 64) ? draw(&damaged->lot, 60000) : 0);
    default:
        return length;
    }
}

size_t damaged_make(struct damaged *damaged, uint8_t *packet)
{
    size_t length = damage(damaged, packet, whole_packet(damaged, packet));

    if (once_in(&damaged->lot, 8) && length <= sizeof(damaged->before)) {
        memcpy(damaged->before, packet, length);
        damaged->before_length = length;
    }
    return length < DAMAGED_MOST ? length : DAMAGED_MOST;
}
