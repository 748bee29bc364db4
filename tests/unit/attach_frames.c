/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "attach/frames.h"

#include <errno.h>
#include <string.h>

static struct tunic_frames_in in;
static struct tunic_frames_out out;

/* ---- that come ------------------------------------------------------------------------- */

static struct {
    size_t count;
    size_t enough; /* packets after which it takes no more; 0: it takes all */
    size_t lengths[64];
    uint8_t firsts[64];
    uint8_t lasts[64];
} taken;

static void begin(void)
{
    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));
    memset(&taken, 0, sizeof(taken));
}

static bool take(void *closure, const uint8_t *packet, size_t length)
{
    assert_ptr_equal(closure, &taken);
    assert_in_range(length, 1, TUNIC_PACKET_MOST);
    taken.lengths[taken.count] = length;
    taken.firsts[taken.count] = packet[0];
    taken.lasts[taken.count] = packet[length - 1];
    return ++taken.count != taken.enough;
}

static int came(const void *bytes, size_t length)
{
    size_t room;
    uint8_t *place = tunic_frames_room(&in, &room);

    assert_in_range(room, length, sizeof(in.bytes));
    memcpy(place, bytes, length);
    return tunic_frames_came(&in, length, take, &taken);
}

static const uint8_t three[] = {0, 1, 'a', 0, 3, 'b', 'c', 'd', 0, 2, 'e', 'f'};

static void check_three(void)
{
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.lengths[0], 1);
    assert_int_equal(taken.lengths[1], 3);
    assert_int_equal(taken.lengths[2], 2);
    assert_memory_equal(taken.firsts, "abe", 3);
    assert_memory_equal(taken.lasts, "adf", 3);
    assert_int_equal(in.held, 0);
}

static void test_several_at_once(void **state)
{
    (void)state;
    begin();
    assert_int_equal(came(three, sizeof(three)), 0);
    check_three();
}

static void test_cut_anywhere(void **state)
{
    static const size_t wholes[sizeof(three) + 1] = {
        [3] = 3, 3, 3, 3, 3, [8] = 8, 8, 8, 8, [12] = 12};

    (void)state;
    for (size_t cut = 0; cut <= sizeof(three); cut++) {
        begin();
        assert_int_equal(came(three, cut), 0);
        assert_int_equal(in.held, cut - wholes[cut]);
        assert_int_equal(came(three + cut, sizeof(three) - cut), 0);
        check_three();
    }
}

static void test_one_byte_at_once(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < sizeof(three); i++)
        assert_int_equal(came(three + i, 1), 0);
    check_three();
}

static void test_the_largest_ones(void **state)
{
    static uint8_t large[TUNIC_FRAME_MOST] = {0xff, 0xff, 'x'};

    (void)state;
    begin();
    large[sizeof(large) - 1] = 'y';
    for (int i = 0; i < 8; i++) { /* more than there is room for, and none begins where one did */
        assert_int_equal(came(large, 40000), 0);
        assert_int_equal(in.held, 40000);
        assert_int_equal(came(large + 40000, sizeof(large) - 40000), 0);
        assert_int_equal(in.held, 0);
    }
    assert_int_equal(taken.count, 8);
    assert_int_equal(taken.lengths[7], 65535);
    assert_int_equal(taken.firsts[7], 'x');
    assert_int_equal(taken.lasts[7], 'y');
}

static void test_room_is_always_left(void **state)
{
    static const uint8_t large[TUNIC_FRAME_MOST - 1] = {0xff, 0xff};
    size_t room;

    (void)state;
    begin();
    (void)tunic_frames_room(&in, &room);
    assert_int_equal(room, sizeof(in.bytes));
    assert_int_equal(came(large, sizeof(large)), 0);
    assert_int_equal(taken.count, 0);
    assert_ptr_equal(tunic_frames_room(&in, &room), in.bytes + sizeof(large));
    assert_int_equal(room, sizeof(in.bytes) - sizeof(large));
    assert_true(room >= 65536); /* a read of a full pipe */
}

static void test_what_is_no_frame(void **state)
{
    const uint8_t bytes[] = {0, 1, 'a', 0, 2, 'b', 'c', 0, 0, 0, 1, 'd'};

    (void)state;
    begin();
    assert_int_equal(came(bytes, 8), 0);
    assert_int_equal(in.held, 1);
    assert_int_equal(came(bytes + 8, 4), -EBADMSG);
    assert_int_equal(taken.count, 2);
    begin();
    assert_int_equal(came(bytes, sizeof(bytes)), -EBADMSG);
    assert_int_equal(taken.count, 2);
    assert_memory_equal(taken.firsts, "ab", 2);
}

