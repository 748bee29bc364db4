/* SPDX-License-Identifier: MIT */
/* A word that is an option of one keyword, and a keyword with options of its own: `addr CIDR
 * [peer A]` beside `peer KEY [psk FILE] [allow CIDR]…`. */
#include "unit.h"

#include "grammar_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct table table;
static struct tunic_text given; /* of the second table: "peer=K psk=F" */

static int note(const char *keyword, const char *word)
{
    tunic_text_add(&given, "%s%s=%s", given.length > 0 ? " " : "", keyword, word);
    return 0;
}

static int parse_peer(const char *word, void *target, struct tunic_error *error)
{
    (void)target;
    (void)error;
    return note("peer", word);
}

static int parse_psk(const char *word, void *target, struct tunic_error *error)
{
    (void)target;
    (void)error;
    return note("psk", word);
}

static int parse_allow(const char *word, void *target, struct tunic_error *error)
{
    (void)target;
    (void)error;
    return note("allow", word);
}

static const struct tunic_keyword options[] = {
    {.word = "psk",
     .placeholder = "FILE",
     .help = "a secret",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_psk},
    {.word = "allow",
     .placeholder = "CIDR",
     .help = "what it may send",
     .value = TUNIC_VALUE_CUSTOM,
     .repeat = TUNIC_REPEAT_ALWAYS,
     .parse = parse_allow},
};

static const struct tunic_keyword keywords[] = {
    {.word = "peer",
     .placeholder = "KEY",
     .help = "whom it speaks with",
     .value = TUNIC_VALUE_CUSTOM,
     .repeat = TUNIC_REPEAT_ALWAYS,
     .parse = parse_peer,
     .options = options,
     .option_count = TUNIC_COUNT(options)},
};

static int begin(void **state)
{
    (void)state;
    table_begin(&table, TUNIC_NAMES_NONE);
    table.sections[1].keywords = keywords;
    table.sections[1].count = TUNIC_COUNT(keywords);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tunic_text_free(&given);
    table_end(&table);
    return 0;
}

#define TAKEN(addresses, others, ...)                                                              \
    check_taken(addresses, others, (const char *const[]){__VA_ARGS__, NULL})
static void check_taken(const char *addresses, const char *others, const char *const *words)
{
    tunic_text_clear(&given);
    tunic_text_add(&given, "%s", "");
    assert_int_equal(table_parse(&table, words), 0);
    assert_string_equal(table.target.addresses, addresses);
    assert_string_equal(given.text, others);
}

static void test_whose(void **state)
{
    (void)state;
    TAKEN("", "peer=k", "peer", "k");
    TAKEN("a(b)", "", "addr", "a", "peer", "b");
    TAKEN("a(b)", "peer=k", "addr", "a", "peer", "b", "peer", "k");
    TAKEN("anodad(b)", "peer=k", "addr", "a", "nodad", "peer", "b", "peer", "k");
    TAKEN("a", "peer=k", "addr", "a", "up", "peer", "k");
    TAKEN("a", "peer=k psk=f", "peer", "k", "psk", "f", "addr", "a");
}

static void test_repeated(void **state)
{
    (void)state;
    TAKEN("", "peer=k allow=a psk=f allow=b peer=l psk=g", "peer", "k", "allow", "a", "psk", "f",
          "allow", "b", "peer", "l", "psk", "g");
    assert_int_equal(TABLE_PARSE(&table, "peer", "k", "psk", "f", "psk", "g"), -EINVAL);
    assert_string_equal(table.error.action, "'psk' is given twice for one 'peer'");
}

static void test_alone(void **state)
{
    static const char hint[] = "it stands directly behind 'peer' and what that takes";

    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "psk", "f"), -EINVAL);
    assert_string_equal(table.error.action, "'psk' has no place here");
    assert_string_equal(table.error.hint, hint);
    assert_int_equal(TABLE_PARSE(&table, "peer", "k", "up", "allow", "a"), -EINVAL);
    assert_string_equal(table.error.hint, hint);
    assert_int_equal(TABLE_PARSE(&table, "nodad"), -EINVAL);
    assert_string_equal(table.error.hint, "it stands directly behind 'addr' and what that takes");
}

/* ---- what is offered ------------------------------------------------------------------- */

static void offer(void *closure, const char *word, const char *description)
{
    (void)description;
    if (strcmp(word, "peer") == 0 || strcmp(word, "nodad") == 0 || strcmp(word, "psk") == 0 ||
        strcmp(word, "allow") == 0)
        tunic_text_add(closure, "%s ", word);
}

static void provide(void *closure, enum tunic_candidates kind)
{
    (void)closure;
    (void)kind;
}

#define OFFERED(expected, ...) check_offered(expected, (const char *const[]){__VA_ARGS__, NULL})
static void check_offered(const char *expected, const char *const *words)
{
    struct tunic_text text = {0};
    size_t count = 0;

    while (words[count])
        count++;
    tunic_text_add(&text, "%s", "");
    tunic_grammar_complete(&table.grammar, words, count, offer, provide, &text);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void test_offered(void **state)
{
    (void)state;
    OFFERED("peer ", "");
    OFFERED("peer nodad ", "addr", "a", ""); /* once, although it is both */
    OFFERED("nodad peer ", "addr", "a", "peer", "b", "");
    OFFERED("psk allow peer ", "peer", "k", "");
    OFFERED("allow peer ", "peer", "k", "allow", "a", "psk", "f", "");
    OFFERED("peer ", "peer", "k", "up", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_offered),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
