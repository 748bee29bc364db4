/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. An interface becomes the line of a file that makes it so again: each row of
 * the table of attributes says it in the words that it is read from. What an attribute that is not
 * named would have anyway on a new interface is left out, but for sizes, which are told always: a
 * file is also applied to interfaces that are there. Left out, too, is what others manage, as it is
 * when a file is applied: addresses with a lifetime, routes of daemons.
 */
#include "interface/save.h"

#include "interface/plan.h"
#include "interface/values.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tunic_link *link_of(const struct tunic_saving *saving)
{
    return &saving->interface->link;
}

/* A word that is nothing but itself. */
static void add_word(const struct tunic_saving *saving, bool there, const char *word)
{
    if (there)
        tunic_text_add(saving->text, " %s", word);
}

/* Tells in a comment what no line can say. */
static void add_note(const struct tunic_saving *saving, const char *what,
                     const struct tunic_error *why)
{
    char name[4 * IFNAMSIZ];

    tunic_text_escape(name, sizeof(name), link_of(saving)->name);
    tunic_text_add(saving->notes, "# %s: %s left out: %s%s%s\n", name, what, why->action,
                   why->cause[0] != '\0' ? ": " : "", why->cause);
}

/* ---- of the node ----------------------------------------------------------------------- */

void tunic_save_mode(const struct tunic_saving *saving)
{
    tunic_text_add(saving->text, " mode %s", link_of(saving)->tap ? "tap" : "tun");
}

/* Without either the user who applies it would own it. A name that is read as somebody else (a
 * user may be called "any", or "1000") does not stand for the number. */
void tunic_save_user(const struct tunic_saving *saving)
{
    const struct tunic_link *link = link_of(saving);
    struct tunic_desired read = {.user = TUNIC_ID_NONE};
    struct tunic_error unused;
    char name[64];

    if (link->owner == TUNIC_ID_NONE) {
        add_word(saving, link->group == TUNIC_ID_NONE, "user any");
        return;
    }
    tunic_user_text(link->owner, name, sizeof(name));
    if (tunic_parse_user(name, &read, &unused) != 0 || read.user != link->owner)
        (void)snprintf(name, sizeof(name), "%u", link->owner);
    tunic_text_add(saving->text, " user ");
    tunic_line_add(saving->text, name);
}

void tunic_save_group(const struct tunic_saving *saving)
{
    const struct tunic_link *link = link_of(saving);
    struct tunic_desired read = {.group = TUNIC_ID_NONE};
    struct tunic_error unused;
    char name[64];

    if (link->group == TUNIC_ID_NONE)
        return;
    tunic_group_text(link->group, name, sizeof(name));
    if (tunic_parse_group(name, &read, &unused) != 0 || read.group != link->group)
        (void)snprintf(name, sizeof(name), "%u", link->group);
    tunic_text_add(saving->text, " group ");
    tunic_line_add(saving->text, name);
}

void tunic_save_pi(const struct tunic_saving *saving)
{
    add_word(saving, link_of(saving)->pi, "pi");
}

void tunic_save_one_queue(const struct tunic_saving *saving)
{
    add_word(saving, saving->flags & IFF_ONE_QUEUE, "one_queue");
}

void tunic_save_vnet_hdr(const struct tunic_saving *saving)
{
    add_word(saving, link_of(saving)->vnet_hdr, "vnet_hdr");
}

void tunic_save_multi_queue(const struct tunic_saving *saving)
{
    add_word(saving, link_of(saving)->multi_queue, "multi_queue");
}

void tunic_save_napi(const struct tunic_saving *saving)
{
    add_word(saving, saving->flags & IFF_NAPI, "napi");
}

void tunic_save_napi_frags(const struct tunic_saving *saving)
{
    add_word(saving, saving->flags & IFF_NAPI_FRAGS, "napi_frags");
}

/* ---- of the link ----------------------------------------------------------------------- */

void tunic_save_mac(const struct tunic_saving *saving)
{
    char text[TUNIC_VALUE_TEXT];

    if (!link_of(saving)->tap)
        return;
    tunic_lladdr_text(link_of(saving)->address, link_of(saving)->address_length, text);
    tunic_text_add(saving->text, " mac %s", text);
}

void tunic_save_mtu(const struct tunic_saving *saving)
{
    tunic_text_add(saving->text, " mtu %u", link_of(saving)->mtu);
}

void tunic_save_txqueuelen(const struct tunic_saving *saving)
{
    tunic_text_add(saving->text, " txqueuelen %u", link_of(saving)->txqueuelen);
}

void tunic_save_alias(const struct tunic_saving *saving)
{
    const char *alias = link_of(saving)->alias;
    struct tunic_desired unused;
    struct tunic_error error;

    if (!alias || *alias == '\0')
        return;
    if (tunic_parse_alias(alias, &unused, &error) != 0) {
        add_note(saving, "its alias is", &error);
        return;
    }
    tunic_text_add(saving->text, " alias ");
    tunic_line_add(saving->text, alias);
}

/* All of them or none: naming some would remove the others. */
void tunic_save_altname(const struct tunic_saving *saving)
{
    const char *names = link_of(saving)->altnames;
    struct tunic_desired read = {0};
    struct tunic_error error;
    int result = 0;

    for (const char *name = names; name && *name != '\0' && result == 0; name += strlen(name) + 1)
        result = tunic_parse_altname(name, &read, &error);
    if (result != 0)
        add_note(saving, "its altnames are", &error);
    for (size_t i = 0; i < read.altnames.count && result == 0; i++) {
        tunic_text_add(saving->text, " altname ");
        tunic_line_add(saving->text, read.altnames.names[i]);
    }
    tunic_desired_free(&read);
}

