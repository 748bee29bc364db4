/* SPDX-License-Identifier: MIT */
/* Every primitive fails in turn. */
#include "wireguard_talk.h"

#include <errno.h>
#include <string.h>

/* ---- the faults ------------------------------------------------------------------------ */

static unsigned failing; /* which of the next primitives; 0: none */
static uint8_t secret[TUNIC_COOKIE_SIZE];
static bool wiped; /* a place where the secret was */

void __real_tunic_wipe(void *bytes, size_t length);
void __wrap_tunic_wipe(void *bytes, size_t length);
void __wrap_tunic_wipe(void *bytes, size_t length)
{
    wiped |= memmem(bytes, length, secret, sizeof(secret)) != NULL;
    __real_tunic_wipe(bytes, length);
}

/* It was done all the same, so that nothing but what it returns tells. */
static int with_fault(int result)
{
    return failing != 0 && --failing == 0 ? -ENOMEM : result;
}

typedef int hash(struct tunic_crypto *crypto, uint8_t *result, const struct iovec *pieces,
                 size_t count);
hash __real_tunic_blake2s;
hash __wrap_tunic_blake2s;
int __wrap_tunic_blake2s(struct tunic_crypto *crypto, uint8_t *result, const struct iovec *pieces,
                         size_t count)
{
    return with_fault(__real_tunic_blake2s(crypto, result, pieces, count));
}

typedef int code(struct tunic_crypto *crypto, uint8_t *mac, const void *key, size_t key_length,
                 const struct iovec *pieces, size_t count);
code __real_tunic_blake2s_mac;
code __wrap_tunic_blake2s_mac;
int __wrap_tunic_blake2s_mac(struct tunic_crypto *crypto, uint8_t *mac, const void *key,
                             size_t key_length, const struct iovec *pieces, size_t count)
{
    return with_fault(__real_tunic_blake2s_mac(crypto, mac, key, key_length, pieces, count));
}

typedef int aead(struct tunic_crypto *crypto, const uint8_t *key, const uint8_t *nonce,
                 const struct tunic_message_text *message);
aead __real_tunic_xaead_seal;
aead __wrap_tunic_xaead_seal;
aead __real_tunic_xaead_open;
aead __wrap_tunic_xaead_open;

int __wrap_tunic_xaead_seal(struct tunic_crypto *crypto, const uint8_t *key, const uint8_t *nonce,
                            const struct tunic_message_text *message)
{
    return with_fault(__real_tunic_xaead_seal(crypto, key, nonce, message));
}

int __wrap_tunic_xaead_open(struct tunic_crypto *crypto, const uint8_t *key, const uint8_t *nonce,
                            const struct tunic_message_text *message)
{
    return with_fault(__real_tunic_xaead_open(crypto, key, nonce, message));
}

/* ---- asking and checking --------------------------------------------------------------- */

static void test_faults(void **state)
{
    struct talk talk;
    struct talk before;

    (void)state;
    talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
    assert_int_equal(talk_answer(&talk, 0), 0);
    before = talk;
    for (unsigned call = 1; call <= 2; call++) {
        failing = call;
        assert_int_equal(tunic_cookie_sign(pair_crypto, &talk.maker, talk.message, talk.length, 0),
                         -ENOMEM);
        assert_memory_equal(&talk.maker, &before.maker, sizeof(talk.maker));
        failing = call;
        assert_false(talk_mac2_valid(&before, 0));
        failing = call;
        assert_int_equal(talk_answer(&talk, 0), -ENOMEM);
        failing = call;
        assert_int_equal(tunic_cookie_checker_begin(pair_crypto, &talk.checker, talk.public_key),
                         -ENOMEM);
        failing = call;
        assert_int_equal(tunic_cookie_maker_begin(pair_crypto, &talk.maker, talk.public_key),
                         -ENOMEM);
        talk = before;
    }
    failing = 1;
    assert_false(talk_mac1_valid(&talk));
    failing = 1;
    talk_assert_not_taken(&talk, -ENOMEM);
    assert_int_equal(talk_take(&talk, 0), 0);
}

/* The cookie is made anew wherever it is looked at, and does not stay there. */
static void test_cookies_are_wiped(void **state)
{
    struct talk talk;

    (void)state;
    for (unsigned call = 0; call <= 2; call++) {
        talk_begin_with_cookie(&talk, TUNIC_INITIATION_SIZE, 0);
        memcpy(secret, talk.maker.cookie, sizeof(secret));
        wiped = false;
        failing = call;
        assert_int_equal(talk_mac2_valid(&talk, 0), call == 0);
        assert_true(wiped);
        wiped = false;
        failing = call;
        assert_int_equal(talk_answer(&talk, 0), call == 0 ? 0 : -ENOMEM);
        assert_true(wiped);
    }
    assert_int_equal(talk_answer(&talk, 0), 0);
    wiped = false;
    failing = 1;
    assert_int_equal(talk_take(&talk, 0), -ENOMEM);
    assert_true(wiped);
    wiped = false;
    assert_int_equal(talk_take(&talk, 0), 0);
    assert_true(wiped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_cookies_are_wiped),
    };

    return cmocka_run_group_tests(tests, pair_open_crypto, pair_close_crypto);
}
