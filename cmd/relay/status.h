/* SPDX-License-Identifier: MIT */
/* The texts in which a running relay tells how it does. They are asked for inside the sandbox:
 * nothing here asks the system for anything, but for memory where a text has less than
 * STATUS_TEXT bytes. */
#ifndef TUNIC_RELAY_STATUS_H
#define TUNIC_RELAY_STATUS_H

#include "relay/relay.h"
#include "show/json.h"

enum { STATUS_TEXT = 4096 };

/* Appends one line, without its end: what went through in the `elapsed` nanoseconds between
 * `before` and `counters`, and with whom it speaks. */
void status_line(const struct tunic_relay_counters *before,
                 const struct tunic_relay_counters *counters, uint64_t elapsed, uint64_t now,
                 struct tunic_text *text);
/* Appends some lines: how long it runs, with whom, and every counter that is not 0. */
void status_report(const struct tunic_relay_counters *counters, uint64_t now,
                   struct tunic_text *text);
/* Prints the same as an object, with all counters. */
void status_json(struct json *json, const char *name, const struct tunic_relay_counters *counters,
                 uint64_t now);

#endif
