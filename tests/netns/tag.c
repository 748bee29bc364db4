/* SPDX-License-Identifier: MIT */
/*
 * tag: a VLAN interface in user space, for kernels that have none.
 *
 *   tag INTERFACE VLAN NAME
 *
 * Makes the tap NAME. What the kernel sends through it leaves INTERFACE with the tag, super-packets
 * as such; what comes in by INTERFACE with the tag comes in by NAME without. Runs until it is
 * stopped.
 */
#include "traffic.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LARGEST = 65536 + 64, ADDRESSES = 12, TAG = 4, ALL = 3 /* ETH_P_ALL */ };
enum { IGNORE_OUTGOING = 23 /* PACKET_IGNORE_OUTGOING, which older headers lack */ };

static int open_tap(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    int descriptor = checked(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), "/dev/net/tun");

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    (void)checked(ioctl(descriptor, TUNSETIFF, &request), name);
    (void)checked(ioctl(descriptor, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), name);
    return descriptor;
}

static int open_packets(const char *name)
{
    struct ifreq request = {0};
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ALL)};
    int descriptor = checked(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), "socket");

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    (void)checked(ioctl(descriptor, SIOCGIFINDEX, &request), name);
    address.sll_ifindex = request.ifr_ifindex;
    traffic_set(descriptor, SOL_PACKET, PACKET_AUXDATA, 1);
    traffic_set(descriptor, SOL_PACKET, PACKET_VNET_HDR, 1);
    traffic_set(descriptor, SOL_PACKET, IGNORE_OUTGOING, 1);
    traffic_set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23);
    (void)checked(bind(descriptor, (const struct sockaddr *)&address, sizeof(address)), "bind");
    return descriptor;
}

/* False: there is none. What cannot be sent is lost, as on any wire. */
static bool outward(int tap, int packets, uint16_t vlan)
{
    static uint8_t frame[LARGEST];
    struct virtio_net_hdr header;
    struct iovec in[2] = {{&header, sizeof(header)}, {frame, sizeof(frame)}};
    uint8_t tag[TAG] = {0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan};
    ssize_t length = readv(tap, in, 2);

    if (length < (ssize_t)sizeof(header) + ADDRESSES)
        return false;
    if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
        header.csum_start = (uint16_t)(header.csum_start + TAG);
    header.hdr_len = (uint16_t)(header.hdr_len + (header.hdr_len > 0 ? TAG : 0));
    const struct iovec out[4] = {{&header, sizeof(header)},
                                 {frame, ADDRESSES},
                                 {tag, sizeof(tag)},
                                 {frame + ADDRESSES, (size_t)length - sizeof(header) - ADDRESSES}};
    (void)!writev(packets, out, 4);
    return true;
}

/* The kernel takes the tag out of the frame and tells it beside. */
static bool tagged(struct msghdr *message, uint16_t vlan)
{
    struct tpacket_auxdata data = {0};

    for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one; one = CMSG_NXTHDR(message, one))
        if (one->cmsg_level == SOL_PACKET && one->cmsg_type == PACKET_AUXDATA)
            memcpy(&data, CMSG_DATA(one), sizeof(data));
    return (data.tp_status & TP_STATUS_VLAN_VALID) != 0 && (data.tp_vlan_tci & 0xFFF) == vlan;
}

static bool inward(int tap, int packets, uint16_t vlan)
{
    static uint8_t frame[LARGEST];
    uint8_t control[256] = {0};
    struct iovec whole = {frame, sizeof(frame)};
    struct msghdr message = {
        .msg_iov = &whole, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 256};
    ssize_t length = recvmsg(packets, &message, 0);

    if (length >= 0 && tagged(&message, vlan))
        (void)!write(tap, frame, (size_t)length);
    return length >= 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fatal("usage: tag INTERFACE VLAN NAME");
    uint16_t vlan = (uint16_t)strtoul(argv[2], NULL, 10);
    int tap = open_tap(argv[3]);
    int packets = open_packets(argv[1]);
    struct pollfd sources[2] = {{.fd = tap, .events = POLLIN}, {.fd = packets, .events = POLLIN}};

    for (;;) {
        (void)checked(poll(sources, 2, -1), "poll");
        bool more = true;
        for (int i = 0; i < 64 && more; i++)
            more = outward(tap, packets, vlan);
        more = true;
        for (int i = 0; i < 64 && more; i++)
            more = inward(tap, packets, vlan);
    }
}
