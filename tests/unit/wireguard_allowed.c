/* SPDX-License-Identifier: MIT */
/* The trie of ranges, beside a list that is searched from end to end. */
#include "unit.h"

#include "wireguard/allowed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OWNERS = 6, RANGES = 2048, STEPS = 40000 };

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static int allocations_left = -1; /* -1: any number */

void *__wrap_calloc(size_t count, size_t size)
{
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return __real_calloc(count, size);
}

/* Peers are never looked into here: an address of its own is all that one has. */
static char peers[OWNERS];

static struct tunic_wireguard_peer *peer_of(size_t owner)
{
    return (struct tunic_wireguard_peer *)(void *)&peers[owner];
}

static void begin(struct tunic_allowed *allowed, struct tunic_allowed_owner *owners)
{
    *allowed = (struct tunic_allowed){0};
    for (size_t i = 0; i < OWNERS; i++)
        owners[i] = (struct tunic_allowed_owner){.peer = peer_of(i)};
}

static void end(struct tunic_allowed *allowed, struct tunic_allowed_owner *owners)
{
    for (size_t i = 0; i < OWNERS; i++) {
        tunic_allowed_remove_all(allowed, &owners[i]);
        assert_null(owners[i].first);
    }
    assert_null(allowed->inet);
    assert_null(allowed->inet6);
}

static struct tunic_allowed_ip range_of(const char *address, unsigned length)
{
    struct tunic_allowed_ip range = {.inet6 = strchr(address, ':') != NULL,
                                     .length = (uint8_t)length};

    assert_int_equal(inet_pton(range.inet6 ? AF_INET6 : AF_INET, address, range.address), 1);
    return range;
}

static void add(struct tunic_allowed *allowed, struct tunic_allowed_owner *owner,
                const char *address, unsigned length)
{
    struct tunic_allowed_ip range = range_of(address, length);

    assert_int_equal(tunic_allowed_add(allowed, owner, &range), 0);
}

static struct tunic_wireguard_peer *find(const struct tunic_allowed *allowed, const char *address)
{
    struct tunic_allowed_ip range = range_of(address, 0);

    return tunic_allowed_find(allowed, range.inet6, range.address);
}

/* ---- by hand --------------------------------------------------------------------------- */

static void test_longest_prefix(void **state)
{
    struct tunic_allowed allowed;
    struct tunic_allowed_owner owners[OWNERS];

    (void)state;
    begin(&allowed, owners);
    assert_null(find(&allowed, "10.0.0.1"));
    add(&allowed, &owners[0], "0.0.0.0", 0);
    add(&allowed, &owners[1], "10.0.0.0", 8);
    add(&allowed, &owners[2], "10.1.2.3", 32);
    add(&allowed, &owners[3], "10.1.0.0", 16);
    add(&allowed, &owners[4], "::", 0);
    add(&allowed, &owners[5], "2001:db8::1", 128);
    add(&allowed, &owners[3], "2001:db8::", 64);
    add(&allowed, &owners[2], "2001:db8:0:0:8000::", 65);
    assert_ptr_equal(find(&allowed, "192.0.2.1"), peer_of(0));
    assert_ptr_equal(find(&allowed, "10.255.255.255"), peer_of(1));
    assert_ptr_equal(find(&allowed, "10.1.2.3"), peer_of(2));
    assert_ptr_equal(find(&allowed, "10.1.2.2"), peer_of(3));
    assert_ptr_equal(find(&allowed, "::1"), peer_of(4));
    assert_ptr_equal(find(&allowed, "2001:db8::1"), peer_of(5));
    assert_ptr_equal(find(&allowed, "2001:db8::2"), peer_of(3));
    assert_ptr_equal(find(&allowed, "2001:db8::8000:0:0:1"), peer_of(2));
    end(&allowed, owners);
}

