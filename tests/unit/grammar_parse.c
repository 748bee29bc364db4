/* SPDX-License-Identifier: MIT */
/* Keywords, their values and options, and what contradicts itself. */
#include "unit.h"

#include "grammar_table.h"

#include <errno.h>
#include <string.h>

#define NAMED(row) (UINT64_C(1) << (row))

static struct table table;

static int begin(void **state)
{
    (void)state;
    table_begin(&table, TUNIC_NAMES_NONE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    table_end(&table);
    return 0;
}

static void check_error(const char *action, const char *cause, const char *hint)
{
    assert_int_equal(table.error.reason, TUNIC_USAGE);
    assert_string_equal(table.error.action, action);
    assert_string_equal(table.error.cause, cause);
    assert_string_equal(table.error.hint, hint);
}

/* ---- values ---------------------------------------------------------------------------- */

static void test_every_value(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "mtu", "1400", "label", "x", "pi", "master", "br0", "user",
                                 "alice", "mode", "tap"),
                     0);
    assert_int_equal(table.target.mtu, 1400);
    assert_string_equal(table.extra.label, "x");
    assert_true(table.target.pi);
    assert_string_equal(table.target.master, "br0");
    assert_int_equal(table.target.user, 1000);
    assert_int_equal(table.target.mode, 1);
    assert_false(table.target.up || table.target.down || table.extra.force);
    assert_int_equal(table.named[0], NAMED(ROW_MTU) | NAMED(ROW_PI) | NAMED(ROW_MASTER) |
                                         NAMED(ROW_USER) | NAMED(ROW_MODE));
    assert_int_equal(table.named[1], NAMED(EXTRA_LABEL));
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(table_parse(&table, (const char *const[]){NULL}), 0);
    assert_int_equal(table.named[0], 0);
}

/* A value is a value, whatever keyword it looks like. */
static void test_keyword_as_value(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "label", "force", "master", "up"), 0);
    assert_string_equal(table.extra.label, "force");
    assert_string_equal(table.target.master, "up");
    assert_false(table.extra.force || table.target.up);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "mtu", "68"), 0);
    assert_int_equal(TABLE_PARSE(&table, "mtu", "65535"), 0);
    assert_int_equal(TABLE_PARSE(&table, "metric", "4294967295"), 0);
    assert_int_equal(table.target.metric, UINT32_MAX);
    assert_int_equal(TABLE_PARSE(&table, "mtu", "67"), -EINVAL);
    check_error("mtu '67'", "not within 68 to 65535", "");
    assert_int_equal(table.named[0], 0);
    assert_int_equal(TABLE_PARSE(&table, "mtu", "65536"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "metric", "4294967296"), -EINVAL);
    assert_int_equal(table.target.metric, 0);
    assert_int_equal(TABLE_PARSE(&table, "mtu", "-1"), -EINVAL);
    check_error("mtu '-1'", "not a number", "");
    assert_int_equal(TABLE_PARSE(&table, "mtu", ""), -EINVAL);
    check_error("mtu ''", "not a number", "");
}

static void test_choices(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "mode", "tun"), 0);
    assert_int_equal(table.target.mode, 0);
    /* Marked as iproute2's: prefixes, the first that fits. */
    assert_int_equal(TABLE_PARSE(&table, "mode", "t"), 0);
    assert_int_equal(table.target.mode, 0);
    assert_int_equal(TABLE_PARSE(&table, "mode", "ta"), 0);
    assert_int_equal(table.target.mode, 1);
    assert_int_equal(TABLE_PARSE(&table, "mode", "tpa"), -EINVAL);
    check_error("mode 'tpa'", "'mode tun|tap' is expected", "did you mean 'tap'?");
    assert_int_equal(TABLE_PARSE(&table, "mode", "taps"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "mode", ""), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "mode", "ethernet\x1B"), -EINVAL);
    check_error("mode 'ethernet\\x1b'", "'mode tun|tap' is expected", "");
}

