/* SPDX-License-Identifier: MIT */
/* Many flows at once, and whole batches. */
#include "packet_merging.h"

#include <errno.h>
#include <netinet/in.h>

/* ---- flows ----------------------------------------------------------------------------- */

static void test_interleaved(void **state)
{
    enum { FLOWS = 3 };
    struct recipe flows[FLOWS] = {
        recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP),
        recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP),
        recipe(TUNIC_LAYER_IP, 6, IPPROTO_UDP),
    };

    (void)state;
    flows[1].source++;
    for (size_t i = 0; i < 30; i++) {
        size_t flow = i * 7 / 5 % FLOWS;
        add(&flows[flow]);
        flows[flow] = recipe_next(&flows[flow]);
    }
    assert_int_equal(batch->merge.group_count, FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* The third continues the first: but the second came between them. */
static void test_gap(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 6, IPPROTO_TCP);
    struct recipe third = recipe_next(&first);
    struct recipe second = recipe_next(&third);
    struct recipe other = recipe(TUNIC_LAYER_IP, 6, IPPROTO_UDP);

    (void)state;
    for (unsigned variant = 0; variant < 2; variant++) {
        add(&first);
        add(&second);
        if (variant == 1) /* so that it is not the most recent group that is looked at */
            add(&other);
        add(&third);
        add(&second);
        if (variant == 1)
            CHECK_GROUPS(1, 1, 1, 2);
        else
            CHECK_GROUPS(1, 1, 2);
    }
}

/* More flows than there are entries: nothing is lost, and all stay in order. */
static void test_many_flows(void **state)
{
    enum { FLOWS = 2 * TUNIC_MERGE_FLOWS };

    (void)state;
    for (uint32_t i = 0; i < 3 * FLOWS; i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
        next.source = (uint16_t)(i % FLOWS * 5);
        next.sequence = i / FLOWS * 100;
        next.identification = (uint16_t)(i / FLOWS);
        add(&next);
    }
    assert_in_range(batch->merge.group_count, FLOWS, 3 * FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* So few that most of them find an entry for themselves. */
static void test_some_flows(void **state)
{
    enum { FLOWS = TUNIC_MERGE_FLOWS / 8, ROUNDS = 10 };

    (void)state;
    for (uint32_t i = 0; i < ROUNDS * FLOWS; i++) {
        struct recipe next = recipe(TUNIC_LAYER_IP, i & 1 ? 4 : 6, IPPROTO_UDP);
        next.host = (uint8_t)(i % FLOWS);
        next.identification = (uint16_t)(i / FLOWS);
        add(&next);
    }
    assert_in_range(batch->merge.group_count, FLOWS, 2 * FLOWS);
    assert_null(batch_check(batch));
    batch_reset(batch);
}

/* ---- batches --------------------------------------------------------------------------- */

static void test_full(void **state)
{
    struct recipe next = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);

    (void)state;
    next.payload = 10;
    for (size_t i = 0; i < TUNIC_MERGE_PACKETS; i++, next = recipe_next(&next))
        add(&next);
    size_t length = recipe_build(&next, packet);
    assert_int_equal(batch_add(batch, packet, length), -ENOSPC);
    CHECK_GROUPS(TUNIC_MERGE_PACKETS);
    add(&next); /* there is room again, and nothing to join */
    CHECK_GROUPS(1);
}

static void test_refused(void **state)
{
    struct recipe first = recipe(TUNIC_LAYER_IP, 4, IPPROTO_TCP);
    size_t length = recipe_build(&first, packet);

    (void)state;
    assert_int_equal(batch_add(batch, packet, 0), -EBADMSG);
    assert_int_equal(batch_add(batch, packet, length - 1), -EBADMSG);
    assert_int_equal(tunic_merge_add(&batch->merge, packet, TUNIC_PACKET_MOST + 1), -EBADMSG);
    packet[0] = 0x55;
    assert_int_equal(batch_add(batch, packet, length), -EBADMSG);
    assert_int_equal(batch->merge.packet_count, 0);
    assert_int_equal(batch->merge.group_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGING_TEST(test_interleaved), MERGING_TEST(test_gap),  MERGING_TEST(test_many_flows),
        MERGING_TEST(test_some_flows),  MERGING_TEST(test_full), MERGING_TEST(test_refused),
    };

    return cmocka_run_group_tests_name("merging of flows", tests, merging_begin, merging_end);
}
