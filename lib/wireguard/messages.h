/* SPDX-License-Identifier: MIT */
/* Private to lib/wireguard: the messages as they are on the wire (paper, 5.4). All fields are
 * little endian, and read and written through memcpy. */
#ifndef TUNIC_WIREGUARD_MESSAGES_H
#define TUNIC_WIREGUARD_MESSAGES_H

#include "wireguard/wireguard.h"

#include <string.h>

enum {
    TUNIC_MESSAGE_INITIATION = 1,
    TUNIC_MESSAGE_RESPONSE = 2,
    TUNIC_MESSAGE_COOKIE = 3,

    TUNIC_INITIATION_SIZE = 148,
    TUNIC_RESPONSE_SIZE = 92,
    TUNIC_COOKIE_REPLY_SIZE = 64,
    TUNIC_TIMESTAMP_SIZE = 12, /* TAI64N */
    TUNIC_COOKIE_SIZE = 16,

    TUNIC_AT_SENDER = 4, /* offsets; of all but data and cookie replies */
    TUNIC_AT_NOISE = 8,  /* of an initiation */
    TUNIC_AT_RESPONSE_RECEIVER = 8,
    TUNIC_AT_RESPONSE_NOISE = 12,
    TUNIC_AT_COOKIE_RECEIVER = 4,
    TUNIC_AT_COOKIE_NONCE = 8,
    TUNIC_AT_COOKIE = 32,
    TUNIC_AT_DATA_RECEIVER = 4,
    TUNIC_AT_DATA_COUNTER = 8,
    TUNIC_MACS_SIZE = 32, /* at the end of an initiation and a response: mac1, mac2 */
};

static inline uint32_t tunic_get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline uint64_t tunic_get64(const uint8_t *bytes)
{
    return (uint64_t)tunic_get32(bytes) | (uint64_t)tunic_get32(bytes + 4) << 32;
}

static inline void tunic_put32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static inline void tunic_put64(uint8_t *bytes, uint64_t value)
{
    tunic_put32(bytes, (uint32_t)value);
    tunic_put32(bytes + 4, (uint32_t)(value >> 32));
}

#endif