static void test_custom(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "user", "mallory"), -EINVAL);
    check_error("user 'mallory'", "no such user", "ask her");
    assert_int_equal(TABLE_PARSE(&table, "user", "memory"), -ENOMEM);
    assert_string_equal(table.error.action, "out of memory");
    assert_int_equal(table.named[0], 0);
}

static void test_missing_value(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "pi", "mtu"), -EINVAL);
    check_error("a value is missing after 'mtu'", "", "'mtu N'");
    assert_true(table.target.pi); /* what came before stays */
    assert_int_equal(TABLE_PARSE(&table, "mode"), -EINVAL);
    check_error("a value is missing after 'mode'", "", "'mode tun|tap'");
    assert_int_equal(TABLE_PARSE(&table, "addr", "10.0.0.1", "peer"), -EINVAL);
    check_error("a value is missing after 'peer'", "", "'peer A'");
}

/* ---- words ----------------------------------------------------------------------------- */

static void test_prefixes(void **state)
{
    (void)state;
    /* iproute2's: the first row of the table that fits, before any other keyword. */
    assert_int_equal(TABLE_PARSE(&table, "m", "tap", "u", "alice", "p"), 0);
    assert_int_equal(table.target.mode, 1);
    assert_int_equal(table.target.user, 1000);
    assert_true(table.target.pi);
    /* Spelled out wins over a prefix. */
    assert_int_equal(TABLE_PARSE(&table, "use"), 0);
    assert_true(table.extra.use);
    assert_int_equal(table.named[0], 0);
    /* Others only where one alone fits. */
    assert_int_equal(TABLE_PARSE(&table, "mt", "1400", "ma", "br0", "fo", "a", "10.0.0.1"), 0);
    assert_int_equal(table.target.mtu, 1400);
    assert_string_equal(table.target.master, "br0");
    assert_true(table.extra.force);
    assert_string_equal(table.target.addresses, "10.0.0.1");
    assert_int_equal(TABLE_PARSE(&table, "met", "5"), -EINVAL);
    check_error("'met' could be more than one keyword", "", "");
    assert_int_equal(TABLE_PARSE(&table, "metr", "5"), 0);
    assert_int_equal(table.target.metric, 5);
    assert_int_equal(table.named[0], NAMED(ROW_METRIC));
}

static void test_unknown_words(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "up", "mtuu", "1400"), -EINVAL);
    check_error("unknown word 'mtuu'", "", "did you mean 'mtu'?");
    assert_true(table.target.up);
    assert_int_equal(TABLE_PARSE(&table, "frce"), -EINVAL);
    check_error("unknown word 'frce'", "", "did you mean 'force'?");
    assert_int_equal(TABLE_PARSE(&table, "bandwidth"), -EINVAL);
    check_error("unknown word 'bandwidth'", "", "");
    assert_int_equal(TABLE_PARSE(&table, ""), -EINVAL);
    assert_string_equal(table.error.action, "unknown word ''");
    assert_int_equal(TABLE_PARSE(&table, "x\n"), -EINVAL);
    assert_string_equal(table.error.action, "unknown word 'x\\x0a'");
    assert_int_equal(TABLE_PARSE(&table, "MTU", "1400"), -EINVAL);
    /* A row that this command does not take, spelled out and cut off; never proposed. */
    assert_int_equal(TABLE_PARSE(&table, "carrier"), -EINVAL);
    assert_string_equal(table.error.action, "'carrier' has no place here");
    assert_string_equal(table.error.hint, "");
    assert_int_equal(TABLE_PARSE(&table, "c"), -EINVAL);
    assert_false(table.target.carrier);
    /* No names here, so no `dev` either. */
    assert_int_equal(TABLE_PARSE(&table, "dev", "x"), -EINVAL);
    assert_string_equal(table.error.action, "unknown word 'dev'");
}

/* ---- repetition and contradiction ------------------------------------------------------ */

