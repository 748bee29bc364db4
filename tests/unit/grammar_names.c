/* SPDX-License-Identifier: MIT */
/* Where names may stand, and which words never become one. */
#include "unit.h"

#include "grammar_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table table;

static int begin(void **state)
{
    (void)state;
    table_begin(&table, TUNIC_NAMES_MANY);
    return 0;
}

static int end(void **state)
{
    (void)state;
    table_end(&table);
    return 0;
}

static void check_names(const char *expected)
{
    struct tunic_text text = {0};

    tunic_text_add(&text, "%s", "");
    for (size_t i = 0; i < table.names.count; i++)
        tunic_text_add(&text, "%s%s", i ? " " : "", table.names.names[i]);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void check_error(const char *action, const char *hint)
{
    assert_int_equal(table.error.reason, TUNIC_USAGE);
    assert_string_equal(table.error.action, action);
    assert_string_equal(table.error.hint, hint);
}

static void test_one_run(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "a", "b", "c"), 0);
    check_names("a b c");
    assert_int_equal(TABLE_PARSE(&table, "up", "a", "b", "mtu", "1400"), 0);
    check_names("a b");
    assert_int_equal(TABLE_PARSE(&table, "mtu", "1400", "a"), 0);
    check_names("a");
    assert_int_equal(TABLE_PARSE(&table, "a", "up", "b"), -EINVAL);
    check_error("unknown word 'b'", "names stand together, or each after 'dev'");
    check_names("a");
}

static void test_after_dev(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "dev", "a", "up", "name", "b", "mtu", "1400", "d", "c"),
                     0);
    check_names("a b c");
    /* Even one that is a keyword, or looks like one cut off. */
    assert_int_equal(TABLE_PARSE(&table, "dev", "up", "dev", "dev", "na", "mt", "n", "1400"), 0);
    check_names("up dev mt 1400");
    assert_int_equal(table.named[0], 0);
    assert_int_equal(TABLE_PARSE(&table, "dev", "a", "b"), -EINVAL);
    check_error("unknown word 'b'", "names stand together, or each after 'dev'");
    assert_int_equal(TABLE_PARSE(&table, "a", "dev", "b"), 0);
    check_names("a b");
    assert_int_equal(TABLE_PARSE(&table, "a", "dev", "b", "c"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "up", "dev"), -EINVAL);
    check_error("a name is missing after 'dev'", "");
}

/* Where a name may stand, a keyword that is cut off is one, unless iproute2 would take it. */
static void test_prefix_or_name(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "mt", "up"), 0);
    check_names("mt");
    assert_int_equal(TABLE_PARSE(&table, "m", "tap", "a"), 0);
    assert_int_equal(table.target.mode, 1);
    check_names("a");
    /* The run is over: now it can only be the keyword. */
    assert_int_equal(TABLE_PARSE(&table, "a", "up", "mt", "1400"), 0);
    assert_int_equal(table.target.mtu, 1400);
    check_names("a");
    assert_int_equal(TABLE_PARSE(&table, "dev", "a", "mt", "1400"), 0);
    assert_int_equal(table.target.mtu, 1400);
}

/* Inside a run a word that looks mistyped is not made an interface. */
static void test_suspect_names(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "tap0", "mtuu"), -EINVAL);
    check_error("unknown word 'mtuu'",
                "did you mean 'mtu'? An interface of this name needs 'dev' before it");
    assert_int_equal(TABLE_PARSE(&table, "tap0", "mast", "br0"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "tap0", "mut", "1400"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "tap0", "1400"), -EINVAL);
    check_error("unknown word '1400'", "an interface of this name needs 'dev' before it");
    check_names("tap0");
    /* Not the first of a run, not what has a digit, not what is far from every keyword. */
    assert_int_equal(TABLE_PARSE(&table, "mtuu", "tap0", "mtu1", "lan", "x"), 0);
    check_names("mtuu tap0 mtu1 lan x");
}