static void test_that_is_enough(void **state)
{
    (void)state;
    begin();
    taken.enough = 2;
    assert_int_equal(came(three, sizeof(three)), 0);
    assert_int_equal(taken.count, 2);
}

/* ---- that go --------------------------------------------------------------------------- */

static void check_iovec(struct iovec found, const void *base, size_t length)
{
    assert_ptr_equal(found.iov_base, base);
    assert_int_equal(found.iov_len, length);
}

static void test_frames_as_bytes(void **state)
{
    static const uint8_t large[65535] = {'x'};

    (void)state;
    begin();
    tunic_frames_add(&out, three + 2, 1);
    tunic_frames_add(&out, three + 5, 3);
    tunic_frames_add(&out, three + 10, 2);
    check_iovec(tunic_frames_waiting(&out), out.bytes, sizeof(three));
    assert_memory_equal(out.bytes, three, sizeof(three));
    tunic_frames_add(&out, large, sizeof(large));
    assert_memory_equal(out.bytes + sizeof(three), "\xff\xffx", 3);
    check_iovec(tunic_frames_waiting(&out), out.bytes, sizeof(three) + TUNIC_FRAME_MOST);
}

static void test_told_once_they_are_whole(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof(three); cut++) {
        size_t whole = cut < 3 ? 0 : cut < 8 ? 3 : 8;
        size_t end = cut == 0 || cut == 3 || cut == 8 ? cut : cut < 3 ? 3 : cut < 8 ? 8 : 12;
        begin();
        tunic_frames_add(&out, three + 2, 1);
        tunic_frames_add(&out, three + 5, 3);
        tunic_frames_add(&out, three + 10, 2);
        tunic_frames_went(&out, cut);
        if (whole >= 3)
            assert_int_equal(tunic_frames_next(&out), 1);
        if (whole >= 8)
            assert_int_equal(tunic_frames_next(&out), 3);
        assert_int_equal(tunic_frames_next(&out), 0);
        check_iovec(tunic_frames_rest(&out), out.bytes + cut, end - cut);
        check_iovec(tunic_frames_waiting(&out), out.bytes + cut, sizeof(three) - cut);
        tunic_frames_went(&out, sizeof(three) - cut);
        if (whole < 3)
            assert_int_equal(tunic_frames_next(&out), 1);
        if (whole < 8)
            assert_int_equal(tunic_frames_next(&out), 3);
        assert_int_equal(tunic_frames_next(&out), 2);
        assert_int_equal(tunic_frames_next(&out), 0);
        assert_int_equal(out.filled, 0);
        check_iovec(tunic_frames_rest(&out), out.bytes, 0);
    }
}

static void test_rest_before_anything_is_told(void **state)
{
    (void)state;
    begin();
    tunic_frames_add(&out, three + 2, 1);
    tunic_frames_add(&out, three + 5, 3);
    tunic_frames_went(&out, 4);
    check_iovec(tunic_frames_rest(&out), out.bytes + 4, 4);
}

static void test_room_for_the_largest(void **state)
{
    static const uint8_t large[65535];
    size_t count = 0;

    (void)state;
    begin();
    for (; tunic_frames_fit(&out); count++)
        tunic_frames_add(&out, large, sizeof(large));
    assert_int_equal(count, TUNIC_FRAMES_ROOM / TUNIC_FRAME_MOST);
    assert_in_range(out.filled, 1, sizeof(out.bytes));
    tunic_frames_went(&out, out.filled - 1);
    while (tunic_frames_next(&out) > 0)
        count--;
    assert_int_equal(count, 1);
    assert_false(tunic_frames_fit(&out)); /* the rest is kept where it is */
    tunic_frames_went(&out, 1);
    assert_int_equal(tunic_frames_next(&out), 65535);
    assert_int_equal(tunic_frames_next(&out), 0);
    assert_true(tunic_frames_fit(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_one_byte_at_once),
        cmocka_unit_test(test_the_largest_ones),
        cmocka_unit_test(test_room_is_always_left),
        cmocka_unit_test(test_what_is_no_frame),
        cmocka_unit_test(test_that_is_enough),
        cmocka_unit_test(test_frames_as_bytes),
        cmocka_unit_test(test_told_once_they_are_whole),
        cmocka_unit_test(test_rest_before_anything_is_told),
        cmocka_unit_test(test_room_for_the_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
