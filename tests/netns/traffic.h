/* SPDX-License-Identifier: MIT */
/*
 * What the programs that test data share: bytes that both ends know without telling each other, and
 * the few calls that every one of them needs. A failure ends the program: they are small.
 */
#ifndef TUNIC_TEST_TRAFFIC_H
#define TUNIC_TEST_TRAFFIC_H

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

__attribute__((format(printf, 1, 2), noreturn)) static inline void fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(1);
}

/* Ends the program where a system call failed. */
static inline int checked(int result, const char *what)
{
    if (result < 0)
        fatal("%s: %s", what, strerror(errno));
    return result;
}

static inline uint64_t milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A step of splitmix64: every index of every seed has its own word. */
static inline uint64_t traffic_word(uint64_t seed, uint64_t index)
{
    uint64_t word = seed * 0xD1B54A32D192ED03U + (index + 1) * 0x9E3779B97F4A7C15U;

    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBU;
    return word ^ (word >> 31);
}

/* Numbers by lot, the same for the same seed. */
struct lot {
    uint64_t seed;
    uint64_t drawn;
};
static inline uint32_t draw(struct lot *lot, uint32_t below)
{
    return (uint32_t)((traffic_word(lot->seed, lot->drawn++) >> 32) * below >> 32);
}

/* Bytes `offset`… of the stream of this seed. */
static inline void traffic_fill(uint64_t seed, uint64_t offset, uint8_t *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        uint64_t word = traffic_word(seed, (offset + done) / 8);
        size_t skip = (offset + done) % 8;
        size_t part = length - done < 8 - skip ? length - done : 8 - skip;

        memcpy(bytes + done, (const uint8_t *)&word + skip, part);
        done += part;
    }
}

/* Whether they are these bytes; where not, `*at` is the first that differs. */
static inline bool traffic_equal(uint64_t seed, uint64_t offset, const uint8_t *bytes,
                                 size_t length, size_t *at)
{
    uint8_t expected[4096];

    for (size_t done = 0; done < length;) {
        size_t part = length - done < sizeof(expected) ? length - done : sizeof(expected);

        traffic_fill(seed, offset + done, expected, part);
        if (memcmp(expected, bytes + done, part) != 0) {
            for (*at = done; bytes[*at] == expected[*at - done];)
                ++*at;
            return false;
        }
        done += part;
    }
    return true;
}

struct traffic_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

static inline struct traffic_address traffic_address(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_DGRAM};
    struct traffic_address address = {0};
    struct addrinfo *found;

    if (getaddrinfo(host, port, &hints, &found) != 0)
        fatal("%s %s: no address and port", host, port);
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.length = found->ai_addrlen;
    freeaddrinfo(found);
    return address;
}

static inline void traffic_bind(int descriptor, const struct traffic_address *address)
{
    const struct sockaddr *any = (const struct sockaddr *)&address->storage;

    (void)checked(bind(descriptor, any, address->length), "bind");
}

static inline int traffic_connect(int descriptor, const struct traffic_address *address)
{
    return connect(descriptor, (const struct sockaddr *)&address->storage, address->length);
}

static inline void traffic_set(int descriptor, int level, int option, int value)
{
    (void)checked(setsockopt(descriptor, level, option, &value, sizeof(value)), "setsockopt");
}

#endif
