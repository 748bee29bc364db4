/* SPDX-License-Identifier: MIT */
/* An input that is read from its beginning to its end; behind that come zeros. */
#ifndef TUNIC_TESTS_FUZZ_INPUT_H
#define TUNIC_TESTS_FUZZ_INPUT_H

#include "fuzz.h"

#include <string.h>

struct fuzz_input {
    const uint8_t *bytes;
    size_t left;
};

static inline size_t fuzz_next(struct fuzz_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

/* Big endian. */
static inline uint64_t fuzz_number(struct fuzz_input *input, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | fuzz_next(input);
    return number;
}

/* As many as there are, up to `most`; the rest of `bytes` stays as it is. */
static inline size_t fuzz_take(struct fuzz_input *input, uint8_t *bytes, size_t most)
{
    size_t length = input->left < most ? input->left : most;

    if (length > 0)
        memcpy(bytes, input->bytes, length);
    input->bytes += length;
    input->left -= length;
    return length;
}

#endif