static void test_moves(void **state)
{
    struct tunic_allowed allowed;
    struct tunic_allowed_owner owners[OWNERS];
    struct tunic_allowed_ip range = range_of("10.0.0.0", 8);

    (void)state;
    begin(&allowed, owners);
    add(&allowed, &owners[0], "10.99.99.99", 8);
    add(&allowed, &owners[1], "10.0.0.0", 8);
    assert_null(owners[0].first);
    assert_ptr_equal(find(&allowed, "10.1.1.1"), peer_of(1));
    /* Whoever does not have it cannot take it away, and neither can a range beside it. */
    tunic_allowed_remove(&allowed, &owners[0], &range);
    assert_ptr_equal(find(&allowed, "10.1.1.1"), peer_of(1));
    range.length = 9;
    tunic_allowed_remove(&allowed, &owners[1], &range);
    assert_ptr_equal(find(&allowed, "10.1.1.1"), peer_of(1));
    range.length = 8;
    range.address[3] = 77;
    tunic_allowed_remove(&allowed, &owners[1], &range);
    assert_null(find(&allowed, "10.1.1.1"));
    assert_null(allowed.inet);
    end(&allowed, owners);
}

static void test_listed_in_order(void **state)
{
    static const char *const added[] = {"10.0.0.0", "10.64.0.0", "9.0.0.0", "2001:db8::"};
    static const unsigned lengths[] = {8, 10, 8, 32};
    struct tunic_allowed allowed;
    struct tunic_allowed_owner owners[OWNERS];
    struct tunic_allowed_ip range;
    const void *cursor = NULL;

    (void)state;
    begin(&allowed, owners);
    assert_false(tunic_allowed_next(&owners[0], &cursor, &range));
    for (size_t i = 0; i < TUNIC_COUNT(added); i++)
        add(&allowed, &owners[0], added[i], lengths[i]);
    add(&allowed, &owners[0], "10.0.0.0", 8); /* has it already */
    for (size_t i = 0; i < TUNIC_COUNT(added); i++) {
        struct tunic_allowed_ip expected = range_of(added[i], lengths[i]);
        assert_true(tunic_allowed_next(&owners[0], &cursor, &range));
        assert_memory_equal(&range, &expected, sizeof(range));
    }
    assert_false(tunic_allowed_next(&owners[0], &cursor, &range));
    end(&allowed, owners);
}

static void test_out_of_memory(void **state)
{
    struct tunic_allowed allowed;
    struct tunic_allowed_owner owners[OWNERS];
    struct tunic_allowed_ip beside = range_of("10.128.0.0", 16); /* needs a fork too */

    (void)state;
    begin(&allowed, owners);
    add(&allowed, &owners[0], "10.0.0.0", 16);
    for (int left = 0; left < 2; left++) {
        allocations_left = left;
        assert_int_equal(tunic_allowed_add(&allowed, &owners[1], &beside), -ENOMEM);
        allocations_left = -1;
        assert_null(owners[1].first);
        assert_ptr_equal(find(&allowed, "10.0.0.1"), peer_of(0));
        assert_null(find(&allowed, "10.128.0.1"));
    }
    allocations_left = 2;
    assert_int_equal(tunic_allowed_add(&allowed, &owners[1], &beside), 0);
    allocations_left = -1;
    end(&allowed, owners);
}

/* ---- beside a list --------------------------------------------------------------------- */

struct model_range {
    struct tunic_allowed_ip range; /* bits behind its length are zero */
    size_t owner;
};

struct model {
    struct model_range ranges[RANGES];
    size_t count;
    uint64_t random;
};

static uint32_t model_random(struct model *model, uint32_t below)
{
    model->random = model->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(model->random >> 33) % below;
}

