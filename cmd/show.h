/* SPDX-License-Identifier: MIT */
/* The forms in which `tunic show` prints interfaces. */
#ifndef TUNIC_SHOW_H
#define TUNIC_SHOW_H

#include "command.h"
#include "json.h"

/* What is to be printed. */
struct showing {
    const struct options *options;
    struct tunic_snapshot *snapshot;
    const struct tunic_interface **interfaces;
    size_t count;
    const struct tunic_holders *holders; /* NULL: not asked for */
};

void show_table(const struct showing *showing);
void show_details(const struct showing *showing);
void show_lines(const struct showing *showing);
void show_json(const struct showing *showing);
/* One interface as a JSON object: what a watch prints too. */
void show_json_interface(struct json *json, const struct showing *showing,
                         const struct tunic_interface *interface);

/* "up", "no carrier" or "down". */
const char *show_state(const struct tunic_link *link);
/* RFC 2863's word for IFLA_OPERSTATE, as iproute2 writes it. */
const char *show_operstate(uint8_t operstate);
/* Who may attach: "alice", "group kvm", "alice and group kvm", "anyone". */
void show_access(const struct tunic_link *link, struct tunic_text *text);

#endif
