/* SPDX-License-Identifier: MIT */
/* What a shell offers: what could be parsed, and nothing that is used up. */
#include "unit.h"

#include "grammar_table.h"

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

static void offer(void *closure, const char *word, const char *description)
{
    assert_non_null(description);
    tunic_text_add(closure, "%s ", word);
}

static void provide(void *closure, enum tunic_candidates kind)
{
    static const char *const kinds[] = {
        [TUNIC_CANDIDATES_NONE] = "<NONE>",
        [TUNIC_CANDIDATES_INTERFACES] = "<INTERFACES>",
        [TUNIC_CANDIDATES_USERS] = "<USERS>",
        [TUNIC_CANDIDATES_MASTERS] = "<MASTERS>",
    };

    assert_true(kind < TUNIC_COUNT(kinds) && kinds[kind]);
    tunic_text_add(closure, "%s ", kinds[kind]);
}

/* Completes the last of NULL-terminated words. The result is freed by the caller. */
static char *complete(const char *const *words)
{
    struct tunic_text text = {0};
    size_t count = 0;

    while (words[count])
        count++;
    tunic_text_add(&text, "%s", "");
    tunic_grammar_complete(&table.grammar, words, count, offer, provide, &text);
    return text.text;
}

#define CHECK(expected, ...) check(expected, (const char *const[]){__VA_ARGS__, NULL})
static void check(const char *expected, const char *const *words)
{
    char *offered = complete(words);

    assert_string_equal(offered, expected);
    free(offered);
}

#define KEYWORDS "mode user pi mtu master up down addr metric meter force use label "

static void test_everything(void **state)
{
    (void)state;
    CHECK(KEYWORDS "<INTERFACES> dev ", "");
    CHECK(KEYWORDS "<INTERFACES> dev ", "ma"); /* filtering is the caller's */
    check(KEYWORDS "<INTERFACES> dev ", (const char *const[]){NULL});
}

static void test_values(void **state)
{
    (void)state;
    CHECK("tun tap ", "mode", "");
    CHECK("tun tap ", "a", "m", "t"); /* after a keyword that is cut off */
    CHECK("<USERS> ", "user", "");
    CHECK("<MASTERS> ", "master", "x");
    CHECK("", "mtu", "");
    CHECK("", "addr", "");
    CHECK("<INTERFACES> ", "dev", "");
    CHECK("<INTERFACES> ", "up", "n", "");
}

static void test_options(void **state)
{
    (void)state;
    CHECK("peer nodad " KEYWORDS "<INTERFACES> dev ", "addr", "a", "");
    CHECK("nodad " KEYWORDS "<INTERFACES> dev ", "addr", "a", "peer", "b", "");
    CHECK("", "addr", "a", "peer", "");
    CHECK("peer nodad " KEYWORDS "<INTERFACES> dev ", "addr", "a", "nodad", "addr", "b", "");
    CHECK("mode user pi mtu master addr metric meter force use label <INTERFACES> dev ", "addr",
          "a", "up", "");
}

static void test_used_up(void **state)
{
    (void)state;
    CHECK("user mtu master up down addr metric meter label <INTERFACES> dev ", "mode", "tap", "pi",
          "force", "");
    /* A row that may be repeated excludes the others, but not itself. */
    CHECK("mode user pi mtu master up down addr metric meter use label <INTERFACES> dev ", "use",
          "");
    /* What contradicts a word that was given is used up with it. */
    CHECK("mode user pi mtu master addr metric meter force use label <INTERFACES> dev ", "down",
          "");
}

static void test_names(void **state)
{
    (void)state;
    CHECK(KEYWORDS "<INTERFACES> dev ", "a", "b", "");
    CHECK("mode user pi mtu master addr metric meter force use label dev ", "a", "up", "");
    CHECK(KEYWORDS "dev ", "dev", "a", "");
    table.grammar.names = TUNIC_NAMES_ONE;
    CHECK(KEYWORDS, "a", "");
    CHECK(KEYWORDS, "dev", "a", "");
    CHECK("mode user pi mtu master addr metric meter force use label <INTERFACES> dev ", "up", "");
    table.grammar.names = TUNIC_NAMES_NONE;
    CHECK(KEYWORDS, "");
    table.grammar.names = TUNIC_NAMES_MANY;
}

static void test_wrong_words_are_passed_over(void **state)
{
    (void)state;
    table.grammar.names = TUNIC_NAMES_NONE;
    CHECK(KEYWORDS, "nonsense", "");
    CHECK("tun tap ", "nonsense", "met", "mode", "");
    table.grammar.names = TUNIC_NAMES_MANY;
}

/* Each word that is offered parses, with a value behind it where it has one. */
static void test_offers_parse(void **state)
{
    char *offered = complete((const char *const[]){"", NULL});
    char *rest = NULL;

    (void)state;
    for (char *word = strtok_r(offered, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        static const char *const values[] = {NULL, "tap", "1400", "alice"};
        bool parsed = false;
        if (*word == '<')
            continue;
        for (size_t i = 0; i < TUNIC_COUNT(values); i++)
            parsed = parsed || TABLE_PARSE(&table, "a", word, values[i]) == 0;
        if (!parsed)
            fail_msg("'%s' is offered, but not taken", word);
    }
    free(offered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_options),      cmocka_unit_test(test_used_up),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_wrong_words_are_passed_over),
        cmocka_unit_test(test_offers_parse),
    };

    return cmocka_run_group_tests_name("complete", tests, begin, end);
}
