/* SPDX-License-Identifier: MIT */
/* Ephemeral keys, and that nothing secret is left in memory that is given back. */
#include "unit.h"

#include "wireguard_side.h"

#include <malloc.h>
#include <stdlib.h>

enum { SECRETS = 32, EPHEMERALS = 16 };

static struct {
    uint8_t list[SECRETS][TUNIC_KEY_SIZE];
    unsigned count;
    unsigned left; /* found where memory was freed */
} secrets;

static struct {
    uint8_t list[EPHEMERALS][TUNIC_KEY_SIZE];
    unsigned count;
} ephemerals;

static unsigned wiped; /* handshakes that had something in them */

void __real_free(void *memory);
void __wrap_free(void *memory);
void __real_tunic_handshake_wipe(struct tunic_handshake *handshake);
void __wrap_tunic_handshake_wipe(struct tunic_handshake *handshake);
int __real_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key);
int __wrap_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key);

void __wrap_free(void *memory)
{
    size_t size = memory ? malloc_usable_size(memory) : 0;

    for (unsigned i = 0; i < secrets.count; i++)
        secrets.left += size > 0 && memmem(memory, size, secrets.list[i], TUNIC_KEY_SIZE);
    __real_free(memory);
}

void __wrap_tunic_handshake_wipe(struct tunic_handshake *handshake)
{
    wiped += !tunic_is_zero(handshake->chaining_key, TUNIC_HASH_SIZE);
    __real_tunic_handshake_wipe(handshake);
}

int __wrap_tunic_x25519_public(struct tunic_crypto *crypto, const uint8_t *private_key,
                               uint8_t *public_key)
{
    assert_true(ephemerals.count < EPHEMERALS);
    memcpy(ephemerals.list[ephemerals.count++], private_key, TUNIC_KEY_SIZE);
    return __real_tunic_x25519_public(crypto, private_key, public_key);
}

static struct side_network network;
static struct side_link *left;
static struct side_link *right;

static int begin(void **state)
{
    (void)state;
    memset(&secrets, 0, sizeof(secrets));
    memset(&ephemerals, 0, sizeof(ephemerals));
    side_open(&network, 9);
    side_join(&network, 0, 1);
    left = &network.nodes[0].links[1];
    right = &network.nodes[1].links[0];
    memset(&ephemerals, 0, sizeof(ephemerals)); /* those were static keys */
    return 0;
}

static int end(void **state)
{
    (void)state;
    secrets.count = 0;
    side_close(&network);
    return 0;
}

static void initiate(void)
{
    left->peer->handshake_sent = 0;
    tunic_wireguard_peer_begin(left->node->wireguard, left->peer, network.now);
}

static void keep(const uint8_t *secret)
{
    assert_true(secrets.count < SECRETS);
    assert_false(tunic_is_zero(secret, TUNIC_KEY_SIZE));
    memcpy(secrets.list[secrets.count++], secret, TUNIC_KEY_SIZE);
}

/* Of both sides, clamped (RFC 7748 5) before they are used, and never the same. */
static void ephemeral_keys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EPHEMERALS / 2; i++) {
        initiate();
        side_wait(&network, SIDE_SECOND);
    }
    assert_int_equal(ephemerals.count, EPHEMERALS);
    for (unsigned i = 0; i < EPHEMERALS; i++) {
        assert_int_equal(ephemerals.list[i][0] & 7, 0);
        assert_int_equal(ephemerals.list[i][31] & 0xc0, 0x40);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(ephemerals.list[i], ephemerals.list[k], TUNIC_KEY_SIZE);
    }
}

/* A handshake, sessions, a peer and an engine: none leaves behind what it had. */
static void freed(void **state)
{
    const uint8_t preshared[TUNIC_KEY_SIZE] = {1, 2, 3};

    (void)state;
    tunic_wireguard_peer_set_preshared(left->peer, preshared);
    tunic_wireguard_peer_set_preshared(right->peer, preshared);
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    const struct side_link *links[] = {left, right};
    for (unsigned i = 0; i < 2; i++) {
        keep(links[i]->node->wireguard->identity.private_key);
        keep(links[i]->peer->preshared_key);
        keep(links[i]->peer->static_static);
        keep(links[i]->peer->current->send.bytes);
        keep(links[i]->peer->current->receive.bytes);
    }
    initiate();
    keep(left->peer->attempt->handshake.chaining_key);
    keep(left->peer->attempt->handshake.ephemeral.private_key);
    initiate();
    assert_int_equal(secrets.left, 0);
    tunic_wireguard_close(left->node->wireguard);
    left->node->wireguard = NULL;
    tunic_wireguard_peer_remove(right->node->wireguard, right->peer);
    tunic_wireguard_close(right->node->wireguard);
    right->node->wireguard = NULL;
    assert_int_equal(secrets.left, 0);
}

/* What was worked out of an initiation before it was refused. */
static void refused(void **state)
{
    struct side_message message;

    (void)state;
    side_send(left);
    side_wait(&network, SIDE_SECOND);
    message = network.last[TUNIC_MESSAGE_INITIATION];
    wiped = 0;
    side_deliver(&network, &message);
    assert_int_equal(tunic_wireguard_counters(right->node->wireguard)->replayed, 1);
    assert_int_equal(wiped, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ephemeral_keys, begin, end),
        cmocka_unit_test_setup_teardown(freed, begin, end),
        cmocka_unit_test_setup_teardown(refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
