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

/* Of one peer with an endpoint, as the words say it: the files were not read yet. */
static struct tunic_peer_settings peers[2];
static struct tunic_relay_options keyed(void)
{
    desired = (struct tunic_desired){0};
    memset(peers, 0, sizeof(peers));
    peers[0].public_key[0] = 9;
    peers[0].has_endpoint = true;
    peers[1].public_key[0] = 10;
    return (struct tunic_relay_options){.name = "tun0",
                                        .desired = &desired,
                                        .has_keys = true,
                                        .settings = {.peers = peers, .peer_count = 1}};
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
    check_refused(&options, "neither 'key' nor 'insecure' is given");
    /* It comes before what else is missing. */
    options.has_connect = false;
    check_refused(&options, "neither 'key' nor 'insecure' is given");
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

static void test_plain_words(void **state)
{
    struct tunic_relay_options options = keyed();

    (void)state;
    check_taken(&options);
    options.insecure = true;
    check_refused(&options, "'insecure' contradicts keys");
    options = keyed();
    options.has_connect = true;
    check_refused(&options, "'connect' does not go with keys");
    options = keyed();
    options.has_from = true;
    check_refused(&options, "'from' does not go with keys");
    options = keyed();
    options.jumbo = true;
    options.protocol = TUNIC_RELAY_TCP;
    check_refused(&options, "'jumbo' does not go with keys");
    options = keyed();
    options.workers = 64;
    options.control = "/run/tunic";
    options.has_listen = true;
    options.protocol = TUNIC_RELAY_TCP;
    check_taken(&options);
}

static void test_words_of_keys(void **state)
{
    struct tunic_relay_options options = plain(TUNIC_RELAY_UDP);

    (void)state;
    options.has_connect = true;
    options.workers = 1;
    check_refused(&options, "'workers' belongs to keys");
    options.workers = 0;
    options.control = "/run/tunic";
    check_refused(&options, "'control' belongs to keys");
    options.control = NULL;
    options.no_control = true;
    check_refused(&options, "'control' belongs to keys");
}

static void test_peers(void **state)
{
    struct tunic_relay_options options = keyed();
    char action[128];
    char key[TUNIC_KEY_TEXT];

    (void)state;
    options.settings.peer_count = 2;
    check_taken(&options);
    peers[1].public_key[0] = 9;
    tunic_key_text(peers[1].public_key, key);
    (void)snprintf(action, sizeof(action), "peer '%s' is given twice", key);
    check_refused(&options, action);
}

/* RFC 7748, 6.1: Alice's keys. */
static void test_own_key(void **state)
{
    static const uint8_t private_key[TUNIC_KEY_SIZE] = {
        0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1,
        0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0,
        0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
    static const uint8_t public_key[TUNIC_KEY_SIZE] = {
        0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d,
        0xdc, 0xb4, 0x3e, 0xf7, 0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38,
        0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a};
    struct tunic_relay_options options = keyed();

    (void)state;
    options.settings.peer_count = 2;
    memcpy(peers[1].public_key, public_key, sizeof(public_key));
    check_taken(&options); /* it cannot be known yet */
    options.settings.has_private_key = true;
    memcpy(options.settings.private_key, private_key, sizeof(private_key));
    check_refused(&options,
                  "peer 'hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=' is this side itself");
    peers[1].public_key[0] ^= 1;
    check_taken(&options);
}

static void test_nobody(void **state)
{
    struct tunic_relay_options options = keyed();

    (void)state;
    options.settings.private_key[0] = 1;
    options.settings.has_private_key = true;
    peers[0].has_endpoint = false;
    options.settings.peer_count = 0;
    check_taken(&options); /* wg can add some */
    options.no_control = true;
    check_refused(&options, "'peer' is missing");
    options.settings.peer_count = 2;
    check_refused(&options, "neither 'listen' nor an 'endpoint' is given");
    options.has_listen = true;
    check_taken(&options);
    options.has_listen = false;
    peers[1].has_endpoint = true;
    check_taken(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insecure),    cmocka_unit_test(test_udp),
        cmocka_unit_test(test_tcp),         cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_plain_words), cmocka_unit_test(test_words_of_keys),
        cmocka_unit_test(test_peers),       cmocka_unit_test(test_own_key),
        cmocka_unit_test(test_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
