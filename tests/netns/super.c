/* SPDX-License-Identifier: MIT */
#include "super.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

const uint8_t super_target[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t source[6] = {2, 0, 0, 0, 0, 1};

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static bool one_of(struct lot *lot, uint32_t number)
{
    return draw(lot, number) == 0;
}

static uint32_t sum(const uint8_t *bytes, size_t length)
{
    uint32_t total = 0;

    for (size_t i = 0; i < length; i += 2)
        total += (uint32_t)(bytes[i] << 8 | (i + 1 < length ? bytes[i + 1] : 0));
    return total;
}

static uint16_t fold(uint32_t total)
{
    while (total >> 16 != 0)
        total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)total;
}

/* Destination, source, and up to two VLAN tags. */
static size_t draw_ethernet(struct lot *lot, bool tap, struct super *super)
{
    size_t at = 12;

    if (!tap)
        return 0;
    memcpy(super->bytes, super_target, 6);
    memcpy(super->bytes + 6, source, 6);
    for (uint32_t tags = draw(lot, 3); tags > 0; tags--, at += 4) {
        put16(super->bytes + at, tags == 2 ? 0x88A8 : 0x8100);
        put16(super->bytes + at + 2, draw(lot, 8) << 13 | (1 + draw(lot, 4000)));
    }
    put16(super->bytes + at, super->inet6 ? 0x86DD : 0x0800);
    return at + 2;
}

static size_t draw_inet4(struct lot *lot, uint8_t *ip, bool udp)
{
    size_t words = 5 + (one_of(lot, 5) ? 1 + draw(lot, 10) : 0);

    memset(ip, 1, words * 4); /* options: nothing but IPOPT_NOP */
    ip[0] = (uint8_t)(0x40 | words);
    ip[1] = (uint8_t)draw(lot, 256);
    put16(ip + 4, draw(lot, 65536));
    put16(ip + 6, one_of(lot, 2) ? 0x4000 : 0);
    ip[8] = 64;
    ip[9] = udp ? IPPROTO_UDP : IPPROTO_TCP;
    memcpy(ip + 12, (const uint8_t[]){10, 1, 0, 2, 10, 2, 0, 2}, 8);
    return words * 4;
}

static size_t draw_inet6(struct lot *lot, uint8_t *ip, bool udp)
{
    uint8_t protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
    size_t length = 40;

    put16(ip, 0x6000 | draw(lot, 4096));
    put16(ip + 2, draw(lot, 65536));
    ip[6] = protocol;
    ip[7] = 64;
    for (size_t i = 0; i < 2; i++) {
        memset(ip + 8 + i * 16, 0, 16);
        put16(ip + 8 + i * 16, 0xFD01 + i);
        ip[8 + i * 16 + 15] = 2;
    }
    if (one_of(lot, 5)) { /* options for the destination: padding */
        memcpy(ip + 40, (const uint8_t[]){protocol, 0, 1, 4, 0, 0, 0, 0}, 8);
        ip[6] = IPPROTO_DSTOPTS;
        length += 8;
    }
    return length;
}

static size_t draw_tcp(struct lot *lot, uint8_t *tcp)
{
    static const uint8_t stamp[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t flags = TH_ACK;
    size_t words = 5;

    traffic_fill(draw(lot, 1000000), 0, tcp, 20);
    memset(tcp + 20, 1, 40);
    if (one_of(lot, 8))
        memset(tcp + 4, 0xFF, 3); /* the sequence number wraps */
    if (one_of(lot, 2)) {
        memcpy(tcp + 20, stamp, sizeof(stamp));
        words = 8 + draw(lot, 8);
    }
    flags |= one_of(lot, 3) ? TH_PUSH : 0;
    flags |= one_of(lot, 6) ? TH_FIN : 0;
    flags |= (one_of(lot, 6) ? 0x40 : 0) | (one_of(lot, 6) ? 0x80 : 0); /* ECE, CWR */
    flags |= one_of(lot, 9) ? TH_URG : 0;
    tcp[12] = (uint8_t)(words << 4);
    tcp[13] = flags;
    put16(tcp + 18, 0);
    return words * 4;
}

static void sum_inet4(uint8_t *ip)
{
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~fold(sum(ip, (size_t)(ip[0] & 15) * 4)));
}

void super_hop(uint8_t *ip)
{
    if (ip[0] >> 4 == 4) {
        ip[8]--;
        sum_inet4(ip);
    } else {
        ip[7]--;
    }
}

/* Lengths, and the sum over the pseudo-header, which is all of the checksum that is there yet. */
static void complete(struct super *super)
{
    uint8_t *ip = super->bytes + super->network;
    uint8_t *transport = super->bytes + super->transport;
    size_t length = super->length - super->transport;
    uint32_t pseudo = (super->udp ? IPPROTO_UDP : IPPROTO_TCP) + (uint32_t)length;

    if (super->inet6) {
        put16(ip + 4, super->length - super->network - 40);
        pseudo += sum(ip + 8, 32);
    } else {
        put16(ip + 2, super->length - super->network);
        sum_inet4(ip);
        pseudo += sum(ip + 12, 8);
    }
    if (super->udp)
        put16(transport + 4, length);
    put16(transport + (super->udp ? 6 : 16), fold(pseudo));
}

void super_draw(struct super *super, struct lot *lot, bool tap)
{
    struct virtio_net_hdr *header = &super->header;

    super->inet6 = one_of(lot, 2);
    super->udp = one_of(lot, 2);
    super->network = draw_ethernet(lot, tap, super);
    uint8_t *ip = super->bytes + super->network;
    super->transport = super->network + (super->inet6 ? draw_inet6(lot, ip, super->udp)
                                                      : draw_inet4(lot, ip, super->udp));
    uint8_t *transport = super->bytes + super->transport;
    put16(transport, 1 + draw(lot, 65535));
    put16(transport + 2, 1 + draw(lot, 65535));
    super->payload = super->transport + (super->udp ? 8 : draw_tcp(lot, transport));
    /* The kernel takes the options of an IPv6 packet for its TCP header where it looks whether it
     * fits: some room is left. */
    size_t most = SUPER_MTU - 60 - (super->payload - super->network);
    size_t size = 1 + draw(lot, (uint32_t)(one_of(lot, 4) ? most : one_of(lot, 4) ? 100 : 1500));
    bool whole = one_of(lot, 10);
    size_t room = whole ? most : (super->udp ? 64 : SUPER_PACKETS) * size;
    room = room < SUPER_LARGEST - super->payload ? room : SUPER_LARGEST - super->payload;
    size_t length = 1 + draw(lot, (uint32_t)room);
    traffic_fill(draw(lot, 1000000), 0, super->bytes + super->payload, length);
    super->length = super->payload + length;
    whole |= length <= size; /* the kernel drops super-packets that stand for one alone */
    super->expected = whole ? 1 : (length + size - 1) / size;
    *header = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                      .csum_start = (uint16_t)super->transport,
                                      .csum_offset = super->udp ? 6 : 16};
    if (!whole) {
        header->gso_type = super->udp     ? VIRTIO_NET_HDR_GSO_UDP_L4
                           : super->inet6 ? VIRTIO_NET_HDR_GSO_TCPV6
                                          : VIRTIO_NET_HDR_GSO_TCPV4;
        header->gso_size = (uint16_t)size;
        header->hdr_len = (uint16_t)super->payload;
    }
    complete(super);
}
