/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "packet/packet.h"

#include <errno.h>

static ssize_t length_of(uint8_t first, uint8_t second, size_t length)
{
    const uint8_t stream[] = {first, second};

    return tunic_frame_length(stream, length);
}

static void test_big_endian(void **state)
{
    (void)state;
    assert_int_equal(length_of(0, 1, 2), 1);
    assert_int_equal(length_of(1, 0, 2), 256);
    assert_int_equal(length_of(0x12, 0x34, 2), 0x1234);
    assert_int_equal(length_of(0xff, 0xff, 2), 65535);
}

static void test_the_packet_need_not_be_there(void **state)
{
    const uint8_t stream[] = {0, 5, 1, 2};

    (void)state;
    assert_int_equal(tunic_frame_length(stream, 2), 5);
    assert_int_equal(tunic_frame_length(stream, 4), 5);
}

static void test_too_little_to_tell(void **state)
{
    (void)state;
    assert_int_equal(length_of(0, 0, 0), 0);
    assert_int_equal(length_of(0, 0, 1), 0);
    assert_int_equal(length_of(1, 1, 1), 0);
}

static void test_none_is_empty(void **state)
{
    (void)state;
    assert_int_equal(length_of(0, 0, 2), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_the_packet_need_not_be_there),
        cmocka_unit_test(test_too_little_to_tell),
        cmocka_unit_test(test_none_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
