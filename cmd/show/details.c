/* SPDX-License-Identifier: MIT */
/* Everything that is known of an interface, a block each, for people. */
#include "show/color.h"
#include "show/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_label(const char *label)
{
    (void)printf("    %-11s ", label);
}

static void print_access(const struct showing *showing, const struct tunic_link *link)
{
    struct tunic_text access = {0};

    show_access(showing, link, &access);
    print_label("may attach");
    (void)printf("%s", access.text ? access.text : "");
    if (tunic_interface_open_to_all(link))
        (void)printf(": it has no owner and no group");
    else if (link->group == TUNIC_ID_NONE)
        (void)printf(" (uid %u)", link->owner);
    else if (link->owner == TUNIC_ID_NONE)
        (void)printf(" (gid %u)", link->group);
    else
        (void)printf(" (uid %u, gid %u)", link->owner, link->group);
    (void)putchar('\n');
    tunic_text_free(&access);
}

static void print_link(const struct tunic_interface *interface)
{
    const struct tunic_link *link = &interface->link;
    char text[TUNIC_VALUE_TEXT];

    print_label("link");
    (void)printf("mtu %u, txqueuelen %u", link->mtu, link->txqueuelen);
    if (link->address_length > 0) {
        tunic_lladdr_text(link->address, link->address_length, text);
        (void)printf(", mac %s", text);
    }
    if (interface->master[0] != '\0') {
        tunic_text_escape(text, sizeof(text), interface->master);
        (void)printf(", master %s", text);
    }
    if (link->inet && link->inet_forwarding)
        (void)printf(", forwarding");
    if (link->inet && link->inet_ignore_linkdown)
        (void)printf(", linkdown_routes ignore");
    (void)putchar('\n');
    if (link->alias) {
        tunic_text_escape(text, sizeof(text), link->alias);
        print_label("alias");
        (void)printf("%s\n", text);
    }
    for (const char *name = link->altnames; name && *name != '\0'; name += strlen(name) + 1) {
        tunic_text_escape(text, sizeof(text), name);
        print_label("altname");
        (void)printf("%s\n", text);
    }
}

static void print_addresses(const struct tunic_interface *interface)
{
    char text[TUNIC_VALUE_TEXT];

    for (size_t i = 0; i < interface->address_count; i++) {
        const struct tunic_address *address = &interface->addresses[i];
        tunic_address_text(address, text);
        print_label("address");
        (void)printf("%s%s%s\n", text, address->tentative ? " tentative" : "",
                     address->duplicate ? " duplicate" : "");
    }
    for (size_t i = 0; i < interface->route_count; i++) {
        tunic_route_text(&interface->routes[i], text);
        print_label("route");
        (void)printf("%s\n", text);
    }
}

static void print_holders(const struct showing *showing, const struct tunic_link *link)
{
    size_t count = 0;
    const struct tunic_holder *holder = tunic_holders_of(showing->holders, link->name, &count);

    for (size_t i = 0; i < count; i++) {
        char name[128];
        tunic_text_escape(name, sizeof(name), holder[i].name);
        print_label("held by");
        (void)printf("%s[%d], user %s", name, holder[i].pid,
                     accounts_user(showing->accounts, holder[i].user));
        if (link->multi_queue)
            (void)printf(", %u queue%s", holder[i].queues, holder[i].queues == 1 ? "" : "s");
        if (holder[i].disabled_queues > 0)
            (void)printf(", %u switched off", holder[i].disabled_queues);
        (void)printf("%s\n",
                     holder[i].certain ? "" : " (by its name alone: root can tell for certain)");
    }
    if (count == 0 && tunic_interface_looks_held(link)) {
        print_label("held by");
        (void)puts("a process that this user cannot see");
    } else if (count == 0) {
        print_label("held by");
        (void)puts("no process");
    }
}

static void print_stats(const struct tunic_link *link)
{
    const struct rtnl_link_stats64 *stats = &link->stats;

    print_label("received");
    (void)printf("%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " errors, %" PRIu64
                 " dropped\n",
                 (uint64_t)stats->rx_packets, (uint64_t)stats->rx_bytes, (uint64_t)stats->rx_errors,
                 (uint64_t)stats->rx_dropped);
    print_label("sent");
    (void)printf("%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " errors, %" PRIu64
                 " dropped\n",
                 (uint64_t)stats->tx_packets, (uint64_t)stats->tx_bytes, (uint64_t)stats->tx_errors,
                 (uint64_t)stats->tx_dropped);
}

static void print_head(const struct tunic_link *link, bool color)
{
    char name[4 * IFNAMSIZ];

    tunic_text_escape(name, sizeof(name), link->name);
    (void)printf("%s%s%s: %s%s%s%s, %s, %s, index %d", color ? BOLD : "", name, color ? PLAIN : "",
                 link->tap ? "tap" : "tun", link->pi ? " pi" : "",
                 link->vnet_hdr ? " vnet_hdr" : "", link->multi_queue ? " multi_queue" : "",
                 show_state(link), link->persist ? "persistent" : "not persistent", link->ifindex);
    if (link->multi_queue)
        (void)printf(", %u queue%s attached", link->queues, link->queues == 1 ? "" : "s");
    if (link->disabled_queues > 0)
        (void)printf(", %u switched off", link->disabled_queues);
    (void)putchar('\n');
}

void show_details(const struct showing *showing)
{
    bool color = tunic_color_wanted(showing->options);

    for (size_t i = 0; i < showing->count; i++) {
        const struct tunic_interface *interface = showing->interfaces[i];
        print_head(&interface->link, color);
        if (showing->options->details) {
            print_access(showing, &interface->link);
            print_link(interface);
            print_addresses(interface);
            if (showing->holders)
                print_holders(showing, &interface->link);
        }
        if (showing->options->stats && interface->link.has_stats)
            print_stats(&interface->link);
    }
}
