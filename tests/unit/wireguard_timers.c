/* SPDX-License-Identifier: MIT */
/* What is due when: a peer's times alone. */
#include "unit.h"

#include "wireguard/timers.h"

#define AT(seconds) ((uint64_t)(1000 + (seconds)) * TUNIC_SECOND)
#define MILLISECOND UINT64_C(1000000)

static struct tunic_timers timers;

static int begin(void **state)
{
    (void)state;
    timers = (struct tunic_timers){0};
    return 0;
}

/* Nothing before, exactly this at that time, and then it is over. */
static void next_is(uint64_t when, unsigned due)
{
    assert_int_equal(tunic_timers_next(&timers), when);
    assert_int_equal(tunic_timers_due(&timers, when - 1), 0);
    assert_int_equal(tunic_timers_next(&timers), when);
    assert_int_equal(tunic_timers_due(&timers, when), due);
}

static void nothing(void)
{
    assert_int_equal(tunic_timers_next(&timers), UINT64_MAX);
    assert_int_equal(tunic_timers_due(&timers, UINT64_MAX), 0);
}

static void idle(void **state)
{
    (void)state;
    nothing();
    tunic_timers_authenticated_sent(&timers);
    tunic_timers_authenticated_received(&timers);
    tunic_timers_authenticated_traversal(&timers, AT(0));
    tunic_timers_handshake_completed(&timers);
    nothing();
}

static void no_reply(void **state)
{
    (void)state;
    tunic_timers_data_sent(&timers, AT(0), 200);
    /* More of it does not put it off. */
    tunic_timers_data_sent(&timers, AT(7), 300);
    next_is(AT(15) + 200 * MILLISECOND, TUNIC_DUE_NEW);
    nothing();
    tunic_timers_data_sent(&timers, AT(20), 0);
    tunic_timers_authenticated_received(&timers);
    nothing();
}

static void silence(void **state)
{
    (void)state;
    tunic_timers_data_received(&timers, AT(0));
    next_is(AT(10), TUNIC_DUE_KEEPALIVE);
    nothing();
    tunic_timers_data_received(&timers, AT(20));
    tunic_timers_authenticated_sent(&timers);
    nothing();
}

static void another(void **state)
{
    (void)state;
    tunic_timers_data_received(&timers, AT(0));
    tunic_timers_data_received(&timers, AT(4));
    next_is(AT(10), TUNIC_DUE_KEEPALIVE);
    /* It could not be sent. */
    next_is(AT(20), TUNIC_DUE_KEEPALIVE);
    nothing();
    /* It was. */
    tunic_timers_data_received(&timers, AT(30));
    tunic_timers_data_received(&timers, AT(34));
    next_is(AT(40), TUNIC_DUE_KEEPALIVE);
    tunic_timers_authenticated_sent(&timers);
    nothing();
    /* Something else was sent between: that silence is over. */
    tunic_timers_data_received(&timers, AT(50));
    tunic_timers_data_received(&timers, AT(54));
    tunic_timers_authenticated_sent(&timers);
    tunic_timers_data_received(&timers, AT(56));
    next_is(AT(66), TUNIC_DUE_KEEPALIVE);
    nothing();
}

static void tries(void **state)
{
    uint64_t now = AT(0);

    (void)state;
    tunic_timers_handshake_initiated(&timers, now, 0);
    tunic_timers_data_received(&timers, now + 86 * TUNIC_SECOND);
    for (unsigned i = 1; i < TUNIC_ATTEMPTS; i++) {
        now += 5 * TUNIC_SECOND;
        next_is(now, TUNIC_DUE_RETRY);
        assert_int_equal(timers.attempts, i);
        tunic_timers_handshake_initiated(&timers, now, 0);
    }
    next_is(AT(90), TUNIC_DUE_GIVE_UP);
    assert_int_equal(timers.attempts, 0);
    /* Keys are forgotten all the same; a keepalive is not sent any more. */
    next_is(AT(90 + 540), TUNIC_DUE_ZERO);
    nothing();
}

static void completed(void **state)
{
    (void)state;
    tunic_timers_handshake_initiated(&timers, AT(0), 333);
    next_is(AT(5) + 333 * MILLISECOND, TUNIC_DUE_RETRY);
    tunic_timers_handshake_initiated(&timers, AT(6), 0);
    tunic_timers_handshake_completed(&timers);
    assert_int_equal(timers.attempts, 0);
    nothing();
}

static void zero(void **state)
{
    (void)state;
    tunic_timers_session_derived(&timers, AT(0));
    tunic_timers_session_derived(&timers, AT(120));
    next_is(AT(120 + 540), TUNIC_DUE_ZERO);
    nothing();
}

static void persistent(void **state)
{
    (void)state;
    timers.interval = 25;
    tunic_timers_authenticated_traversal(&timers, AT(0));
    tunic_timers_authenticated_traversal(&timers, AT(20));
    next_is(AT(45), TUNIC_DUE_PERSISTENT);
    /* Whether it could be sent or not. */
    next_is(AT(70), TUNIC_DUE_PERSISTENT);
    tunic_timers_stop(&timers);
    assert_int_equal(timers.interval, 25);
    nothing();
}

static void at_once(void **state)
{
    (void)state;
    timers.interval = 10;
    tunic_timers_data_received(&timers, AT(0));
    tunic_timers_authenticated_traversal(&timers, AT(0));
    tunic_timers_data_sent(&timers, AT(0), 0);
    tunic_timers_handshake_initiated(&timers, AT(0), 0);
    assert_int_equal(tunic_timers_due(&timers, AT(15)),
                     TUNIC_DUE_KEEPALIVE | TUNIC_DUE_PERSISTENT | TUNIC_DUE_NEW | TUNIC_DUE_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(idle, begin),    cmocka_unit_test_setup(no_reply, begin),
        cmocka_unit_test_setup(silence, begin), cmocka_unit_test_setup(another, begin),
        cmocka_unit_test_setup(tries, begin),   cmocka_unit_test_setup(completed, begin),
        cmocka_unit_test_setup(zero, begin),    cmocka_unit_test_setup(persistent, begin),
        cmocka_unit_test_setup(at_once, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