static void test_repeated(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "mtu", "1400", "mtu", "1400"), -EINVAL);
    check_error("'mtu' is given twice", "", "");
    assert_int_equal(TABLE_PARSE(&table, "force", "force"), -EINVAL);
    check_error("'force' is given twice", "", "");
    /* As iproute2 has it: again, but the same. */
    assert_int_equal(TABLE_PARSE(&table, "mode", "tap", "pi", "m", "tap", "pi"), 0);
    assert_int_equal(TABLE_PARSE(&table, "user", "alice", "user", "1000"), 0);
    assert_int_equal(table.target.user, 1000);
    assert_int_equal(TABLE_PARSE(&table, "mode", "tap", "mode", "tun"), -EINVAL);
    check_error("'mode' is given twice, with different values", "", "");
    assert_int_equal(table.target.mode, 1); /* the first stands */
    assert_int_equal(TABLE_PARSE(&table, "user", "alice", "user", "root"), -EINVAL);
    assert_int_equal(table.target.user, 1000);
    assert_int_equal(TABLE_PARSE(&table, "user", "alice", "user", "mallory"), -EINVAL);
    check_error("user 'mallory'", "no such user", "ask her");
    assert_int_equal(TABLE_PARSE(&table, "use", "use"), 0);
    assert_int_equal(TABLE_PARSE(&table, "use", "force"), -EINVAL);
    assert_int_equal(TABLE_PARSE(&table, "addr", "a", "addr", "b", "addr", "a"), 0);
    assert_string_equal(table.target.addresses, "a b a");
}

static void test_exclusive(void **state)
{
    (void)state;
    assert_int_equal(TABLE_PARSE(&table, "up", "mtu", "1400", "down"), -EINVAL);
    check_error("'down' contradicts 'up'", "", "");
    assert_false(table.target.down);
    assert_int_equal(TABLE_PARSE(&table, "down", "up"), -EINVAL);
    check_error("'up' contradicts 'down'", "", "");
    assert_int_equal(TABLE_PARSE(&table, "up", "up"), -EINVAL);
    check_error("'up' is given twice", "", "");
}

/* ---- options --------------------------------------------------------------------------- */

static void test_options(void **state)
{
    (void)state;
    assert_int_equal(
        TABLE_PARSE(&table, "addr", "a", "nodad", "peer", "b", "addr", "c", "peer", "d", "up"), 0);
    assert_string_equal(table.target.addresses, "anodad(b) c(d)");
    assert_int_equal(table.named[0], NAMED(ROW_ADDR) | NAMED(ROW_UP));
    /* Cut off: `p` is iproute2's pi, `pe` can only be the option. */
    assert_int_equal(TABLE_PARSE(&table, "addr", "a", "pe", "b", "no", "p"), 0);
    assert_string_equal(table.target.addresses, "a(b)nodad");
    assert_true(table.target.pi);
    assert_int_equal(TABLE_PARSE(&table, "addr", "a", "peer", "b", "peer", "c"), -EINVAL);
    check_error("'peer' is given twice for one 'addr'", "", "");
    /* Only directly behind it. */
    assert_int_equal(TABLE_PARSE(&table, "peer", "b"), -EINVAL);
    assert_string_equal(table.error.action, "'peer' has no place here");
    assert_int_equal(TABLE_PARSE(&table, "addr", "a", "up", "peer", "b"), -EINVAL);
    assert_string_equal(table.error.action, "'peer' has no place here");
    assert_int_equal(TABLE_PARSE(&table, "addr", "a", "per", "b"), -EINVAL);
    check_error("unknown word 'per'", "", "did you mean 'peer'?");
    assert_int_equal(TABLE_PARSE(&table, "addr", "wrong"), -EINVAL);
    check_error("addr 'wrong'", "not an address", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value),      cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_keyword_as_value), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_choices),          cmocka_unit_test(test_custom),
        cmocka_unit_test(test_missing_value),    cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_unknown_words),    cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_exclusive),        cmocka_unit_test(test_options),
    };

    return cmocka_run_group_tests_name("grammar", tests, begin, end);
}
