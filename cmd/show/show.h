/* SPDX-License-Identifier: MIT */
/* The forms in which `tunic show` prints interfaces. */
#ifndef TUNIC_SHOW_H
#define TUNIC_SHOW_H

#include "command.h"
#include "show/accounts.h"
#include "show/json.h"

/* What is to be printed. */
struct showing {
    const struct options *options;
    struct tunic_snapshot *snapshot;
    const struct tunic_interface **interfaces;
    size_t count;
    const struct tunic_holders *holders; /* NULL: not asked for */
    struct accounts *accounts;
};

void show_table(const struct showing *showing);
void show_details(const struct showing *showing);
void show_lines(const struct showing *showing);
void show_json(const struct showing *showing);
/* One interface as a JSON object: what a watch prints too. */
void show_json_interface(struct json *json, const struct showing *showing,
                         const struct tunic_interface *interface);
/* Follows the kernel's events, until it is stopped. Returns the exit code. */
int show_watch(struct session *session, const struct arguments *arguments);

/* "up", "no carrier" or "down". */
const char *show_state(const struct tunic_link *link);
/* RFC 2863's word for IFLA_OPERSTATE, as iproute2 writes it. */
const char *show_operstate(uint8_t operstate);
/* Who may attach: "alice", "group kvm", "alice in group kvm", "anyone". */
void show_access(const struct showing *showing, const struct tunic_link *link,
                 struct tunic_text *text);

/* ---- between the files of show ... watch ----------------------------------------------- */

/* What the words of an event are made from. */
struct change {
    const struct tunic_interface *before;
    const struct tunic_interface *now;
    const struct tunic_holders *holders; /* NULL: not asked for */
};

/* One thing that may change. */
struct change_row {
    const char *key; /* in JSON */
    /* Adds how it changed, in words; nothing where it did not. */
    void (*tell)(const struct change *change, struct tunic_text *text);
    bool json_only; /* tells people nothing that another row does not */
};

const struct change_row *show_change_rows(size_t *count);
/* Of a new interface, "tap", and what it brings along if it comes from another namespace. Its
 * maker has had no time yet to give it an owner, so that it is open to all tells nothing. */
void show_arrival(const struct tunic_link *link, struct tunic_text *text);
/* "tap, owned by alice, free, up, mtu 1500, 10.0.0.1/24" */
void show_picture(const struct change *change, struct tunic_text *text);

#endif
