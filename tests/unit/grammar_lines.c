/* SPDX-License-Identifier: MIT */
/* Words from a file: what is read, what is refused, and that what is written is read again. */
#include "unit.h"

#include "grammar/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    FILE *file;
    struct tunic_lines lines;
    struct tunic_line line;
    struct tunic_error error;
};

static void reader_begin(struct reader *reader, const char *text, size_t length)
{
    *reader = (struct reader){.file = tmpfile()};
    assert_non_null(reader->file);
    assert_int_equal(fwrite(text, 1, length, reader->file), length);
    rewind(reader->file);
}

static int next(struct reader *reader)
{
    return tunic_lines_next(&reader->lines, reader->file, &reader->line, &reader->error);
}

static void reader_end(struct reader *reader)
{
    tunic_lines_free(&reader->lines);
    (void)fclose(reader->file);
}

/* ---- reading --------------------------------------------------------------------------- */

/* `words`: those of the only line that has any, with '|' between them. */
static void check_words(const char *text, size_t number, const char *words)
{
    struct reader reader;
    struct tunic_text read = {0};

    reader_begin(&reader, text, strlen(text));
    assert_int_equal(next(&reader), 1);
    assert_int_equal(reader.line.number, number);
    for (size_t i = 0; i < reader.line.count; i++)
        tunic_text_add(&read, "%s%s", i ? "|" : "", reader.line.words[i]);
    assert_string_equal(read.text ? read.text : "", words);
    assert_int_equal(next(&reader), 0);
    tunic_text_free(&read);
    reader_end(&reader);
}

static void test_words(void **state)
{
    (void)state;
    check_words("a b\tc", 1, "a|b|c");
    check_words(" \t a  b \n", 1, "a|b");
    check_words("\n  \n# c\n\t#\na", 5, "a");
    check_words("a #b c", 1, "a");
    check_words("a#b c#", 1, "a#b|c#");
    check_words("\"a b\" \"\" \"#\"", 1, "a b||#");
    check_words("a\"b c\"d", 1, "ab cd");
    check_words("\"\\\"\\\\\\n\"", 1, "\"\\\\n");
    check_words("a\\b \\c", 1, "a\\b|\\c");
    check_words("a\\\nb", 1, "a|b");
    check_words("\n\"a\\\nb\" \\\n\n", 2, "a b");
    check_words("a\\\\\n", 1, "a\\\\");
    check_words("a b\r\n", 1, "a|b");
    check_words("a \\\r\nb\r\n", 1, "a|b");
    check_words("a\rb", 1, "a\rb");
    check_words("a\\", 1, "a");
}

static void test_several(void **state)
{
    static const char text[] = "one\n\ntwo \\\n  more\n#\nthree";
    struct reader reader;

    (void)state;
    reader_begin(&reader, text, strlen(text));
    assert_int_equal(next(&reader), 1);
    assert_string_equal(reader.line.words[0], "one");
    assert_int_equal(next(&reader), 1);
    assert_int_equal(reader.line.number, 3);
    assert_int_equal(reader.line.count, 2);
    assert_int_equal(next(&reader), 1);
    assert_int_equal(reader.line.number, 6);
    assert_int_equal(next(&reader), 0);
    assert_int_equal(next(&reader), 0);
    reader_end(&reader);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *action;
    } rows[] = {
        {"a\nb \"c d\n", 9, "a '\"' is not closed"},
        {"a\n\"\\\"\n", 6, "a '\"' is not closed"},
        {"a\nb\0c\n", 6, "it holds a NUL byte"},
        {"a\nb\\\n\0", 6, "it holds a NUL byte"},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        struct reader reader;
        reader_begin(&reader, rows[i].text, rows[i].length);
        assert_int_equal(next(&reader), 1);
        assert_int_equal(next(&reader), -EINVAL);
        assert_int_equal(reader.line.number, 2);
        assert_int_equal(reader.error.reason, TUNIC_USAGE);
        assert_string_equal(reader.error.action, rows[i].action);
        reader_end(&reader);
    }
}

static void test_length(void **state)
{
    enum { LONGEST = 1 << 20 };
    struct reader reader;
    char *text = malloc(LONGEST + 1);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', LONGEST + 1);
    reader_begin(&reader, text, LONGEST);
    assert_int_equal(next(&reader), 1);
    assert_int_equal(strlen(reader.line.words[0]), LONGEST);
    reader_end(&reader);
    reader_begin(&reader, text, LONGEST + 1);
    assert_int_equal(next(&reader), -EINVAL);
    assert_string_equal(reader.error.action, "it is longer than 1 MiB");
    reader_end(&reader);
    free(text);
}

/* ---- writing --------------------------------------------------------------------------- */

/* Written between two others it is read as it was. */
static void check_word(const char *word)
{
    struct tunic_text text = {0};
    struct reader reader;

    tunic_text_add(&text, "before ");
    tunic_line_add(&text, word);
    tunic_text_add(&text, " ");
    tunic_line_add(&text, word);
    tunic_text_add(&text, "\n");
    assert_false(text.failed);
    reader_begin(&reader, text.text, text.length);
    assert_int_equal(next(&reader), 1);
    assert_int_equal(reader.line.count, 3);
    assert_string_equal(reader.line.words[1], word);
    assert_string_equal(reader.line.words[2], word);
    assert_int_equal(next(&reader), 0);
    reader_end(&reader);
    tunic_text_free(&text);
}

static bool is_line_break(int byte)
{
    return byte == '\n' || byte == '\r';
}

static void test_written(void **state)
{
    static const char *const words[] = {
        "",     "a",    " ",   "  a  ", "#",    "a#", "\"",  "\\",
        "\\\\", "\\\"", "a\\", "\"a\"", "a\tb", "'",  "Zoë",
    };
    char word[3] = "";

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(words); i++)
        check_word(words[i]);
    for (int first = 1; first < 256; first++)
        for (int second = 0; second < 256; second += first % 16 == 2 ? 1 : 17) {
            word[0] = (char)first;
            word[1] = (char)second;
            if (!is_line_break(first) && !is_line_break(second))
                check_word(word);
        }
}

static void test_plain(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    tunic_line_add(&text, "plain");
    tunic_line_add(&text, "");
    tunic_line_add(&text, "two words");
    tunic_line_add(&text, "a\"\\");
    assert_string_equal(text.text, "plain\"\"\"two words\"\"a\\\"\\\\\"");
    tunic_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),   cmocka_unit_test(test_several),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_length),
        cmocka_unit_test(test_written), cmocka_unit_test(test_plain),
    };

    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
