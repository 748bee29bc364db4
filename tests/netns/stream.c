/* SPDX-License-Identifier: MIT */
/*
 * stream: a TCP transfer in both directions at once, of bytes that both ends know.
 *
 *   stream accept|connect ADDRESS PORT MEGABYTES [small] [urgent] [patience SECONDS]
 *
 * Each end sends so many million bytes, and compares what it receives with what the other must have
 * sent. With `small` most writes are of a few bytes; with `urgent` one byte in a while is urgent,
 * and one at least must arrive as such. Prints "BYTES bytes, MILLISECONDS ms, COUNT urgent"; fails
 * where a byte differs, the connection ends early, or nothing moves for a while (30 s).
 */
#include "traffic.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CHUNK = 1 << 18, URGENT_EVERY = 1 << 19 };

struct transfer {
    int descriptor;
    uint64_t total;
    uint64_t sent;
    uint64_t received;
    uint64_t next_urgent; /* offset of what is sent */
    uint64_t urgent_seen;
    uint64_t send_seed;
    uint64_t receive_seed;
    struct lot lot;
    bool small;
    bool urgent;
};

static uint32_t patience = 30000; /* milliseconds */

/* The listener may not be there yet, nor the way to it. */
static int dial(const struct traffic_address *address)
{
    uint64_t end = milliseconds() + patience;

    for (;;) {
        int descriptor = checked(socket(address->storage.ss_family, SOCK_STREAM, 0), "socket");

        if (traffic_connect(descriptor, address) == 0)
            return descriptor;
        if (milliseconds() > end)
            fatal("connect: %s", strerror(errno));
        (void)close(descriptor);
        (void)poll(NULL, 0, 10);
    }
}

static int answer(const struct traffic_address *address)
{
    int listener = checked(socket(address->storage.ss_family, SOCK_STREAM, 0), "socket");
    struct pollfd waiting = {.fd = listener, .events = POLLIN};

    traffic_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    traffic_bind(listener, address);
    (void)checked(listen(listener, 1), "listen");
    if (checked(poll(&waiting, 1, (int)patience), "poll") == 0)
        fatal("accept: nobody came");
    return checked(accept(listener, NULL, NULL), "accept");
}

static size_t next_length(struct transfer *transfer)
{
    uint64_t left = transfer->total - transfer->sent;
    uint32_t most = CHUNK;

    if (transfer->small)
        most = draw(&transfer->lot, 100) < 90 ? 100 : 5000;
    uint64_t length = 1 + draw(&transfer->lot, most);
    return (size_t)(length < left ? length : left);
}

/* False: it would block. */
static bool send_some(struct transfer *transfer)
{
    static uint8_t bytes[CHUNK];
    size_t length = next_length(transfer);
    int flags = MSG_NOSIGNAL;

    if (transfer->urgent && transfer->sent >= transfer->next_urgent) {
        flags |= MSG_OOB; /* of these bytes the last is urgent */
        length = length < 1000 ? length : 1000;
    }
    traffic_fill(transfer->send_seed, transfer->sent, bytes, length);
    ssize_t result = send(transfer->descriptor, bytes, length, flags);
    if (result < 0 && errno == EAGAIN)
        return false;
    transfer->sent += (uint64_t)checked((int)result, "send");
    if ((flags & MSG_OOB) != 0)
        transfer->next_urgent = transfer->sent + URGENT_EVERY;
    if (transfer->sent == transfer->total)
        (void)checked(shutdown(transfer->descriptor, SHUT_WR), "shutdown");
    return true;
}

/* False: it would block. The end of the stream counts as a byte too many. */
static bool receive_some(struct transfer *transfer)
{
    static uint8_t bytes[CHUNK];
    size_t at = 0;
    int mark = 0;

    if (transfer->urgent && ioctl(transfer->descriptor, SIOCATMARK, &mark) == 0 && mark)
        transfer->urgent_seen++;
    ssize_t result = recv(transfer->descriptor, bytes, sizeof(bytes), 0);
    if (result < 0 && errno == EAGAIN)
        return false;
    size_t length = (size_t)checked((int)result, "recv");
    if (length == 0 && transfer->received < transfer->total)
        fatal("the stream ended after %llu bytes", (unsigned long long)transfer->received);
    if (length > transfer->total - transfer->received)
        fatal("more than %llu bytes came", (unsigned long long)transfer->total);
    if (!traffic_equal(transfer->receive_seed, transfer->received, bytes, length, &at))
        fatal("byte %llu + %zu differs", (unsigned long long)transfer->received, at);
    transfer->received += length == 0 ? 1 : length;
    return true;
}

static void run(struct transfer *transfer)
{
    struct pollfd waiting = {.fd = transfer->descriptor};

    while (transfer->sent < transfer->total || transfer->received <= transfer->total) {
        waiting.events = (short)((transfer->sent < transfer->total ? POLLOUT : 0) |
                                 (transfer->received <= transfer->total ? POLLIN : 0));
        if (checked(poll(&waiting, 1, (int)patience), "poll") == 0)
            fatal("nothing moved for %u ms: %llu bytes sent, %llu received", patience,
                  (unsigned long long)transfer->sent, (unsigned long long)transfer->received);
        /* A few each, so that neither direction starves. */
        bool writable = (waiting.events & POLLOUT) != 0;
        for (int i = 0; i < 8 && writable && transfer->sent < transfer->total; i++)
            writable = send_some(transfer);
        bool readable = true;
        for (int i = 0; i < 8 && readable && transfer->received <= transfer->total; i++)
            readable = receive_some(transfer);
    }
}

int main(int argc, char **argv)
{
    struct transfer transfer = {0};

    if (argc < 5)
        fatal("usage: stream accept|connect ADDRESS PORT MEGABYTES [small] [urgent]"
              " [patience SECONDS]");
    bool accepts = strcmp(argv[1], "accept") == 0;
    struct traffic_address address = traffic_address(argv[2], argv[3]);
    transfer.total = strtoull(argv[4], NULL, 10) * 1000000;
    transfer.send_seed = accepts ? 1 : 2;
    transfer.receive_seed = accepts ? 2 : 1;
    transfer.lot.seed = transfer.send_seed;
    transfer.next_urgent = URGENT_EVERY;
    for (int i = 5; i < argc; i++) {
        transfer.small |= strcmp(argv[i], "small") == 0;
        transfer.urgent |= strcmp(argv[i], "urgent") == 0;
        if (strcmp(argv[i], "patience") == 0 && i + 1 < argc)
            patience = (uint32_t)strtoul(argv[i + 1], NULL, 10) * 1000;
    }
    transfer.descriptor = accepts ? answer(&address) : dial(&address);
    uint64_t start = milliseconds();
    traffic_set(transfer.descriptor, IPPROTO_TCP, TCP_NODELAY, transfer.small);
    traffic_set(transfer.descriptor, SOL_SOCKET, SO_OOBINLINE, 1);
    (void)checked(fcntl(transfer.descriptor, F_SETFL, O_NONBLOCK), "fcntl");
    run(&transfer);
    if (transfer.urgent && transfer.urgent_seen == 0)
        fatal("no urgent byte came");
    (void)printf("%llu bytes, %llu ms, %llu urgent\n", (unsigned long long)transfer.total,
                 (unsigned long long)(milliseconds() - start),
                 (unsigned long long)transfer.urgent_seen);
    return 0;
}
