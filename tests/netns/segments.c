/* SPDX-License-Identifier: MIT */
/*
 * segments: our splitting and merging of super-packets beside the kernel's own.
 *
 *   segments tun|tap COUNT SEED
 *
 * Theory of operation. The interfaces in0 and out0 are there, with virtio-net headers, and the
 * kernel hands on what comes in by one to the other: by routing (tun) or bridging (tap). A
 * super-packet drawn by lot is written to in0 twice. The first time out0 takes super-packets: what
 * it gives is split by libtunic. The second time it takes none: the kernel splits. Both must have
 * come to the same packets, byte for byte. Then libtunic merges these, and what the kernel makes of
 * that must be the same packets again (on tun one hop further).
 *
 *          in0 ──> kernel ──┬─ offloads on ──> out0 ──> tunic_split ──┐
 *                           │                                         ├── equal?
 *                           └─ offloads off ─> out0 ──────────────────┘
 */
#include "super.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    SLOT = SUPER_MTU + 100,
    USO = 0x60 /* TUN_F_USO4 and 6, which older headers lack */
};

struct packets {
    size_t count;
    struct {
        uint8_t bytes[SLOT];
        size_t length;
    } list[SUPER_PACKETS];
};

static struct lot lot;
static bool tap;

/* ---- both ways ------------------------------------------------------------------------- */

static int open_interface(const char *name)
{
    struct ifreq request = {.ifr_flags =
                                (short)((tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR)};
    int descriptor = checked(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), "/dev/net/tun");
    int one = 1;

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    (void)checked(ioctl(descriptor, TUNSETIFF, &request), name);
    (void)checked(ioctl(descriptor, TUNSETVNETLE, &one), "TUNSETVNETLE");
    return descriptor;
}

static void give(int descriptor, const struct super *super)
{
    uint8_t bytes[sizeof(super->header) + SUPER_LARGEST];

    memcpy(bytes, &super->header, sizeof(super->header));
    memcpy(bytes + sizeof(super->header), super->bytes, super->length);
    (void)checked((int)write(descriptor, bytes, sizeof(super->header) + super->length), "in0");
}

/* What the kernel says on its own is none of ours. */
static bool ours(const uint8_t *packet)
{
    if (tap)
        return memcmp(packet, super_target, 6) == 0;
    return packet[0] >> 4 == 4 ? packet[16] == 10 && packet[17] == 2
                               : packet[24] == 0xFD && packet[25] == 2;
}

static void keep(struct packets *packets, const struct tunic_packet *packet)
{
    if (packets->count == SUPER_PACKETS || packet->head_length + packet->body_length > SLOT)
        fatal("too many packets, or one too long");
    packets->list[packets->count].length =
        tunic_packet_copy(packet, packets->list[packets->count].bytes);
    packets->count++;
}

static void split(struct packets *packets, const struct virtio_net_hdr *header, uint8_t *packet,
                  size_t length)
{
    enum { ROOM = 16, HEADROOM = 6 };
    static uint8_t heads[ROOM * (HEADROOM + TUNIC_HEADERS_MOST)];
    struct tunic_packet part[ROOM];
    struct tunic_split state;
    size_t used;
    size_t count;

    int result = tunic_split_begin(&state, header, tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP,
                                   packet, length);
    if (result != 0)
        fatal("tunic_split_begin: %s", strerror(-result));
    while ((count = tunic_split_next(&state, part, ROOM, heads, HEADROOM, &used)) > 0)
        for (size_t i = 0; i < count; i++)
            keep(packets, &part[i]);
}

/* Reads until all are there that should be; the kernel may need a moment for it. */
static void collect(int descriptor, struct packets *packets, size_t expected)
{
    static uint8_t bytes[64 + sizeof(struct virtio_net_hdr) + SUPER_LARGEST];
    struct pollfd source = {.fd = descriptor, .events = POLLIN};
    uint8_t *packet = bytes + 64;
    struct virtio_net_hdr header;

    packets->count = 0;
    while (packets->count < expected && checked(poll(&source, 1, 200), "poll") > 0) {
        ssize_t length = checked(
            (int)read(descriptor, packet - sizeof(header), sizeof(header) + SUPER_LARGEST), "out0");

        memcpy(&header, packet - sizeof(header), sizeof(header));
        if (ours(packet))
            split(packets, &header, packet, (size_t)length - sizeof(header));
    }
}

