/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation.
 *
 * A ones' complement sum of 16-bit words is the same, modulo 65535, as the sum of wider words
 * whose carries are added back in (RFC 1071), and it does not depend on the byte order. So blocks
 * are summed as 64-bit lanes. A lane's carry would be lost; instead of looking for it at each
 * addition, the upper halves are summed once more on their own. What the lower halves come to is
 * what the wrapped total leaves over:
 *
 *     total = 2^32 * upper + lower  (modulo 2^64), and lower < 2^64
 *
 * which is two additions and a shift for each lane. The lanes are the compiler's vectors: they
 * become the processor's where it has any, at every level of optimisation. (Wider ones, AVX2
 * chosen at run time, were measured: no gain that would show beside the rest of a packet's way.)
 */
#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/fields.h"

enum { LANES = 2 };

typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));

enum { BLOCK = 2 * sizeof(lanes) };

struct halves {
    lanes total;
    lanes upper;
};

static inline lanes load_lanes(const uint8_t *bytes)
{
    lanes words;

    memcpy(&words, bytes, sizeof(words));
    return words;
}

static inline void add_lanes(struct halves *halves, lanes words)
{
    halves->total += words;
    halves->upper += words >> 32;
}

static inline uint64_t sum_halves(const struct halves *even, const struct halves *odd)
{
    lanes total = even->total + odd->total;
    lanes upper = even->upper + odd->upper;
    uint64_t sum = 0;

    total += upper - (upper << 32);
    for (size_t i = 0; i < LANES; i++)
        sum += total[i];
    return sum;
}

/* Below 2^17: thousands of such sums can be added before a carry is lost. */
static uint32_t narrow(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    return (uint32_t)((sum & UINT16_MAX) + (sum >> 16));
}

/* What is less than a block. An odd byte is the first of a word whose other is zero. */
static uint64_t sum_rest(const uint8_t *bytes, size_t length)
{
    uint64_t sum = 0;

    for (; length >= sizeof(uint32_t); length -= sizeof(uint32_t), bytes += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, bytes, sizeof(word));
        sum += word;
    }
    if (length >= 2) {
        sum += load_word(bytes);
        bytes += 2;
        length -= 2;
    }
    if (length != 0) {
        const uint8_t padded[2] = {*bytes, 0};
        sum += load_word(padded);
    }
    return sum;
}

uint32_t tunic_checksum_add(uint32_t sum, const void *bytes, size_t length)
{
    const uint8_t *next = bytes;
    struct halves even = {0};
    struct halves odd = {0};

    for (; length >= BLOCK; length -= BLOCK, next += BLOCK) {
        add_lanes(&even, load_lanes(next));
        add_lanes(&odd, load_lanes(next + sizeof(lanes)));
    }
    return narrow(sum + sum_halves(&even, &odd) + sum_rest(next, length));
}

uint32_t tunic_checksum_copy(uint32_t sum, void *target, const void *source, size_t length)
{
    uint8_t *to = target;
    const uint8_t *next = source;
    struct halves even = {0};
    struct halves odd = {0};

    for (; length >= BLOCK; length -= BLOCK, next += BLOCK, to += BLOCK) {
        lanes first = load_lanes(next);
        lanes second = load_lanes(next + sizeof(lanes));
        memcpy(to, &first, sizeof(lanes));
        memcpy(to + sizeof(lanes), &second, sizeof(lanes));
        add_lanes(&even, first);
        add_lanes(&odd, second);
    }
    memcpy(to, next, length);
    return narrow(sum + sum_halves(&even, &odd) + sum_rest(next, length));
}

uint16_t tunic_checksum_fold(uint32_t sum)
{
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

uint32_t tunic_checksum_pseudo(const uint8_t *network, uint8_t protocol, uint32_t length)
{
    uint32_t sum = (uint32_t)htons(protocol) + htons((uint16_t)(length >> 16)) +
                   htons((uint16_t)(length & UINT16_MAX));

    if (network[0] >> 4 == 4)
        return tunic_checksum_add(sum, network + IPV4_ADDRESSES, 8);
    return tunic_checksum_add(sum, network + IPV6_ADDRESSES, 32);
}
