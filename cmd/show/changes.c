/* SPDX-License-Identifier: MIT */
/* What may change of an interface, a row each, in words for people and as keys for programs. */
#include "show/show.h"

#include <string.h>

static void tell_name(const struct change *change, struct tunic_text *text)
{
    char name[4 * IFNAMSIZ];

    if (strcmp(change->before->link.name, change->now->link.name) == 0)
        return;
    tunic_text_escape(name, sizeof(name), change->now->link.name);
    tunic_text_add(text, "renamed to %s", name);
}

static void tell_owner(const struct change *change, struct tunic_text *text)
{
    char name[64];

    if (change->before->link.owner == change->now->link.owner)
        return;
    tunic_user_text(change->now->link.owner, name, sizeof(name));
    tunic_text_add(text, "owner %s", change->now->link.owner == TUNIC_ID_NONE ? "none" : name);
}

static void tell_group(const struct change *change, struct tunic_text *text)
{
    char name[64];

    if (change->before->link.group == change->now->link.group)
        return;
    tunic_group_text(change->now->link.group, name, sizeof(name));
    tunic_text_add(text, "group %s", change->now->link.group == TUNIC_ID_NONE ? "none" : name);
}

static void tell_flags(const struct change *change, struct tunic_text *text)
{
    const struct tunic_link *before = &change->before->link;
    const struct tunic_link *now = &change->now->link;
    size_t length = text->length;

    if (before->pi != now->pi)
        tunic_text_add(text, "pi %s", now->pi ? "on" : "off");
    if (before->vnet_hdr != now->vnet_hdr)
        tunic_text_add(text, "%svnet_hdr %s", text->length > length ? ", " : "",
                       now->vnet_hdr ? "on" : "off");
    if (before->persist != now->persist)
        tunic_text_add(text, "%s%s", text->length > length ? ", " : "",
                       now->persist ? "persistent" : "not persistent");
}

static void tell_up(const struct change *change, struct tunic_text *text)
{
    if ((change->before->link.flags ^ change->now->link.flags) & IFF_UP)
        tunic_text_add(text, "%s", change->now->link.flags & IFF_UP ? "up" : "down");
}

static void tell_carrier(const struct change *change, struct tunic_text *text)
{
    struct tunic_text held = {0};

    if (change->before->link.carrier == change->now->link.carrier)
        return;
    tunic_text_add(text, "carrier %s", change->now->link.carrier ? "on" : "off");
    if (change->holders && change->now->link.carrier)
        tunic_holders_describe(&change->now->link, change->holders, &held);
    if (held.length > 0)
        tunic_text_add(text, " (%s)", held.text);
    tunic_text_free(&held);
}

static void tell_operstate(const struct change *change, struct tunic_text *text)
{
    if (change->before->link.operstate != change->now->link.operstate)
        tunic_text_add(text, "operstate %s", show_operstate(change->now->link.operstate));
}

static void tell_queues(const struct change *change, struct tunic_text *text)
{
    const struct tunic_link *before = &change->before->link;
    const struct tunic_link *now = &change->now->link;

    if (before->queues != now->queues)
        tunic_text_add(text, "queues %u -> %u", before->queues, now->queues);
}

static void tell_disabled_queues(const struct change *change, struct tunic_text *text)
{
    const struct tunic_link *before = &change->before->link;
    const struct tunic_link *now = &change->now->link;

    if (before->disabled_queues != now->disabled_queues)
        tunic_text_add(text, "disabled queues %u -> %u", before->disabled_queues,
                       now->disabled_queues);
}

static void tell_mtu(const struct change *change, struct tunic_text *text)
{
    if (change->before->link.mtu != change->now->link.mtu)
        tunic_text_add(text, "mtu %u -> %u", change->before->link.mtu, change->now->link.mtu);
}

static void tell_txqueuelen(const struct change *change, struct tunic_text *text)
{
    if (change->before->link.txqueuelen != change->now->link.txqueuelen)
        tunic_text_add(text, "txqueuelen %u -> %u", change->before->link.txqueuelen,
                       change->now->link.txqueuelen);
}

static void tell_mac(const struct change *change, struct tunic_text *text)
{
    const struct tunic_link *before = &change->before->link;
    const struct tunic_link *now = &change->now->link;
    char words[TUNIC_VALUE_TEXT];

    if (before->address_length == now->address_length &&
        memcmp(before->address, now->address, now->address_length) == 0)
        return;
    tunic_lladdr_text(now->address, now->address_length, words);
    tunic_text_add(text, "mac %s", words);
}

static void tell_master(const struct change *change, struct tunic_text *text)
{
    char name[4 * IFNAMSIZ];

    if (change->before->link.master == change->now->link.master)
        return;
    tunic_text_escape(name, sizeof(name), change->now->master);
    tunic_text_add(text, "master %s", change->now->link.master == 0 ? "none" : name);
}

static void tell_alias(const struct change *change, struct tunic_text *text)
{
    const char *before = change->before->link.alias;
    const char *now = change->now->link.alias;
    char words[TUNIC_VALUE_TEXT];

    if (strcmp(before ? before : "", now ? now : "") == 0)
        return;
    tunic_text_escape(words, sizeof(words), now ? now : "");
    tunic_text_add(text, "alias \"%s\"", words);
}

