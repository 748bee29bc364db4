/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/base.h"

#include <errno.h>

enum { UNTOUCHED = 4711 };

static void test_whole_words(void **state)
{
    static const struct {
        const char *word;
        uint64_t minimum;
        uint64_t maximum;
        int result;
        uint64_t number;
    } rows[] = {
        {"0", 0, 0, 0, 0},
        {"7", 0, 9, 0, 7},
        {"007", 0, 9, 0, 7},
        {"68", 68, 65535, 0, 68},
        {"67", 68, 65535, -ERANGE, 0},
        {"65535", 68, 65535, 0, 65535},
        {"65536", 68, 65535, -ERANGE, 0},
        {"4294967295", 0, UINT32_MAX, 0, UINT32_MAX},
        {"4294967296", 0, UINT32_MAX, -ERANGE, 0},
        {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
        /* One more, and a number that comes out small where it wraps. */
        {"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
        {"36893488147419103233", 0, 10, -ERANGE, 0},
        {"99999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
        /* Not numbers, whatever their size. */
        {"", 0, 9, -EINVAL, 0},
        {" 7", 0, 9, -EINVAL, 0},
        {"7 ", 0, 9, -EINVAL, 0},
        {"+7", 0, 9, -EINVAL, 0},
        {"-1", 0, UINT64_MAX, -EINVAL, 0},
        {"-0", 0, 9, -EINVAL, 0},
        {"0x7", 0, 9, -EINVAL, 0},
        {"1e3", 0, UINT64_MAX, -EINVAL, 0},
        {"7.", 0, 9, -EINVAL, 0},
        {"7/", 0, 9, -EINVAL, 0}, /* the bytes next to the digits */
        {"7:", 0, 9, -EINVAL, 0},
        {"\xB2", 0, 9, -EINVAL, 0}, /* a digit in another character set */
        {"99999999999999999999999999x", 0, UINT64_MAX, -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        uint64_t number = UNTOUCHED;
        int result = tunic_number_parse(rows[i].word, rows[i].minimum, rows[i].maximum, &number);
        if (result != rows[i].result)
            fail_msg("'%s': %d", rows[i].word, result);
        assert_int_equal(number, result == 0 ? rows[i].number : UNTOUCHED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_words),
    };

    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
