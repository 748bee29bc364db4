/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/base.h"

#include <stdlib.h>

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static unsigned calls;
static bool out_of_memory;

void *__wrap_realloc(void *memory, size_t size)
{
    calls++;
    return out_of_memory ? NULL : __real_realloc(memory, size);
}

static void test_makes_room_for_one_more(void **state)
{
    uint64_t *items = NULL;
    size_t capacity = 0;

    (void)state;
    calls = 0;
    for (size_t count = 0; count < 1000; count++) {
        items = tunic_array_reserve(items, count, &capacity, sizeof(*items));
        assert_non_null(items);
        assert_true(capacity > count);
        items[count] = count;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_in_range(calls, 1, 10);
    free(items);
}

static void test_memory_runs_out(void **state)
{
    size_t capacity = 0;
    uint64_t *items = tunic_array_reserve(NULL, 0, &capacity, sizeof(*items));
    size_t before = capacity;

    (void)state;
    assert_non_null(items);
    items[0] = 7;
    out_of_memory = true;
    assert_null(tunic_array_reserve(items, capacity, &capacity, sizeof(*items)));
    out_of_memory = false;
    assert_int_equal(capacity, before);
    assert_int_equal(items[0], 7);
    free(items);
}

static void test_more_than_can_be_addressed(void **state)
{
    size_t capacity = SIZE_MAX / 16;
    size_t before = capacity;

    (void)state;
    calls = 0;
    assert_null(tunic_array_reserve(NULL, capacity, &capacity, 16));
    assert_int_equal(capacity, before);
    assert_int_equal(calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_room_for_one_more),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_more_than_can_be_addressed),
    };

    return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
