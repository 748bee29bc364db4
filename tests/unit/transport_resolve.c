/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport_resolver.h"

#include <unistd.h>

/* ---- what is found ---------------------------------------------------------------------- */

static void test_finds(void **state)
{
    struct test *test = *state;

    if (!unit_knows_localhost())
        skip();
    resolver_open(test, "[2001:db8::1]:55555", "localhost:7");
    tunic_resolver_ask(&test->resolver, 0);
    resolver_await_found(test);
    assert_int_equal(test->found[0], 1);
    resolver_assert_address(test, 0, "[2001:db8::1]:55555");
    for (unsigned i = 1; i <= 3; i++) {
        tunic_resolver_ask(&test->resolver, 1);
        resolver_await_found(test);
        assert_int_equal(test->found[1], i);
        assert_in_range(test->addresses[1].count, 1, TUNIC_HOST_ADDRESSES);
    }
    assert_int_equal(test->found[0], 1);
}

static void test_finds_nothing(void **state)
{
    struct test *test = *state;

    resolver_open(test, "name.invalid", "192.0.2.7:7");
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_found(test);
    tunic_resolver_ask(&test->resolver, 0);
    resolver_await_found(test);
    assert_int_equal(test->found[0], 1);
    assert_int_equal(test->addresses[0].count, 0);
}

static void test_answers_once_what_was_asked_twice(void **state)
{
    struct test *test = *state;

    resolver_open(test, "192.0.2.1:1", "192.0.2.2:2");
    for (unsigned i = 0; i < 1000; i++)
        tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_found(test);
    resolver_await_found(test);
    assert_int_equal(test->found[0], 1);
    assert_int_equal(test->found[1], 1);
}

static void close_in_call(void *closure, size_t index, const struct tunic_addresses *addresses)
{
    struct test *test = closure;

    tunic_resolver_close(&test->resolver);
    resolver_found(closure, index, addresses);
}

static void test_closed_in_the_call(void **state)
{
    struct test *test = *state;

    test->resolver.found = close_in_call;
    resolver_open(test, "192.0.2.1:1", "192.0.2.2:2");
    tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_found(test);
    resolver_assert_address(test, 0, "192.0.2.1:1");
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_end(test);
    assert_int_equal(test->found[1], 0);
}

/* ---- confinement ------------------------------------------------------------------------ */

static void test_is_confined_first(void **state)
{
    struct test *test = *state;
    int inherited[4];

    for (size_t i = 0; i < TUNIC_COUNT(inherited); i++)
        inherited[i] = dup(STDIN_FILENO);
    resolver_open(test, "confined.test:1", "descriptors.test:1");
    tunic_resolver_ask(&test->resolver, 0);
    resolver_await_found(test);
    resolver_assert_address(test, 0, "192.0.2.1:1");
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_found(test);
    resolver_assert_address(test, 1, "192.0.2.1:1");
    for (size_t i = 0; i < TUNIC_COUNT(inherited); i++)
        (void)close(inherited[i]);
}

/* ---- forged answers --------------------------------------------------------------------- */

static void test_forged_answers_end_it(void **state)
{
    static const char *const names[] = {"short.forged",  "long.forged",   "empty.forged",
                                        "index.forged",  "beyond.forged", "count.forged",
                                        "family.forged", "second.forged"};
    struct test *test = *state;

    for (size_t i = 0; i < TUNIC_COUNT(names); i++) {
        resolver_open(test, names[i], "192.0.2.1:1");
        tunic_resolver_ask(&test->resolver, 0);
        resolver_await_end(test);
        assert_int_equal(test->found[0] + test->found[1], 0);
        tunic_resolver_close(&test->resolver);
    }
    resolver_open(test, "twice.forged", "192.0.2.1:1");
    tunic_resolver_ask(&test->resolver, 0);
    resolver_await_found(test);
    resolver_await_end(test);
    assert_int_equal(test->found[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_finds, resolver_set_up, resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_finds_nothing, resolver_set_up, resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_answers_once_what_was_asked_twice, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_closed_in_the_call, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_is_confined_first, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_forged_answers_end_it, resolver_set_up,
                                        resolver_tear_down),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
