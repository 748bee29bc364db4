/* SPDX-License-Identifier: MIT */
/* Each step of a handshake fails in turn, for want of memory: nothing is left behind, and the next
 * try succeeds. */
#include "unit.h"

#include "wireguard_side.h"

#include <errno.h>

static unsigned calls;
static unsigned failing; /* the call that fails; 0: none */

static bool fails(void)
{
    return failing != 0 && ++calls == failing;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __real_tunic_handshake_begin(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 const void *prologue, size_t prologue_length,
                                 const uint8_t responder_static[TUNIC_KEY_SIZE]);
int __wrap_tunic_handshake_begin(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 const void *prologue, size_t prologue_length,
                                 const uint8_t responder_static[TUNIC_KEY_SIZE]);
int __real_tunic_handshake_split(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 bool initiator, uint8_t send[TUNIC_KEY_SIZE],
                                 uint8_t receive[TUNIC_KEY_SIZE]);
int __wrap_tunic_handshake_split(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 bool initiator, uint8_t send[TUNIC_KEY_SIZE],
                                 uint8_t receive[TUNIC_KEY_SIZE]);
int __real_tunic_cookie_sign(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                             uint8_t *message, size_t length, uint64_t now);
int __wrap_tunic_cookie_sign(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                             uint8_t *message, size_t length, uint64_t now);
int __real_tunic_x25519(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                        const uint8_t public_key[TUNIC_KEY_SIZE], uint8_t shared[TUNIC_KEY_SIZE]);
int __wrap_tunic_x25519(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                        const uint8_t public_key[TUNIC_KEY_SIZE], uint8_t shared[TUNIC_KEY_SIZE]);
int __real_tunic_x25519_public(struct tunic_crypto *crypto,
                               const uint8_t private_key[TUNIC_KEY_SIZE],
                               uint8_t public_key[TUNIC_KEY_SIZE]);
int __wrap_tunic_x25519_public(struct tunic_crypto *crypto,
                               const uint8_t private_key[TUNIC_KEY_SIZE],
                               uint8_t public_key[TUNIC_KEY_SIZE]);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

int __wrap_tunic_handshake_begin(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 const void *prologue, size_t prologue_length,
                                 const uint8_t responder_static[TUNIC_KEY_SIZE])
{
    return fails() ? -ENOMEM
                   : __real_tunic_handshake_begin(crypto, handshake, prologue, prologue_length,
                                                  responder_static);
}

int __wrap_tunic_handshake_split(struct tunic_crypto *crypto, struct tunic_handshake *handshake,
                                 bool initiator, uint8_t send[TUNIC_KEY_SIZE],
                                 uint8_t receive[TUNIC_KEY_SIZE])
{
    if (!fails())
        return __real_tunic_handshake_split(crypto, handshake, initiator, send, receive);
    tunic_handshake_wipe(handshake);
    return -ENOMEM;
}

int __wrap_tunic_cookie_sign(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                             uint8_t *message, size_t length, uint64_t now)
{
    return fails() ? -ENOMEM : __real_tunic_cookie_sign(crypto, maker, message, length, now);
}

int __wrap_tunic_x25519(struct tunic_crypto *crypto, const uint8_t private_key[TUNIC_KEY_SIZE],
                        const uint8_t public_key[TUNIC_KEY_SIZE], uint8_t shared[TUNIC_KEY_SIZE])
{
    return fails() ? -ENOMEM : __real_tunic_x25519(crypto, private_key, public_key, shared);
}

int __wrap_tunic_x25519_public(struct tunic_crypto *crypto,
                               const uint8_t private_key[TUNIC_KEY_SIZE],
                               uint8_t public_key[TUNIC_KEY_SIZE])
{
    return fails() ? -ENOMEM : __real_tunic_x25519_public(crypto, private_key, public_key);
}

static struct side_network network;
static struct side_link *left;
static struct side_link *right;

static void begin(void)
{
    failing = 0;
    side_open(&network, 6);
    side_join(&network, 0, 1);
    left = &network.nodes[0].links[1];
    right = &network.nodes[1].links[0];
}

static void every_step(void **state)
{
    unsigned steps = 1;

    (void)state;
    for (bool failed = true; failed; steps++) {
        begin();
        calls = 0;
        failing = steps;
        side_send(left);
        side_wait(&network, SIDE_SECOND);
        failed = calls >= failing;
        failing = 0;
        if (failed)
            assert_int_equal(right->received_packets, 0);
        /* The next try, or the one after it where both sides have to wait. */
        side_wait(&network, 20 * SIDE_SECOND);
        assert_int_equal(left->waiting, 0);
        assert_true(failed || right->received_packets == 1);
        side_send(left);
        side_send(right);
        side_wait(&network, 20 * SIDE_SECOND);
        assert_true(right->received_packets > 0);
        assert_true(left->received_packets > 0);
        side_close(&network);
    }
    assert_true(steps > 15);
}

/* A key that cannot be set is none at all, and can be set again. */
static void private_key(void **state)
{
    uint8_t key[TUNIC_KEY_SIZE] = {[7] = 1};
    int result = -1;

    (void)state;
    begin();
    side_meet(&network, 0, 2, true);
    struct tunic_wireguard *wireguard = network.nodes[0].wireguard;
    for (unsigned step = 1; result < 0; step++) {
        calls = 0;
        failing = step;
        result = tunic_wireguard_set_private_key(wireguard, key, network.now, NULL, NULL);
        failing = 0;
        if (result == 0)
            break;
        assert_int_equal(result, -ENOMEM);
        assert_null(tunic_wireguard_private_key(wireguard));
        unsigned sent = left->sent[TUNIC_MESSAGE_INITIATION];
        tunic_wireguard_peer_begin(wireguard, left->peer, network.now);
        assert_int_equal(left->sent[TUNIC_MESSAGE_INITIATION], sent);
    }
    key[0] &= 248;
    key[31] = 64;
    assert_memory_equal(tunic_wireguard_private_key(wireguard), key, TUNIC_KEY_SIZE);
    assert_false(tunic_is_zero(left->peer->static_static, TUNIC_KEY_SIZE));
    side_close(&network);
}

static void opening(void **state)
{
    struct tunic_wireguard *wireguard = NULL;
    struct tunic_error error;
    int result = -1;

    (void)state;
    begin();
    for (unsigned step = 1; result < 0; step++) {
        calls = 0;
        failing = step;
        result = tunic_wireguard_open(&wireguard, network.crypto, &network.nodes[0].wireguard->user,
                                      &error);
        failing = 0;
        assert_true(result == 0 || result == -ENOMEM);
    }
    tunic_wireguard_close(wireguard);
    tunic_wireguard_close(NULL);
    side_close(&network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step),
        cmocka_unit_test(private_key),
        cmocka_unit_test(opening),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
