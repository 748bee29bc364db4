/* SPDX-License-Identifier: MIT */
/* A keyword that takes the rest of the words: what is its own, and what is the rest's. */
#include "unit.h"

#include "grammar/grammar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a grammar with such a keyword ----------------------------------------------------- */

struct target {
    struct tunic_rest rest;
    uint32_t queues;
    bool print;
    bool quiet;
    char user[16];
};

static int parse_as(const char *word, void *target, struct tunic_error *error)
{
    if (strcmp(word, "nobody") == 0)
        return tunic_error_set(error, TUNIC_USAGE, "there is no such user");
    (void)snprintf(((struct target *)target)->user, sizeof(((struct target *)target)->user), "%s",
                   word);
    return 0;
}

static int parse_quiet(const char *word, void *target, struct tunic_error *error)
{
    assert_null(word);
    (void)error;
    ((struct target *)target)->quiet = true;
    return 0;
}

enum { ROW_QUEUES, ROW_PRINT, ROW_EXEC, ROW_EXTRA, ROW_COUNT };

static const struct tunic_keyword options[] = {
    {.word = "as",
     .placeholder = "USER",
     .help = "who",
     .value = TUNIC_VALUE_CUSTOM,
     .candidates = TUNIC_CANDIDATES_USERS,
     .parse = parse_as},
    {.word = "quiet", .help = "how", .value = TUNIC_VALUE_CUSTOM, .parse = parse_quiet},
};

static const struct tunic_keyword keywords[ROW_COUNT] = {
    [ROW_QUEUES] = {.word = "queues",
                    .placeholder = "N…",
                    .help = "so many",
                    .value = TUNIC_VALUE_NUMBER,
                    .maximum = 9,
                    .offset = offsetof(struct target, queues)},
    [ROW_PRINT] = {.word = "print",
                   .help = "prints",
                   .offset = offsetof(struct target, print),
                   .exclusive = 1},
    [ROW_EXEC] = {.word = "exec",
                  .placeholder = "COMMAND",
                  .help = "runs",
                  .value = TUNIC_VALUE_REST,
                  .candidates = TUNIC_CANDIDATES_FILES,
                  .offset = offsetof(struct target, rest),
                  .options = options,
                  .option_count = TUNIC_COUNT(options),
                  .exclusive = 1},
    /* What begins like it, but is none of it. */
    [ROW_EXTRA] = {.word = "executable", .help = "may be run", .exclusive = 2},
};

static struct target target;
static uint64_t named;
static struct tunic_name_list names;
static struct tunic_error error;
static struct tunic_section section = {.keywords = keywords,
                                       .count = ROW_COUNT,
                                       .accepted = TUNIC_ACCEPT_ALL & ~(UINT64_C(1) << ROW_EXTRA),
                                       .target = &target,
                                       .named = &named};
static const struct tunic_grammar grammar = {.names = TUNIC_NAMES_ONE,
                                             .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                             .sections = &section,
                                             .section_count = 1};

static size_t count_words(const char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    return count;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})
static int parse(const char *const *words)
{
    target = (struct target){0};
    named = 0;
    names.count = 0;
    return tunic_grammar_parse(&grammar, words, count_words(words), &names, &error);
}

/* ---- parsing --------------------------------------------------------------------------- */

/* Of what was parsed last. The words lie in the caller's array, which is gone: text alone stays. */
#define CHECK_REST(expected, ...)                                                                  \
    check_rest(expected, (const char *const[]){"a", "exec", __VA_ARGS__, NULL})
static void check_rest(const char *expected, const char *const *words)
{
    char text[128] = "";

    assert_int_equal(parse(words), 0);
    for (size_t i = 0; i < target.rest.count; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof(text) - length, "<%s>", target.rest.words[i]);
    }
    assert_string_equal(text, expected);
    assert_int_equal(named, UINT64_C(1) << ROW_EXEC);
    assert_int_equal(names.count, 1);
}

