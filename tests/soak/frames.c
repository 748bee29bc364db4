/* SPDX-License-Identifier: MIT */
/*
 * frames: throws packets at a relay, most of them damaged, as a hostile peer might.
 *
 *   frames udp|tcp ADDRESS PORT tun|tap COUNT SEED PID
 *
 * What they are like stands in damaged.h. UDP: some go by UDP_SEGMENT, many at once. TCP: in
 * frames, of which some are very long, some of no bytes or of another length than they say, and
 * some end within. The same SEED throws the same.
 *
 * Nothing may get lost on the way, since what the relay has counted is compared with what is told
 * here at the end: how many packets it must have received, of how many bytes, in how many
 * connections, and how many of these were broken. So we wait where the socket of the relay, whose
 * process is PID, holds much.
 */
#include "damaged.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

enum {
    BATCH = 64, /* messages */
    RUN = 40,   /* segments, about */
    ROOM = 1 << 22,
    DATAGRAM_MOST = DAMAGED_MOST,
    SEGMENT_MOST = 9000,
    SEGMENTS_MOST = 64,
    SEGMENT = 103,
    HELD_MOST = 2 << 20, /* of the relay's socket, before we wait */
    STREAM = 1 << 17,    /* bytes of frames that are written at once */
    PATIENCE = 20000,    /* milliseconds */
};

static struct damaged packets;
static struct {
    uint64_t packets; /* that the relay must have received */
    uint64_t bytes;
    uint64_t connections;
    uint64_t broken; /* of these: by a frame of no bytes, or with one that is not whole */
} told;

/* ---- datagrams ------------------------------------------------------------------------- */

/* How much the socket on this port of the relay's namespace holds. */
static unsigned long held(const char *table, unsigned long port)
{
    char line[512];
    unsigned long bytes = 0;
    FILE *file = fopen(table, "re");

    if (!file)
        fatal("%s: %s", table, strerror(errno));
    while (fgets(line, sizeof(line), file)) {
        char *at = strchr(line, ':');
        char *address = at ? strchr(at + 1, ':') : NULL;
        at = address ? strchr(address + 1, ':') : NULL; /* of the other's address */
        at = at ? strchr(at + 1, ':') : NULL;           /* between the queues */
        if (at && strtoul(address + 1, NULL, 16) == port)
            bytes += strtoul(at + 1, NULL, 16);
    }
    (void)fclose(file);
    return bytes;
}

static size_t send_batch(int descriptor, uint8_t *room)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec pieces[BATCH];
    size_t used = 0;
    unsigned count = 0;

    for (; count < BATCH && used + DAMAGED_ROOM < ROOM; count++) {
        pieces[count].iov_base = room + used;
        pieces[count].iov_len = damaged_make(&packets, room + used);
        used += pieces[count].iov_len;
        messages[count].msg_hdr.msg_iov = &pieces[count];
        messages[count].msg_hdr.msg_iovlen = 1;
    }
    for (unsigned done = 0; done < count;)
        done += (unsigned)checked(sendmmsg(descriptor, messages + done, count - done, 0), "send");
    told.bytes += used;
    return count;
}

/* Packets of one size, but for the last: what is longer is cut, what is shorter is filled up. */
static size_t send_segments(int descriptor, uint8_t *room)
{
    size_t size = damaged_make(&packets, room);
    size_t count = 1;
    size_t used;

    if (size == 0 || size > SEGMENT_MOST)
        return 0;
    used = size;
    for (; count < SEGMENTS_MOST && used + size <= DATAGRAM_MOST && !once_in(&packets.lot, RUN);
         count++) {
        size_t length = damaged_make(&packets, room + used);
        if (length < size)
            (void)damaged_append(&packets, room + used, length, size - length);
        used += size;
    }
    if (used + size <= DATAGRAM_MOST && count < SEGMENTS_MOST && size > 1 &&
        once_in(&packets.lot, 2)) {
        used +=
            damaged_append(&packets, room + used, 0, 1 + draw(&packets.lot, (uint32_t)size - 1));
        count++;
    }
    traffic_set(descriptor, IPPROTO_UDP, SEGMENT, (int)size);
    (void)checked((int)send(descriptor, room, used, 0), "send of segments");
    traffic_set(descriptor, IPPROTO_UDP, SEGMENT, 0);
    told.bytes += used;
    return count;
}