void tunic_save_master(const struct tunic_saving *saving)
{
    const char *master = saving->interface->master;
    struct tunic_error error;

    if (master[0] == '\0')
        return;
    if (strcmp(master, "none") == 0) {
        (void)tunic_error_set(&error, TUNIC_USAGE, "one of the name 'none' cannot be named");
        add_note(saving, "its master is", &error);
        return;
    }
    tunic_text_add(saving->text, " master ");
    tunic_line_add(saving->text, master);
}

void tunic_save_down(const struct tunic_saving *saving)
{
    add_word(saving, !(link_of(saving)->flags & IFF_UP), "down");
}

void tunic_save_up(const struct tunic_saving *saving)
{
    add_word(saving, link_of(saving)->flags & IFF_UP, "up");
}

/* ---- of the protocol families ---------------------------------------------------------- */

static void save_address(const struct tunic_saving *saving, const struct tunic_address *address)
{
    char text[TUNIC_VALUE_TEXT];

    if (address->scope != RT_SCOPE_UNIVERSE || address->valid != UINT32_MAX)
        return;
    tunic_address_text(address, text);
    tunic_text_add(saving->text, " addr %s", text);
    if (address->has_broadcast) {
        (void)inet_ntop(AF_INET, address->broadcast, text, sizeof(text));
        tunic_text_add(saving->text, " broadcast %s", text);
    }
    add_word(saving, address->nodad, "nodad");
}

/* The kernel puts a new address of IPv6 before the others, and one of IPv4 behind them. */
void tunic_save_addr(const struct tunic_saving *saving)
{
    const struct tunic_address *addresses = saving->interface->addresses;
    size_t count = saving->interface->address_count;

    for (size_t i = 0; i < count; i++)
        if (addresses[i].family == AF_INET)
            save_address(saving, &addresses[i]);
    for (size_t i = count; i-- > 0;)
        if (addresses[i].family == AF_INET6)
            save_address(saving, &addresses[i]);
}

/* One word stands for both families: where they differ, there is none. */
void tunic_save_linkdown_routes(const struct tunic_saving *saving)
{
    const struct tunic_link *link = link_of(saving);

    if (link->inet_ignore_linkdown && (!link->inet6 || link->inet6_ignore_linkdown))
        tunic_text_add(saving->text, " linkdown_routes ignore");
}

void tunic_save_forwarding(const struct tunic_saving *saving)
{
    const struct tunic_link *link = link_of(saving);

    if (link->inet_forwarding && (!link->inet6 || link->inet6_forwarding))
        tunic_text_add(saving->text, " forwarding on");
}

static void save_routes(const struct tunic_saving *saving, const struct tunic_route **sorted,
                        bool via)
{
    const struct tunic_route *last = NULL;
    char text[TUNIC_VALUE_TEXT];

    for (size_t i = 0; i < saving->interface->route_count; i++) {
        const struct tunic_route *route = sorted[i];
        if (!tunic_route_is_manual(route) || route->has_via != via ||
            (last && tunic_route_equal(last, route)))
            continue;
        last = route;
        tunic_route_text(route, text);
        tunic_text_add(saving->text, " route %s", text);
    }
}

/* First those by which the gateways of the others are reached. Routes that differ only in what we
 * have no word for are one. */
void tunic_save_route(const struct tunic_saving *saving)
{
    const struct tunic_route **sorted =
        tunic_routes_sort(saving->interface->routes, saving->interface->route_count);

    if (!sorted) {
        saving->text->failed = true;
        return;
    }
    save_routes(saving, sorted, false);
    save_routes(saving, sorted, true);
    free(sorted);
}

/* ---- a line ---------------------------------------------------------------------------- */

/* Nothing that the grammar knows has a digit in it. */
static bool may_be_keyword(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

/* Reads a line as it will be. */
static int check_line(struct tunic_text *text, struct tunic_error *error)
{
    struct tunic_lines lines = {0};
    struct tunic_line line;
    struct tunic_name_list names = {0};
    struct tunic_desired desired = {0};
    FILE *file = text->failed ? NULL : fmemopen(text->text, text->length, "r");

    if (!file)
        return tunic_error_memory(error);
    int result = tunic_lines_next(&lines, file, &line, error);
    if (result > 0)
        result = tunic_interface_parse(line.words, line.count, &names, &desired, error);
    tunic_name_list_free(&names);
    tunic_desired_free(&desired);
    tunic_lines_free(&lines);
    (void)fclose(file);
    return result;
}

void tunic_interface_save(const struct tunic_interface *interface, int sysfs,
                          struct tunic_text *text)
{
    struct tunic_text line = {0};
    struct tunic_error error;
    const struct tunic_saving saving = {.interface = interface,
                                        .flags = tunic_sysfs_flags(sysfs, &interface->link),
                                        .text = &line,
                                        .notes = text};

    if (may_be_keyword(interface->link.name))
        tunic_text_add(&line, "dev ");
    tunic_line_add(&line, interface->link.name);
    for (unsigned i = 0; i < TUNIC_ATTRIBUTE_COUNT; i++) {
        const struct tunic_attribute_actions *actions = tunic_attribute_actions(i);
        if (actions && actions->save)
            actions->save(&saving);
    }
    tunic_text_add(&line, "\n");
    if (check_line(&line, &error) != 0)
        add_note(&saving, "it is", &error);
    else
        tunic_text_add_bytes(text, line.text, line.length);
    text->failed = text->failed || line.failed;
    tunic_text_free(&line);
}
