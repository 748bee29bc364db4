/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/base.h"

#include <errno.h>
#include <string.h>

static void test_reason_and_errno(void **state)
{
    static const struct {
        enum tunic_reason reason;
        int errno_value;
    } rows[] = {
        {TUNIC_FAILED, EIO},          {TUNIC_USAGE, EINVAL},        {TUNIC_ABSENT, ENODEV},
        {TUNIC_EXISTS, EEXIST},       {TUNIC_BUSY, EBUSY},          {TUNIC_DENIED, EPERM},
        {TUNIC_TIMED_OUT, ETIMEDOUT}, {TUNIC_UNSUPPORTED, ENOTSUP},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        assert_int_equal(tunic_reason_errno(rows[i].reason), -rows[i].errno_value);
        assert_int_equal(tunic_error_set(&error, rows[i].reason, "a"), -rows[i].errno_value);
        assert_int_equal(error.reason, rows[i].reason);
    }
    assert_int_equal(tunic_reason_errno((enum tunic_reason)99), -EIO);
}

/* The reasons are the program's exit codes: they may not move. */
static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(TUNIC_FAILED, 1);
    assert_int_equal(TUNIC_USAGE, 2);
    assert_int_equal(TUNIC_ABSENT, 3);
    assert_int_equal(TUNIC_EXISTS, 4);
    assert_int_equal(TUNIC_BUSY, 5);
    assert_int_equal(TUNIC_DENIED, 6);
    assert_int_equal(TUNIC_UNSUPPORTED, 7);
    assert_int_equal(TUNIC_TIMED_OUT, 8);
}

static void test_system_errors(void **state)
{
    static const struct {
        int errno_value;
        enum tunic_reason reason;
    } rows[] = {
        {ENODEV, TUNIC_ABSENT},
        {EEXIST, TUNIC_EXISTS},
        {EBUSY, TUNIC_BUSY},
        {EPERM, TUNIC_DENIED},
        {EACCES, TUNIC_DENIED},
        {ETIMEDOUT, TUNIC_TIMED_OUT},
        {EIO, TUNIC_FAILED},
        {ENOMEM, TUNIC_FAILED},
        /* From the system these do not mean what our reasons of the same errno say. */
        {EINVAL, TUNIC_FAILED},
        {ENOTSUP, TUNIC_FAILED},
    };
    struct tunic_error error;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++) {
        memset(&error, 0xA5, sizeof(error));
        assert_int_equal(tunic_error_system(&error, rows[i].errno_value, "cannot %s", "do it"),
                         -rows[i].errno_value);
        assert_int_equal(error.reason, rows[i].reason);
        assert_string_equal(error.action, "cannot do it");
        assert_string_equal(error.cause, strerror(rows[i].errno_value));
        assert_string_equal(error.object, "");
        assert_string_equal(error.hint, "");
    }
    assert_int_equal(tunic_error_memory(&error), -ENOMEM);
    assert_string_equal(error.action, "out of memory");
}

static void test_parts(void **state)
{
    struct tunic_error error;

    (void)state;
    memset(&error, 0xA5, sizeof(error));
    (void)tunic_error_set(&error, TUNIC_BUSY, "cannot delete %d", 3);
    assert_string_equal(error.action, "cannot delete 3");
    assert_string_equal(error.object, "");
    assert_string_equal(error.cause, "");
    assert_string_equal(error.hint, "");
    tunic_error_object(&error, "a\nb");
    tunic_error_cause(&error, "held by %s", "qemu");
    tunic_error_hint(&error, "%s", "force");
    assert_string_equal(error.object, "a\\x0ab");
    assert_string_equal(error.cause, "held by qemu");
    assert_string_equal(error.hint, "force");
    assert_string_equal(error.action, "cannot delete 3");
    /* A new error forgets the one before. */
    (void)tunic_error_set(&error, TUNIC_FAILED, "no");
    assert_string_equal(error.object, "");
    assert_string_equal(error.cause, "");
    assert_string_equal(error.hint, "");
}

static void test_long_texts_are_cut(void **state)
{
    struct tunic_error error;
    char text[600];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)tunic_error_set(&error, TUNIC_FAILED, "%s", text);
    tunic_error_object(&error, text);
    tunic_error_cause(&error, "%s", text);
    tunic_error_hint(&error, "%s", text);
    assert_int_equal(strlen(error.action), sizeof(error.action) - 1);
    assert_int_equal(strlen(error.object), sizeof(error.object) - 1);
    assert_int_equal(strlen(error.cause), sizeof(error.cause) - 1);
    assert_int_equal(strlen(error.hint), sizeof(error.hint) - 1);
    assert_string_equal(error.object + sizeof(error.object) - 4, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reason_and_errno),   cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_system_errors),      cmocka_unit_test(test_parts),
        cmocka_unit_test(test_long_texts_are_cut),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
