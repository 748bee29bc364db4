/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "wireguard/cookie.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)
enum { BURST = 5, RATE = 20 };

static struct tunic_limit *limit;
static size_t allocated;
static unsigned allocations;
static bool out_of_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    allocated = count * size;
    return out_of_memory ? NULL : __real_calloc(count, size);
}

static int set_up(void **state)
{
    (void)state;
    return tunic_limit_open(&limit, UINT64_C(0x0123456789abcdef));
}

static int tear_down(void **state)
{
    (void)state;
    tunic_limit_close(limit);
    return 0;
}

static struct tunic_wireguard_source source_of(const char *text)
{
    struct tunic_wireguard_source source = {.port = 1};

    assert_int_equal(inet_pton(AF_INET6, text, source.address), 1);
    return source;
}

/* One of very many. */
static struct tunic_wireguard_source inet_source(uint32_t number)
{
    struct tunic_wireguard_source source = source_of("::ffff:0.0.0.0");

    for (unsigned i = 0; i < 4; i++)
        source.address[12 + i] = (uint8_t)(number >> (24 - 8 * i));
    return source;
}

static struct tunic_wireguard_source inet6_source(uint32_t number)
{
    struct tunic_wireguard_source source = source_of("2001:db8::1");

    for (unsigned i = 0; i < 4; i++)
        source.address[4 + i] = (uint8_t)(number >> (24 - 8 * i));
    return source;
}

static bool allows(const char *address, uint64_t now)
{
    const struct tunic_wireguard_source source = source_of(address);

    return tunic_limit_allows(limit, &source, now);
}

/* How many at once, out of more. */
static unsigned taken(const struct tunic_wireguard_source *source, uint64_t now)
{
    unsigned count = 0;

    for (unsigned i = 0; i < 2 * BURST; i++)
        count += tunic_limit_allows(limit, source, now);
    return count;
}

static unsigned taken_by(const char *address, uint64_t now)
{
    const struct tunic_wireguard_source source = source_of(address);

    return taken(&source, now);
}

/* ---- rates ----------------------------------------------------------------------------- */

static void test_burst(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BURST; i++)
        assert_true(allows("::ffff:192.0.2.1", 0));
    for (unsigned i = 0; i < 100; i++)
        assert_false(allows("::ffff:192.0.2.1", 0));
}

static void test_tokens_come_back(void **state)
{
    uint64_t now = 1000 * SECOND;

    (void)state;
    assert_int_equal(taken_by("::ffff:192.0.2.1", now), BURST);
    assert_false(allows("::ffff:192.0.2.1", now + 50 * MILLISECOND - 1));
    assert_true(allows("::ffff:192.0.2.1", now + 50 * MILLISECOND));
    assert_false(allows("::ffff:192.0.2.1", now + 100 * MILLISECOND - 1));
    assert_int_equal(taken_by("::ffff:192.0.2.1", now + 150 * MILLISECOND), 2);
    /* And never more than a burst, however long it takes. */
    assert_int_equal(taken_by("::ffff:192.0.2.1", now + 3600 * SECOND), BURST);
    assert_int_equal(taken_by("::ffff:192.0.2.1", UINT64_MAX / 2), BURST);
}

/* Who asks all the time gets no less: what is refused costs nothing. */
static void test_rate(void **state)
{
    unsigned count = 0;

    (void)state;
    for (uint64_t now = 0; now < 10 * SECOND; now += MILLISECOND / 4)
        count += allows("::ffff:192.0.2.1", now);
    assert_int_equal(count, BURST + 10 * RATE - 1);
}

static void test_slow_ones_are_never_refused(void **state)
{
    (void)state;
    for (uint64_t now = 0; now < 60 * SECOND; now += 50 * MILLISECOND)
        assert_true(allows("2001:db8::1", now));
}

static void test_time_that_stands_still(void **state)
{
    (void)state;
    assert_int_equal(taken_by("2001:db8::1", 7), BURST);
    for (uint64_t now = 7; now < 1007; now++)
        assert_false(allows("2001:db8::1", now));
}

/* ---- addresses ------------------------------------------------------------------------- */

static void test_each_for_itself(void **state)
{
    (void)state;
    assert_int_equal(taken_by("::ffff:192.0.2.1", 0), BURST);
    assert_int_equal(taken_by("::ffff:192.0.2.2", 0), BURST);
    assert_int_equal(taken_by("::ffff:193.0.2.1", 0), BURST);
    assert_int_equal(taken_by("2001:db8::1", 0), BURST);
    assert_int_equal(taken_by("::ffff:192.0.2.1", 0), 0);
}