/* The kernel sends nothing through an interface before it has seen its carrier. */
static void settle(int in, int out, struct super *super, struct packets *packets)
{
    for (int tries = 0, seen = 0; seen != 3; tries++) {
        if (tries == 100)
            fatal("nothing comes from in0 to out0");
        super_draw(super, &lot, tap);
        give(in, super);
        collect(out, packets, super->expected);
        if (packets->count == super->expected)
            seen |= 1 << super->inet6;
    }
}

static void compare(const char *what, const struct super *super, const struct packets *ours_are,
                    const struct packets *should_be, unsigned long number)
{
    const char *kind = super->udp ? "UDP" : "TCP";
    int version = super->inet6 ? 6 : 4;

    if (ours_are->count != super->expected || should_be->count != super->expected)
        fatal("%s %lu, %s over IPv%d of %zu bytes by %u: %zu packets, not %zu", what, number, kind,
              version, super->length, super->header.gso_size, ours_are->count, should_be->count);
    for (size_t i = 0; i < super->expected; i++) {
        const uint8_t *left = ours_are->list[i].bytes;
        const uint8_t *right = should_be->list[i].bytes;
        size_t length = ours_are->list[i].length;

        if (length != should_be->list[i].length)
            fatal("%s %lu, %s over IPv%d: packet %zu has %zu bytes, not %zu", what, number, kind,
                  version, i, length, should_be->list[i].length);
        for (size_t at = 0; at < length; at++)
            if (left[at] != right[at])
                fatal("%s %lu, %s over IPv%d, packet %zu of %zu, headers at %zu %zu %zu: byte %zu "
                      "is %02x, not %02x",
                      what, number, kind, version, i, super->expected, super->network,
                      super->transport, super->payload, at, left[at], right[at]);
    }
}

/* The other way: the kernel must take what libtunic makes of the packets, and split it into them.
 * Returns how many it made. */
static size_t merge(int in, int out, struct packets *packets, struct packets *again)
{
    static struct tunic_merge table;
    struct iovec pieces[1 + TUNIC_MERGE_PIECES];
    struct virtio_net_hdr header;

    tunic_merge_prepare(&table, tap ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP,
                        TUNIC_MERGE_TCP4 | TUNIC_MERGE_TCP6 | TUNIC_MERGE_UDP);
    for (size_t i = 0; i < packets->count; i++)
        if (tunic_merge_add(&table, packets->list[i].bytes, packets->list[i].length) != 0)
            fatal("packet %zu of %zu is refused", i, packets->count);
    for (size_t i = 0; i < table.group_count; i++) {
        size_t count = tunic_merge_take(&table, i, &header, pieces + 1);

        pieces[0] = (struct iovec){&header, sizeof(header)};
        (void)checked((int)writev(in, pieces, (int)count + 1), "in0");
    }
    collect(out, again, packets->count);
    return table.group_count;
}

int main(int argc, char **argv)
{
    static struct super super;
    static struct packets split_by_us;
    static struct packets split_by_kernel;
    static struct packets again;
    unsigned long packets = 0;
    unsigned long merged = 0;
    unsigned long compared[2][2] = {{0}};
    unsigned offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | USO;

    if (argc != 4)
        fatal("usage: segments tun|tap COUNT SEED");
    tap = strcmp(argv[1], "tap") == 0;
    lot.seed = strtoull(argv[3], NULL, 10);
    int in = open_interface("in0");
    int out = open_interface("out0");
    if (ioctl(out, TUNSETOFFLOAD, offloads) != 0)
        offloads &= ~(unsigned)USO;
    settle(in, out, &super, &split_by_us);
    for (unsigned long count = strtoul(argv[2], NULL, 10), i = 0; i < count; i++) {
        super_draw(&super, &lot, tap);
        (void)checked(ioctl(out, TUNSETOFFLOAD, offloads), "TUNSETOFFLOAD");
        give(in, &super);
        collect(out, &split_by_us, super.expected);
        (void)checked(ioctl(out, TUNSETOFFLOAD, 0), "TUNSETOFFLOAD");
        give(in, &super);
        collect(out, &split_by_kernel, super.expected);
        compare("splitting", &super, &split_by_us, &split_by_kernel, i);
        compared[super.inet6][super.udp]++;
        packets += split_by_us.count;
        merged += merge(in, out, &split_by_us, &again);
        for (size_t part = 0; part < split_by_kernel.count && !tap; part++)
            super_hop(split_by_kernel.list[part].bytes);
        compare("merging", &super, &again, &split_by_kernel, i);
    }
    (void)printf("IPv4: %lu TCP, %lu UDP; IPv6: %lu TCP, %lu UDP; %lu packets merged into %lu\n",
                 compared[0][0], compared[0][1], compared[1][0], compared[1][1], packets, merged);
    return 0;
}
