/* SPDX-License-Identifier: MIT */
/* The line of `ip tuntap`, from netlink alone: without what only sysfs knows. */
#include "show/show.h"

#include <stdio.h>

void show_lines(const struct showing *showing)
{
    for (size_t i = 0; i < showing->count; i++) {
        const struct tunic_link *link = &showing->interfaces[i]->link;
        char name[4 * IFNAMSIZ];
        tunic_text_escape(name, sizeof(name), link->name);
        (void)printf("%s: %s%s%s%s%s", name, link->tap ? "tap" : "tun", link->pi ? " pi" : "",
                     link->multi_queue ? " multi_queue" : "", link->vnet_hdr ? " vnet_hdr" : "",
                     link->persist ? " persist" : "");
        if (link->owner != TUNIC_ID_NONE)
            (void)printf(" user %u", link->owner);
        if (link->group != TUNIC_ID_NONE)
            (void)printf(" group %u", link->group);
        (void)putchar('\n');
        if (!showing->holders)
            continue;
        size_t count;
        const struct tunic_holder *holder = tunic_holders_of(showing->holders, link->name, &count);
        (void)fputs("\tAttached to processes:", stdout);
        for (size_t k = 0; k < count; k++) {
            tunic_text_escape(name, sizeof(name), holder[k].name);
            (void)printf(" %s(%d)", name, holder[k].pid);
        }
        (void)putchar('\n');
    }
}
