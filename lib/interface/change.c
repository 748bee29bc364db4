/* SPDX-License-Identifier: MIT */
/*
 * What each attribute changes. A function here compares one attribute of an interface with what is
 * desired; where they differ it says so in words and queues the request that mends it. Labels of
 * requests read as what an error tells: "cannot " and the label.
 */
#include "interface/change.h"

#include "interface/save.h"
#include "interface/values.h"

#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

static const struct tunic_link *link_of(const struct tunic_plan *plan)
{
    return &plan->interface->link;
}

/* Queues a request that sets one attribute of the link, labelled in the way of printf; the batch
 * escapes labels. */
TUNIC_PRINTF(5, 6)
static void set_link(struct tunic_plan *plan, uint16_t attribute, const void *value, size_t size,
                     const char *format, ...)
{
    char label[2 * TUNIC_VALUE_TEXT];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(label, sizeof(label), format, arguments);
    va_end(arguments);
    tunic_link_set(&plan->batch, link_of(plan)->ifindex, attribute, value, size, label);
}

/* ---- what is fixed at birth ------------------------------------------------------------ */

static int refuse_fixed(struct tunic_error *error, const char *is, const char *wanted)
{
    int result = tunic_error_set(error, TUNIC_EXISTS, "it is %s, not %s", is, wanted);
    tunic_error_hint(error, "this cannot be changed: delete it and add it anew");
    return result;
}

static int make_mode(struct tunic_plan *plan, struct tunic_error *error)
{
    static const char *const words[] = {"a tun interface", "a tap interface"};
    bool tap = plan->desired->mode == TUNIC_MODE_TAP;

    return tap == link_of(plan)->tap ? 0 : refuse_fixed(error, words[!tap], words[tap]);
}

static int make_multi_queue(struct tunic_plan *plan, struct tunic_error *error)
{
    return link_of(plan)->multi_queue ? 0 : refuse_fixed(error, "single-queue", "multi_queue");
}

/* ---- who may attach -------------------------------------------------------------------- */

static int make_user(struct tunic_plan *plan, struct tunic_error *error)
{
    uint32_t present = link_of(plan)->owner;
    uint32_t wanted = plan->desired->user;
    char from[64] = "any";
    char to[64];

    if (present == wanted)
        return 0;
    if (wanted == TUNIC_ID_NONE)
        return refuse_fixed(error, "owned by a user", "open to any");
    if (present != TUNIC_ID_NONE)
        tunic_user_text(present, from, sizeof(from));
    tunic_user_text(wanted, to, sizeof(to));
    tunic_plan_differs(plan, "user %s -> %s", from, to);
    plan->set_owner = true;
    return 0;
}

static int make_group(struct tunic_plan *plan, struct tunic_error *error)
{
    uint32_t present = link_of(plan)->group;
    uint32_t wanted = plan->desired->group;
    char from[64] = "any";
    char to[64];

    if (present == wanted)
        return 0;
    if (wanted == TUNIC_ID_NONE)
        return refuse_fixed(error, "bound to a group", "open to any");
    if (present != TUNIC_ID_NONE)
        tunic_group_text(present, from, sizeof(from));
    tunic_group_text(wanted, to, sizeof(to));
    tunic_plan_differs(plan, "group %s -> %s", from, to);
    plan->set_group = true;
    return 0;
}

static int make_pi(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    if (link_of(plan)->pi)
        return 0;
    tunic_plan_differs(plan, "pi off -> on");
    plan->attach = plan->add_pi = true;
    return 0;
}

static int make_vnet_hdr(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    if (link_of(plan)->vnet_hdr)
        return 0;
    tunic_plan_differs(plan, "vnet_hdr off -> on");
    plan->attach = true;
    plan->add_flags |= IFF_VNET_HDR;
    return 0;
}

/* ---- the link -------------------------------------------------------------------------- */

static int make_mac(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_link *link = link_of(plan);
    const uint8_t *mac = plan->desired->mac;
    char from[TUNIC_VALUE_TEXT];
    char to[TUNIC_VALUE_TEXT];

    if (!link->tap)
        return tunic_error_set(error, TUNIC_USAGE,
                               "'mac' belongs to tap, and it is a tun interface");
    if (link->address_length == 6 && memcmp(link->address, mac, 6) == 0)
        return 0;
    tunic_lladdr_text(link->address, link->address_length, from);
    tunic_lladdr_text(mac, 6, to);
    tunic_plan_differs(plan, "mac %s -> %s", from, to);
    set_link(plan, IFLA_ADDRESS, mac, 6, "set mac %s", to);
    return 0;
}

