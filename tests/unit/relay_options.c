/* SPDX-License-Identifier: MIT */
/* What may be asked of a relay together: every refusal, and the lines that are right. */
#include "unit.h"

#include "relay/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct tunic_desired desired;

static struct tunic_relay_options plain(enum tunic_relay_protocol protocol)
{
    desired = (struct tunic_desired){0};
    return (struct tunic_relay_options){
        .name = "tun0", .desired = &desired, .protocol = protocol, .insecure = true};
}

static void check_taken(const struct tunic_relay_options *options)
{
    struct tunic_error error;

    assert_int_equal(tunic_relay_check(options, &error), 0);
}

static void check_refused(const struct tunic_relay_options *options, const char *action)
{
    struct tunic_error error;

    assert_int_equal(tunic_relay_check(options, &error), -EINVAL);
    assert_int_equal(error.reason, TUNIC_USAGE);
    assert_string_equal(error.action, action);
}

static void test_insecure(void **state)
{
    struct tunic_relay_options options = plain(TUNIC_RELAY_UDP);

    (void)state;
    options.has_connect = true;
    check_taken(&options);
    options.insecure = false;
    check_refused(&options, "'insecure' is missing");
    /* It comes before what else is missing. */
    options.has_connect = false;
    check_refused(&options, "'insecure' is missing");
}

static void test_udp(void **state)
{
    struct tunic_relay_options options = plain(TUNIC_RELAY_UDP);

    (void)state;
    check_refused(&options, "neither 'listen' nor 'connect' is given");
    options.has_from = true;
    check_refused(&options, "neither 'listen' nor 'connect' is given");
    options.has_listen = true;
    check_taken(&options);
    options.has_connect = true;
    check_taken(&options);
    options.has_from = false;
    check_taken(&options);
    options.has_connect = false;
    check_refused(&options, "'from' is missing");
    options.has_from = true;
    options.from_any = true;
    check_taken(&options);
    options.jumbo = true;
    check_refused(&options, "'jumbo' belongs to 'proto tcp'");
}

static void test_tcp(void **state)
{
    struct tunic_relay_options options = plain(TUNIC_RELAY_TCP);

    (void)state;
    check_refused(&options, "neither 'listen' nor 'connect' is given");
    options.has_listen = true;
    check_refused(&options, "'from' is missing");
    options.has_from = true;
    check_taken(&options);
    options.has_connect = true;
    check_refused(&options, "'listen' and 'connect' contradict each other with 'proto tcp'");
    options.has_listen = false;
    check_refused(&options, "'from' has no meaning beside 'connect' with 'proto tcp'");
    options.has_from = false;
    check_taken(&options);
    options.jumbo = true;
    check_taken(&options);
}

static void test_attributes(void **state)
{
    static const char *const foreign[] = {"pi",         "one_queue", "vnet_hdr", "napi",
                                          "napi_frags", "netns",     "carrier"};
    struct tunic_relay_options options = plain(TUNIC_RELAY_UDP);
    const struct tunic_keyword *keywords = tunic_attribute_keywords();
    size_t refused = 0;

    (void)state;
    options.has_connect = true;
    for (size_t i = 0; i < TUNIC_ATTRIBUTE_COUNT; i++) {
        char action[64];
        bool expected = false;
        for (size_t k = 0; k < TUNIC_COUNT(foreign); k++)
            expected = expected || strcmp(keywords[i].word, foreign[k]) == 0;
        desired.named = TUNIC_NAMED(i);
        (void)snprintf(action, sizeof(action), "'%s' does not go with a relay", keywords[i].word);
        if (expected)
            check_refused(&options, action);
        else
            check_taken(&options);
        refused += expected;
    }
    assert_int_equal(refused, TUNIC_COUNT(foreign));
    options.desired = NULL;
    check_taken(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insecure),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
