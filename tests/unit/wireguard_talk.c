/* SPDX-License-Identifier: MIT */
#include "wireguard_talk.h"

#include <string.h>

enum { SENDER = 0x04030201 };

static void fill_random(void *closure, void *bytes, size_t length)
{
    (void)closure;
    pair_fill(bytes, length);
}

static const struct tunic_wireguard_user user = {.random = fill_random};

void talk_begin(struct talk *talk)
{
    memset(talk, 0, sizeof(*talk));
    pair_fill(talk->public_key, sizeof(talk->public_key));
    pair_fill(talk->source.address, sizeof(talk->source.address));
    talk->source.port = 51820;
    assert_int_equal(tunic_cookie_checker_begin(pair_crypto, &talk->checker, talk->public_key), 0);
    assert_int_equal(tunic_cookie_maker_begin(pair_crypto, &talk->maker, talk->public_key), 0);
}

void talk_sign(struct talk *talk, size_t length, uint64_t now)
{
    pair_fill(talk->message, sizeof(talk->message));
    tunic_put32(talk->message + TUNIC_AT_SENDER, SENDER);
    talk->length = length;
    assert_int_equal(tunic_cookie_sign(pair_crypto, &talk->maker, talk->message, length, now), 0);
}

int talk_answer(struct talk *talk, uint64_t now)
{
    return tunic_cookie_reply(pair_crypto, &talk->checker, &user, talk->message, talk->length,
                              &talk->source, now, talk->reply);
}

int talk_take(struct talk *talk, uint64_t now)
{
    return tunic_cookie_take(pair_crypto, &talk->maker, talk->reply, now);
}

bool talk_mac1_valid(const struct talk *talk)
{
    return tunic_cookie_mac1_valid(pair_crypto, &talk->checker, talk->message, talk->length);
}

bool talk_mac2_valid(const struct talk *talk, uint64_t now)
{
    return tunic_cookie_mac2_valid(pair_crypto, &talk->checker, talk->message, talk->length,
                                   &talk->source, now);
}

void talk_begin_with_cookie(struct talk *talk, size_t length, uint64_t now)
{
    talk_begin(talk);
    talk_sign(talk, length, now);
    assert_int_equal(talk_answer(talk, now), 0);
    assert_int_equal(talk_take(talk, now), 0);
    talk_sign(talk, length, now);
}

bool talk_mac2_written(const struct talk *talk)
{
    return !tunic_is_zero(talk->message + talk->length - TUNIC_MAC_SIZE, TUNIC_MAC_SIZE);
}

void talk_assert_not_taken(struct talk *talk, int expected)
{
    const struct tunic_cookie_maker before = talk->maker;

    assert_int_equal(talk_take(talk, 5), expected);
    assert_memory_equal(&talk->maker, &before, sizeof(before));
}
