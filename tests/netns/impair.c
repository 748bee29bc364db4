/* SPDX-License-Identifier: MIT */
/*
 * impair: a bad network. Hands UDP datagrams on between one client and one server, both ways.
 *
 *   impair LISTEN PORT TARGET PORT [loss=P] [reorder=P] [duplicate=P] [corrupt=P] [delay=MS]
 *          [seed=N]
 *
 * Each P is a percentage, with a fraction if need be; what happens to a datagram is drawn by lot
 * from the seed. A reordered one waits until the next three have gone, or 20 ms; a corrupted one
 * has one bit changed; all of them wait for the delay. The client is whoever spoke last to LISTEN.
 * On SIGTERM or SIGINT it prints how many of each there were, and ends.
 */
#include "traffic.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { LARGEST = 65536, QUEUE = 4096, OVERTAKEN = 3, OVERTAKEN_WAIT = 20 };

enum what { LOSS, REORDER, DUPLICATE, CORRUPT, DELAY, SEED, WHATS };
static const char *const names[WHATS] = {"loss",    "reorder", "duplicate",
                                         "corrupt", "delay",   "seed"};

struct datagram {
    uint8_t *bytes;
    size_t length;
    uint64_t due;      /* milliseconds */
    uint32_t overtake; /* goes only when so many later ones have */
    bool used;
};

/* One direction. */
struct way {
    int from;
    int to;
    struct datagram queue[QUEUE]; /* those that are held back, in no order */
    size_t held;
    uint64_t passed;
};

static double chance[WHATS];
static uint64_t happened[WHATS];
static struct lot lot;
static struct way ways[2]; /* client to server, server to client */
static struct traffic_address client;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    stopped = number;
}

static bool drawn(enum what what)
{
    if (draw(&lot, 1000000) >= (uint32_t)(chance[what] * 10000))
        return false;
    happened[what]++;
    return true;
}

static void give(struct way *way, const uint8_t *bytes, size_t length)
{
    way->passed++;
    if (way == &ways[0])
        (void)send(way->to, bytes, length, 0);
    else if (client.length > 0)
        (void)sendto(way->to, bytes, length, 0, (const struct sockaddr *)&client.storage,
                     client.length);
}

static void hold(struct way *way, const uint8_t *bytes, size_t length, uint64_t wait,
                 uint32_t overtake)
{
    struct datagram *free_one = way->queue;

    while (free_one < way->queue + QUEUE && free_one->used)
        free_one++;
    if (free_one == way->queue + QUEUE) {
        happened[LOSS]++;
        return;
    }
    free_one->bytes = malloc(length + 1);
    if (!free_one->bytes)
        fatal("no memory");
    memcpy(free_one->bytes, bytes, length);
    free_one->length = length;
    free_one->due = milliseconds() + wait;
    free_one->overtake = overtake;
    free_one->used = true;
    way->held++;
}

/* Lets go what has waited long enough; `passed`: a datagram has just gone by. */
static void release(struct way *way, bool passed)
{
    uint64_t now = milliseconds();

    for (size_t i = 0, seen = 0, held = way->held; seen < held && i < QUEUE; i++) {
        struct datagram *one = &way->queue[i];

        if (!one->used)
            continue;
        seen++;
        bool overtaken = passed && one->overtake > 0 && --one->overtake == 0;
        if (now < one->due && !overtaken)
            continue;
        one->used = false;
        way->held--;
        give(way, one->bytes, one->length);
        free(one->bytes);
    }
}

static void impair(struct way *way, uint8_t *bytes, size_t length)
{
    uint64_t delay = (uint64_t)chance[DELAY];

    if (drawn(LOSS))
        return;
    if (length > 0 && drawn(CORRUPT))
        bytes[draw(&lot, (uint32_t)length)] ^= (uint8_t)(1U << draw(&lot, 8));
    if (drawn(DUPLICATE))
        give(way, bytes, length);
    if (drawn(REORDER)) {
        hold(way, bytes, length, delay + OVERTAKEN_WAIT, OVERTAKEN);
    } else if (delay > 0) {
        hold(way, bytes, length, delay, 0);
    } else {
        give(way, bytes, length);
        release(way, true);
    }
}

static void receive(struct way *way)
{
    static uint8_t bytes[LARGEST];

    for (int i = 0; i < 64; i++) {
        struct traffic_address from = {.length = sizeof(from.storage)};
        ssize_t length = recvfrom(way->from, bytes, sizeof(bytes), MSG_DONTWAIT,
                                  (struct sockaddr *)&from.storage, &from.length);
        if (length < 0)
            return;
        if (way == &ways[0])
            client = from;
        impair(way, bytes, (size_t)length);
    }
}

static void read_words(int count, char **words)
{
    for (int i = 0; i < count; i++) {
        const char *equal = strchr(words[i], '=');
        size_t length = equal ? (size_t)(equal - words[i]) : 0;
        int what = 0;

        while (what < WHATS &&
               (strlen(names[what]) != length || memcmp(words[i], names[what], length) != 0))
            what++;
        if (!equal || what == WHATS)
            fatal("%s: unknown", words[i]);
        chance[what] = strtod(equal + 1, NULL);
    }
    lot.seed = (uint64_t)chance[SEED];
}

static int open_socket(const struct traffic_address *address)
{
    int descriptor = checked(socket(address->storage.ss_family, SOCK_DGRAM, 0), "socket");

    traffic_set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23);
    traffic_set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 23);
    return descriptor;
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = stop};

    if (argc < 5)
        fatal("usage: impair LISTEN PORT TARGET PORT [WHAT=NUMBER]…");
    read_words(argc - 5, argv + 5);
    struct traffic_address near = traffic_address(argv[1], argv[2]);
    struct traffic_address far = traffic_address(argv[3], argv[4]);
    int listener = open_socket(&near);
    int caller = open_socket(&far);
    traffic_bind(listener, &near);
    (void)checked(traffic_connect(caller, &far), "connect");
    ways[0].from = ways[1].to = listener;
    ways[0].to = ways[1].from = caller;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    struct pollfd sources[2] = {{.fd = listener, .events = POLLIN},
                                {.fd = caller, .events = POLLIN}};
    while (!stopped) {
        (void)poll(sources, 2, ways[0].held + ways[1].held > 0 ? 1 : 1000);
        for (int i = 0; i < 2; i++) {
            receive(&ways[i]);
            release(&ways[i], false);
        }
    }
    (void)printf("there %llu, back %llu", (unsigned long long)ways[0].passed,
                 (unsigned long long)ways[1].passed);
    for (int i = LOSS; i < DELAY; i++)
        (void)printf(", %s %llu", names[i], (unsigned long long)happened[i]);
    (void)putchar('\n');
    return 0;
}
