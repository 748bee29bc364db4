/* SPDX-License-Identifier: MIT */
#include "wireguard/cookie.h"

#include <errno.h>

#define SECRET_LIFE (120 * TUNIC_SECOND)
#define COOKIE_LIFE (115 * TUNIC_SECOND) /* a message on its way then still finds the secret */

enum { LABEL = 8 };
static const char mac1_label[LABEL + 1] = "mac1----";
static const char cookie_label[LABEL + 1] = "cookie--";

/* ---- keys ------------------------------------------------------------------------------ */

static int derive(struct tunic_crypto *crypto, uint8_t key[TUNIC_KEY_SIZE], const char *label,
                  const uint8_t public_key[TUNIC_KEY_SIZE])
{
    const struct iovec pieces[] = {tunic_piece(label, LABEL),
                                   tunic_piece(public_key, TUNIC_KEY_SIZE)};

    return tunic_blake2s(crypto, key, pieces, TUNIC_COUNT(pieces));
}

static int derive_both(struct tunic_crypto *crypto, uint8_t mac1_key[TUNIC_KEY_SIZE],
                       uint8_t cookie_key[TUNIC_KEY_SIZE], const uint8_t public_key[TUNIC_KEY_SIZE])
{
    int result = derive(crypto, mac1_key, mac1_label, public_key);

    return result != 0 ? result : derive(crypto, cookie_key, cookie_label, public_key);
}

int tunic_cookie_checker_begin(struct tunic_crypto *crypto, struct tunic_cookie_checker *checker,
                               const uint8_t public_key[TUNIC_KEY_SIZE])
{
    tunic_wipe(checker, sizeof(*checker));
    return derive_both(crypto, checker->mac1_key, checker->cookie_key, public_key);
}

int tunic_cookie_maker_begin(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                             const uint8_t public_key[TUNIC_KEY_SIZE])
{
    tunic_wipe(maker, sizeof(*maker));
    return derive_both(crypto, maker->mac1_key, maker->cookie_key, public_key);
}

/* ---- codes ----------------------------------------------------------------------------- */

/* Either covers all that is before it. */
static size_t mac1_at(size_t length)
{
    return length - TUNIC_MACS_SIZE;
}

static size_t mac2_at(size_t length)
{
    return length - TUNIC_MAC_SIZE;
}

static int make_mac1(struct tunic_crypto *crypto, uint8_t mac[TUNIC_MAC_SIZE],
                     const uint8_t key[TUNIC_KEY_SIZE], const uint8_t *message, size_t length)
{
    const struct iovec covered = tunic_piece(message, mac1_at(length));

    return tunic_blake2s_mac(crypto, mac, key, TUNIC_KEY_SIZE, &covered, 1);
}

static int make_mac2(struct tunic_crypto *crypto, uint8_t mac[TUNIC_MAC_SIZE],
                     const uint8_t cookie[TUNIC_COOKIE_SIZE], const uint8_t *message, size_t length)
{
    const struct iovec covered = tunic_piece(message, mac2_at(length));

    return tunic_blake2s_mac(crypto, mac, cookie, TUNIC_COOKIE_SIZE, &covered, 1);
}

/* ---- who asks -------------------------------------------------------------------------- */

int tunic_cookie_sign(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                      uint8_t *message, size_t length, uint64_t now)
{
    uint8_t *mac1 = message + mac1_at(length);
    uint8_t *mac2 = message + mac2_at(length);
    int result;

    if (maker->has_cookie && now - maker->cookie_born >= COOKIE_LIFE) {
        tunic_wipe(maker->cookie, sizeof(maker->cookie));
        maker->has_cookie = false;
    }
    memset(mac2, 0, TUNIC_MAC_SIZE);
    result = make_mac1(crypto, mac1, maker->mac1_key, message, length);
    if (result == 0 && maker->has_cookie)
        result = make_mac2(crypto, mac2, maker->cookie, message, length);
    if (result != 0)
        return result;
    memcpy(maker->last_mac1, mac1, TUNIC_MAC_SIZE);
    maker->has_last_mac1 = true;
    return 0;
}

