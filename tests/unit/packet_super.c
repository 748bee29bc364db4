/* SPDX-License-Identifier: MIT */
#include "packet_super.h"

#include <endian.h>

const struct row rows[] = {
    {"1 one size", {false, 0, 4, T, 0, 12, MADE_ACK, 7, 100, NULL, 1000}, TCP4, 1000, 1},
    {"2 less than one", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 999}, TCP4, 1000, 1},
    {"3 one byte more", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 1001}, TCP4, 1000, 2},
    {"4 a multiple", {false, 0, 4, T, 0, 0, ALL_FLAGS, 7, 100, NULL, 4000}, TCP4, 1000, 4},
    {"5 odd size", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 0x89ABFFF0, NULL, 40001}, TCP4, 1337, 30},
    {"6 both wrap",
     {false, 0, 4, T, 0, 12, ALL_FLAGS, 65534, UINT32_MAX - 1500, NULL, 5000},
     TCP4,
     1000,
     5},
    {"7 ECN type", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 3000}, TCP4 | ECN, 1400, 3},
    {"8 options", {false, 0, 4, T, 40, 40, ALL_FLAGS, 7, 100, NULL, 3000}, TCP4, 1400, 3},
    {"9 the longest", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 65483}, TCP4, 1428, 46},
    {"10 byte by byte", {false, 0, 4, T, 0, 0, ALL_FLAGS, 7, 100, NULL, 300}, TCP4, 1, 300},
    {"11 IPv6", {false, 0, 6, T, 0, 12, ALL_FLAGS, 0, 100, NULL, 60000}, TCP6, 1408, 43},
    {"12 extension", {false, 0, 6, T, 24, 12, ALL_FLAGS, 0, 100, NULL, 3000}, TCP6, 1401, 3},
    {"13 most headers", {false, 0, 6, T, 176, 20, ALL_FLAGS, 0, 1, NULL, 3000}, TCP6, 999, 4},
    {"14 UDP", {false, 0, 4, U, 0, 0, 0, 9, 0, NULL, 5000}, UDP, 1200, 5},
    {"15 UDP over IPv6", {false, 0, 6, U, 0, 0, 0, 0, 0, NULL, 5001}, UDP, 1251, 4},
    {"16 UDP in one", {false, 0, 6, U, 0, 0, 0, 0, 0, NULL, 1000}, UDP, 1200, 1},
    {"17 frame", {true, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 9000}, TCP4, 1448, 7},
    {"18 tag", {true, 1, 6, T, 0, 12, ALL_FLAGS, 0, 100, NULL, 9000}, TCP6, 1448, 7},
    {"19 two tags", {true, 2, 4, U, 4, 0, 0, 65535, 0, NULL, 9000}, UDP, 1471, 7},
    {"20 frame in one", {true, 1, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 5}, TCP4, 1448, 1},
    {"21 no payload", {false, 0, 4, T, 0, 12, ALL_FLAGS, 7, 100, NULL, 0}, TCP4, 1448, 1},
};

const size_t row_count = TUNIC_COUNT(rows);
uint8_t payload[MADE_MOST];

/* Something that the checksum notices the order of. */
void fill_payload(void)
{
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
}

enum tunic_layer layer_of(const struct recipe *recipe)
{
    return recipe->ethernet ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
}

struct virtio_net_hdr describe(const struct recipe *recipe, uint8_t type, uint16_t size)
{
    size_t transport = made_transport(recipe);

    return (struct virtio_net_hdr){
        .flags = NEEDS,
        .gso_type = type,
        .hdr_len = htole16(0xDEAD), /* not to be trusted */
        .gso_size = htole16(size),
        .csum_start = htole16((uint16_t)transport),
        .csum_offset = htole16((uint16_t)(made_checksum(recipe) - transport)),
    };
}

uint8_t *make_super(struct recipe recipe, size_t *length)
{
    static uint8_t packet[MADE_MOST];

    recipe.payload = payload;
    *length = made_write(&recipe, packet);
    made_leave_checksum(&recipe, packet);
    return made_exact(packet, *length);
}
