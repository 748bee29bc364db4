/* SPDX-License-Identifier: MIT */
/* The input is a datagram of netlink messages, or what claims to be one. */
#include "fuzz.h"

#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <string.h>

static void check_link(const struct nlmsghdr *message)
{
    struct tunic_link link;

    if (tunic_link_parse(message, &link) != 0) {
        fuzz_check(!link.alias && !link.altnames);
        return;
    }
    fuzz_check(link.name[0] != '\0');
    fuzz_check(memchr(link.name, '\0', sizeof(link.name)));
    fuzz_check(memchr(link.kind_name, '\0', sizeof(link.kind_name)));
    fuzz_check(link.address_length <= sizeof(link.address));
    for (const char *name = link.altnames; name && *name; name += strlen(name) + 1)
        fuzz_check(strlen(name) < TUNIC_ALTNAME_SIZE);
    tunic_link_release(&link);
}

static void check_message(const struct nlmsghdr *message)
{
    struct tunic_address address;
    struct tunic_route route;

    check_link(message);
    if (tunic_address_parse(message, &address) == 0)
        fuzz_check(memchr(address.label, '\0', sizeof(address.label)));
    if (tunic_route_parse(message, &route) == 0)
        fuzz_check(route.has_via || route.via_family == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct nlmsghdr *message;
    int left = (int)length;

    if (length == 0)
        return 0;
    void *buffer = malloc(length); /* aligned, which the input need not be */
    fuzz_check(buffer != NULL);
    memcpy(buffer, bytes, length);
    TUNIC_MESSAGES(message, buffer, left)
    check_message(message);
    free(buffer);
    return 0;
}
