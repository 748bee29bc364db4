/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"
#include "packet_make.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 70000 };

static void fill(uint8_t *bytes, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1103515245 + 12345;
        bytes[i] = (uint8_t)(seed >> 16);
    }
}

/* As it would be stored in a packet. */
static uint16_t folded(uint32_t sum)
{
    return ntohs(tunic_checksum_fold(sum));
}

static void check(const uint8_t *bytes, size_t length)
{
    uint8_t *target = malloc(length + 1);

    assert_non_null(target);
    target[length] = 0xA5;
    uint16_t expected = made_sum(0, bytes, length);
    uint32_t sum = tunic_checksum_add(0, bytes, length);
    if (folded(sum) != expected)
        fail_msg("%zu bytes: %04x, not %04x", length, folded(sum), expected);
    assert_true(sum < 1U << 17);
    sum = tunic_checksum_copy(0, target, bytes, length);
    if (folded(sum) != expected)
        fail_msg("%zu bytes copied: %04x, not %04x", length, folded(sum), expected);
    assert_true(sum < 1U << 17);
    assert_memory_equal(target, bytes, length);
    assert_int_equal(target[length], 0xA5);
    free(target);
}

/* Every length around every size of block, at every alignment, in memory of that size. */
static void test_lengths(void **state)
{
    static uint8_t bytes[LONGEST];

    (void)state;
    fill(bytes, sizeof(bytes), 1);
    for (size_t length = 0; length < 300; length++) {
        for (size_t shift = 0; shift < 17; shift++) {
            uint8_t *exact = made_exact(bytes, shift + length);
            check(exact + shift, length);
            free(exact);
        }
    }
    check(bytes, 1399);
    check(bytes, 1400);
    check(bytes, 65535);
    check(bytes, LONGEST);
}

/* All bits set make the most carries; zero and 0xFFFF are two names of nothing, and which one it is
 * matters where a checksum of zero means something else. */
static void test_extremes(void **state)
{
    static uint8_t bytes[LONGEST];

    (void)state;
    memset(bytes, 0xFF, sizeof(bytes));
    check(bytes, LONGEST);
    check(bytes, 65535);
    check(bytes, 31);
    assert_int_equal(folded(tunic_checksum_add(0, bytes, 64)), 0xFFFF);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(tunic_checksum_add(0, bytes, LONGEST), 0);
    assert_int_equal(folded(tunic_checksum_add(0, NULL, 0)), 0);
}

static void test_start(void **state)
{
    uint8_t bytes[100];
    static const uint32_t starts[] = {0, 1, 0xFFFF, 0x10000, 0x1FFFE, 0x7FFFFFFF, UINT32_MAX};

    (void)state;
    fill(bytes, sizeof(bytes), 2);
    for (size_t i = 0; i < TUNIC_COUNT(starts); i++) {
        uint32_t folded_start = (starts[i] & 0xFFFF) + (starts[i] >> 16);
        uint16_t start = ntohs((uint16_t)((folded_start & 0xFFFF) + (folded_start >> 16)));
        for (size_t length = 0; length <= sizeof(bytes); length++)
            assert_int_equal(folded(tunic_checksum_add(starts[i], bytes, length)),
                             made_sum(start, bytes, length));
    }
}

/* Pieces, all but the last of even length. */
static void test_pieces(void **state)
{
    uint8_t bytes[1001];

    (void)state;
    fill(bytes, sizeof(bytes), 3);
    for (size_t cut = 0; cut <= sizeof(bytes); cut += 2) {
        uint32_t sum = tunic_checksum_add(0, bytes, cut);
        assert_int_equal(folded(tunic_checksum_add(sum, bytes + cut, sizeof(bytes) - cut)),
                         made_sum(0, bytes, sizeof(bytes)));
        sum += tunic_checksum_add(0, bytes + cut, sizeof(bytes) - cut);
        assert_int_equal(folded(sum), made_sum(0, bytes, sizeof(bytes)));
    }
}

static void test_fold(void **state)
{
    static const struct {
        uint32_t sum;
        uint16_t folded;
    } rows[] = {
        {0, 0},       {1, 1},          {0xFFFF, 0xFFFF},     {0x10000, 1}, {0x1FFFE, 0xFFFF},
        {0x1FFFF, 1}, {0xFFFF0001, 1}, {0xFFFFFFFF, 0xFFFF},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        assert_int_equal(tunic_checksum_fold(rows[i].sum), rows[i].folded);
}

static void test_pseudo(void **state)
{
    uint8_t header[40];

    (void)state;
    fill(header, sizeof(header), 4);
    header[0] = 0x45;
    assert_int_equal(folded(tunic_checksum_pseudo(header, 6, 1234)),
                     made_sum(6 + 1234, header + 12, 8));
    header[0] = 0x60;
    assert_int_equal(folded(tunic_checksum_pseudo(header, 17, 65535)),
                     made_sum(17 + 65535, header + 8, 32));
    /* The length of IPv6 has 32 bits. */
    assert_int_equal(folded(tunic_checksum_pseudo(header, 58, 0x12345678)),
                     made_sum(58 + 0x1234 + 0x5678, header + 8, 32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_start),   cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_fold),    cmocka_unit_test(test_pseudo),
    };

    return cmocka_run_group_tests_name("packet_checksum", tests, NULL, NULL);
}
