/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that runs out -------------------------------------------------------------- */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool out_of_memory;

void *__wrap_realloc(void *memory, size_t size)
{
    return out_of_memory ? NULL : __real_realloc(memory, size);
}

/* ---- growing --------------------------------------------------------------------------- */

static void test_grows(void **state)
{
    struct tunic_text text = {0};
    size_t length = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        tunic_text_add(&text, "%d,", i);
        length += (size_t)snprintf(NULL, 0, "%d,", i);
        assert_int_equal(text.length, length);
        assert_int_equal(strlen(text.text), length);
        assert_true(text.capacity > text.length);
    }
    assert_false(text.failed);
    assert_memory_equal(text.text, "0,1,2,3,", 8);
    assert_string_equal(text.text + length - 4, "999,");
    tunic_text_clear(&text);
    assert_int_equal(text.length, 0);
    assert_string_equal(text.text, "");
    tunic_text_free(&text);
    assert_null(text.text);
    assert_int_equal(text.capacity, 0);
}

/* Each length around the first capacity, so that the NUL never falls outside. */
static void test_grows_at_the_edge(void **state)
{
    char bytes[600];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t length = 250; length < 520; length++) {
        struct tunic_text text = {0};
        tunic_text_add_bytes(&text, bytes, length);
        assert_int_equal(strlen(text.text), length);
        tunic_text_add(&text, "%s", "");
        tunic_text_add_bytes(&text, "", 0);
        assert_int_equal(text.length, length);
        tunic_text_free(&text);
    }
}

static void test_bytes_with_nul(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    tunic_text_clear(&text); /* of nothing: no harm */
    assert_null(text.text);
    tunic_text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.text, "a\0b", 4);
    tunic_text_free(&text);
    tunic_text_free(&text);
}

static void test_memory_runs_out(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    tunic_text_add(&text, "kept");
    out_of_memory = true;
    tunic_text_add(&text, "%0*d", 1000, 0);
    out_of_memory = false;
    assert_true(text.failed);
    assert_string_equal(text.text, "kept");
    /* Later writes do nothing, even where there is room. */
    tunic_text_add(&text, "x");
    tunic_text_add_bytes(&text, "x", 1);
    assert_string_equal(text.text, "kept");
    assert_int_equal(text.length, 4);
    tunic_text_free(&text);
    assert_false(text.failed);

    tunic_text_add_bytes(&text, "x", SIZE_MAX / 2); /* refused before anything is read */
    assert_true(text.failed);
    assert_null(text.text);
    tunic_text_free(&text);
}

/* ---- UTF-8 ----------------------------------------------------------------------------- */

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {
        {"", 0},
        {"a", 1},
        {"\x7F", 1},
        {"\x80", 0}, /* a continuation alone */
        {"\xBF", 0},
        {"\xC2\x80", 2}, /* the smallest of each length, and the overlong form below it */
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0},
        {"\xDF\xBF", 2},
        {"\xE0\xA0\x80", 3},
        {"\xE0\x9F\xBF", 0},
        {"\xED\x9F\xBF", 3}, /* around the surrogates */
        {"\xED\xA0\x80", 0},
        {"\xED\xBF\xBF", 0},
        {"\xEE\x80\x80", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF4\x8F\xBF\xBF", 4}, /* U+10FFFF, and one more */
        {"\xF4\x90\x80\x80", 0},
        {"\xF7\xBF\xBF\xBF", 0},
        {"\xF9\x80\x80\x80", 0},
        {"\xF8\x88\x80\x80\x80", 0},
        {"\xFF", 0},
        {"\xC3", 0}, /* cut off after each byte */
        {"\xE2\x82", 0},
        {"\xF0\x9F\x98", 0},
        {"\xC3(", 0}, /* another byte where one must continue */
        {"\xE2\x28\xA1", 0},
        {"\xE2\x82\x28", 0},
        {"\xF0\x9F\x98\xC0", 0},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        if (tunic_text_utf8(rows[i].text) != rows[i].length)
            fail_msg("row %zu: %zu", i, tunic_text_utf8(rows[i].text));
}

/* ---- escaping -------------------------------------------------------------------------- */

static void test_escape(void **state)
{
    static const struct {
        const char *source;
        const char *target;
    } rows[] = {
        {"", ""},
        {"tap0 ~!\"'%s", "tap0 ~!\"'%s"},
        {"a\\b", "a\\\\b"},
        {"\x01\x1F\x7F", "\\x01\\x1f\\x7f"},
        {"\x1B[31m", "\\x1b[31m"},
        {"\r\n\t", "\\x0d\\x0a\\x09"},
        {"J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80",
         "J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"\xFF\xC3", "\\xff\\xc3"},
        {"\xC3(", "\\xc3("},
        {"\xC0\xAF", "\\xc0\\xaf"},
        {"\xC2\x9B"
         "31m",
         "\\xc2\\x9b"
         "31m"}, /* a C1 control: CSI */
        {"\xC2\xA0", "\xC2\xA0"},
        /* What turns the direction of the text around, or cannot be seen. */
        {"\xE2\x80\xAEx", "\\xe2\\x80\\xaex"},
        {"\xE2\x80\xA8", "\\xe2\\x80\\xa8"},
        {"\xE2\x80\x8B", "\\xe2\\x80\\x8b"},
        {"\xE2\x80\x8A", "\xE2\x80\x8A"},
        {"\xE2\x80\xAF", "\xE2\x80\xAF"},
        {"\xE2\x81\xA6", "\\xe2\\x81\\xa6"},
        {"\xE2\x81\xAF", "\\xe2\\x81\\xaf"},
        {"\xD8\x9C", "\\xd8\\x9c"},
        {"\xD8\x9D", "\xD8\x9D"},
        {"\xEF\xBB\xBF", "\\xef\\xbb\\xbf"},
        {"\xF3\xA0\x81\x81", "\\xf3\\xa0\\x81\\x81"}, /* a tag: an unseen letter */
        {"\xC2\x9F\xC2\x80", "\\xc2\\x9f\\xc2\\x80"},
    };
    char target[64];

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        tunic_text_escape(target, sizeof(target), rows[i].source);
        assert_string_equal(target, rows[i].target);
    }
}

static void test_escape_cuts(void **state)
{
    static const struct {
        const char *source;
        size_t size;
        const char *target;
    } rows[] = {
        {"abc", 4, "abc"},
        {"abcd", 4, "..."},
        {"abcdefgh", 8, "abcd..."},
        {"abcdefg", 8, "abcdefg"},
        {"abcd", 3, "ab"}, /* no room to say that it is cut */
        {"abcd", 1, ""},
        {"abc\xE2\x82\xAC", 7, "abc\xE2\x82\xAC"},
        {"abc\xE2\x82\xAC", 6, "ab..."}, /* never inside a sequence */
        {"ab\x01\x01", 10, "ab\\x01..."},
        {"ab\x01\x01", 9, "ab..."},
        {"abcd\\\\\\", 8, "abcd..."}, /* never inside an escape */
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        char target[16];
        memset(target, '#', sizeof(target));
        tunic_text_escape(target, rows[i].size, rows[i].source);
        assert_string_equal(target, rows[i].target);
        for (size_t k = rows[i].size; k < sizeof(target); k++)
            assert_int_equal(target[k], '#');
    }
    char untouched = '#';
    tunic_text_escape(&untouched, 0, "abc");
    assert_int_equal(untouched, '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),          cmocka_unit_test(test_grows_at_the_edge),
        cmocka_unit_test(test_bytes_with_nul), cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_utf8),           cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_cuts),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