static int make_number(struct tunic_plan *plan, const char *word, uint32_t present, uint32_t wanted,
                       uint16_t attribute)
{
    if (present == wanted)
        return 0;
    tunic_plan_differs(plan, "%s %u -> %u", word, present, wanted);
    set_link(plan, attribute, &wanted, sizeof(wanted), "set %s %u", word, wanted);
    return 0;
}

static int make_mtu(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    return make_number(plan, "mtu", link_of(plan)->mtu, plan->desired->mtu, IFLA_MTU);
}

static int make_txqueuelen(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    return make_number(plan, "txqueuelen", link_of(plan)->txqueuelen, plan->desired->txqueuelen,
                       IFLA_TXQLEN);
}

static int make_alias(struct tunic_plan *plan, struct tunic_error *error)
{
    const char *present = link_of(plan)->alias ? link_of(plan)->alias : "";
    const char *wanted = plan->desired->alias;
    char from[TUNIC_VALUE_TEXT];
    char to[TUNIC_VALUE_TEXT];

    (void)error;
    if (strcmp(present, wanted) == 0)
        return 0;
    tunic_text_escape(from, sizeof(from), present);
    tunic_text_escape(to, sizeof(to), wanted);
    tunic_plan_differs(plan, "alias '%s' -> '%s'", from, to);
    set_link(plan, IFLA_IFALIAS, wanted, strlen(wanted), "set alias '%s'", wanted);
    return 0;
}

static void queue_altname(struct tunic_plan *plan, const char *name, bool add)
{
    char text[TUNIC_VALUE_TEXT];
    char label[TUNIC_VALUE_TEXT + 32];

    tunic_text_escape(text, sizeof(text), name);
    tunic_plan_differs(plan, "altname %c %s", add ? '+' : '-', text);
    (void)snprintf(label, sizeof(label), "%s altname %s", add ? "add" : "remove", name);
    tunic_link_altname(&plan->batch, link_of(plan)->ifindex, name, add, label);
}

static void undo_altname(struct tunic_plan *plan)
{
    const struct tunic_name_list *wanted = &plan->desired->altnames;

    for (const char *name = link_of(plan)->altnames; name && *name != '\0';
         name += strlen(name) + 1) {
        bool kept = false;
        for (size_t i = 0; i < wanted->count; i++)
            kept = kept || strcmp(wanted->names[i], name) == 0;
        if (!kept)
            queue_altname(plan, name, false);
    }
}

static void explain_altname(int errno_value, struct tunic_error *error)
{
    if (errno_value == EEXIST)
        tunic_error_cause(error, "another interface has this name");
}

static int make_altname(struct tunic_plan *plan, struct tunic_error *error)
{
    const struct tunic_name_list *wanted = &plan->desired->altnames;

    (void)error;
    for (size_t i = 0; i < wanted->count; i++) {
        bool present = false;
        for (const char *name = link_of(plan)->altnames; name && *name != '\0';
             name += strlen(name) + 1)
            present = present || strcmp(wanted->names[i], name) == 0;
        if (!present)
            queue_altname(plan, wanted->names[i], true);
    }
    return 0;
}

/* The name of an interface, for people: its number where it is gone. */
static void interface_text(struct tunic_plan *plan, int32_t ifindex, char *text, size_t size)
{
    struct tunic_link link;
    struct tunic_error error;

    if (tunic_link_get(&plan->context->netlink, NULL, ifindex, false, &link, &error) == 0) {
        tunic_text_escape(text, size, link.name);
        tunic_link_release(&link);
    } else {
        (void)snprintf(text, size, "#%d", ifindex);
    }
}

static int make_master(struct tunic_plan *plan, struct tunic_error *error)
{
    const char *wanted = plan->desired->master;
    struct tunic_link master = {0};
    char from[64] = "none";
    char to[64];

    tunic_text_escape(to, sizeof(to), wanted);
    if (strcmp(wanted, "none") != 0) {
        int result = tunic_link_get(&plan->context->netlink, wanted, 0, false, &master, error);
        if (result == -ENODEV)
            return tunic_error_set(error, TUNIC_ABSENT, "master '%s': no such interface", to);
        if (result != 0) {
            tunic_error_action(error, "cannot look up the master '%s'", to);
            return result;
        }
        tunic_link_release(&master);
    }
    if (link_of(plan)->master == master.ifindex)
        return 0;
    if (link_of(plan)->master != 0)
        interface_text(plan, link_of(plan)->master, from, sizeof(from));
    tunic_plan_differs(plan, "master %s -> %s", from, to);
    set_link(plan, IFLA_MASTER, &master.ifindex, sizeof(master.ifindex), "set master %s", wanted);
    return 0;
}

