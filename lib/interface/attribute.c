/* SPDX-License-Identifier: MIT */
/*
 * The table of attributes. A row is everything that is known of one: how it is written, what it
 * says of itself, what its value may be, what it changes, and how it is saved. A new attribute is a
 * new row here, a value and a member in desired.h, and its functions in change.c and save.c.
 */
#include "interface/change.h"
#include "interface/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct tunic_desired, member)

static const char *const any[] = {"any", NULL};
static const char *const any_help[] = {"none: open to whoever the other of user and group admits"};
static const char *const modes[] = {"tun", "tap", NULL};
static const char *const mode_help[] = {"IP packets", "Ethernet frames"};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const carrier_help[] = {"it has one", "it has none"};
static const char *const forwarding_help[] = {"its packets are forwarded", "they are not"};
static const char *const use_ignore[] = {"use", "ignore", NULL};
static const char *const use_ignore_help[] = {"they count, carrier or not",
                                              "others are taken instead"};
static const char *const none[] = {"none", NULL};
static const char *const none_help[] = {"it belongs to nothing"};
static const char *const broadcasts[] = {"+", "-", NULL};
static const char *const broadcast_help[] = {"the host part all ones", "the host part all zeros"};
static const char *const routes[] = {"default", NULL};
static const char *const route_help[] = {"all of IPv4, or of IPv6 where the gateway is of it"};

static const struct tunic_keyword address_options[] = {
    {.word = "peer",
     .placeholder = "A",
     .help = "the address at the other end",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = tunic_parse_peer},
    {.word = "broadcast",
     .placeholder = "B|+|-",
     .help = "broadcast address; + and - work it out",
     .value = TUNIC_VALUE_CUSTOM,
     .choices = broadcasts,
     .choice_help = broadcast_help,
     .parse = tunic_parse_broadcast},
    {.word = "nodad",
     .help = "IPv6: usable at once, without duplicate detection",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = tunic_parse_nodad},
};

static const struct tunic_keyword route_options[] = {
    {.word = "via",
     .placeholder = "A",
     .help = "the gateway",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = tunic_parse_via},
    {.word = "metric",
     .placeholder = "N",
     .help = "lower ones win",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = tunic_parse_metric},
};

enum { LINK_STATE = 1 }; /* up and down exclude each other */

