/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: a bucket of tokens is told by one time, when it is full again. Taking a
 * token moves that by what a token needs to come back; where it would then be further away than a
 * whole bucket needs, there is no token. A bucket that is full says no more than one that was never
 * there.
 *
 * A keyed hash says in which set of WAYS buckets an address is: an attacker with many addresses
 * makes us look at so many and never more, and cannot choose whose set he crowds. In a full set the
 * one that is full again first makes room, about which least is forgotten.
 */
#include "wireguard/cookie.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define TOKEN UINT64_C(50000000) /* nanoseconds: 20 a second */
enum { BURST = 5, WAYS = 8, SETS = TUNIC_LIMIT_ADDRESSES / WAYS };

/* Whom a bucket is for: an IPv4 address, or an IPv6 /64 with the rest zero. */
struct subject {
    uint64_t words[2];
};

struct bucket {
    struct subject subject;
    uint64_t full; /* when; 0 also for one that nobody has yet */
};

struct tunic_limit {
    uint64_t seed;
    struct bucket sets[SETS][WAYS];
};

int tunic_limit_open(struct tunic_limit **limit, uint64_t seed)
{
    *limit = calloc(1, sizeof(**limit));
    if (!*limit)
        return -ENOMEM;
    (*limit)->seed = seed;
    return 0;
}

void tunic_limit_close(struct tunic_limit *limit)
{
    free(limit);
}

static struct subject subject_of(const struct tunic_wireguard_source *source)
{
    struct in6_addr address;
    struct subject subject = {{0}};

    memcpy(&address, source->address, sizeof(address));
    memcpy(&subject, &address, IN6_IS_ADDR_V4MAPPED(&address) ? 16 : 8);
    return subject;
}

/* Every bit of the result depends on every bit of `value`. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 29) * UINT64_C(0xd6e8feb86659fd93);
    return value ^ value >> 32;
}

static size_t set_of(const struct tunic_limit *limit, const struct subject *subject)
{
    uint64_t hash = mix(limit->seed ^ mix(limit->seed + subject->words[0]));

    return mix(hash + subject->words[1]) % SETS;
}

static struct bucket *bucket_of(struct tunic_limit *limit, const struct subject *subject)
{
    struct bucket *set = limit->sets[set_of(limit, subject)];
    struct bucket *room = set;

    for (struct bucket *bucket = set; bucket < set + WAYS; bucket++) {
        if (memcmp(&bucket->subject, subject, sizeof(*subject)) == 0)
            return bucket;
        if (bucket->full < room->full)
            room = bucket;
    }
    *room = (struct bucket){.subject = *subject};
    return room;
}

bool tunic_limit_allows(struct tunic_limit *limit, const struct tunic_wireguard_source *source,
                        uint64_t now)
{
    const struct subject subject = subject_of(source);
    struct bucket *bucket = bucket_of(limit, &subject);
    uint64_t full = (bucket->full > now ? bucket->full : now) + TOKEN;

    if (full - now > BURST * TOKEN)
        return false;
    bucket->full = full;
    return true;
}
