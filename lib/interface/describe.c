/* SPDX-License-Identifier: MIT */
#include "interface/interface.h"

#include <string.h>
#include <unistd.h>

bool tunic_interface_looks_held(const struct tunic_link *link)
{
    return link->multi_queue ? link->queues + link->disabled_queues > 0 : link->carrier;
}

bool tunic_interface_open_to_all(const struct tunic_link *link)
{
    return link->owner == TUNIC_ID_NONE && link->group == TUNIC_ID_NONE;
}

int tunic_link_refuse(const struct tunic_link *link, struct tunic_error *error)
{
    char kind[64];

    tunic_text_escape(kind, sizeof(kind), link->kind_name);
    if (strcmp(kind, "macvtap") == 0 || strcmp(kind, "ipvtap") == 0) {
        int result = tunic_error_set(error, TUNIC_EXISTS,
                                     "it is a %s interface, which is not one of TUN/TAP", kind);
        tunic_error_hint(error, "its packets are read from /dev/tap%d, and 'ip link' manages it",
                         link->ifindex);
        return result;
    }
    int result = tunic_error_set(error, TUNIC_EXISTS, "it is not a TUN/TAP interface");
    if (kind[0] != '\0')
        tunic_error_cause(error, "it is a %s interface", kind);
    else
        tunic_error_cause(error, "it is a network card or another built-in kind");
    return result;
}

void tunic_holders_describe(const struct tunic_link *link, const struct tunic_holders *holders,
                            struct tunic_text *text)
{
    size_t count = 0;
    const struct tunic_holder *first =
        holders ? tunic_holders_of(holders, link->name, &count) : NULL;

    if (count == 0) {
        if (tunic_interface_looks_held(link))
            tunic_text_add(text, holders ? "held by a process that this user cannot see" : "held");
        return;
    }
    char name[128];
    tunic_text_escape(name, sizeof(name), first->name);
    tunic_text_add(text, "%s by %s[%d]", first->certain ? "held" : "probably held", name,
                   first->pid);
    if (count > 1)
        tunic_text_add(text, " and %zu more", count - 1);
}

int tunic_link_refuse_busy(const struct tunic_link *link, const struct tunic_holders *holders,
                           const char *action, struct tunic_error *error)
{
    struct tunic_text held = {0};
    int result = tunic_error_set(error, TUNIC_BUSY, "%s", action);

    tunic_holders_describe(link, holders, &held);
    tunic_error_cause(error, "%s", held.length > 0 ? held.text : "it is held");
    tunic_text_free(&held);
    return result;
}

/* The kernel lets in who is the owner, if there is one, and in the group, if there is one. */
int tunic_link_refuse_user(const struct tunic_link *link, const char *action,
                           struct tunic_error *error)
{
    char owner[64];
    char user[64];
    int result = tunic_error_set(error, TUNIC_DENIED, "%s", action);

    tunic_user_text(geteuid(), user, sizeof(user));
    if (link->owner != TUNIC_ID_NONE && link->owner != geteuid()) {
        tunic_user_text(link->owner, owner, sizeof(owner));
        tunic_error_cause(error, "it belongs to user %s, and this is user %s", owner, user);
    } else if (link->group != TUNIC_ID_NONE) {
        tunic_group_text(link->group, owner, sizeof(owner));
        tunic_error_cause(error, "it belongs to group %s, and user %s is not in it", owner, user);
    } else {
        tunic_error_cause(error, "user %s may not", user);
    }
    tunic_error_hint(error, "root may");
    return result;
}

void tunic_link_describe_ids(const struct tunic_link *link, struct tunic_text *text)
{
    char name[64];

    tunic_text_add(text, "%s", link->tap ? "tap" : "tun");
    if (link->owner != TUNIC_ID_NONE) {
        tunic_user_text(link->owner, name, sizeof(name));
        tunic_text_add(text, ", owned by %s", name);
    }
    if (link->group != TUNIC_ID_NONE) {
        tunic_group_text(link->group, name, sizeof(name));
        tunic_text_add(text, ", of group %s", name);
    }
}

void tunic_link_describe(const struct tunic_link *link, struct tunic_text *text)
{
    tunic_link_describe_ids(link, text);
    if (tunic_interface_open_to_all(link))
        tunic_text_add(text, ", open to every user");
}

void tunic_interface_describe(const struct tunic_link *link, const struct tunic_holders *holders,
                              struct tunic_text *text)
{
    struct tunic_text held = {0};

    tunic_link_describe(link, text);
    tunic_holders_describe(link, holders, &held);
    tunic_text_add(text, ", %s", held.length > 0 ? held.text : "free");
    tunic_text_free(&held);
}
