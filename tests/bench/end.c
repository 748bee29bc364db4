/* SPDX-License-Identifier: MIT */
#include "end.h"

#include "measure.h"

#include <string.h>
#include <time.h>

uint64_t end_dice(uint64_t *dice)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    return *dice;
}

void end_random(void *closure, void *bytes, size_t length)
{
    struct end *end = closure;
    uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++)
        at[i] = (uint8_t)(end_dice(&end->dice) >> 24);
}

static void wall_clock(void *closure, struct timespec *now)
{
    (void)closure;
    (void)clock_gettime(CLOCK_REALTIME, now);
}

static void keep(void *closure, const uint8_t *message, size_t length)
{
    struct end *end = closure;

    require(length <= END_POST, "a message of %zu bytes", length);
    memcpy(end->post, message, length);
    end->posted = length;
}

static void send_message(void *closure, struct tunic_wireguard_peer *peer, const uint8_t *message,
                         size_t length)
{
    (void)peer;
    keep(closure, message, length);
}

static void ignore(void *closure, struct tunic_wireguard_peer *peer)
{
    (void)closure;
    (void)peer;
}

static bool nothing_waits(void *closure, struct tunic_wireguard_peer *peer)
{
    (void)closure;
    (void)peer;
    return false;
}

void end_open(struct end *end, struct tunic_crypto *crypto, uint64_t seed)
{
    const struct tunic_wireguard_user user = {.closure = end,
                                              .random = end_random,
                                              .wall_clock = wall_clock,
                                              .send = send_message,
                                              .answer = keep,
                                              .authenticated = ignore,
                                              .usable = nothing_waits,
                                              .retried = ignore,
                                              .gave_up = ignore};
    struct tunic_error error;

    end->dice = seed;
    require(tunic_wireguard_open(&end->wireguard, crypto, &user, &error) == 0, "%s", error.action);
}
