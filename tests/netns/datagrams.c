/* SPDX-License-Identifier: MIT */
/*
 * datagrams: UDP datagrams of every size there and back, each byte compared.
 *
 *   datagrams answer ADDRESS PORT [WORD]…
 *   datagrams ask ADDRESS PORT FROM TO STEP [WORD]…
 *
 * `answer` sends back what comes, until it is stopped. `ask` sends one datagram of each size from
 * FROM to TO, some at a time, again where no answer comes within a while, and ends when all of them
 * have come back as they were; it prints how many were sent again. A word says what is special:
 *
 *   segments   each size is sent 40 times and once shorter, by one UDP_SEGMENT send
 *   unsummed   the datagrams go without a checksum
 *   options    they have IP options; those that come without are not answered
 */
#include "traffic.h"

#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

enum {
    LARGEST = 65536,
    WINDOW = 64,
    WINDOW_BYTES = 1 << 19,
    SEGMENTS = 40,
    AGAIN = 300,  /* milliseconds */
    PATIENCE = 60 /* times */
};

/* Not of every C library. */
enum { SEGMENT = 103, NO_CHECK_SEND = 101, NO_CHECK_TAKE = 102 };

struct words {
    bool segments;
    bool unsummed;
    bool options;
};

/* IPv4: a record of one route; IPv6: padding, as options for the destination. */
static void set_options(int descriptor, bool inet6)
{
    static const uint8_t record[8] = {7, 7, 4, 0, 0, 0, 0, 1};
    static const uint8_t padding[8] = {0, 0, 1, 4, 0, 0, 0, 0};

    (void)checked(inet6 ? setsockopt(descriptor, IPPROTO_IPV6, IPV6_DSTOPTS, padding, 8)
                        : setsockopt(descriptor, IPPROTO_IP, IP_OPTIONS, record, 8),
                  "options");
}

static int open_socket(const struct traffic_address *address, struct words words)
{
    bool inet6 = address->storage.ss_family == AF_INET6;
    int descriptor = checked(socket(address->storage.ss_family, SOCK_DGRAM, 0), "socket");

    traffic_set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23);
    traffic_set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 23);
    if (words.options) {
        set_options(descriptor, inet6);
        traffic_set(descriptor, inet6 ? IPPROTO_IPV6 : IPPROTO_IP,
                    inet6 ? IPV6_RECVDSTOPTS : IP_RECVOPTS, 1);
    }
    if (words.unsummed && inet6) {
        traffic_set(descriptor, IPPROTO_UDP, NO_CHECK_SEND, 1);
        traffic_set(descriptor, IPPROTO_UDP, NO_CHECK_TAKE, 1);
    } else if (words.unsummed) {
        traffic_set(descriptor, SOL_SOCKET, SO_NO_CHECK, 1);
    }
    return descriptor;
}

static bool has_options(struct msghdr *message)
{
    for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one; one = CMSG_NXTHDR(message, one))
        if ((one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVOPTS) ||
            (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_DSTOPTS))
            return true;
    return false;
}

_Noreturn static void answer(int descriptor, struct words words)
{
    static uint8_t bytes[LARGEST];
    uint8_t control[256] = {0};
    struct sockaddr_storage from;

    for (;;) {
        struct iovec whole = {bytes, sizeof(bytes)};
        struct msghdr message = {&from, sizeof(from), &whole, 1, control, sizeof(control), 0};
        ssize_t length = recvmsg(descriptor, &message, 0);

        if (length < 0 || (words.options && !has_options(&message)))
            continue; /* an ICMP error of an earlier one, it may be */
        whole.iov_len = (size_t)length;
        message.msg_control = NULL;
        message.msg_controllen = 0;
        (void)sendmsg(descriptor, &message, 0);
    }
}

static uint32_t sent_again;

/* Whether an answer came; in `*length` its own. */
static bool take(int descriptor, uint8_t bytes[LARGEST], size_t *length, int flags)
{
    ssize_t result = recv(descriptor, bytes, LARGEST, flags);

    if (result >= 0)
        *length = (size_t)result;
    return result >= 0;
}

/* ---- every size ------------------------------------------------------------------------ */

struct waiting {
    uint32_t size;
    uint32_t tries;
    uint64_t sent;
};

static void send_size(int descriptor, struct waiting *waiting)
{
    static uint8_t bytes[LARGEST];

    if (waiting->tries++ > PATIENCE)
        fatal("no answer to %u bytes", waiting->size);
    traffic_fill(waiting->size, 0, bytes, waiting->size);
    waiting->sent = milliseconds();
    (void)send(descriptor, bytes, waiting->size,
               0); /* an ICMP error of an earlier one, it may be */
}