static void test_all_that_follows(void **state)
{
    (void)state;
    CHECK_REST("<ls>", "ls");
    CHECK_REST("<ls><-l><--><-j><>", "ls", "-l", "--", "-j", "");
    /* Words of the grammar among them, itself too. */
    CHECK_REST("<ls><queues><dev><b><exec>", "ls", "queues", "dev", "b", "exec");
    CHECK_REST("<exec><ls>", "exec", "ls");
    CHECK_REST("<>", "");
    assert_int_equal(target.queues, 0);
}

static void test_its_own_options(void **state)
{
    (void)state;
    CHECK_REST("<ls>", "as", "bob", "ls");
    assert_string_equal(target.user, "bob");
    CHECK_REST("<ls><as><eve>", "quiet", "as", "bob", "ls", "as", "eve");
    assert_string_equal(target.user, "bob");
    assert_true(target.quiet);
    /* Once; not cut off; and not behind "--". */
    CHECK_REST("<as><eve>", "as", "bob", "as", "eve");
    assert_string_equal(target.user, "bob");
    CHECK_REST("<qui><ls>", "qui", "ls");
    assert_false(target.quiet);
    CHECK_REST("<as><bob>", "--", "as", "bob");
    assert_string_equal(target.user, "");
    CHECK_REST("<as><bob>", "quiet", "--", "as", "bob");
    CHECK_REST("<--><ls>", "--", "--", "ls");
    CHECK_REST("<ls>", "as", "--", "ls"); /* a value is a value */
    assert_string_equal(target.user, "--");
}

static void test_what_comes_before(void **state)
{
    (void)state;
    assert_int_equal(PARSE("queues", "2", "a", "exec", "ls"), 0);
    assert_int_equal(target.queues, 2);
    assert_int_equal(target.rest.count, 1);
    assert_int_equal(named, UINT64_C(1) << ROW_EXEC | UINT64_C(1) << ROW_QUEUES);
}

static void test_a_name_like_it(void **state)
{
    (void)state;
    assert_int_equal(PARSE("dev", "exec", "print"), 0);
    assert_string_equal(names.names[0], "exec");
    assert_true(target.print);
    assert_int_equal(target.rest.count, 0);
    assert_int_equal(PARSE("name", "exec", "exec", "exec"), 0);
    assert_string_equal(names.names[0], "exec");
    assert_int_equal(target.rest.count, 1);
}

#define CHECK_WRONG(action, hint, ...)                                                             \
    check_wrong(action, hint, (const char *const[]){__VA_ARGS__, NULL})
static void check_wrong(const char *action, const char *hint, const char *const *words)
{
    assert_int_equal(parse(words), -EINVAL);
    assert_int_equal(error.reason, TUNIC_USAGE);
    assert_string_equal(error.action, action);
    assert_string_equal(error.hint, hint);
    assert_false(named >> ROW_EXEC & 1);
    assert_int_equal(target.rest.count, 0);
}

static void test_what_is_missing(void **state)
{
    static const char form[] = "'exec [as USER] [quiet] COMMAND'";

    (void)state;
    CHECK_WRONG("a value is missing after 'exec'", form, "a", "exec");
    CHECK_WRONG("a value is missing after 'exec'", form, "a", "exec", "--");
    CHECK_WRONG("a value is missing after 'exec'", form, "a", "exec", "quiet");
    CHECK_WRONG("a value is missing after 'exec'", form, "a", "exec", "as", "bob");
    CHECK_WRONG("a value is missing after 'exec'", form, "a", "exec", "as", "bob", "--");
    CHECK_WRONG("a value is missing after 'as'", "'as USER'", "a", "exec", "as");
    assert_int_equal(PARSE("exec", "ls"), -EINVAL);
    assert_string_equal(error.action, "a name is missing");
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    CHECK_WRONG("as 'nobody'", "", "a", "exec", "as", "nobody", "ls");
    assert_string_equal(error.cause, "there is no such user");
    CHECK_WRONG("'exec' contradicts 'print'", "", "a", "print", "exec", "ls");
    /* Whoever reads the options first would not know it cut off: their words would be lost. */
    CHECK_WRONG("unknown word 'exe'", "did you mean 'exec'?", "a", "exe", "ls");
    assert_int_equal(PARSE("exe", "ls"), -EINVAL); /* a name, and then nonsense */
    assert_int_equal(target.rest.count, 0);
    /* So a prefix of another keyword is this one's alone. */
    section.accepted = TUNIC_ACCEPT_ALL;
    assert_int_equal(PARSE("a", "exe", "print"), 0);
    assert_int_equal(named, UINT64_C(1) << ROW_EXTRA | UINT64_C(1) << ROW_PRINT);
    section.accepted &= ~(UINT64_C(1) << ROW_EXTRA);
}

