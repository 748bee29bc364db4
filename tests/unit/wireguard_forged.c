/* SPDX-License-Identifier: MIT */
/* Forgeries of somebody who knows our public key, and so can make mac1. */
#include "unit.h"

#include "wireguard_two.h"

static int begin(void **state)
{
    return two_begin(state, 8);
}

/* mac1 keeps nobody away who knows our public key. */
static void sign(const struct side_link *link, struct side_message *message)
{
    size_t length = message->length - TUNIC_MACS_SIZE;
    const struct iovec covered = tunic_piece(message->bytes, length);

    assert_int_equal(tunic_blake2s_mac(network.crypto, message->bytes + length,
                                       link->node->wireguard->checker.mac1_key, TUNIC_KEY_SIZE,
                                       &covered, 1),
                     0);
}

/* Every byte behind the type is changed in turn. */
static void forge(unsigned type, const struct side_link *link)
{
    const struct side_message message = network.last[type];
    const struct tunic_wireguard_peer before = *link->peer;
    uint64_t unauthentic = counters(link)->unauthentic;
    size_t begin_at =
        type == TUNIC_MESSAGE_INITIATION ? TUNIC_AT_NOISE : TUNIC_AT_RESPONSE_RECEIVER;

    for (size_t i = begin_at; i < message.length - TUNIC_MACS_SIZE; i++) {
        struct side_message forged = message;
        forged.bytes[i] ^= (uint8_t)(1U << i % 8);
        sign(link, &forged);
        side_deliver(&network, &forged);
        assert_int_equal(counters(link)->unauthentic, ++unauthentic);
        assert_memory_equal(link->peer, &before, sizeof(before));
    }
    assert_int_equal(link->authenticated, 0);
    assert_int_equal(link->node->answers, 0);
    struct side_message whole = message;
    side_deliver(&network, &whole);
    assert_int_equal(link->authenticated, 1);
}

static void forged_and_signed(void **state)
{
    (void)state;
    side_send(left);
    network.flying_count = 0;
    forge(TUNIC_MESSAGE_INITIATION, right);
    network.flying_count = 0;
    forge(TUNIC_MESSAGE_RESPONSE, left);
    side_wait(&network, SIDE_SECOND);
    assert_int_equal(right->received_packets, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(forged_and_signed, begin, two_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