static void test_given_twice(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "a", "b", "a"), -EINVAL);
    check_error("name 'a' is given twice", "");
    assert_int_equal(TABLE_PARSE(&table, "dev", "a", "dev", "a"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "a", "dev", "a"), -EINVAL);
}

/* Among many names too, at each place around where the way of finding it changes. */
static void test_given_twice_among_many(void **state)
{
    enum { MOST = 200 };
    static char words[MOST][16];
    const char *list[MOST + 1];

    (void)state;
    for (size_t i = 0; i < MOST; i++)
        (void)snprintf(words[i], sizeof(words[i]), "vm%zu", i);
    for (size_t count = 60; count <= MOST; count += count < 70 ? 1 : 65) {
        for (size_t i = 0; i < count; i++)
            list[i] = words[i];
        list[count] = NULL;
        assert_int_equal(table_parse(&table, list), 0);
        assert_int_equal(table.names.count, count);
        assert_string_equal(table.names.names[count - 1], words[count - 1]); /* in order */
        const size_t doubles[][2] = {{0, count - 1}, {count - 2, count - 1}, {0, 1}, {62, 3}};
        for (size_t i = 0; i < TUNIC_COUNT(doubles); i++) {
            if (doubles[i][0] >= count)
                continue;
            list[doubles[i][0]] = words[doubles[i][1]];
            assert_int_equal(table_parse(&table, list), -EINVAL);
            assert_non_null(strstr(table.error.action, "is given twice"));
            list[doubles[i][0]] = words[doubles[i][0]];
        }
    }
}

static void test_one_name(void **state)
{
    (void)state;
    table.grammar.names = TUNIC_NAMES_ONE;
    assert_int_equal(TABLE_PARSE(&table, "up", "a", "mtu", "1400"), 0);
    check_names("a");
    assert_int_equal(TABLE_PARSE(&table, "a", "b"), -EINVAL);
    check_error("unknown word 'b'", "");
    assert_int_equal(TABLE_PARSE(&table, "a", "mt", "1400"), 0); /* no name may stand there */
    assert_int_equal(table.target.mtu, 1400);
    assert_int_equal(TABLE_PARSE(&table, "dev", "a", "dev", "b"), -EINVAL);
    check_error("'b' is one name too many", "");
    assert_int_equal(TABLE_PARSE(&table, "up"), -EINVAL);
    check_error("a name is missing", "");
    table.grammar.names = TUNIC_NAMES_MANY;
}

static void test_optional(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "up"), -EINVAL);
    check_error("a name is missing", "");
    table.grammar.names_optional = true;
    assert_int_equal(TABLE_PARSE(&table, "up"), 0);
    assert_int_equal(table.names.count, 0);
    table.grammar.names_optional = false;
}

static int check_name(const char *name, struct tunic_error *error)
{
    return strchr(name, '/') ? tunic_error_set(error, TUNIC_USAGE, "a slash") : 0;
}

static void test_judged(void **state)
{
    (void)state;
    table.grammar.check_name = check_name;
    assert_int_equal(TABLE_PARSE(&table, "a", "b"), 0);
    assert_int_equal(TABLE_PARSE(&table, "a", "b/c"), -EINVAL);
    check_error("a slash", "");
    assert_int_equal(TABLE_PARSE(&table, "dev", "b/c"), -EINVAL);
    check_error("a slash", "");
    table.grammar.check_name = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run),        cmocka_unit_test(test_after_dev),
        cmocka_unit_test(test_prefix_or_name), cmocka_unit_test(test_suspect_names),
        cmocka_unit_test(test_given_twice),    cmocka_unit_test(test_given_twice_among_many),
        cmocka_unit_test(test_one_name),       cmocka_unit_test(test_optional),
        cmocka_unit_test(test_judged),
    };

    return cmocka_run_group_tests_name("names", tests, begin, end);
}
