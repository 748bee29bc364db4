/* SPDX-License-Identifier: MIT */
#include "interface/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The flags that netlink tells too, by which a file is known to be this interface's. */
static const uint32_t told_by_netlink =
    IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE | IFF_PERSIST;

/* A sysfs of the calling thread's namespace, mounted nowhere: gone with its last descriptor. By
 * number, since the C library has learnt these calls later than the kernel. */
static int mount_own(void)
{
    int context = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC);
    int mounted = -1;

    if (context < 0)
        return -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mounted = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
    (void)close(context);
    return mounted;
}

int tunic_sysfs_open(void)
{
    int mounted = mount_own();
    int directory = -1;

    if (mounted >= 0) {
        directory = openat(mounted, "class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(mounted);
    }
    if (directory < 0)
        directory = open("/sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : directory;
}

bool tunic_sysfs_number(int directory, const char *name, const char *file, long *number)
{
    char path[IFNAMSIZ + 16];
    char text[32];
    char *end;

    (void)snprintf(path, sizeof(path), "%s/%s", name, file);
    int descriptor = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    ssize_t length = read(descriptor, text, sizeof(text) - 1);
    (void)close(descriptor);
    if (length <= 0)
        return false;
    text[length] = '\0';
    *number = strtol(text, &end, 0);
    return end != text && *end == '\n';
}

uint32_t tunic_sysfs_flags(int directory, const struct tunic_link *link)
{
    uint32_t flags = (link->tap ? IFF_TAP : IFF_TUN) | (link->pi ? 0 : IFF_NO_PI) |
                     (link->vnet_hdr ? IFF_VNET_HDR : 0) |
                     (link->multi_queue ? IFF_MULTI_QUEUE : 0) | (link->persist ? IFF_PERSIST : 0);
    long ifindex;
    long value;

    if (directory < 0 || !tunic_sysfs_number(directory, link->name, "ifindex", &ifindex) ||
        ifindex != link->ifindex ||
        !tunic_sysfs_number(directory, link->name, "tun_flags", &value) ||
        ((uint32_t)value & told_by_netlink) != flags)
        return flags;
    return (uint32_t)value;
}

uint16_t tunic_attach_flags(const struct tunic_link *link)
{
    static const uint32_t chosen = IFF_TUN | IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS | IFF_NO_PI |
                                   IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    int directory = tunic_sysfs_open();
    uint32_t flags = tunic_sysfs_flags(directory, link);

    if (directory >= 0)
        (void)close(directory);
    return (uint16_t)(flags & chosen);
}