int tunic_cookie_take(struct tunic_crypto *crypto, struct tunic_cookie_maker *maker,
                      const uint8_t reply[TUNIC_COOKIE_REPLY_SIZE], uint64_t now)
{
    uint8_t cookie[TUNIC_COOKIE_SIZE] = {0};
    const struct tunic_message_text sealed = {.associated = maker->last_mac1,
                                              .associated_length = TUNIC_MAC_SIZE,
                                              .text = reply + TUNIC_AT_COOKIE,
                                              .length = TUNIC_COOKIE_SIZE + TUNIC_TAG_SIZE,
                                              .output = cookie};
    int result;

    if (!maker->has_last_mac1)
        return -ENOENT;
    result = tunic_xaead_open(crypto, maker->cookie_key, reply + TUNIC_AT_COOKIE_NONCE, &sealed);
    if (result == 0) {
        memcpy(maker->cookie, cookie, TUNIC_COOKIE_SIZE);
        maker->cookie_born = now;
        maker->has_cookie = true;
        maker->has_last_mac1 = false;
    }
    tunic_wipe(cookie, sizeof(cookie));
    return result;
}

/* ---- who checks ------------------------------------------------------------------------ */

static bool secret_fresh(const struct tunic_cookie_checker *checker, uint64_t now)
{
    return checker->has_secret && now - checker->secret_born < SECRET_LIFE;
}

/* The cookie of an address and a port: neither can be used from elsewhere. */
static int make_cookie(struct tunic_crypto *crypto, uint8_t cookie[TUNIC_COOKIE_SIZE],
                       const struct tunic_cookie_checker *checker,
                       const struct tunic_wireguard_source *source)
{
    const uint8_t port[] = {(uint8_t)(source->port >> 8), (uint8_t)source->port};
    const struct iovec pieces[] = {tunic_piece(source->address, sizeof(source->address)),
                                   tunic_piece(port, sizeof(port))};

    return tunic_blake2s_mac(crypto, cookie, checker->secret, sizeof(checker->secret), pieces,
                             TUNIC_COUNT(pieces));
}

bool tunic_cookie_mac1_valid(struct tunic_crypto *crypto,
                             const struct tunic_cookie_checker *checker, const uint8_t *message,
                             size_t length)
{
    uint8_t expected[TUNIC_MAC_SIZE];
    bool valid = make_mac1(crypto, expected, checker->mac1_key, message, length) == 0 &&
                 tunic_equal(expected, message + mac1_at(length), TUNIC_MAC_SIZE);

    tunic_wipe(expected, sizeof(expected));
    return valid;
}

bool tunic_cookie_mac2_valid(struct tunic_crypto *crypto,
                             const struct tunic_cookie_checker *checker, const uint8_t *message,
                             size_t length, const struct tunic_wireguard_source *source,
                             uint64_t now)
{
    uint8_t cookie[TUNIC_COOKIE_SIZE];
    uint8_t expected[TUNIC_MAC_SIZE];
    bool valid = secret_fresh(checker, now) && make_cookie(crypto, cookie, checker, source) == 0 &&
                 make_mac2(crypto, expected, cookie, message, length) == 0 &&
                 tunic_equal(expected, message + mac2_at(length), TUNIC_MAC_SIZE);

    tunic_wipe(cookie, sizeof(cookie));
    tunic_wipe(expected, sizeof(expected));
    return valid;
}

int tunic_cookie_reply(struct tunic_crypto *crypto, struct tunic_cookie_checker *checker,
                       const struct tunic_wireguard_user *user, const uint8_t *message,
                       size_t length, const struct tunic_wireguard_source *source, uint64_t now,
                       uint8_t reply[TUNIC_COOKIE_REPLY_SIZE])
{
    uint8_t cookie[TUNIC_COOKIE_SIZE];
    const struct tunic_message_text sealed = {.associated = message + mac1_at(length),
                                              .associated_length = TUNIC_MAC_SIZE,
                                              .text = cookie,
                                              .length = TUNIC_COOKIE_SIZE,
                                              .output = reply + TUNIC_AT_COOKIE};
    int result;

    if (!secret_fresh(checker, now)) {
        user->random(user->closure, checker->secret, sizeof(checker->secret));
        checker->secret_born = now;
        checker->has_secret = true;
    }
    tunic_put32(reply, TUNIC_MESSAGE_COOKIE);
    memcpy(reply + TUNIC_AT_COOKIE_RECEIVER, message + TUNIC_AT_SENDER, 4);
    user->random(user->closure, reply + TUNIC_AT_COOKIE_NONCE, TUNIC_XNONCE_SIZE);
    result = make_cookie(crypto, cookie, checker, source);
    if (result == 0)
        result =
            tunic_xaead_seal(crypto, checker->cookie_key, reply + TUNIC_AT_COOKIE_NONCE, &sealed);
    tunic_wipe(cookie, sizeof(cookie));
    return result;
}
