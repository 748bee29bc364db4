/* SPDX-License-Identifier: MIT */
/* Bytes as documents print them. */
#ifndef TUNIC_TESTS_CRYPTO_HEX_H
#define TUNIC_TESTS_CRYPTO_HEX_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* Reads as many bytes as `text` has, at most `size`, and returns how many. */
static inline size_t hex_read(uint8_t *bytes, size_t size, const char *text)
{
    size_t length = strlen(text) / 2;

    assert_true(length <= size);
    for (size_t i = 0; i < length; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        char *end;
        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
    }
    return length;
}

/* The bytes are those of `text`. */
static inline void hex_expect(const uint8_t *bytes, const char *text)
{
    uint8_t expected[512];

    assert_memory_equal(bytes, expected, hex_read(expected, sizeof(expected), text));
}

#endif