static void test_ports_are_no_addresses(void **state)
{
    struct tunic_wireguard_source source = source_of("::ffff:192.0.2.1");

    (void)state;
    assert_int_equal(taken(&source, 0), BURST);
    source.port++;
    assert_int_equal(taken(&source, 0), 0);
}

static void test_inet6_by_64(void **state)
{
    (void)state;
    assert_int_equal(taken_by("2001:db8:0:7::1", 0), BURST);
    assert_int_equal(taken_by("2001:db8:0:7::2", 0), 0);
    assert_int_equal(taken_by("2001:db8:0:7:ffff:ffff:ffff:ffff", 0), 0);
    assert_int_equal(taken_by("2001:db8:0:8::1", 0), BURST);
    assert_int_equal(taken_by("2001:db8:0:6::1", 0), BURST);
    /* Those of ::/64 do not have the bucket of an IPv4 address, nor nobody's. */
    assert_int_equal(taken_by("::1", 0), BURST);
    assert_int_equal(taken_by("::192.0.2.1", 0), 0);
    assert_int_equal(taken_by("::ffff:192.0.2.1", 0), BURST);
}

/* ---- very many ------------------------------------------------------------------------- */

/* As many as half the room: hardly anybody is forgotten. */
static void test_many_are_remembered(void **state)
{
    enum { MANY = TUNIC_LIMIT_ADDRESSES / 2 };
    unsigned forgotten = 0;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct tunic_wireguard_source source = i % 2 ? inet_source(i) : inet6_source(i);
        assert_int_equal(taken(&source, 0), BURST);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        const struct tunic_wireguard_source source = i % 2 ? inet_source(i) : inet6_source(i);
        forgotten += taken(&source, 0) != 0;
    }
    assert_in_range(forgotten, 0, MANY / 10);
}

/* No memory is taken, and whoever is new is heard all the same. */
static void test_far_too_many(void **state)
{
    enum { MANY = 1000000 };
    unsigned before = allocations;

    (void)state;
    assert_in_range(allocated, TUNIC_LIMIT_ADDRESSES * 16, TUNIC_LIMIT_ADDRESSES * 64);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct tunic_wireguard_source source = inet6_source(i);
        assert_true(tunic_limit_allows(limit, &source, i));
    }
    assert_int_equal(allocations, before);
    assert_int_equal(taken_by("::ffff:192.0.2.1", MANY), BURST);
}

/* Who sends most is what is remembered longest. */
static void test_busy_is_remembered(void **state)
{
    (void)state;
    assert_int_equal(taken_by("::ffff:192.0.2.1", 0), BURST);
    for (uint32_t i = 0; i < 100000; i++) {
        const struct tunic_wireguard_source source = inet6_source(i);
        assert_true(tunic_limit_allows(limit, &source, 0));
    }
    assert_int_equal(taken_by("::ffff:192.0.2.1", 0), 0);
}

/* Which ones crowd each other out depends on the seed. */
static void test_seed(void **state)
{
    enum { MANY = 2 * TUNIC_LIMIT_ADDRESSES };
    static bool remembered[2][MANY];
    unsigned differ = 0;

    (void)state;
    for (unsigned seed = 0; seed < 2; seed++) {
        struct tunic_limit *seeded;
        assert_int_equal(tunic_limit_open(&seeded, seed), 0);
        for (uint32_t i = 0; i < MANY * BURST; i++) {
            const struct tunic_wireguard_source source = inet_source(i / BURST);
            (void)tunic_limit_allows(seeded, &source, 0);
        }
        for (uint32_t i = MANY; i-- > 0;) {
            const struct tunic_wireguard_source source = inet_source(i);
            remembered[seed][i] = !tunic_limit_allows(seeded, &source, 0);
        }
        tunic_limit_close(seeded);
    }
    for (size_t i = 0; i < MANY; i++)
        differ += remembered[0][i] != remembered[1][i];
    assert_in_range(differ, MANY / 20, MANY);
}

static void test_no_memory(void **state)
{
    struct tunic_limit *none;

    (void)state;
    out_of_memory = true;
    assert_int_equal(tunic_limit_open(&none, 0), -ENOMEM);
    out_of_memory = false;
    assert_null(none);
    tunic_limit_close(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_burst, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_ones_are_never_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_that_stands_still, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_for_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ports_are_no_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_inet6_by_64, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_are_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_far_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_busy_is_remembered, set_up, tear_down),
        cmocka_unit_test(test_seed),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
