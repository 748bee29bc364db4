/* SPDX-License-Identifier: MIT */
#include "packet_build.h"

#include <netinet/in.h>
#include <string.h>

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8 & 0xff);
    bytes[1] = (uint8_t)(value & 0xff);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value & 0xffff);
}

uint16_t plain_sum(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

uint16_t plain_pseudo(const uint8_t *network, uint8_t protocol, size_t length)
{
    uint8_t rest[4] = {0, protocol};
    uint16_t sum;

    put16(rest + 2, length);
    if (network[0] >> 4 == 4)
        sum = plain_sum(0, network + 12, 8);
    else
        sum = plain_sum(0, network + 8, 32);
    return plain_sum(sum, rest, sizeof(rest));
}

void plain_seal(const struct tunic_headers *headers, uint8_t *packet)
{
    uint8_t *network = packet + headers->network;
    uint8_t *transport = packet + headers->transport;
    size_t length = (size_t)headers->end - headers->transport;
    bool udp = headers->protocol == IPPROTO_UDP;

    if (headers->version == 4) {
        put16(network + 10, 0);
        put16(network + 10,
              0xffff & ~plain_sum(0, network, (size_t)headers->transport - headers->network));
    }
    if (headers->version == 0 || headers->fragment || (!udp && headers->protocol != IPPROTO_TCP))
        return;
    uint8_t *field = transport + (udp ? 6 : 16);
    put16(field, 0);
    uint16_t sum = plain_sum(plain_pseudo(network, headers->protocol, length), transport, length);
    put16(field, udp && sum == 0xffff ? 0xffff : 0xffff & ~sum);
}

struct recipe recipe(enum tunic_layer layer, uint8_t version, uint8_t protocol)
{
    return (struct recipe){
        .layer = layer,
        .version = version,
        .protocol = protocol,
        .ttl = 64,
        .host = 1,
        .fragment = DF,
        .identification = 0x1234,
        .source = 1000,
        .target = 2000,
        .sequence = 0x12345678,
        .acknowledgement = 77,
        .window = 500,
        .flags = ACK,
        .options = protocol == IPPROTO_TCP ? 12 : 0,
        .payload = 100,
    };
}

struct recipe recipe_next(const struct recipe *recipe)
{
    struct recipe next = *recipe;

    next.sequence += recipe->payload;
    next.identification++;
    next.fill = (uint8_t)(recipe->fill + recipe->payload);
    return next;
}

size_t recipe_network(const struct recipe *recipe)
{
    return recipe->layer == TUNIC_LAYER_IP ? 0 : 14 + 4 * (size_t)recipe->tags;
}

size_t recipe_transport(const struct recipe *recipe)
{
    return recipe_network(recipe) + (recipe->version == 4 ? 20 : 40) + recipe->extra;
}

size_t recipe_headers(const struct recipe *recipe)
{
    return recipe_transport(recipe) +
           (recipe->protocol == IPPROTO_TCP ? 20U + recipe->options : 8U);
}

static void build_link(const struct recipe *recipe, uint8_t *packet)
{
    for (size_t i = 0; i < 12; i++)
        packet[i] = (uint8_t)(i << 1);
    for (size_t i = 0; i < recipe->tags; i++) {
        put16(packet + 12 + 4 * i, i + 1 < recipe->tags ? 0x88a8 : 0x8100);
        put16(packet + 14 + 4 * i, 100 + i);
    }
    put16(packet + recipe_network(recipe) - 2, recipe->version == 4 ? 0x0800 : 0x86dd);
}

static void build_network(const struct recipe *recipe, uint8_t *network, size_t length)
{
    if (recipe->version == 4) {
        network[0] = (uint8_t)(0x40 | (20 + recipe->extra) / 4);
        network[1] = recipe->traffic_class;
        put16(network + 2, length);
        put16(network + 4, recipe->identification);
        put16(network + 6, recipe->fragment);
        network[8] = recipe->ttl;
        network[9] = recipe->protocol;
        put32(network + 12, 0x0a000000U | recipe->host);
        put32(network + 16, 0x0a000100);
        memset(network + 20, 1, recipe->extra); /* no operation */
        return;
    }
    put32(network, 0x60000000U | (uint32_t)recipe->traffic_class << 20 | 0x12345);
    put16(network + 4, length - 40);
    network[6] = recipe->extra ? IPPROTO_DSTOPTS : recipe->protocol;
    network[7] = recipe->ttl;
    memset(network + 8, 0xfd, 32);
    network[23] = recipe->host;
    if (recipe->extra) {
        static const uint8_t padding[8] = {0, 0, 1, 4};
        memcpy(network + 40, padding, sizeof(padding));
        network[40] = recipe->protocol;
    }
}

static void build_transport(const struct recipe *recipe, uint8_t *transport)
{
    put16(transport, recipe->source);
    put16(transport + 2, recipe->target);
    if (recipe->protocol == IPPROTO_UDP) {
        put16(transport + 4, 8U + recipe->payload);
        put16(transport + 6, 0);
        return;
    }
    put32(transport + 4, recipe->sequence);
    put32(transport + 8, recipe->acknowledgement);
    transport[12] = (uint8_t)((20 + recipe->options) / 4 << 4);
    transport[13] = recipe->flags;
    put16(transport + 14, recipe->window);
    put32(transport + 16, 0);
    memset(transport + 20, 1, recipe->options);
}

size_t recipe_build(const struct recipe *recipe, uint8_t *packet)
{
    size_t network = recipe_network(recipe);
    size_t headers = recipe_headers(recipe);
    size_t end = headers + recipe->payload;
    struct tunic_headers offsets = {
        .network = (uint16_t)network,
        .transport = (uint16_t)recipe_transport(recipe),
        .end = (uint16_t)end,
        .version = recipe->version,
        .protocol = recipe->protocol,
    };

    memset(packet, 0, headers);
    if (recipe->layer == TUNIC_LAYER_ETHERNET)
        build_link(recipe, packet);
    build_network(recipe, packet + network, end - network);
    build_transport(recipe, packet + recipe_transport(recipe));
    for (size_t i = 0; i < recipe->payload; i++)
        packet[headers + i] = (uint8_t)(recipe->fill + i);
    plain_seal(&offsets, packet);
    memset(packet + end, 0xee, recipe->padding);
    return end + recipe->padding;
}