static void explain_master(int errno_value, struct tunic_error *error)
{
    if (errno_value == EOPNOTSUPP)
        tunic_error_cause(error, "that interface takes no members: it is no bridge, bond or VRF");
    else if (errno_value == EINVAL) {
        tunic_error_cause(error, "that interface does not take this one");
        tunic_error_hint(error, "a bridge takes tap interfaces, not tun");
    }
}

static int make_carrier(struct tunic_plan *plan, struct tunic_error *error)
{
    bool wanted = plan->desired->carrier == TUNIC_SWITCH_ON;

    (void)error;
    if (link_of(plan)->carrier == wanted)
        return 0;
    tunic_plan_differs(plan, "carrier %s", wanted ? "off -> on" : "on -> off");
    uint8_t value = wanted;
    set_link(plan, IFLA_CARRIER, &value, sizeof(value), "set carrier %s", wanted ? "on" : "off");
    return 0;
}

static void explain_carrier(int errno_value, struct tunic_error *error)
{
    if (errno_value != EPERM)
        return;
    error->reason = TUNIC_FAILED;
    tunic_error_cause(error, "no process has a queue of it in use");
    tunic_error_hint(error, "the kernel lets the carrier be set only while one does");
}

static int make_down(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    if (!(link_of(plan)->flags & IFF_UP))
        return 0;
    tunic_plan_differs(plan, "up -> down");
    tunic_link_change_flags(&plan->batch, link_of(plan)->ifindex, 0, IFF_UP, "set it down");
    return 0;
}

static int make_up(struct tunic_plan *plan, struct tunic_error *error)
{
    (void)error;
    if (link_of(plan)->flags & IFF_UP)
        return 0;
    tunic_plan_differs(plan, "down -> up");
    tunic_link_change_flags(&plan->batch, link_of(plan)->ifindex, IFF_UP, IFF_UP, "set it up");
    return 0;
}

/* ---- the rows -------------------------------------------------------------------------- */

const struct tunic_attribute_actions tunic_change_mode = {.make = make_mode,
                                                          .save = tunic_save_mode};
const struct tunic_attribute_actions tunic_change_user = {.make = make_user,
                                                          .save = tunic_save_user};
const struct tunic_attribute_actions tunic_change_group = {.make = make_group,
                                                           .save = tunic_save_group};
const struct tunic_attribute_actions tunic_change_pi = {.make = make_pi, .save = tunic_save_pi};
const struct tunic_attribute_actions tunic_change_one_queue = {.save = tunic_save_one_queue};
const struct tunic_attribute_actions tunic_change_vnet_hdr = {.make = make_vnet_hdr,
                                                              .save = tunic_save_vnet_hdr};
const struct tunic_attribute_actions tunic_change_multi_queue = {.make = make_multi_queue,
                                                                 .save = tunic_save_multi_queue};
const struct tunic_attribute_actions tunic_change_napi = {.save = tunic_save_napi};
const struct tunic_attribute_actions tunic_change_napi_frags = {.save = tunic_save_napi_frags};
const struct tunic_attribute_actions tunic_change_mac = {.make = make_mac, .save = tunic_save_mac};
const struct tunic_attribute_actions tunic_change_mtu = {.make = make_mtu, .save = tunic_save_mtu};
const struct tunic_attribute_actions tunic_change_txqueuelen = {.make = make_txqueuelen,
                                                                .save = tunic_save_txqueuelen};
const struct tunic_attribute_actions tunic_change_alias = {.make = make_alias,
                                                           .save = tunic_save_alias};
const struct tunic_attribute_actions tunic_change_altname = {.undo = undo_altname,
                                                             .make = make_altname,
                                                             .explain = explain_altname,
                                                             .save = tunic_save_altname};
const struct tunic_attribute_actions tunic_change_master = {
    .make = make_master, .explain = explain_master, .save = tunic_save_master};
const struct tunic_attribute_actions tunic_change_carrier = {.make = make_carrier,
                                                             .explain = explain_carrier};
const struct tunic_attribute_actions tunic_change_down = {.make = make_down,
                                                          .save = tunic_save_down};
const struct tunic_attribute_actions tunic_change_up = {.make = make_up, .save = tunic_save_up};