/* ---- what a shell offers --------------------------------------------------------------- */

static void offer(void *closure, const char *word, const char *description)
{
    assert_non_null(description);
    tunic_text_add(closure, "%s ", word);
}

static void provide(void *closure, enum tunic_candidates kind)
{
    tunic_text_add(closure, "%s ",
                   kind == TUNIC_CANDIDATES_USERS   ? "<USERS>"
                   : kind == TUNIC_CANDIDATES_FILES ? "<FILES>"
                                                    : "<OTHERS>");
}

#define CHECK_OFFERS(expected, ...)                                                                \
    check_offers(expected, (const char *const[]){"a", "exec", __VA_ARGS__, NULL})
static void check_offers(const char *expected, const char *const *words)
{
    struct tunic_text text = {0};

    tunic_grammar_complete(&grammar, words, count_words(words), offer, provide, &text);
    assert_string_equal(text.text, expected);
    tunic_text_free(&text);
}

static void test_completion(void **state)
{
    (void)state;
    CHECK_OFFERS("as quiet <FILES> ", "");
    CHECK_OFFERS("as quiet <FILES> ", "l"); /* filtering is the caller's */
    CHECK_OFFERS("<USERS> ", "as", "");
    CHECK_OFFERS("quiet <FILES> ", "as", "bob", "");
    CHECK_OFFERS("as <FILES> ", "quiet", "");
    CHECK_OFFERS("<USERS> ", "quiet", "as", "b");
    CHECK_OFFERS("<FILES> ", "quiet", "as", "bob", "");
    CHECK_OFFERS("<FILES> ", "--", "");
    CHECK_OFFERS("<FILES> ", "ls", "");
    CHECK_OFFERS("<FILES> ", "ls", "as", "");
    CHECK_OFFERS("<FILES> ", "as", "bob", "ls", "queues", "");
}

static void test_usage(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    tunic_grammar_usage(&grammar, &text);
    assert_string_equal(text.text, " NAME [queues N…] [print|exec [as USER] [quiet] COMMAND]");
    tunic_text_free(&text);
}

/* A character of several bytes takes one column. */
static void test_explain(void **state)
{
    struct tunic_text text = {0};

    (void)state;
    tunic_grammar_explain(&grammar, &text);
    assert_string_equal(text.text, "  queues N…                   so many\n"
                                   "  print                       prints\n"
                                   "  exec [as USER] [quiet] COMMAND\n"
                                   "                              runs\n"
                                   "    as USER                   who\n"
                                   "    quiet                     how\n");
    tunic_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_follows),  cmocka_unit_test(test_its_own_options),
        cmocka_unit_test(test_what_comes_before), cmocka_unit_test(test_a_name_like_it),
        cmocka_unit_test(test_what_is_missing),   cmocka_unit_test(test_what_is_wrong),
        cmocka_unit_test(test_completion),        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_explain),
    };
    int failed = cmocka_run_group_tests_name("rest", tests, NULL, NULL);

    tunic_name_list_free(&names);
    return failed;
}