static bool covers(const struct tunic_allowed_ip *range, bool inet6, const uint8_t *address)
{
    if (range->inet6 != inet6)
        return false;
    for (unsigned i = 0; i < range->length; i++)
        if (((range->address[i / 8] ^ address[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

/* Few different bits, so that ranges nest and meet. */
static struct tunic_allowed_ip model_range(struct model *model)
{
    static const uint8_t lengths[] = {0, 1, 8, 31, 32, 63, 64, 65, 127, 128};
    struct tunic_allowed_ip range = {.inet6 = model_random(model, 2) != 0};
    unsigned bits = range.inet6 ? 128 : 32;

    range.length = (uint8_t)(model_random(model, 4) == 0
                                 ? lengths[model_random(model, TUNIC_COUNT(lengths))] % (bits + 1)
                                 : model_random(model, bits + 1));
    for (unsigned i = 0; i < bits / 8; i++)
        range.address[i] =
            (uint8_t)(model_random(model, 3) != 0 ? 0 : 1U << model_random(model, 8));
    return range;
}

static void clear_behind(struct tunic_allowed_ip *range)
{
    for (unsigned i = range->length; i < 128; i++)
        range->address[i / 8] &= (uint8_t) ~(1U << (7 - i % 8));
}

static size_t model_position(const struct model *model, const struct tunic_allowed_ip *range)
{
    size_t position = 0;

    while (position < model->count &&
           memcmp(&model->ranges[position].range, range, sizeof(*range)) != 0)
        position++;
    return position;
}

static void model_forget(struct model *model, size_t position)
{
    memmove(&model->ranges[position], &model->ranges[position + 1],
            (--model->count - position) * sizeof(model->ranges[0]));
}

static const struct model_range *model_find(const struct model *model, bool inet6,
                                            const uint8_t *address)
{
    const struct model_range *best = NULL;

    for (size_t i = 0; i < model->count; i++)
        if (covers(&model->ranges[i].range, inet6, address) &&
            (!best || model->ranges[i].range.length > best->range.length))
            best = &model->ranges[i];
    return best;
}

static void compare_lookups(struct model *model, const struct tunic_allowed *allowed)
{
    for (int i = 0; i < 8; i++) {
        struct tunic_allowed_ip probe = model_range(model);
        if (model->count > 0 && model_random(model, 2)) { /* a bit beside one that is there */
            probe = model->ranges[model_random(model, (uint32_t)model->count)].range;
            unsigned bit = model_random(model, probe.inet6 ? 128 : 32);
            probe.address[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        const struct model_range *expected = model_find(model, probe.inet6, probe.address);
        assert_ptr_equal(tunic_allowed_find(allowed, probe.inet6, probe.address),
                         expected ? peer_of(expected->owner) : NULL);
    }
}

static void compare_lists(const struct model *model, const struct tunic_allowed_owner *owners)
{
    size_t listed = 0;

    for (size_t owner = 0; owner < OWNERS; owner++) {
        struct tunic_allowed_ip range;
        const void *cursor = NULL;
        size_t last = 0;
        while (tunic_allowed_next(&owners[owner], &cursor, &range)) {
            size_t position = model_position(model, &range);
            assert_true(position < model->count);
            assert_int_equal(model->ranges[position].owner, owner);
            assert_true(last == 0 || position >= last); /* in the order in which they came */
            last = position + 1;
            listed++;
        }
    }
    assert_int_equal(listed, model->count);
}

static void step(struct model *model, struct tunic_allowed *allowed,
                 struct tunic_allowed_owner *owners)
{
    struct tunic_allowed_ip range = model_range(model);
    struct tunic_allowed_ip exact = range;
    size_t owner = model_random(model, OWNERS);
    uint32_t action = model_random(model, 1000);
    size_t position;

    clear_behind(&exact);
    if (action < 450 && model->count > 0) { /* more often one that is there */
        exact = model->ranges[model_random(model, (uint32_t)model->count)].range;
        range = exact;
    }
    position = model_position(model, &exact);
    if (action < 3) {
        tunic_allowed_remove_all(allowed, &owners[owner]);
        for (size_t i = model->count; i > 0; i--)
            if (model->ranges[i - 1].owner == owner)
                model_forget(model, i - 1);
    } else if (action < 400 || model->count == RANGES) {
        tunic_allowed_remove(allowed, &owners[owner], &range);
        if (position < model->count && model->ranges[position].owner == owner)
            model_forget(model, position);
    } else {
        assert_int_equal(tunic_allowed_add(allowed, &owners[owner], &range), 0);
        if (position < model->count && model->ranges[position].owner == owner)
            return;
        if (position < model->count)
            model_forget(model, position);
        model->ranges[model->count++] = (struct model_range){exact, owner};
    }
}

static void test_beside_a_list(void **state)
{
    struct tunic_allowed allowed;
    struct tunic_allowed_owner owners[OWNERS];
    struct model *model;
    size_t most = 0;

    (void)state;
    unit_long();
    model = test_calloc(1, sizeof(*model));
    model->random = 1;
    begin(&allowed, owners);
    for (int i = 0; i < STEPS; i++) {
        step(model, &allowed, owners);
        compare_lookups(model, &allowed);
        if (i % 256 == 0)
            compare_lists(model, owners);
        most = model->count > most ? model->count : most;
    }
    assert_true(most > 100); /* or nothing was tested */
    end(&allowed, owners);
    test_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_prefix),  cmocka_unit_test(test_moves),
        cmocka_unit_test(test_listed_in_order), cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_beside_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
