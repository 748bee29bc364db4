/* SPDX-License-Identifier: MIT */
#include "packet_merging.h"

struct batch *batch;
uint8_t packet[RECIPE_MOST];

int merging_begin(void **state)
{
    (void)state;
    batch = batch_new(TUNIC_LAYER_IP, ALL);
    return 0;
}

int merging_empty(void **state)
{
    (void)state;
    batch_reset(batch);
    tunic_merge_prepare(&batch->merge, TUNIC_LAYER_IP, ALL);
    return 0;
}

int merging_end(void **state)
{
    (void)state;
    batch_free(batch);
    return 0;
}

void add(const struct recipe *recipe)
{
    size_t length = recipe_build(recipe, packet);

    assert_int_equal(batch_add(batch, packet, length), 0);
}

void check_groups(const size_t *counts, size_t count)
{
    assert_int_equal(batch->merge.group_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(batch->merge.groups[i].count, counts[i]);
    const char *wrong = batch_check(batch);
    if (wrong)
        fail_msg("%s", wrong);
    batch_reset(batch);
}
