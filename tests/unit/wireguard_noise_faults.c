/* SPDX-License-Identifier: MIT */
/* Every primitive fails in turn, in every step: nothing is changed, and what was secret is wiped.
 */
#include "wireguard_pair.h"

#include <errno.h>
#include <string.h>

/* ---- the faults ------------------------------------------------------------------------ */

static struct {
    bool armed;
    unsigned calls;
    unsigned failing; /* which call; 0: none */
    uint8_t secret[TUNIC_KEY_SIZE];
    bool wiped; /* a place where the secret was */
} faults;

/* It was done all the same, so that nothing but what it returns tells. */
static int with_fault(int result)
{
    return faults.armed && ++faults.calls == faults.failing ? -ENOMEM : result;
}

void __real_tunic_wipe(void *bytes, size_t length);
void __wrap_tunic_wipe(void *bytes, size_t length);
void __wrap_tunic_wipe(void *bytes, size_t length)
{
    if (faults.armed && memmem(bytes, length, faults.secret, sizeof(faults.secret)))
        faults.wiped = true;
    __real_tunic_wipe(bytes, length);
}

int __real_tunic_blake2s(struct tunic_crypto *crypto, uint8_t *hash, const struct iovec *pieces,
                         size_t count);
int __wrap_tunic_blake2s(struct tunic_crypto *crypto, uint8_t *hash, const struct iovec *pieces,
                         size_t count);
int __wrap_tunic_blake2s(struct tunic_crypto *crypto, uint8_t *hash, const struct iovec *pieces,
                         size_t count)
{
    return with_fault(__real_tunic_blake2s(crypto, hash, pieces, count));
}

int __real_tunic_derive(struct tunic_crypto *crypto, const uint8_t *chaining_key, const void *input,
                        size_t length, uint8_t *const *results, size_t count);
int __wrap_tunic_derive(struct tunic_crypto *crypto, const uint8_t *chaining_key, const void *input,
                        size_t length, uint8_t *const *results, size_t count);
int __wrap_tunic_derive(struct tunic_crypto *crypto, const uint8_t *chaining_key, const void *input,
                        size_t length, uint8_t *const *results, size_t count)
{
    return with_fault(__real_tunic_derive(crypto, chaining_key, input, length, results, count));
}

int __real_tunic_x25519(struct tunic_crypto *crypto, const uint8_t *private_key,
                        const uint8_t *public_key, uint8_t *shared);
int __wrap_tunic_x25519(struct tunic_crypto *crypto, const uint8_t *private_key,
                        const uint8_t *public_key, uint8_t *shared);
int __wrap_tunic_x25519(struct tunic_crypto *crypto, const uint8_t *private_key,
                        const uint8_t *public_key, uint8_t *shared)
{
    return with_fault(__real_tunic_x25519(crypto, private_key, public_key, shared));
}

int __real_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key);
int __wrap_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key);
int __wrap_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key)
{
    return with_fault(__real_tunic_x25519_public(crypto, private_key, public_key));
}

typedef int aead(struct tunic_crypto *crypto, const uint8_t *key, uint64_t counter,
                 const struct tunic_message_text *message);
aead __real_tunic_aead_seal;
aead __wrap_tunic_aead_seal;
aead __real_tunic_aead_open;
aead __wrap_tunic_aead_open;

int __wrap_tunic_aead_seal(struct tunic_crypto *crypto, const uint8_t *key, uint64_t counter,
                           const struct tunic_message_text *message)
{
    return with_fault(__real_tunic_aead_seal(crypto, key, counter, message));
}

int __wrap_tunic_aead_open(struct tunic_crypto *crypto, const uint8_t *key, uint64_t counter,
                           const struct tunic_message_text *message)
{
    return with_fault(__real_tunic_aead_open(crypto, key, counter, message));
}

