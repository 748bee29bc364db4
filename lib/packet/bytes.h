/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/packet: the fields of a packet. They lie at any address, in the network's byte
 * order; a `word` is 16 bits as they lie in memory, which is what checksums are summed of.
 */
#ifndef TUNIC_PACKET_BYTES_H
#define TUNIC_PACKET_BYTES_H

#include "packet/packet.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load_word(const uint8_t *field)
{
    uint16_t word;

    memcpy(&word, field, sizeof(word));
    return word;
}

static inline void store_word(uint8_t *field, uint16_t word)
{
    memcpy(field, &word, sizeof(word));
}

/* To be compared and hashed, as they lie in memory. */
static inline uint64_t load64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static inline uint16_t load16(const uint8_t *field)
{
    return ntohs(load_word(field));
}

static inline void store16(uint8_t *field, uint16_t value)
{
    store_word(field, htons(value));
}

static inline uint32_t load32(const uint8_t *field)
{
    uint32_t value;

    memcpy(&value, field, sizeof(value));
    return ntohl(value);
}

static inline void store32(uint8_t *field, uint32_t value)
{
    value = htonl(value);
    memcpy(field, &value, sizeof(value));
}

/* A checksum after a word of what it sums has changed (RFC 1624, equation 3): one that was wrong
 * remains wrong. */
static inline uint16_t checksum_changed(uint16_t checksum, uint16_t before, uint16_t after)
{
    return (uint16_t)~tunic_checksum_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~before +
                                          after);
}

#endif
