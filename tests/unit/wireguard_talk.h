/* SPDX-License-Identifier: MIT */
/* Who asks with MACs and who checks them, of one public key. */
#ifndef TUNIC_TESTS_WIREGUARD_TALK_H
#define TUNIC_TESTS_WIREGUARD_TALK_H

#include "wireguard_pair.h"

#include "wireguard/cookie.h"

struct talk {
    uint8_t public_key[TUNIC_KEY_SIZE];
    struct tunic_cookie_checker checker;
    struct tunic_cookie_maker maker;
    struct tunic_wireguard_source source;
    uint8_t message[TUNIC_INITIATION_SIZE];
    size_t length;
    uint8_t reply[TUNIC_COOKIE_REPLY_SIZE];
};

void talk_begin(struct talk *talk);
/* Another message, of sender 0x04030201. */
void talk_sign(struct talk *talk, size_t length, uint64_t now);
int talk_answer(struct talk *talk, uint64_t now);
int talk_take(struct talk *talk, uint64_t now);
/* The reply is refused, and the one who asked does not notice. */
void talk_assert_not_taken(struct talk *talk, int expected);
/* Has a cookie, and a message signed with it. */
void talk_begin_with_cookie(struct talk *talk, size_t length, uint64_t now);
bool talk_mac1_valid(const struct talk *talk);
bool talk_mac2_valid(const struct talk *talk, uint64_t now);
bool talk_mac2_written(const struct talk *talk);

#endif
