/* SPDX-License-Identifier: MIT */
#include "interface/visit.h"

int tunic_visit_begin(struct tunic_visit *visit, const struct tunic_context *home,
                      const char *netns, struct tunic_error *error)
{
    int result = tunic_netns_enter(netns, &visit->home, error);

    if (result != 0)
        return result;
    result = tunic_context_open(&visit->context, home->device_node, error);
    if (result != 0) {
        struct tunic_error unused;
        (void)tunic_netns_leave(visit->home, &unused);
    }
    return result;
}

int tunic_visit_end(struct tunic_visit *visit, int result, struct tunic_error *error)
{
    struct tunic_error lost;

    tunic_context_close(&visit->context);
    int left = tunic_netns_leave(visit->home, result == 0 ? error : &lost);
    return result == 0 ? left : result;
}
