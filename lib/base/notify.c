/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void tunic_notify_open(struct tunic_notify *notify, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    notify->descriptor = -1;
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') /* the abstract namespace */
        address.sun_path[0] = '\0';
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return;
    if (connect(descriptor, (const struct sockaddr *)&address, length) == 0)
        notify->descriptor = descriptor;
    else
        (void)close(descriptor);
}

void tunic_notify_ready(struct tunic_notify *notify)
{
    static const char message[] = "READY=1";

    if (notify->descriptor >= 0)
        (void)send(notify->descriptor, message, sizeof(message) - 1, MSG_NOSIGNAL);
    tunic_notify_close(notify);
}

void tunic_notify_close(struct tunic_notify *notify)
{
    if (notify->descriptor >= 0)
        (void)close(notify->descriptor);
    notify->descriptor = -1;
}
