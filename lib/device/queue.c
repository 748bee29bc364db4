/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What may stand before a packet, at its largest: the kernel writes pi first. */
struct prefix {
    uint8_t bytes[sizeof(struct tun_pi) + sizeof(struct virtio_net_hdr)];
};

static size_t prefix_length(const struct tunic_queue *queue)
{
    return (queue->pi ? sizeof(struct tun_pi) : 0) +
           (queue->vnet ? sizeof(struct virtio_net_hdr) : 0);
}

/* What the last user let through, in both directions, outlives the descriptor. What a kernel does
 * not know, or has for a tap only, was not set either. */
static void forget_filters(int descriptor)
{
    struct tun_filter everything = {.count = 0};
    struct sock_fprog none = {0};
    int nothing = -1;
    int unlimited = INT_MAX;

    (void)ioctl(descriptor, TUNDETACHFILTER, &none);
    (void)ioctl(descriptor, TUNSETTXFILTER, &everything);
    (void)ioctl(descriptor, TUNSETFILTEREBPF, &nothing);
    (void)ioctl(descriptor, TUNSETSTEERINGEBPF, &nothing);
    (void)ioctl(descriptor, TUNSETSNDBUF, &unlimited);
}

int tunic_queue_prepare(struct tunic_queue *queue, bool offload, struct tunic_error *error)
{
    static const unsigned ladder[] = {
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
        TUN_F_CSUM,
        0,
    };
    int size = sizeof(struct virtio_net_hdr);
    int little = 1;

    queue->offloads = 0;
    queue->filtered = false;
    forget_filters(queue->descriptor);
    if (queue->vnet && (ioctl(queue->descriptor, TUNSETVNETHDRSZ, &size) != 0 ||
                        ioctl(queue->descriptor, TUNSETVNETLE, &little) != 0))
        return tunic_error_system(error, errno, "cannot set the form of its packets");
    for (size_t i = offload && queue->vnet ? 0 : TUNIC_COUNT(ladder) - 1; i < TUNIC_COUNT(ladder);
         i++) {
        if (ioctl(queue->descriptor, TUNSETOFFLOAD, (unsigned long)ladder[i]) != 0)
            continue;
        queue->offloads = ladder[i];
        break;
    }
    return 0;
}

int tunic_queue_filter(struct tunic_queue *queue, const struct sock_fprog *program,
                       struct tunic_error *error)
{
    if (ioctl(queue->descriptor, TUNATTACHFILTER, program) != 0)
        return tunic_error_system(error, errno, "cannot set its filter");
    queue->filtered = true;
    return 0;
}

void tunic_queue_release(struct tunic_queue *queue)
{
    struct sock_fprog none = {0};

    if (queue->filtered)
        (void)ioctl(queue->descriptor, TUNDETACHFILTER, &none);
    queue->filtered = false;
    if (queue->offloads != 0)
        (void)ioctl(queue->descriptor, TUNSETOFFLOAD, 0UL);
    queue->offloads = 0;
}

int tunic_queue_detach(const struct tunic_queue *queue, struct tunic_error *error)
{
    struct ifreq request = {.ifr_flags = IFF_DETACH_QUEUE};

    if (ioctl(queue->descriptor, TUNSETQUEUE, &request) == 0)
        return 0;
    return tunic_error_system(error, errno, "cannot leave its packets to others");
}

ssize_t tunic_queue_read(const struct tunic_queue *queue, struct virtio_net_hdr *header,
                         void *packet, size_t room)
{
    struct prefix prefix;
    size_t length = prefix_length(queue);
    struct iovec pieces[2] = {{.iov_base = prefix.bytes, .iov_len = length},
                              {.iov_base = packet, .iov_len = room}};
    ssize_t got = readv(queue->descriptor, pieces, 2);

    if (got < 0)
        return -errno;
    if ((size_t)got < length || (size_t)got > length + room)
        return -EBADMSG;
    if (queue->vnet)
        memcpy(header, prefix.bytes + (queue->pi ? sizeof(struct tun_pi) : 0), sizeof(*header));
    else
        *header = (struct virtio_net_hdr){0};
    return got - (ssize_t)length;
}

/* Of a tun the kernel believes pi, of a tap the frame's own header. */
static struct tun_pi pi_of(const struct tunic_queue *queue, const struct iovec *first)
{
    const uint8_t *packet = first->iov_base;
    uint16_t protocol = first->iov_len > 0 && packet[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;

    return (struct tun_pi){.proto = queue->tap ? 0 : htons(protocol)};
}

int tunic_queue_write(const struct tunic_queue *queue, const struct virtio_net_hdr *header,
                      struct iovec *pieces, size_t count)
{
    struct prefix prefix;
    size_t length = 0;

    if (queue->pi) {
        struct tun_pi pi = pi_of(queue, &pieces[1]);
        memcpy(prefix.bytes, &pi, sizeof(pi));
        length = sizeof(pi);
    }
    if (queue->vnet) {
        memcpy(prefix.bytes + length, header, sizeof(*header));
        length += sizeof(*header);
    }
    pieces[0] = (struct iovec){.iov_base = prefix.bytes, .iov_len = length};
    return writev(queue->descriptor, pieces, (int)count) < 0 ? -errno : 0;
}