static void ask_sizes(int descriptor, uint32_t next, uint32_t last, uint32_t step)
{
    static uint8_t bytes[LARGEST];
    struct waiting window[WINDOW];
    size_t count = 0;
    size_t in_flight = 0;
    size_t length = 0;
    size_t at = 0;
    struct pollfd source = {.fd = descriptor, .events = POLLIN};

    while (count > 0 || next <= last) {
        for (; next <= last && count < WINDOW && in_flight <= WINDOW_BYTES; next += step) {
            window[count] = (struct waiting){.size = next};
            send_size(descriptor, &window[count++]);
            in_flight += next;
        }
        (void)checked(poll(&source, 1, AGAIN), "poll");
        while (take(descriptor, bytes, &length, MSG_DONTWAIT)) {
            if (!traffic_equal(length, 0, bytes, length, &at))
                fatal("of %zu bytes number %zu differs", length, at);
            for (size_t i = 0; i < count; i++) {
                if (window[i].size == length) {
                    window[i] = window[--count];
                    in_flight -= length;
                }
            }
        }
        for (size_t i = 0; i < count; i++) {
            if (milliseconds() - window[i].sent >= AGAIN) {
                send_size(descriptor, &window[i]);
                sent_again++;
            }
        }
    }
}

/* ---- many of a size -------------------------------------------------------------------- */

/* Datagram `index` of those of `size` bytes: the last is shorter. */
static size_t segment_size(size_t size, size_t index)
{
    return index == SEGMENTS ? (size + 8) / 2 : size;
}

static void fill_segment(uint8_t *bytes, size_t size, size_t index)
{
    const uint32_t name[2] = {(uint32_t)size, (uint32_t)index};

    memcpy(bytes, name, sizeof(name));
    traffic_fill(size * 64 + index, 0, bytes + 8, segment_size(size, index) - 8);
}

/* Takes one answer off the list of those that lack. */
static void take_segment(const uint8_t *bytes, size_t length, size_t size, uint64_t *lacking)
{
    uint32_t name[2] = {0, SEGMENTS + 1};
    size_t at = 0;

    if (length >= sizeof(name))
        memcpy(name, bytes, sizeof(name));
    if (name[1] > SEGMENTS || length != segment_size(name[0], name[1]) ||
        !traffic_equal(name[0] * 64 + name[1], 0, bytes + 8, length - 8, &at))
        fatal("of %zu bytes (sent: %zu) number %zu differs", length, size, at + 8);
    if (name[0] == size)
        *lacking &= ~(1ULL << name[1]);
}

static void ask_segments(int descriptor, size_t size)
{
    static uint8_t bytes[LARGEST];
    uint64_t lacking = (1ULL << (SEGMENTS + 1)) - 1;
    struct pollfd source = {.fd = descriptor, .events = POLLIN};
    size_t length = 0;

    for (size_t i = 0; i <= SEGMENTS; i++)
        fill_segment(bytes + i * size, size, i);
    traffic_set(descriptor, IPPROTO_UDP, SEGMENT, (int)size);
    if (send(descriptor, bytes, SEGMENTS * size + segment_size(size, SEGMENTS), 0) < 0 &&
        errno != ENETUNREACH)
        fatal("send: %s", strerror(errno));
    traffic_set(descriptor, IPPROTO_UDP, SEGMENT, 0);
    for (int tries = 0; lacking != 0; tries++) {
        while (lacking != 0 && checked(poll(&source, 1, AGAIN), "poll") > 0)
            if (take(descriptor, bytes, &length, 0))
                take_segment(bytes, length, size, &lacking);
        if (lacking != 0 && tries > PATIENCE)
            fatal("of %zu bytes some are not answered: %llx", size, (unsigned long long)lacking);
        for (size_t i = 0; i <= SEGMENTS; i++) {
            if (((lacking >> i) & 1) != 0) {
                fill_segment(bytes, size, i);
                (void)send(descriptor, bytes, segment_size(size, i), 0);
                sent_again++;
            }
        }
    }
}

/* The way there may be closed for a moment. */
static void dial(int descriptor, const struct traffic_address *address)
{
    uint64_t end = milliseconds() + (uint64_t)AGAIN * PATIENCE;

    while (traffic_connect(descriptor, address) != 0) {
        if (milliseconds() > end)
            fatal("connect: %s", strerror(errno));
        (void)poll(NULL, 0, 10);
    }
}

int main(int argc, char **argv)
{
    struct words words = {0};
    bool asks = argc > 1 && strcmp(argv[1], "ask") == 0;

    if (argc < (asks ? 7 : 4))
        fatal("usage: datagrams answer ADDRESS PORT [WORD]…\n"
              "       datagrams ask ADDRESS PORT FROM TO STEP [WORD]…");
    for (int i = asks ? 7 : 4; i < argc; i++) {
        words.segments |= strcmp(argv[i], "segments") == 0;
        words.unsummed |= strcmp(argv[i], "unsummed") == 0;
        words.options |= strcmp(argv[i], "options") == 0;
    }
    struct traffic_address address = traffic_address(argv[2], argv[3]);
    int descriptor = open_socket(&address, words);
    if (!asks) {
        traffic_bind(descriptor, &address);
        answer(descriptor, words);
    }
    dial(descriptor, &address);
    uint32_t first = (uint32_t)strtoul(argv[4], NULL, 10);
    uint32_t last = (uint32_t)strtoul(argv[5], NULL, 10);
    uint32_t step = (uint32_t)strtoul(argv[6], NULL, 10);
    if (last >= LARGEST || step == 0 || (words.segments && (first < 8 || last > 1500)))
        fatal("sizes from %u to %u by %u", first, last, step);
    if (!words.segments)
        ask_sizes(descriptor, first, last, step);
    for (uint32_t size = first; words.segments && size <= last; size += step)
        ask_segments(descriptor, size);
    (void)printf("%u sent again\n", sent_again);
    return 0;
}
