/* SPDX-License-Identifier: MIT */
/* Interfaces that another process deletes between the look at them and what follows from it. */
#include "interface/plan.h"

#include <errno.h>

int tunic_link_remains(struct tunic_context *context, int32_t ifindex, struct tunic_error *error)
{
    struct tunic_link link;
    int result = tunic_link_get(&context->netlink, NULL, ifindex, false, &link, error);

    if (result == 0)
        tunic_link_release(&link);
    else if (result == -ENODEV)
        result = tunic_link_refuse_gone(error);
    else
        tunic_error_action(error, "cannot read the interface");
    return result;
}

int tunic_link_refuse_gone(struct tunic_error *error)
{
    (void)tunic_error_set(error, TUNIC_ABSENT, "it was deleted meanwhile");
    return -EBADFD;
}
