/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "relay/stage.h"

#include <string.h>

enum { MOST = 1420 };

static bool put(struct tunic_stage *stage, struct tunic_stage_queue *queue, uint16_t length,
                uint8_t mark)
{
    static uint8_t bytes[MOST + 1];
    struct tunic_packet packet = {.head = bytes, .head_length = length, .traffic_class = mark & 3};

    memset(bytes, mark, sizeof(bytes));
    return tunic_stage_put(stage, queue, &packet);
}

static void check_first(const struct tunic_stage_queue *queue, uint16_t length, uint8_t mark)
{
    struct tunic_packet packet;

    assert_true(tunic_stage_first(queue, &packet));
    assert_int_equal(packet.head_length, length);
    assert_int_equal(packet.traffic_class, mark & 3);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(packet.head[i], mark);
}

static size_t count_free(const struct tunic_stage *stage)
{
    size_t count = 0;

    for (const struct tunic_staged *place = stage->free; place; place = place->next)
        count++;
    return count;
}

static void test_order(void **state)
{
    struct tunic_stage stage;
    struct tunic_stage_queue queue = {0};
    struct tunic_packet packet;

    (void)state;
    assert_int_equal(tunic_stage_open(&stage, MOST), 0);
    assert_false(tunic_stage_first(&queue, &packet));
    for (uint8_t i = 1; i <= 10; i++)
        assert_true(put(&stage, &queue, (uint16_t)(i * 100), i));
    for (uint8_t i = 1; i <= 10; i++) {
        check_first(&queue, (uint16_t)(i * 100), i);
        tunic_stage_drop_first(&stage, &queue);
    }
    assert_int_equal(queue.count, 0);
    assert_int_equal(count_free(&stage), stage.places);
    tunic_stage_close(&stage);
}

static void test_share(void **state)
{
    struct tunic_stage stage;
    struct tunic_stage_queue queue = {0};

    (void)state;
    assert_int_equal(tunic_stage_open(&stage, MOST), 0);
    for (size_t i = 0; i < TUNIC_STAGE_SHARE; i++)
        assert_true(put(&stage, &queue, 10, (uint8_t)i));
    assert_false(put(&stage, &queue, 10, 200)); /* the oldest made room */
    assert_int_equal(queue.count, TUNIC_STAGE_SHARE);
    check_first(&queue, 10, 1);
    assert_int_equal(tunic_stage_drop(&stage, &queue), TUNIC_STAGE_SHARE);
    assert_int_equal(count_free(&stage), stage.places);
    tunic_stage_close(&stage);
}

static void test_too_large(void **state)
{
    struct tunic_stage stage;
    struct tunic_stage_queue queue = {0};

    (void)state;
    assert_int_equal(tunic_stage_open(&stage, MOST), 0);
    assert_true(put(&stage, &queue, MOST, 1));
    assert_false(put(&stage, &queue, MOST + 1, 2));
    assert_int_equal(queue.count, 1);
    check_first(&queue, MOST, 1);
    tunic_stage_close(&stage);
}

/* Others hold every place: who has none of them gets none, who has some gives his oldest up. */
static void test_all_taken(void **state)
{
    enum { QUEUES = 64 };
    struct tunic_stage stage;
    struct tunic_stage_queue queues[QUEUES] = {0};
    struct tunic_stage_queue late = {0};

    (void)state;
    assert_int_equal(tunic_stage_open(&stage, MOST), 0);
    for (size_t i = 0; count_free(&stage) > 0; i++)
        assert_true(put(&stage, &queues[i % QUEUES], 10, (uint8_t)(i / QUEUES)));
    assert_false(put(&stage, &late, 10, 1));
    assert_int_equal(late.count, 0);
    uint16_t before = queues[0].count;
    assert_false(put(&stage, &queues[0], 10, 100));
    assert_int_equal(queues[0].count, before);
    check_first(&queues[0], 10, 1);
    tunic_stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_all_taken),
    };

    return cmocka_run_group_tests_name("relay_stage", tests, NULL, NULL);
}
