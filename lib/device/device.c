/* SPDX-License-Identifier: MIT */
#include "device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int tunic_device_open(const char *node, int *descriptor, struct tunic_error *error)
{
    int opened = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    int reason = errno;
    char quoted[128];

    if (opened >= 0) {
        *descriptor = opened;
        return 0;
    }
    tunic_text_escape(quoted, sizeof(quoted), node);
    (void)tunic_error_system(error, reason, "cannot open the device node '%s'", quoted);
    switch (reason) {
    case ENOENT:
    case ENOTDIR:
        error->reason = TUNIC_UNSUPPORTED;
        tunic_error_hint(error, "'modprobe tun' makes /dev/net/tun; a container must be given it");
        break;
    case ENODEV:
    case ENXIO:
        error->reason = TUNIC_UNSUPPORTED;
        tunic_error_hint(error, "the kernel has no TUN/TAP driver loaded: 'modprobe tun'");
        break;
    case EACCES:
        tunic_error_hint(error, "its file mode does not let this user in");
        break;
    case EPERM:
        tunic_error_hint(error, "the container's device policy forbids it");
        break;
    case EISDIR:
        error->reason = TUNIC_UNSUPPORTED;
        break;
    default:
        break;
    }
    return -reason;
}

int tunic_vhost_open(int *descriptor, struct tunic_error *error)
{
    int opened = open(TUNIC_VHOST_NODE, O_RDWR | O_CLOEXEC);
    int reason = errno;

    if (opened >= 0) {
        *descriptor = opened;
        return 0;
    }
    (void)tunic_error_system(error, reason, "cannot open '%s'", TUNIC_VHOST_NODE);
    if (reason == ENOENT || reason == ENODEV || reason == ENXIO) {
        error->reason = TUNIC_FAILED; /* ENODEV is said of interfaces otherwise */
        tunic_error_hint(error, "'modprobe vhost_net' makes it; a container must be given it");
    } else if (reason == EACCES)
        tunic_error_hint(error, "its file mode does not let this user in");
    else if (reason == EPERM)
        tunic_error_hint(error, "the container's device policy forbids it");
    return -reason;
}

/* An ioctl that the descriptor does not know means that it is no TUN/TAP node at all; one that is
 * attached to nothing any more, that its interface was deleted. */
static int refuse(struct tunic_error *error, int reason, const char *action)
{
    (void)tunic_error_system(error, reason, "%s", action);
    if (reason == ENOTTY) {
        error->reason = TUNIC_UNSUPPORTED;
        tunic_error_cause(error, "the device node is not the one of TUN/TAP");
        tunic_error_hint(error, "the right one is character device 10:200");
    } else if (reason == EBADFD) {
        error->reason = TUNIC_ABSENT;
        tunic_error_cause(error, "it was deleted meanwhile");
    }
    return -reason;
}

int tunic_device_check(int descriptor, struct tunic_error *error)
{
    unsigned features;

    if (ioctl(descriptor, TUNGETFEATURES, &features) == 0)
        return 0;
    return refuse(error, errno, "it cannot be used");
}

int tunic_device_set_interface(int descriptor, char name[IFNAMSIZ], uint16_t flags,
                               struct tunic_error *error)
{
    struct ifreq request = {0};

    memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    request.ifr_flags = (short)flags;
    if (ioctl(descriptor, TUNSETIFF, &request) != 0)
        return refuse(error, errno,
                      flags & IFF_TUN_EXCL ? "cannot create the interface"
                                           : "cannot attach to the interface");
    memcpy(name, request.ifr_name, IFNAMSIZ);
    name[IFNAMSIZ - 1] = '\0';
    return 0;
}

int tunic_device_set_owner(int descriptor, uint32_t user, struct tunic_error *error)
{
    if (ioctl(descriptor, TUNSETOWNER, (unsigned long)user) == 0)
        return 0;
    int reason = errno;
    (void)refuse(error, reason, "cannot set the owner");
    if (reason == EINVAL) /* the user namespace has no such id */
        tunic_error_cause(error, "user id %u is not mapped in this user namespace", user);
    return -reason;
}

int tunic_device_set_group(int descriptor, uint32_t group, struct tunic_error *error)
{
    if (ioctl(descriptor, TUNSETGROUP, (unsigned long)group) == 0)
        return 0;
    int reason = errno;
    (void)refuse(error, reason, "cannot set the group");
    if (reason == EINVAL)
        tunic_error_cause(error, "group id %u is not mapped in this user namespace", group);
    return -reason;
}

int tunic_device_set_persist(int descriptor, bool persist, struct tunic_error *error)
{
    if (ioctl(descriptor, TUNSETPERSIST, (unsigned long)persist) == 0)
        return 0;
    return refuse(error, errno,
                  persist ? "cannot make the interface persistent"
                          : "cannot make the interface go away");
}

int tunic_device_interface(int descriptor, char name[IFNAMSIZ], uint16_t *flags)
{
    struct ifreq request = {0};

    if (ioctl(descriptor, TUNGETIFF, &request) != 0)
        return -errno;
    memcpy(name, request.ifr_name, IFNAMSIZ);
    name[IFNAMSIZ - 1] = '\0';
    *flags = (uint16_t)request.ifr_flags;
    return 0;
}

void tunic_device_carrier_on(int descriptor)
{
    int on = 1;

    (void)ioctl(descriptor, TUNSETCARRIER, &on);
}

int tunic_device_namespace(int descriptor, ino_t *inode)
{
    struct stat status;
    int space = ioctl(descriptor, TUNGETDEVNETNS, NULL);

    if (space < 0)
        return -errno;
    int result = fstat(space, &status) == 0 ? 0 : -errno;
    (void)close(space);
    if (result == 0)
        *inode = status.st_ino;
    return result;
}
