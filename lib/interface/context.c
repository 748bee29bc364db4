/* SPDX-License-Identifier: MIT */
#include "interface/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NETNS_FOLDER "/run/netns/" /* where `ip netns` keeps names */

int tunic_context_open(struct tunic_context *context, const char *device_node,
                       struct tunic_error *error)
{
    *context = (struct tunic_context){.device_node = device_node};
    return tunic_netlink_open(&context->netlink, error);
}

void tunic_context_close(struct tunic_context *context)
{
    tunic_netlink_close(&context->netlink);
}

void tunic_context_name_node(const struct tunic_context *context, struct tunic_error *error)
{
    char quoted[128];

    tunic_text_escape(quoted, sizeof(quoted), context->device_node);
    tunic_error_cause(error, "the device node '%s' is not the one of TUN/TAP", quoted);
}

static int refuse_namespace(struct tunic_error *error, const char *name, int reason)
{
    char quoted[80];

    tunic_text_escape(quoted, sizeof(quoted), name);
    (void)tunic_error_system(error, reason, "cannot enter the network namespace '%s'", quoted);
    if (reason == ENOENT) {
        tunic_error_cause(error, "there is none of this name");
        tunic_error_hint(error, "'ip netns' lists them");
    } else if (reason == EINVAL) {
        tunic_error_cause(error, "it is not a network namespace");
    } else if (reason == EPERM) {
        tunic_error_hint(error, "it needs root, or CAP_SYS_ADMIN");
    }
    return -reason;
}

int tunic_netns_enter(const char *name, int *previous, struct tunic_error *error)
{
    char path[4096];
    bool is_path = strchr(name, '/') != NULL;
    int length = snprintf(path, sizeof(path), "%s%s", is_path ? "" : NETNS_FOLDER, name);

    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || length < 0 ||
        (size_t)length >= sizeof(path)) {
        char quoted[80];
        tunic_text_escape(quoted, sizeof(quoted), name);
        return tunic_error_set(error, TUNIC_USAGE, "'%s' is no name of a network namespace",
                               quoted);
    }
    if (previous) {
        *previous = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (*previous < 0)
            return tunic_error_system(error, errno,
                                      "cannot remember the present network namespace");
    }
    int space = open(path, O_RDONLY | O_CLOEXEC);
    int reason = space < 0 || setns(space, CLONE_NEWNET) != 0 ? errno : 0;
    if (space >= 0)
        (void)close(space);
    if (reason == 0)
        return 0;
    if (previous)
        (void)close(*previous);
    return refuse_namespace(error, name, reason);
}

int tunic_netns_leave(int previous, struct tunic_error *error)
{
    int reason = setns(previous, CLONE_NEWNET) != 0 ? errno : 0;

    (void)close(previous);
    return reason == 0
               ? 0
               : tunic_error_system(error, reason, "cannot return to the network namespace");
}
