/* SPDX-License-Identifier: MIT */
/* The texts that come from the tables, and the nearest word. */
#include "unit.h"

#include "grammar_table.h"

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

/* ---- usage ----------------------------------------------------------------------------- */

#define KEYWORDS                                                                                   \
    " [mode tun|tap] [user U] [pi] [mtu N] [master BRIDGE] [up|down]"                              \
    " [addr CIDR [peer A] [nodad]]… [metric N] [meter] [force|use]"                              \
    " [label A-PLACEHOLDER-OF-GREAT-LENGTH]"

static void check_usage(const char *expected)
{
    struct tunic_text text = {0};

    tunic_grammar_usage(&table.grammar, &text);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void test_usage(void **state)
{
    (void)state;
    check_usage(" NAME…" KEYWORDS);
    table.grammar.names_optional = true;
    check_usage(" [NAME…]" KEYWORDS);
    table.grammar.names = TUNIC_NAMES_ONE;
    check_usage(" [NAME]" KEYWORDS);
    table.grammar.names_optional = false;
    check_usage(" NAME" KEYWORDS);
    table.grammar.names = TUNIC_NAMES_NONE;
    check_usage(KEYWORDS);
    /* Of rows that exclude each other, one alone may belong to the command. */
    table.sections[0].accepted = UINT64_C(1) << ROW_DOWN;
    table.sections[1].accepted = 0;
    check_usage(" [down]");
}

static void test_explain(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    table.sections[0].accepted = UINT64_C(1) << ROW_MODE | UINT64_C(1) << ROW_ADDR;
    table.sections[1].accepted = UINT64_C(1) << EXTRA_LABEL;
    tunic_grammar_explain(&table.grammar, &text);
    assert_string_equal(text.text, "  mode tun|tap                of packets\n"
                                   "  addr CIDR                   an address\n"
                                   "    peer A                    the other end\n"
                                   "    nodad                     without detection\n"
                                   "  label A-PLACEHOLDER-OF-GREAT-LENGTH\n"
                                   "                              any word\n");
    tunic_text_free(&text);
}

static void test_form(void **state)
{
    static const char *const forms[ROW_COUNT] = {
        [ROW_MODE] = "mode tun|tap",
        [ROW_USER] = "user U",
        [ROW_PI] = "pi",
        [ROW_MTU] = "mtu N",
        [ROW_UP] = "up",
        [ROW_ADDR] = "addr CIDR",
        [ROW_MASTER] = "master BRIDGE",
    };

    (void)state;
    for (size_t row = 0; row < ROW_COUNT; row++) {
        struct tunic_text text = {0};
        tunic_keyword_form(&table.sections[0].keywords[row], &text);
        if (forms[row])
            assert_string_equal(text.text, forms[row]);
        tunic_text_free(&text);
    }
}

/* ---- the nearest word ------------------------------------------------------------------ */

static void test_distance(void **state)
{
    static const struct {
        const char *left;
        const char *right;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"mtu", "mtu", 0},
        {"", "mtu", 3},
        {"mtu", "mut", 1}, /* swapped */
        {"mtu", "mu", 1},
        {"mtu", "mttu", 1},
        {"mtu", "mta", 1},
        {"ab", "ba", 1},
        {"abc", "cba", 2},
        {"ca", "abc", 3}, /* no part is edited twice: 2 where it may be */
        {"kitten", "sitting", 3},
        {"MTU", "mtu", 3},
        {"abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnopqrstuvwxyz012345", 0},
        {"abcdefghijklmnopqrstuvwxyz012345", "", 32},
        {"abcdefghijklmnopqrstuvwxyz0123456", "mtu", SIZE_MAX},
        {"mtu", "abcdefghijklmnopqrstuvwxyz0123456", SIZE_MAX},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        assert_int_equal(tunic_edit_distance(rows[i].left, rows[i].right), rows[i].distance);
        assert_int_equal(tunic_edit_distance(rows[i].right, rows[i].left), rows[i].distance);
    }
}

static void test_nearest(void **state)
{
    static const char *const candidates[] = {"mode",       "mtu",  "multi_queue", "master",
                                             "txqueuelen", "user", "up",          NULL};
    static const char *const none[] = {NULL};
    static const struct {
        const char *word;
        const char *nearest;
    } rows[] = {
        {"mtu", "mtu"},
        {"mut", "mtu"},
        {"mdoe", "mode"},
        {"mulit_queue", "multi_queue"},
        {"multiqueue", "multi_queue"},
        {"txqlen", NULL},
        {"txqueue", "txqueuelen"}, /* cut off */
        {"usre", "user"},
        {"bandwidth", NULL},
        {"zzz", NULL},
        {"abcdefghijklmnopqrstuvwxyz0123456789", NULL},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        const char *nearest = tunic_nearest(rows[i].word, candidates);
        if (!nearest || !rows[i].nearest)
            assert_ptr_equal(nearest, rows[i].nearest);
        else
            assert_string_equal(nearest, rows[i].nearest);
    }
    assert_null(tunic_nearest("mtu", none));
    /* One letter stands for nothing: every other word is as far away. */
    assert_null(tunic_nearest("x", (const char *const[]){"mtu", NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_usage, begin, end),
        cmocka_unit_test_setup_teardown(test_explain, begin, end),
        cmocka_unit_test_setup_teardown(test_form, begin, end),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