/* The next step has the fault. */
static void arm(unsigned failing, const uint8_t *secret)
{
    faults.armed = true;
    faults.wiped = false;
    faults.calls = 0;
    faults.failing = failing;
    memcpy(faults.secret, secret, sizeof(faults.secret));
}

/* ---- steps ----------------------------------------------------------------------------- */

/* What the side of this step keeps secret. */
static const struct tunic_handshake *acting(const struct pair *pair, pair_step step)
{
    return step == pair_write_first || step == pair_read_second ? &pair->initiator.handshake
                                                                : &pair->responder.handshake;
}

/* Returns how many primitives the step asks. */
static unsigned run_faulty(pair_step step)
{
    struct pair pair;
    struct pair before;
    unsigned failing = 0;
    int result;

    pair_before(&pair, step);
    before = pair;
    do {
        arm(++failing, acting(&pair, step)->ephemeral.private_key);
        result = step(&pair);
        faults.armed = false;
        assert_true(faults.wiped);
        if (result == 0)
            continue;
        assert_int_equal(result, -ENOMEM);
        assert_int_equal(faults.calls, failing); /* and none was asked afterwards */
        assert_memory_equal(&pair.initiator, &before.initiator, sizeof(pair.initiator));
        assert_memory_equal(&pair.responder, &before.responder, sizeof(pair.responder));
    } while (result != 0);
    return failing - 1;
}

static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(run_faulty(pair_write_first), 10);
    assert_int_equal(run_faulty(pair_read_static), 6);
    assert_int_equal(run_faulty(pair_read_first), 3);
    assert_int_equal(run_faulty(pair_write_second), 11);
    assert_int_equal(run_faulty(pair_read_second), 10);
}

/* What is told is what failed first. */
static void test_first_failure(void **state)
{
    struct pair pair;

    (void)state;
    pair_before(&pair, pair_write_first);
    memset(pair.static_static, 0, sizeof(pair.static_static));
    arm(1, pair.initiator.handshake.ephemeral.private_key);
    assert_int_equal(pair_write_first(&pair), -ENOMEM);
    faults.armed = false;
    assert_int_equal(pair_write_first(&pair), -EKEYREJECTED);
}

static void test_begin(void **state)
{
    struct tunic_handshake handshake;
    struct tunic_handshake before;
    int result;

    (void)state;
    pair_fill(&handshake, sizeof(handshake));
    before = handshake;
    for (unsigned failing = 1; failing <= 4; failing++) {
        arm(failing, before.ephemeral.private_key);
        result = tunic_handshake_begin(pair_crypto, &handshake, "x", 1, before.remote_static);
        faults.armed = false;
        assert_true(faults.wiped);
        assert_int_equal(result, failing <= 3 ? -ENOMEM : 0);
        if (result != 0)
            assert_memory_equal(&handshake, &before, sizeof(handshake));
    }
}

/* Keys or none, and nothing of where they came from. */
static void test_split(void **state)
{
    uint8_t send[TUNIC_KEY_SIZE];
    uint8_t receive[TUNIC_KEY_SIZE];
    struct tunic_handshake handshake;
    int result;

    (void)state;
    for (unsigned failing = 0; failing <= 1; failing++) {
        pair_fill(&handshake, sizeof(handshake));
        pair_fill(send, sizeof(send));
        pair_fill(receive, sizeof(receive));
        arm(failing, handshake.chaining_key);
        result = tunic_handshake_split(pair_crypto, &handshake, true, send, receive);
        faults.armed = false;
        assert_true(faults.wiped);
        assert_int_equal(result, failing ? -ENOMEM : 0);
        assert_true(tunic_is_zero(&handshake, sizeof(handshake)));
        assert_int_equal(tunic_is_zero(send, sizeof(send)), failing);
        assert_int_equal(tunic_is_zero(receive, sizeof(receive)), failing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_split),
    };

    return cmocka_run_group_tests(tests, pair_open_crypto, pair_close_crypto);
}