/* Those of `link` that `other` has not. */
static void tell_altnames_beyond(const struct tunic_link *link, const struct tunic_link *other,
                                 const char *sign, struct tunic_text *text)
{
    char words[TUNIC_VALUE_TEXT];

    for (const char *name = link->altnames; name && *name != '\0'; name += strlen(name) + 1) {
        bool common = false;
        for (const char *match = other->altnames; match && *match != '\0' && !common;
             match += strlen(match) + 1)
            common = strcmp(match, name) == 0;
        tunic_text_escape(words, sizeof(words), name);
        if (!common)
            tunic_text_add(text, "%saltname %s %s", text->length > 0 ? ", " : "", sign, words);
    }
}

static void tell_altnames(const struct change *change, struct tunic_text *text)
{
    struct tunic_text words = {0};

    tell_altnames_beyond(&change->before->link, &change->now->link, "-", &words);
    tell_altnames_beyond(&change->now->link, &change->before->link, "+", &words);
    if (words.text)
        tunic_text_add(text, "%s", words.text);
    tunic_text_free(&words);
}

static void tell_forwarding(const struct change *change, struct tunic_text *text)
{
    if (change->before->link.inet_forwarding != change->now->link.inet_forwarding)
        tunic_text_add(text, "forwarding %s", change->now->link.inet_forwarding ? "on" : "off");
}

/* ---- addresses ------------------------------------------------------------------------- */

/* The place of the address that equals this one; the count of them where there is none. */
static size_t find_address(const struct tunic_interface *interface,
                           const struct tunic_address *wanted)
{
    size_t place = 0;

    while (place < interface->address_count &&
           !tunic_address_equal(&interface->addresses[place], wanted))
        place++;
    return place;
}

static const char *address_state(const struct tunic_address *address)
{
    if (address->duplicate)
        return " duplicate";
    return address->tentative ? " tentative" : "";
}

static void tell_address(const struct tunic_address *address, const char *sign, const char *state,
                         struct tunic_text *text)
{
    char words[TUNIC_VALUE_TEXT];

    tunic_address_text(address, words);
    tunic_text_add(text, "%saddress%s %s%s", text->length > 0 ? ", " : "", sign, words, state);
}

static void tell_addresses(const struct change *change, struct tunic_text *text)
{
    const struct tunic_interface *before = change->before;
    const struct tunic_interface *now = change->now;
    struct tunic_text words = {0};

    for (size_t i = 0; i < before->address_count; i++)
        if (find_address(now, &before->addresses[i]) == now->address_count)
            tell_address(&before->addresses[i], " -", "", &words);
    for (size_t i = 0; i < now->address_count; i++) {
        const struct tunic_address *address = &now->addresses[i];
        size_t place = find_address(before, address);
        const char *state = address_state(address);
        if (place == before->address_count)
            tell_address(address, " +", state, &words);
        else if (strcmp(state, address_state(&before->addresses[place])) != 0)
            tell_address(address, "", *state != '\0' ? state : " usable", &words);
    }
    if (words.text)
        tunic_text_add(text, "%s", words.text);
    tunic_text_free(&words);
}

/* ---- the table ------------------------------------------------------------------------- */

const struct change_row *show_change_rows(size_t *count)
{
    /* The state of RFC 2863 follows from being up and the carrier. */
    static const struct change_row rows[] = {
        {"ifname", tell_name, false},
        {"user", tell_owner, false},
        {"group", tell_group, false},
        {"flags", tell_flags, false},
        {"up", tell_up, false},
        {"carrier", tell_carrier, false},
        {"operstate", tell_operstate, true},
        {"queues", tell_queues, false},
        {"disabled_queues", tell_disabled_queues, false},
        {"mtu", tell_mtu, false},
        {"txqlen", tell_txqueuelen, false},
        {"address", tell_mac, false},
        {"master", tell_master, false},
        {"ifalias", tell_alias, false},
        {"altnames", tell_altnames, false},
        {"forwarding", tell_forwarding, false},
        {"addr_info", tell_addresses, false},
    };

    *count = TUNIC_COUNT(rows);
    return rows;
}

void show_arrival(const struct tunic_link *link, struct tunic_text *text)
{
    tunic_link_describe_ids(link, text);
    if (link->flags & IFF_UP)
        tunic_text_add(text, ", up");
}

void show_picture(const struct change *change, struct tunic_text *text)
{
    const struct tunic_interface *interface = change->now;
    const struct tunic_link *link = &interface->link;
    char words[TUNIC_VALUE_TEXT];

    if (change->holders) {
        tunic_interface_describe(link, change->holders, text);
    } else {
        tunic_link_describe(link, text);
        tunic_text_add(text, ", %s", tunic_interface_looks_held(link) ? "held" : "free");
    }
    tunic_text_add(text, ", %s, mtu %u", show_state(link), link->mtu);
    if (interface->master[0] != '\0') {
        tunic_text_escape(words, sizeof(words), interface->master);
        tunic_text_add(text, ", master %s", words);
    }
    for (size_t i = 0; i < interface->address_count; i++) {
        tunic_address_text(&interface->addresses[i], words);
        tunic_text_add(text, ", %s%s", words, address_state(&interface->addresses[i]));
    }
}
