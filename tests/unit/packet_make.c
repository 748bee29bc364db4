/* SPDX-License-Identifier: MIT */
#include "packet_make.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void made_put16(uint8_t *field, size_t value)
{
    field[0] = (uint8_t)(value >> 8);
    field[1] = (uint8_t)value;
}

uint16_t made_get16(const uint8_t *field)
{
    return (uint16_t)(field[0] << 8 | field[1]);
}

uint16_t made_sum(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)((sum & 0xFFFF) + (sum >> 16));
}

size_t made_network(const struct recipe *recipe)
{
    return recipe->ethernet ? 14 + 4 * (size_t)recipe->tags : 0;
}

size_t made_transport(const struct recipe *recipe)
{
    size_t header = recipe->version == 4 ? 20 : 40;

    return made_network(recipe) + (recipe->version == 0 ? 0 : header + recipe->options);
}

size_t made_payload(const struct recipe *recipe)
{
    size_t header = 0;

    if (recipe->protocol == IPPROTO_TCP)
        header = 20 + (size_t)recipe->tcp_options;
    if (recipe->protocol == IPPROTO_UDP)
        header = 8;
    return made_transport(recipe) + header;
}

size_t made_checksum(const struct recipe *recipe)
{
    return made_transport(recipe) + (recipe->protocol == IPPROTO_TCP ? 16 : 6);
}

static uint16_t pseudo(const struct recipe *recipe, const uint8_t *packet)
{
    size_t length = made_payload(recipe) + recipe->length - made_transport(recipe);
    uint32_t sum = (uint32_t)length + recipe->protocol;
    const uint8_t *network = packet + made_network(recipe);

    return recipe->version == 4 ? made_sum(sum, network + 12, 8) : made_sum(sum, network + 8, 32);
}

void made_leave_checksum(const struct recipe *recipe, uint8_t *packet)
{
    made_put16(packet + made_checksum(recipe), pseudo(recipe, packet));
}

static void write_ethernet(const struct recipe *recipe, uint8_t *packet)
{
    static const uint8_t macs[] = {0x02, 1, 2, 3, 4, 5, 0x06, 7, 8, 9, 10, 11};
    static const uint16_t types[] = {0x0806, 0, 0, 0, 0x0800, 0, 0x86DD};

    memcpy(packet, macs, sizeof(macs));
    for (size_t i = 0; i < recipe->tags; i++) { /* the service tag is the outer one */
        made_put16(packet + 12 + 4 * i, i + 1 < recipe->tags ? 0x88A8 : 0x8100);
        made_put16(packet + 14 + 4 * i, 0x6123 + i);
    }
    made_put16(packet + made_network(recipe) - 2, types[recipe->version]);
}

/* Of the ranges for documentation. */
static const uint8_t addresses4[] = {192, 0, 2, 1, 198, 51, 100, 254};
static const uint8_t addresses6[32] = {
    [0] = 0x20, 0x01, 0x0D, 0xB8, [15] = 0x01, [16] = 0x20, 0x01, 0x0D, 0xB8, [31] = 0xFE,
};

static void write_network(const struct recipe *recipe, uint8_t *network, size_t length)
{
    size_t header = made_transport(recipe) - made_network(recipe);

    if (recipe->version == 4) {
        network[0] = (uint8_t)(0x40 | header / 4);
        network[1] = MADE_CLASS;
        made_put16(network + 2, length);
        made_put16(network + 4, recipe->identification);
        made_put16(network + 6, 0x4000);
        network[8] = 63;
        network[9] = recipe->protocol;
        memcpy(network + 12, addresses4, sizeof(addresses4));
        memset(network + 20, 1, recipe->options);
        made_put16(network + 10, (uint16_t)~made_sum(0, network, header));
        return;
    }
    made_put16(network, 0x6000 | MADE_CLASS << 4);
    made_put16(network + 2, 0xBEEF);
    made_put16(network + 4, length - 40);
    network[6] = recipe->options != 0 ? IPPROTO_DSTOPTS : recipe->protocol;
    network[7] = 63;
    memcpy(network + 8, addresses6, sizeof(addresses6));
    if (recipe->options != 0) {
        network[40] = recipe->protocol;
        network[41] = (uint8_t)(recipe->options / 8 - 1);
        network[42] = 1; /* padding */
        network[43] = (uint8_t)(recipe->options - 4);
    }
}

static void write_transport(const struct recipe *recipe, uint8_t *transport, size_t length)
{
    made_put16(transport, 40000);
    made_put16(transport + 2, 443);
    if (recipe->protocol == IPPROTO_UDP) {
        made_put16(transport + 4, length);
        return;
    }
    made_put16(transport + 4, recipe->sequence >> 16);
    made_put16(transport + 6, recipe->sequence & 0xFFFF);
    made_put16(transport + 8, 0xCAFE);
    made_put16(transport + 10, 0xF00D);
    transport[12] = (uint8_t)((20 + recipe->tcp_options) / 4 << 4);
    transport[13] = recipe->flags;
    made_put16(transport + 14, 501);
    memset(transport + 20, 1, recipe->tcp_options);
}

size_t made_write(const struct recipe *recipe, uint8_t *packet)
{
    size_t transport = made_transport(recipe);
    size_t payload = made_payload(recipe);
    size_t end = payload + recipe->length;

    memset(packet, 0, payload);
    if (recipe->ethernet)
        write_ethernet(recipe, packet);
    if (recipe->version != 0)
        write_network(recipe, packet + made_network(recipe), end - made_network(recipe));
    if (recipe->length != 0)
        memcpy(packet + payload, recipe->payload, recipe->length);
    if (recipe->protocol != IPPROTO_TCP && recipe->protocol != IPPROTO_UDP)
        return end;
    write_transport(recipe, packet + transport, end - transport);
    uint16_t sum = made_sum(pseudo(recipe, packet), packet + transport, end - transport);
    bool is_nothing = sum == 0xFFFF && recipe->protocol == IPPROTO_UDP;
    made_put16(packet + made_checksum(recipe), is_nothing ? 0xFFFF : (uint16_t)~sum);
    return end;
}

uint8_t *made_exact(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length != 0 ? length : 1);

    if (copy == NULL)
        abort();
    if (length != 0)
        memcpy(copy, bytes, length);
    return copy;
}
