/* SPDX-License-Identifier: MIT */
/* Which counters are accepted, beside a model that remembers every one; and messages made. */
#include "unit.h"

#include "wireguard/session.h"

#include <stdlib.h>

enum { WINDOW = TUNIC_REPLAY_BITS - 64, MODEL = 1 << 16 };

/* ---- a model --------------------------------------------------------------------------- */

static struct {
    uint64_t seen[MODEL];
    size_t count;
    uint64_t highest;
    bool any;
} model;

static bool model_accept(uint64_t counter)
{
    if (counter >= TUNIC_REJECT_AFTER_MESSAGES)
        return false;
    if (model.any && counter < model.highest && model.highest - counter > WINDOW)
        return false;
    for (size_t i = model.count; i > 0; i--)
        if (model.seen[i - 1] == counter)
            return false;
    assert_true(model.count < MODEL);
    model.seen[model.count++] = counter;
    if (!model.any || counter > model.highest)
        model.highest = counter;
    model.any = true;
    return true;
}

static uint64_t random_state;

static uint64_t dice(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Counters as networks bring them: near the highest, at the window's edges, far ahead. */
static uint64_t next_counter(uint64_t highest, uint64_t reach)
{
    switch (dice() % 8) {
    case 0:
        return highest - WINDOW + dice() % 5 - 2;
    case 1:
        return highest + dice() % reach;
    case 2:
        return highest - dice() % ((uint64_t)2 * WINDOW);
    case 3:
        return highest + 64 - dice() % 128;
    default:
        return highest + 3 - dice() % 8;
    }
}

static void as_the_model(uint64_t seed, uint64_t start, uint64_t reach)
{
    struct tunic_replay replay = {0};

    random_state = seed;
    memset(&model, 0, sizeof(model));
    uint64_t highest = start;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t counter = next_counter(highest, reach);
        /* Below zero: as far above the limit. */
        assert_int_equal(tunic_replay_accept(&replay, counter), model_accept(counter));
        if (model.any)
            highest = model.highest;
    }
}

static void model_near(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 4; seed++)
        as_the_model(seed, 0, 100);
}

static void model_far(void **state)
{
    (void)state;
    as_the_model(7, UINT64_C(1) << 40, UINT64_C(3) * WINDOW);
    as_the_model(8, 5, UINT64_C(1) << 50);
}

static void model_limit(void **state)
{
    (void)state;
    as_the_model(9, TUNIC_REJECT_AFTER_MESSAGES - 20000, 100);
}

/* ---- the window ------------------------------------------------------------------------ */

static void whole_window(void **state)
{
    struct tunic_replay replay = {0};
    const uint64_t top = 3 * TUNIC_REPLAY_BITS + 17;

    (void)state;
    assert_true(tunic_replay_accept(&replay, top));
    for (uint64_t below = 1; below <= WINDOW; below++)
        assert_true(tunic_replay_accept(&replay, top - below));
    assert_false(tunic_replay_accept(&replay, top - WINDOW - 1));
    for (uint64_t below = 0; below <= WINDOW; below++)
        assert_false(tunic_replay_accept(&replay, top - below));
}

static void jumps(void **state)
{
    struct tunic_replay replay = {0};

    (void)state;
    assert_true(tunic_replay_accept(&replay, 0));
    assert_false(tunic_replay_accept(&replay, 0));
    for (unsigned bits = 1; bits < 63; bits++) {
        uint64_t counter = UINT64_C(1) << bits;
        assert_true(tunic_replay_accept(&replay, counter));
        assert_false(tunic_replay_accept(&replay, counter));
        /* What a jump left behind was not seen. */
        assert_true(tunic_replay_accept(&replay, counter + TUNIC_REPLAY_BITS));
        assert_true(tunic_replay_accept(&replay, counter + TUNIC_REPLAY_BITS - 1));
        assert_false(tunic_replay_accept(&replay, counter + TUNIC_REPLAY_BITS));
        memset(&replay, 0, sizeof(replay));
    }
}

