/* SPDX-License-Identifier: MIT */
/* Private to lib/wireguard: MACs and cookies (paper, 5.3 and 5.4.4 to 5.4.7). */
#ifndef TUNIC_WIREGUARD_COOKIE_H
#define TUNIC_WIREGUARD_COOKIE_H

#include "wireguard/messages.h"

/* Who checks: one for the interface. Its keys follow from our public key. */
struct tunic_cookie_checker {
    uint8_t mac1_key[TUNIC_KEY_SIZE];
    uint8_t cookie_key[TUNIC_KEY_SIZE];
    uint8_t secret[TUNIC_KEY_SIZE]; /* of the cookies that we give; new every 120 s */
    uint64_t secret_born;
    bool has_secret;
};

/* Who asks: one for each peer. Its keys follow from the peer's public key. */
struct tunic_cookie_maker {
    uint8_t mac1_key[TUNIC_KEY_SIZE];
    uint8_t cookie_key[TUNIC_KEY_SIZE];
    uint8_t cookie[TUNIC_COOKIE_SIZE]; /* that the peer gave us */
    uint64_t cookie_born;
    bool has_cookie;
    uint8_t last_mac1[TUNIC_MAC_SIZE]; /* of the message that may be answered with a cookie */
    bool has_last_mac1;
};

int tunic_cookie_checker_begin(struct tunic_crypto *crypto, struct tunic_cookie_checker *checker,
                               const uint8_t public_key[TUNIC_KEY_SIZE]);
int tunic_cookie_maker_begin(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                             const uint8_t public_key[TUNIC_KEY_SIZE]);

/* Writes mac1 and mac2 (zero without a fresh cookie) at the end of a message of `length` bytes. */
int tunic_cookie_sign(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                      uint8_t *message, size_t length, uint64_t now);

bool tunic_cookie_mac1_valid(struct tunic_crypto *crypto,
                             const struct tunic_cookie_checker *checker, const uint8_t *message,
                             size_t length);
/* False also where there is no secret yet, or it is too old. */
bool tunic_cookie_mac2_valid(struct tunic_crypto *crypto,
                             const struct tunic_cookie_checker *checker, const uint8_t *message,
                             size_t length, const struct tunic_wireguard_source *source,
                             uint64_t now);
/* Writes the reply to a message of `length` bytes whose mac1 is valid. */
int tunic_cookie_reply(struct tunic_crypto *crypto, struct tunic_cookie_checker *checker,
                       const struct tunic_wireguard_user *user, const uint8_t *message,
                       size_t length, const struct tunic_wireguard_source *source, uint64_t now,
                       uint8_t reply[TUNIC_COOKIE_REPLY_SIZE]);
/* Takes a reply: only while a mac1 is outstanding, and each only once. -EBADMSG: not authentic;
 * -ENOENT: nothing was asked. */
int tunic_cookie_take(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                      const uint8_t reply[TUNIC_COOKIE_REPLY_SIZE], uint64_t now);

/* ---- limit.c: handshakes from an address ----------------------------------------------- */

enum { TUNIC_LIMIT_ADDRESSES = 4096 };

/* Buckets of tokens: 20 a second and 5 at once for each IPv4 address or IPv6 /64. Bounded: where
 * more addresses come than there is room for, one that used little makes room. */
struct tunic_limit;
int tunic_limit_open(struct tunic_limit **limit, uint64_t seed);
void tunic_limit_close(struct tunic_limit *limit);
bool tunic_limit_allows(struct tunic_limit *limit, const struct tunic_wireguard_source *source,
                        uint64_t now);

#endif