static const struct tunic_keyword keywords[TUNIC_ATTRIBUTE_COUNT] = {
    [TUNIC_ATTRIBUTE_MODE] = {.word = "mode",
                              .help = "what its packets are: IP (tun) or Ethernet (tap)",
                              .value = TUNIC_VALUE_CHOICE,
                              .choices = modes,
                              .choice_help = mode_help,
                              .offset = AT(mode),
                              .iproute2 = true,
                              .repeat = TUNIC_REPEAT_EQUAL,
                              .extra = &tunic_change_mode},
    [TUNIC_ATTRIBUTE_USER] = {.word = "user",
                              .placeholder = "U",
                              .help = "the user who may attach; 'any' for none",
                              .value = TUNIC_VALUE_CUSTOM,
                              .parse = tunic_parse_user,
                              .offset = AT(user),
                              .iproute2 = true,
                              .repeat = TUNIC_REPEAT_EQUAL,
                              .candidates = TUNIC_CANDIDATES_USERS,
                              .choices = any,
                              .choice_help = any_help,
                              .extra = &tunic_change_user},
    [TUNIC_ATTRIBUTE_GROUP] = {.word = "group",
                               .placeholder = "G",
                               .help = "the group that may attach; 'any' for none",
                               .value = TUNIC_VALUE_CUSTOM,
                               .parse = tunic_parse_group,
                               .offset = AT(group),
                               .iproute2 = true,
                               .repeat = TUNIC_REPEAT_EQUAL,
                               .candidates = TUNIC_CANDIDATES_GROUPS,
                               .choices = any,
                               .choice_help = any_help,
                               .extra = &tunic_change_group},
    [TUNIC_ATTRIBUTE_PI] = {.word = "pi",
                            .help = "a packet information header before each packet",
                            .offset = AT(pi),
                            .iproute2 = true,
                            .repeat = TUNIC_REPEAT_EQUAL,
                            .extra = &tunic_change_pi},
    [TUNIC_ATTRIBUTE_ONE_QUEUE] = {.word = "one_queue",
                                   .help = "accepted for old scripts; has no effect",
                                   .offset = AT(one_queue),
                                   .iproute2 = true,
                                   .repeat = TUNIC_REPEAT_EQUAL,
                                   .extra = &tunic_change_one_queue},
    [TUNIC_ATTRIBUTE_VNET_HDR] = {.word = "vnet_hdr",
                                  .help = "a virtio-net header before each packet",
                                  .offset = AT(vnet_hdr),
                                  .iproute2 = true,
                                  .repeat = TUNIC_REPEAT_EQUAL,
                                  .extra = &tunic_change_vnet_hdr},
    [TUNIC_ATTRIBUTE_MULTI_QUEUE] = {.word = "multi_queue",
                                     .help = "may be attached to more than once",
                                     .offset = AT(multi_queue),
                                     .iproute2 = true,
                                     .repeat = TUNIC_REPEAT_EQUAL,
                                     .extra = &tunic_change_multi_queue},
    [TUNIC_ATTRIBUTE_NAPI] = {.word = "napi",
                              .help = "when made: received packets go through NAPI",
                              .offset = AT(napi),
                              .extra = &tunic_change_napi},
    [TUNIC_ATTRIBUTE_NAPI_FRAGS] = {.word = "napi_frags",
                                    .help = "when made, tap with napi: fragments too",
                                    .offset = AT(napi_frags),
                                    .extra = &tunic_change_napi_frags},
    [TUNIC_ATTRIBUTE_MAC] = {.word = "mac",
                             .placeholder = "LLADDR",
                             .help = "tap: the hardware address",
                             .value = TUNIC_VALUE_CUSTOM,
                             .parse = tunic_parse_mac,
                             .extra = &tunic_change_mac},
    [TUNIC_ATTRIBUTE_MTU] = {.word = "mtu",
                             .placeholder = "N",
                             .help = "the largest packet, in bytes",
                             .value = TUNIC_VALUE_NUMBER,
                             .minimum = 68,
                             .maximum = 65535,
                             .offset = AT(mtu),
                             .extra = &tunic_change_mtu},
    [TUNIC_ATTRIBUTE_TXQUEUELEN] = {.word = "txqueuelen",
                                    .placeholder = "N",
                                    .help = "packets that may wait for a reader",
                                    .value = TUNIC_VALUE_NUMBER,
                                    .maximum = INT32_MAX,
                                    .offset = AT(txqueuelen),
                                    .extra = &tunic_change_txqueuelen},
    [TUNIC_ATTRIBUTE_ALIAS] = {.word = "alias",
                               .placeholder = "TEXT",
                               .help = "a description; '' removes it",
                               .value = TUNIC_VALUE_CUSTOM,
                               .parse = tunic_parse_alias,
                               .extra = &tunic_change_alias},
    [TUNIC_ATTRIBUTE_ALTNAME] = {.word = "altname",
                                 .placeholder = "NAME",
                                 .help = "another name, up to 127 bytes",
                                 .value = TUNIC_VALUE_CUSTOM,
                                 .parse = tunic_parse_altname,
                                 .repeat = TUNIC_REPEAT_ALWAYS,
                                 .extra = &tunic_change_altname},
    [TUNIC_ATTRIBUTE_MASTER] = {.word = "master",
                                .placeholder = "BRIDGE|VRF|none",
                                .help = "the bridge or VRF that it belongs to",
                                .value = TUNIC_VALUE_CUSTOM,
                                .parse = tunic_parse_master,
                                .candidates = TUNIC_CANDIDATES_MASTERS,
                                .choices = none,
                                .choice_help = none_help,
                                .extra = &tunic_change_master},
    [TUNIC_ATTRIBUTE_ADDR] = {.word = "addr",
                              .placeholder = "CIDR",
                              .help = "an IPv4 or IPv6 address",
                              .value = TUNIC_VALUE_CUSTOM,
                              .parse = tunic_parse_address,
                              .repeat = TUNIC_REPEAT_ALWAYS,
                              .options = address_options,
                              .option_count = TUNIC_COUNT(address_options),
                              .extra = &tunic_change_addr},
    [TUNIC_ATTRIBUTE_LINKDOWN_ROUTES] = {.word = "linkdown_routes",
                                         .help = "routes while there is no carrier",
                                         .value = TUNIC_VALUE_CHOICE,
                                         .choices = use_ignore,
                                         .choice_help = use_ignore_help,
                                         .offset = AT(linkdown_routes),
                                         .extra = &tunic_change_linkdown_routes},
    [TUNIC_ATTRIBUTE_FORWARDING] = {.word = "forwarding",
                                    .help = "whether its packets are forwarded",
                                    .value = TUNIC_VALUE_CHOICE,
                                    .choices = on_off,
                                    .choice_help = forwarding_help,
                                    .offset = AT(forwarding),
                                    .extra = &tunic_change_forwarding},
    [TUNIC_ATTRIBUTE_CARRIER] = {.word = "carrier",
                                 .help = "while it is held: whether it has a carrier",
                                 .value = TUNIC_VALUE_CHOICE,
                                 .choices = on_off,
                                 .choice_help = carrier_help,
                                 .offset = AT(carrier),
                                 .extra = &tunic_change_carrier},
    [TUNIC_ATTRIBUTE_DOWN] = {.word = "down",
                              .help = "switched off",
                              .offset = AT(down),
                              .exclusive = LINK_STATE,
                              .extra = &tunic_change_down},
    [TUNIC_ATTRIBUTE_UP] = {.word = "up",
                            .help = "switched on",
                            .offset = AT(up),
                            .exclusive = LINK_STATE,
                            .extra = &tunic_change_up},
    [TUNIC_ATTRIBUTE_ROUTE] = {.word = "route",
                               .placeholder = "CIDR",
                               .help = "a network that is reached through it",
                               .value = TUNIC_VALUE_CUSTOM,
                               .parse = tunic_parse_route,
                               .choices = routes,
                               .choice_help = route_help,
                               .repeat = TUNIC_REPEAT_ALWAYS,
                               .options = route_options,
                               .option_count = TUNIC_COUNT(route_options),
                               .extra = &tunic_change_route},
    [TUNIC_ATTRIBUTE_NETNS] = {.word = "netns",
                               .placeholder = "NAME",
                               .help = "the network namespace that it lives in",
                               .value = TUNIC_VALUE_CUSTOM,
                               .parse = tunic_parse_netns,
                               .candidates = TUNIC_CANDIDATES_NAMESPACES},
};