static void last_counter(void **state)
{
    struct tunic_replay replay = {0};

    (void)state;
    assert_false(tunic_replay_accept(&replay, UINT64_MAX));
    assert_false(tunic_replay_accept(&replay, TUNIC_REJECT_AFTER_MESSAGES));
    assert_true(tunic_replay_accept(&replay, TUNIC_REJECT_AFTER_MESSAGES - 1));
    assert_false(tunic_replay_accept(&replay, TUNIC_REJECT_AFTER_MESSAGES - 1));
    assert_true(tunic_replay_accept(&replay, TUNIC_REJECT_AFTER_MESSAGES - 1 - WINDOW));
    assert_false(tunic_replay_accept(&replay, 0));
}

/* ---- messages -------------------------------------------------------------------------- */

static void sealed(void **state)
{
    struct tunic_session session = {.counter = UINT64_C(0x1122334455667788),
                                    .remote_index = 0xa1b2c3d4};
    const uint8_t header[TUNIC_DATA_HEADER] = {4,    0,    0,    0,    0xd4, 0xc3, 0xb2, 0xa1,
                                               0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    uint8_t message[TUNIC_DATA_OVERHEAD + 32];
    struct tunic_packet_job job;

    (void)state;
    memset(message, 0xee, sizeof(message));
    assert_int_equal(tunic_session_seal(&session, message, 19, 32, &job), sizeof(message));
    assert_memory_equal(message, header, sizeof(header));
    for (size_t i = 0; i < 32 + TUNIC_TAG_SIZE; i++)
        assert_int_equal(message[TUNIC_DATA_HEADER + i], i < 19 || i >= 32 ? 0xee : 0);
    assert_ptr_equal(job.key, &session.send);
    assert_ptr_equal(job.text, message + TUNIC_DATA_HEADER);
    assert_int_equal(job.length, 32);
    assert_int_equal(job.counter, UINT64_C(0x1122334455667788));
    assert_int_equal(session.counter, UINT64_C(0x1122334455667789));
}

static void used_up(void **state)
{
    struct tunic_session session = {.counter = TUNIC_REJECT_AFTER_MESSAGES - 1};
    uint8_t message[TUNIC_DATA_OVERHEAD];
    struct tunic_packet_job job;

    (void)state;
    assert_int_equal(tunic_session_seal(&session, message, 0, 0, &job), sizeof(message));
    assert_int_equal(job.counter, TUNIC_REJECT_AFTER_MESSAGES - 1);
    assert_int_equal(tunic_session_seal(&session, message, 0, 0, &job), 0);
    assert_int_equal(session.counter, TUNIC_REJECT_AFTER_MESSAGES);
}

static void types(void **state)
{
    static const struct {
        size_t length;
        size_t most;
    } known[] = {{148, 148}, {92, 92}, {64, 64}, {32, 300}};
    uint8_t message[300] = {0};

    (void)state;
    for (uint32_t type = 0; type < 6; type++) {
        for (size_t length = 0; length <= sizeof(message); length++) {
            bool right = type >= 1 && type <= 4 && length >= known[type - 1].length &&
                         length <= known[type - 1].most;
            tunic_put32(message, type);
            assert_int_equal(tunic_wireguard_message_type(message, length), right ? type : 0);
            /* The three bytes behind the type belong to it. */
            for (unsigned i = 1; i < 4; i++) {
                tunic_put32(message, type | UINT32_C(1) << 8 * i);
                assert_int_equal(tunic_wireguard_message_type(message, length), 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_near),   cmocka_unit_test(model_far), cmocka_unit_test(model_limit),
        cmocka_unit_test(whole_window), cmocka_unit_test(jumps),     cmocka_unit_test(last_counter),
        cmocka_unit_test(sealed),       cmocka_unit_test(used_up),   cmocka_unit_test(types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
