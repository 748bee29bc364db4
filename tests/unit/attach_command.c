/* SPDX-License-Identifier: MIT */
/* The words of a command, with the numbers of its descriptors put in. */
#include "unit.h"

#include "attach/engine.h"

#include <string.h>

/* ---- what the linker redirects --------------------------------------------------------- */

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);

static size_t allocations = SIZE_MAX; /* that succeed */

static bool has_memory(void)
{
    if (allocations == 0)
        return false;
    allocations -= allocations != SIZE_MAX;
    return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return has_memory() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    return has_memory() ? __real_realloc(block, size) : NULL;
}

/* ---- tests ----------------------------------------------------------------------------- */

/* What a word becomes, of a command with so many queues from 3 on. */
static void check(size_t queues, const char *word, const char *expected)
{
    const char *const given[] = {"command", word};
    const struct tunic_exec exec = {.words = given, .count = TUNIC_COUNT(given)};
    char **words = tunic_command_words(&exec, 3, queues);

    assert_non_null(words);
    assert_string_equal(words[0], "command");
    assert_string_equal(words[1], expected);
    assert_null(words[2]);
    tunic_command_free(words);
}

static void test_numbers(void **state)
{
    (void)state;
    check(1, "{fd}", "3");
    check(1, "{fds}", "3");
    check(1, "{vhostfds}", "4");
    check(3, "{fd}", "3");
    check(3, "{fds}", "3:4:5");
    check(3, "{vhostfds}", "6:7:8");
    check(8, "{fds}", "3:4:5:6:7:8:9:10");
}

static void test_anywhere(void **state)
{
    (void)state;
    check(1, "tap,id=n0,fd={fd}", "tap,id=n0,fd=3");
    check(2, "tap,fds={fds},vhostfds={vhostfds},x", "tap,fds=3:4,vhostfds=5:6,x");
    check(2, "{fd}{fd}{fds}", "333:4");
    check(1, "/proc/self/fd/{fd}", "/proc/self/fd/3");
}

static void test_other_braces(void **state)
{
    static const char *const words[] = {
        "",     "{",    "}",     "{}",    "{fd",      "fd}",        "{ fd}",     "{fdx}",
        "{FD}", "{fd ", "{fds ", "{{}}{", "{vhostfd", "{vhostfds ", "{\"a\":{}", "$fd",
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(words); i++)
        check(2, words[i], words[i]);
    check(2, "{{fd}}", "{3}");
    check(2, "{f{fds}", "{f3:4");
}

static void test_most_queues(void **state)
{
    const char *const given[] = {"{fds}{vhostfds}"};
    const struct tunic_exec exec = {.words = given, .count = TUNIC_COUNT(given)};
    char **words = tunic_command_words(&exec, 3, TUNIC_QUEUES_MOST);

    (void)state;
    assert_non_null(words);
    assert_memory_equal(words[0], "3:4:5:", 6);
    assert_non_null(strstr(words[0], ":257:258259:260:"));
    assert_string_equal(words[0] + strlen(words[0]) - 8, ":513:514");
    tunic_command_free(words);
}

static void test_who_wants_vhost(void **state)
{
    static const struct {
        const char *word;
        bool wants;
    } rows[] = {
        {"{vhostfds}", true}, {"a,vhostfds={vhostfds},b", true},
        {"{fd}{fds}", false}, {"vhostfds", false},
        {"{vhostfds", false}, {"", false},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        const char *const given[] = {"command", rows[i].word};
        const struct tunic_exec exec = {.words = given, .count = TUNIC_COUNT(given)};
        assert_int_equal(tunic_command_wants_vhost(&exec), rows[i].wants);
    }
}

/* Wherever it runs out, all that was had is given back: the sanitizers would tell. */
static void test_no_memory(void **state)
{
    const char *const given[] = {"one", "two", "{fds}"};
    const struct tunic_exec exec = {.words = given, .count = TUNIC_COUNT(given)};
    char **words = NULL;
    size_t tried = 0;

    (void)state;
    while (!words && tried < 100) {
        allocations = tried++;
        words = tunic_command_words(&exec, 3, 1);
        allocations = SIZE_MAX;
    }
    assert_true(tried > 4);
    assert_non_null(words);
    tunic_command_free(words);
    tunic_command_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),         cmocka_unit_test(test_anywhere),
        cmocka_unit_test(test_other_braces),    cmocka_unit_test(test_most_queues),
        cmocka_unit_test(test_who_wants_vhost), cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