static void throw_datagrams(const struct traffic_address *to, const char *port, uint64_t count,
                            const char *process)
{
    static uint8_t room[ROOM];
    char table[64];
    int descriptor = checked(socket(to->storage.ss_family, SOCK_DGRAM, 0), "socket");

    traffic_set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 23);
    (void)checked(traffic_connect(descriptor, to), "connect");
    (void)snprintf(table, sizeof(table), "/proc/%s/net/udp", process);
    while (told.packets < count) {
        while (held(table, strtoul(port, NULL, 10)) > HELD_MOST)
            (void)poll(NULL, 0, 1);
        /* Sometimes the network tells of congestion. */
        traffic_set(descriptor, IPPROTO_IP, IP_TOS, once_in(&packets.lot, 16) ? 3 : 0);
        if (draw(&packets.lot, 2))
            told.packets += send_batch(descriptor, room);
        else
            for (int i = 0; i < 4; i++)
                told.packets += send_segments(descriptor, room);
    }
    (void)close(descriptor);
}

/* ---- a stream -------------------------------------------------------------------------- */

/* What the relay makes of the bytes. */
static struct {
    uint32_t seen; /* bytes of the frame, with its length */
    uint32_t size; /* of it, without */
    bool ended;
} reader;

static void follow(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && !reader.ended; i++) {
        if (reader.seen < 2) {
            reader.size = (reader.seen == 0 ? 0 : reader.size << 8) | bytes[i];
            reader.seen++;
            reader.ended = reader.seen == 2 && reader.size == 0;
            continue;
        }
        size_t rest = reader.size + 2 - reader.seen;
        bool whole = rest <= length - i;
        size_t part = whole ? rest : length - i;
        reader.seen += (uint32_t)part;
        i += part - 1;
        if (whole) {
            told.packets++;
            told.bytes += reader.size;
            reader.seen = 0;
        }
    }
}

/* Until there is nothing more; without waiting for it, or with. */
static void read_answers(int descriptor, bool waits)
{
    static uint8_t bytes[1 << 16];
    struct pollfd source = {.fd = descriptor, .events = POLLIN};
    ssize_t got;

    do {
        if (waits && checked(poll(&source, 1, PATIENCE), "poll") == 0)
            fatal("the relay keeps a connection that is over");
        got = recv(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
    } while (got > 0);
}

/* False: the relay has closed it. */
static bool write_stream(int descriptor, const uint8_t *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t part =
            once_in(&packets.lot, 4) ? 1 + draw(&packets.lot, 100) : 1 + draw(&packets.lot, STREAM);
        ssize_t written = send(descriptor, bytes + done,
                               part < length - done ? part : length - done, MSG_NOSIGNAL);
        if (written < 0 && reader.ended)
            return false;
        done += (size_t)checked((int)written, "send");
    }
    return true;
}

/* One frame; most of them as they should be. Returns how many bytes. */
static size_t frame(uint8_t *bytes, bool *over)
{
    size_t length = damaged_make(&packets, bytes + 2);
    size_t claimed = length;

    if (length == 0) /* would be the end too often */
        return 0;
    switch (draw(&packets.lot, 4096)) {
    case 0:
        claimed = length = 0;
        break;
    case 1:
        claimed = draw(&packets.lot, UINT16_MAX);
        break;
    case 2:
        claimed = length + 1 + draw(&packets.lot, 1000);
        *over = true;
        break;
    default:
        break;
    }
    bytes[0] = (uint8_t)(claimed >> 8);
    bytes[1] = (uint8_t)(claimed & 0xff);
    return length + 2;
}

/* From a connection's begin to its end. */
static void throw_stream(const struct traffic_address *to, uint64_t count)
{
    static uint8_t bytes[STREAM + 2 + DAMAGED_ROOM];
    int descriptor = checked(socket(to->storage.ss_family, SOCK_STREAM, 0), "socket");
    bool over = false;

    traffic_set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    (void)checked(traffic_connect(descriptor, to), "connect");
    told.connections++;
    reader.seen = 0;
    reader.ended = false;
    while (!over && !reader.ended && told.packets < count) {
        size_t length = 0;
        while (!over && length < STREAM)
            length += frame(bytes + length, &over);
        follow(bytes, length);
        if (!write_stream(descriptor, bytes, length))
            break;
        read_answers(descriptor, false);
    }
    told.broken += reader.ended || reader.seen > 0;
    /* With an answer unread it would be reset, and what was sent might be lost. */
    (void)shutdown(descriptor, SHUT_WR);
    read_answers(descriptor, true);
    (void)close(descriptor);
}

int main(int argc, char **argv)
{
    if (argc != 8)
        fatal("usage: frames udp|tcp ADDRESS PORT tun|tap COUNT SEED PID");
    struct traffic_address to = traffic_address(argv[2], argv[3]);
    uint64_t count = strtoull(argv[5], NULL, 10);
    packets.layer = strcmp(argv[4], "tap") == 0 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    packets.lot.seed = strtoull(argv[6], NULL, 10);
    if (strcmp(argv[1], "udp") == 0)
        throw_datagrams(&to, argv[3], count, argv[7]);
    while (told.packets < count)
        throw_stream(&to, count);
    (void)printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", told.packets, told.bytes,
                 told.connections, told.broken);
    return 0;
}
