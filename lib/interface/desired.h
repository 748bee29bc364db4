/* SPDX-License-Identifier: MIT */
/*
 * What an interface should be: names, attributes and their values. Part of interface/interface.h,
 * which opens with what this folder is for.
 */
#ifndef TUNIC_INTERFACE_DESIRED_H
#define TUNIC_INTERFACE_DESIRED_H

#include "device/device.h"
#include "grammar/grammar.h"
#include "netlink/netlink.h"

/* ---- names ----------------------------------------------------------------------------- */

/* What a name may be. All: 1 to 15 bytes, no '/', ':', '%' or white space, not "." or "..". */
int tunic_name_check_plain(const char *name, struct tunic_error *error);
/* One to be given: no control bytes, and not what the kernel's settings are called by. */
int tunic_name_check_new(const char *name, struct tunic_error *error);
/* One to be given, in which one "%d" lets the kernel choose a number. */
int tunic_name_check_template(const char *name, struct tunic_error *error);

/* ---- attributes ------------------------------------------------------------------------ */

/* In the order in which they are made so; the first ones are those of iproute2, in its order. */
enum tunic_attribute {
    TUNIC_ATTRIBUTE_MODE,
    TUNIC_ATTRIBUTE_USER,
    TUNIC_ATTRIBUTE_GROUP,
    TUNIC_ATTRIBUTE_PI,
    TUNIC_ATTRIBUTE_ONE_QUEUE,
    TUNIC_ATTRIBUTE_VNET_HDR,
    TUNIC_ATTRIBUTE_MULTI_QUEUE,
    TUNIC_ATTRIBUTE_NAPI,
    TUNIC_ATTRIBUTE_NAPI_FRAGS,
    TUNIC_ATTRIBUTE_MAC,
    TUNIC_ATTRIBUTE_MTU,
    TUNIC_ATTRIBUTE_TXQUEUELEN,
    TUNIC_ATTRIBUTE_ALIAS,
    TUNIC_ATTRIBUTE_ALTNAME,
    TUNIC_ATTRIBUTE_MASTER,
    TUNIC_ATTRIBUTE_ADDR,
    TUNIC_ATTRIBUTE_LINKDOWN_ROUTES,
    TUNIC_ATTRIBUTE_FORWARDING,
    TUNIC_ATTRIBUTE_CARRIER,
    TUNIC_ATTRIBUTE_DOWN,
    TUNIC_ATTRIBUTE_UP,
    TUNIC_ATTRIBUTE_ROUTE,
    TUNIC_ATTRIBUTE_NETNS,
    TUNIC_ATTRIBUTE_COUNT
};

/* The bit of a row of this table, or of another, where bits tell which rows were given. */
#define TUNIC_NAMED(attribute) (UINT64_C(1) << (attribute))

enum tunic_mode {
    TUNIC_MODE_TUN,
    TUNIC_MODE_TAP,
};

/* The choices "on|off" and "use|ignore". */
enum tunic_switch {
    TUNIC_SWITCH_ON,
    TUNIC_SWITCH_OFF,
};

/* What an interface should be: the attributes whose bits are set in `named`, and nothing else.
 * Strings are borrowed from the words that were parsed; the lists are owned. */
struct tunic_desired {
    uint64_t named;
    uint32_t mode;  /* enum tunic_mode */
    uint32_t user;  /* TUNIC_ID_NONE: any */
    uint32_t group; /* TUNIC_ID_NONE: any */
    bool pi;
    bool one_queue;
    bool vnet_hdr;
    bool multi_queue;
    bool napi;
    bool napi_frags;
    bool up;
    bool down;
    uint8_t mac[6];
    uint32_t mtu;
    uint32_t txqueuelen;
    uint32_t linkdown_routes; /* enum tunic_switch: on is "use" */
    uint32_t forwarding;
    uint32_t carrier;
    const char *alias;
    const char *master; /* "none" for none */
    const char *netns;
    struct tunic_name_list altnames;
    struct tunic_address *addresses;
    size_t address_count;
    struct tunic_route *routes;
    size_t route_count;
    /* While it is parsed, of the last address: '+' or '-' where its broadcast address was asked to
     * be worked out; and whether the last route was "default", without a family. */
    char broadcast_rule;
    bool route_default;
};

void tunic_desired_free(struct tunic_desired *desired);

static inline bool tunic_is_named(const struct tunic_desired *desired,
                                  enum tunic_attribute attribute)
{
    return desired->named & TUNIC_NAMED(attribute);
}

/* The table, TUNIC_ATTRIBUTE_COUNT rows, whose target is a struct tunic_desired. */
const struct tunic_keyword *tunic_attribute_keywords(void);
/* The section of a grammar that takes attributes: those of `accepted` (bits by enum). */
struct tunic_section tunic_attribute_section(struct tunic_desired *desired, uint64_t accepted);

/* Judges the attributes together, and with the names they are for: what contradicts itself is
 * refused before anything is changed. */
int tunic_desired_check(const struct tunic_desired *desired, const struct tunic_name_list *names,
                        struct tunic_error *error);
/* The attributes (bits by enum) that tunic_desired_check would refuse beside these: what a shell
 * need not offer any more. */
uint64_t tunic_desired_pointless(const struct tunic_desired *desired,
                                 const struct tunic_name_list *names);

/* The numeric id of a user or group given by name or number: 0 to 2^32-2. */
int tunic_user_parse(const char *word, uint32_t *user, struct tunic_error *error);
int tunic_group_parse(const char *word, uint32_t *group, struct tunic_error *error);

/* Values in words: "10.0.0.1/24 peer 10.0.0.2", "10.1.0.0/16 via 10.0.0.2 metric 5",
 * "02:00:00:00:00:01". */
enum { TUNIC_VALUE_TEXT = 160 };
void tunic_address_text(const struct tunic_address *address, char text[TUNIC_VALUE_TEXT]);
/* The same local address, length and peer. */
bool tunic_address_equal(const struct tunic_address *left, const struct tunic_address *right);
void tunic_route_text(const struct tunic_route *route, char text[TUNIC_VALUE_TEXT]);
void tunic_lladdr_text(const uint8_t *bytes, size_t length, char text[TUNIC_VALUE_TEXT]);
/* A user's or group's name, or its number where it has none. */
void tunic_user_text(uint32_t user, char *text, size_t size);
void tunic_group_text(uint32_t group, char *text, size_t size);

#endif
