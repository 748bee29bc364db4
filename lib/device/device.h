/* SPDX-License-Identifier: MIT */
/*
 * lib/device: the ioctls of the clone device, /dev/net/tun, each with an error that says what it
 * means here, and the packets of what is attached to it. Source: linux/if_tun.h and
 * drivers/net/tun.c of the kernel; what was tried on a real one stands in comments.
 *
 *   device.c  opening the node, making and attaching to interfaces
 *   queue.c   reading and writing packets, with the headers before them
 *
 * A descriptor belongs to the caller, is close-on-exec, and lives in the network namespace of the
 * thread that opened it. An interface that is not persistent goes when its last descriptor closes.
 */
#ifndef TUNIC_DEVICE_H
#define TUNIC_DEVICE_H

#include "base/base.h"

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/uio.h>

#define TUNIC_DEVICE_NODE "/dev/net/tun"
#define TUNIC_VHOST_NODE "/dev/vhost-net"

/* Not in the headers of every system that the kernel of today runs on. */
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER 0x0040
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* Opens the node. Tells a missing node, a missing driver and a missing permission apart. */
int tunic_device_open(const char *node, int *descriptor, struct tunic_error *error);

/* Whether the node is the one of TUN/TAP at all. */
int tunic_device_check(int descriptor, struct tunic_error *error);
/* Opens the node through which the kernel moves a virtual machine's packets. */
int tunic_vhost_open(int *descriptor, struct tunic_error *error);

/* TUNSETIFF: creates (with IFF_TUN_EXCL) or attaches to an interface. `name` is a template on
 * entry ("", "vm%d" or a whole name) and the kernel's choice on return. -EBUSY: it exists or is
 * held; -EINVAL: another kind, mode or queue count; -EPERM. */
int tunic_device_set_interface(int descriptor, char name[IFNAMSIZ], uint16_t flags,
                               struct tunic_error *error);

/* TUNSETOWNER, TUNSETGROUP. An owner that is set cannot be unset again. Here and below, -EBADFD:
 * the interface was deleted. */
int tunic_device_set_owner(int descriptor, uint32_t user, struct tunic_error *error);
int tunic_device_set_group(int descriptor, uint32_t group, struct tunic_error *error);

/* TUNSETPERSIST: whether the interface outlives its descriptors. */
int tunic_device_set_persist(int descriptor, bool persist, struct tunic_error *error);

/* TUNGETIFF: the present name, and the flags of this queue (IFF_DETACH_QUEUE). -EBADFD where
 * the descriptor is attached to nothing. Does not tell IFF_NO_PI: the kernel keeps another flag
 * in that bit. */
int tunic_device_interface(int descriptor, char name[IFNAMSIZ], uint16_t *flags);

/* TUNSETCARRIER. A kernel that does not know it (before 5.0) has switched the carrier on itself. */
void tunic_device_carrier_on(int descriptor);

/* TUNGETDEVNETNS: which network namespace the interface is in, as its inode. Needs
 * CAP_NET_ADMIN there. */
int tunic_device_namespace(int descriptor, ino_t *inode);

/* ---- packets --------------------------------------------------------------------------- */

/* What to wait for (epoll) while a queue is not read. It never has any, but that its interface was
 * deleted the kernel tells only those who ask for what packets are told with. */
enum { TUNIC_QUEUE_UNREAD = EPOLLPRI };

/* A descriptor that is attached, and what the packets on it look like. */
struct tunic_queue {
    int descriptor; /* -1: none; belongs to the queue's owner */
    bool tap;
    bool pi;           /* struct tun_pi before each packet */
    bool vnet;         /* struct virtio_net_hdr before each packet */
    unsigned offloads; /* TUN_F_… that are switched on */
    bool filtered;     /* by tunic_queue_filter */
};

/* Makes known what the descriptor's packets look like, whatever its last user left: the virtio-net
 * header's size and byte order (little endian), and no filter or limit of the kernel's; and, with
 * `offload`, as many of checksum, TSO and USO as the kernel has. Offloads need `vnet`. */
int tunic_queue_prepare(struct tunic_queue *queue, bool offload, struct tunic_error *error);
/* Has the kernel pass over the packets of a tap that a program of classic BPF does not accept; it
 * sees them without the VLAN tag, which the kernel keeps beside them. */
int tunic_queue_filter(struct tunic_queue *queue, const struct sock_fprog *program,
                       struct tunic_error *error);
/* Switches the offloads and the filter off: they outlive the descriptor. */
void tunic_queue_release(struct tunic_queue *queue);
/* TUNSETQUEUE: the descriptor of a multi_queue interface takes no packets any more, but is a holder
 * still, for which the carrier stays. */
int tunic_queue_detach(const struct tunic_queue *queue, struct tunic_error *error);

/* Reads one packet into `room` bytes; `header` is zeroed where the queue has none. Returns its
 * length, or a negative errno: -EAGAIN (none there, or the interface is down), -EBADFD (deleted).
 */
ssize_t tunic_queue_read(const struct tunic_queue *queue, struct virtio_net_hdr *header,
                         void *packet, size_t room);
/* Writes one packet, the pieces behind pieces[0], which is the queue's own to fill. Returns 0 or a
 * negative errno: -EAGAIN, -EINVAL (the kernel refuses the packet), -EIO (down), -EBADFD. */
int tunic_queue_write(const struct tunic_queue *queue, const struct virtio_net_hdr *header,
                      struct iovec *pieces, size_t count);

#endif
