/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "control/control.h"

#include <errno.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool memory_gone;

void *__wrap_malloc(size_t size)
{
    return memory_gone ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_gone ? NULL : __real_realloc(old, size);
}

/* ---- ranges ----------------------------------------------------------------------------- */

static void test_ranges(void **state)
{
    static const struct {
        const char *word;
        const char *text; /* as it is told; NULL: refused */
    } words[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.255.255.255/8", "10.0.0.0/8"},
        {"10.255.255.255/15", "10.254.0.0/15"},
        {"192.0.2.1", "192.0.2.1/32"},
        {"255.255.255.255/0", "0.0.0.0/0"},
        {"255.255.255.255/31", "255.255.255.254/31"},
        {"::/0", "::/0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0", "::/0"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"2001:db8::ffff/127", "2001:db8::fffe/127"},
        {"::ffff:192.0.2.1/128", "::ffff:192.0.2.1/128"},
        {"", NULL},
        {"/", NULL},
        {"/8", NULL},
        {"10.0.0.0/", NULL},
        {"10.0.0.0/33", NULL},
        {"10.0.0.0/-1", NULL},
        {"10.0.0.0/8/8", NULL},
        {"10.0.0.0/255.0.0.0", NULL},
        {"10.0.0/8", NULL},
        {"010.0.0.1", NULL},
        {"10.0.0.0 /8", NULL},
        {" 10.0.0.0", NULL},
        {"::/129", NULL},
        {"::1%lo", NULL},
        {"[::1]", NULL},
        {"host", NULL},
        {"+10.0.0.0/8", NULL},
        {"-10.0.0.0/8", NULL},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/1", NULL},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(words); i++) {
        struct tunic_allowed_ip range = {.length = 77};
        char text[TUNIC_ALLOWED_TEXT];
        struct tunic_error error;
        int result = tunic_allowed_parse(words[i].word, &range, &error);
        if (words[i].text) {
            assert_int_equal(result, 0);
            tunic_allowed_text(&range, text);
            assert_string_equal(text, words[i].text);
        } else {
            assert_int_equal(result, -EINVAL);
            assert_int_equal(error.reason, TUNIC_USAGE);
            assert_int_equal(range.length, 77); /* as it was */
        }
    }
}

static void test_list(void **state)
{
    static const char *const refused[] = {
        "", ",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,::/0", "10.0.0.0/8 ::/0"};
    static const uint8_t key[TUNIC_KEY_SIZE] = {1};
    struct tunic_settings settings = {0};
    struct tunic_error error;
    char text[TUNIC_ALLOWED_TEXT];
    struct tunic_peer_settings *peer = tunic_settings_add_peer(&settings, key);

    (void)state;
    assert_non_null(peer);
    assert_int_equal(tunic_allowed_parse_list("10.1.0.0/16,2001:db8::/32,::1", peer, &error), 0);
    assert_int_equal(tunic_allowed_parse_list("0.0.0.0/0", peer, &error), 0);
    assert_int_equal(peer->allowed_count, 4);
    tunic_allowed_text(&peer->allowed[1], text);
    assert_string_equal(text, "2001:db8::/32");
    tunic_allowed_text(&peer->allowed[3], text);
    assert_string_equal(text, "0.0.0.0/0");
    for (size_t i = 0; i < TUNIC_COUNT(refused); i++)
        assert_int_equal(tunic_allowed_parse_list(refused[i], peer, &error), -EINVAL);
    tunic_settings_clear(&settings);
}

/* ---- peers ------------------------------------------------------------------------------ */

static void test_many_peers(void **state)
{
    struct tunic_settings settings = {.has_private_key = true};
    struct tunic_settings nothing = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[TUNIC_KEY_SIZE] = {(uint8_t)i, (uint8_t)(i >> 8)};
        struct tunic_allowed_ip range = {.length = (uint8_t)(i % 33)};
        struct tunic_peer_settings *peer = tunic_settings_add_peer(&settings, key);
        assert_non_null(peer);
        assert_false(peer->has_endpoint || peer->allowed_count != 0);
        for (unsigned j = 0; j <= i % 40; j++)
            assert_int_equal(tunic_peer_settings_allow(peer, &range), 0);
    }
    assert_int_equal(settings.peer_count, 1000);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(settings.peers[i].public_key[0], (uint8_t)i);
        assert_int_equal(settings.peers[i].allowed_count, i % 40 + 1);
        assert_int_equal(settings.peers[i].allowed[i % 40].length, i % 33);
    }
    tunic_settings_clear(&settings);
    assert_memory_equal(&settings, &nothing, sizeof(settings));
    tunic_settings_clear(&settings); /* also of nothing */
}

static void test_out_of_memory(void **state)
{
    static const uint8_t key[TUNIC_KEY_SIZE] = {1};
    struct tunic_settings settings = {0};
    struct tunic_allowed_ip range = {0};
    struct tunic_error error;

    (void)state;
    memory_gone = true;
    assert_null(tunic_settings_add_peer(&settings, key));
    memory_gone = false;
    struct tunic_peer_settings *peer = tunic_settings_add_peer(&settings, key);
    memory_gone = true;
    assert_int_equal(tunic_peer_settings_allow(peer, &range), -ENOMEM);
    assert_int_equal(tunic_allowed_parse_list("::/0", peer, &error), -ENOMEM);
    memory_gone = false;
    assert_int_equal(peer->allowed_count, 0);
    tunic_settings_clear(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_many_peers),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
