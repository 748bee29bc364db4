/* SPDX-License-Identifier: MIT */
/* Whom a process becomes to start a command. */
#include "unit.h"

#include "sandbox/sandbox.h"
#include "sandbox_child.h"

#include <errno.h>

static int become_with_groups(const void *closure)
{
    static const gid_t groups[] = {CHILD_GROUP, 4, 27};
    const struct tunic_account account = {.user = *(const uid_t *)closure,
                                          .group = CHILD_GROUP,
                                          .groups = groups,
                                          .group_count = TUNIC_COUNT(groups)};
    struct tunic_error error;

    if (tunic_sandbox_become(&account, &error) != 0)
        return EXIT_FAILURE;
    child_show();
    return EXIT_SUCCESS;
}

/* An ordinary user: himself with the groups that he has, and nobody else. */
static int become_himself(const void *closure)
{
    const struct tunic_account himself = {.user = CHILD_NOBODY, .group = CHILD_GROUP};
    const struct tunic_account other = {.user = 1, .group = CHILD_GROUP};
    struct tunic_error error;

    if (child_change_user(closure) != EXIT_SUCCESS ||
        tunic_sandbox_become(&other, &error) != -EPERM || error.reason != TUNIC_DENIED ||
        tunic_sandbox_become(&himself, &error) != 0)
        return EXIT_FAILURE;
    child_show();
    return EXIT_SUCCESS;
}

/* Root itself too. */
static void test_a_command_as_another(void **state)
{
    static const uid_t users[] = {CHILD_NOBODY, 0};
    char text[CHILD_TEXT];

    (void)state;
    if (!child_may_be_root())
        skip();
    for (size_t i = 0; i < TUNIC_COUNT(users); i++) {
        assert_string_equal(child_run_shown(become_with_groups, &users[i], text), "exit 0");
        child_assert_unprivileged(text);
        child_assert_ids(text, users[i], CHILD_GROUP);
        child_assert_line(text, "Groups", "4 27 65533");
        child_assert_line(text, "CapBnd", "0000000000000000");
        child_assert_line(text, "Seccomp", "0");
    }
}

static void test_a_command_as_oneself(void **state)
{
    char text[CHILD_TEXT];

    (void)state;
    if (!child_may_be_root())
        skip();
    assert_string_equal(child_run_shown(become_himself, NULL, text), "exit 0");
    child_assert_unprivileged(text);
    child_assert_ids(text, CHILD_NOBODY, CHILD_GROUP);
    child_assert_line(text, "Groups", "4 27");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_as_another),
        cmocka_unit_test(test_a_command_as_oneself),
    };

    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
