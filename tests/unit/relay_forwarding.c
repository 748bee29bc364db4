/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "relay/forwarding.h"

#include <stdlib.h>

static const uint64_t second = 1000000000;

static struct tunic_forwarding *table;
static int ports[3];

static int open_table(void **state)
{
    (void)state;
    table = calloc(1, sizeof(*table));
    tunic_forwarding_open(table, 42);
    return table ? 0 : -1;
}

static int close_table(void **state)
{
    (void)state;
    free(table);
    return 0;
}

static const uint8_t *mac(unsigned number)
{
    static uint8_t bytes[TUNIC_FORWARDING_MAC];

    bytes[0] = 2;
    bytes[3] = (uint8_t)(number >> 16);
    bytes[4] = (uint8_t)(number >> 8);
    bytes[5] = (uint8_t)number;
    return bytes;
}

static void test_learns(void **state)
{
    (void)state;
    assert_null(tunic_forwarding_find(table, mac(1), 0));
    tunic_forwarding_learn(table, mac(1), &ports[0], second);
    tunic_forwarding_learn(table, mac(2), &ports[1], second);
    assert_ptr_equal(tunic_forwarding_find(table, mac(1), second), &ports[0]);
    assert_ptr_equal(tunic_forwarding_find(table, mac(2), second), &ports[1]);
    tunic_forwarding_learn(table, mac(1), &ports[2], 2 * second); /* it moved */
    assert_ptr_equal(tunic_forwarding_find(table, mac(1), 2 * second), &ports[2]);
}

static void test_groups(void **state)
{
    static const uint8_t everybody[TUNIC_FORWARDING_MAC] = {255, 255, 255, 255, 255, 255};
    static const uint8_t group[TUNIC_FORWARDING_MAC] = {0x33, 0x33, 0, 0, 0, 1};

    (void)state;
    tunic_forwarding_learn(table, everybody, &ports[0], second);
    tunic_forwarding_learn(table, group, &ports[0], second);
    assert_null(tunic_forwarding_find(table, everybody, second));
    assert_null(tunic_forwarding_find(table, group, second));
}

static void test_ages(void **state)
{
    (void)state;
    tunic_forwarding_learn(table, mac(1), &ports[0], second);
    assert_ptr_equal(tunic_forwarding_find(table, mac(1), TUNIC_FORWARDING_AGE * second),
                     &ports[0]);
    assert_null(tunic_forwarding_find(table, mac(1), (TUNIC_FORWARDING_AGE + 1) * second));
    tunic_forwarding_learn(table, mac(1), &ports[0], 200 * second); /* it is still there */
    assert_ptr_equal(tunic_forwarding_find(table, mac(1), 400 * second), &ports[0]);
}

static void test_forgets(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        tunic_forwarding_learn(table, mac(i), &ports[i % 2], second);
    tunic_forwarding_forget(table, &ports[0]);
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_equal(tunic_forwarding_find(table, mac(i), second), i % 2 ? &ports[1] : NULL);
}

/* However many addresses come, what is in use stays. */
static void test_flood(void **state)
{
    (void)state;
    tunic_forwarding_learn(table, mac(1), &ports[0], 0);
    for (unsigned i = 2; i < 100000; i++) {
        tunic_forwarding_learn(table, mac(i), &ports[1], i);
        if (i % 3 == 0)
            tunic_forwarding_learn(table, mac(1), &ports[0], i);
    }
    assert_ptr_equal(tunic_forwarding_find(table, mac(1), 100000), &ports[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_learns, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_groups, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_ages, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_forgets, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_flood, open_table, close_table),
    };

    return cmocka_run_group_tests_name("relay_forwarding", tests, NULL, NULL);
}