const struct tunic_keyword *tunic_attribute_keywords(void)
{
    return keywords;
}

struct tunic_section tunic_attribute_section(struct tunic_desired *desired, uint64_t accepted)
{
    return (struct tunic_section){.keywords = keywords,
                                  .count = TUNIC_COUNT(keywords),
                                  .accepted = accepted,
                                  .target = desired,
                                  .named = &desired->named};
}

const struct tunic_attribute_actions *tunic_attribute_actions(enum tunic_attribute attribute)
{
    return keywords[attribute].extra;
}

void tunic_desired_free(struct tunic_desired *desired)
{
    tunic_name_list_free(&desired->altnames);
    free(desired->addresses);
    free(desired->routes);
    *desired = (struct tunic_desired){0};
}

/* ---- what contradicts itself ----------------------------------------------------------- */

static int check_routes(const struct tunic_desired *desired, struct tunic_error *error)
{
    const struct tunic_route **sorted = tunic_routes_sort(desired->routes, desired->route_count);
    char text[TUNIC_VALUE_TEXT];

    if (!sorted)
        return tunic_error_memory(error);
    const struct tunic_route *twice = tunic_routes_double(sorted, desired->route_count);
    free(sorted);
    if (!twice)
        return 0;
    tunic_route_text(twice, text);
    return tunic_error_set(error, TUNIC_USAGE, "route '%s' is given twice", text);
}

uint64_t tunic_desired_pointless(const struct tunic_desired *desired,
                                 const struct tunic_name_list *names)
{
    bool tun = tunic_is_named(desired, TUNIC_ATTRIBUTE_MODE)
                   ? desired->mode == TUNIC_MODE_TUN
                   : names->count > 0 && strncmp(names->names[0], "tun", 3) == 0;
    uint64_t pointless = 0;

    if (tun)
        pointless |= TUNIC_NAMED(TUNIC_ATTRIBUTE_MAC) | TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI_FRAGS);
    if (names->count > 1)
        pointless |= TUNIC_NAMED(TUNIC_ATTRIBUTE_MAC) | TUNIC_NAMED(TUNIC_ATTRIBUTE_ALTNAME);
    return pointless & ~desired->named;
}

int tunic_desired_check_mode(const struct tunic_desired *desired, enum tunic_mode mode,
                             struct tunic_error *error)
{
    bool tun = mode == TUNIC_MODE_TUN;

    if (tun && tunic_is_named(desired, TUNIC_ATTRIBUTE_MAC))
        return tunic_error_set(error, TUNIC_USAGE,
                               "'mac' belongs to tap: a tun interface has no hardware address");
    if (desired->napi_frags && (tun || !desired->napi))
        return tunic_error_set(error, TUNIC_USAGE, "'napi_frags' needs 'mode tap' and 'napi'");
    return 0;
}

int tunic_desired_check(const struct tunic_desired *desired, const struct tunic_name_list *names,
                        struct tunic_error *error)
{
    bool tun = tunic_is_named(desired, TUNIC_ATTRIBUTE_MODE) && desired->mode == TUNIC_MODE_TUN;
    int result = tunic_desired_check_mode(desired, tun ? TUNIC_MODE_TUN : TUNIC_MODE_TAP, error);

    if (result != 0)
        return result;
    if (names->count > 1 && desired->altnames.count > 0)
        return tunic_error_set(error, TUNIC_USAGE, "one 'altname' cannot belong to %zu interfaces",
                               names->count);
    if (names->count > 1 && tunic_is_named(desired, TUNIC_ATTRIBUTE_MAC))
        return tunic_error_set(error, TUNIC_USAGE, "one 'mac' cannot belong to %zu interfaces",
                               names->count);
    return check_routes(desired, error);
}
