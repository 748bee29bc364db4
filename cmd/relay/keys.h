/* SPDX-License-Identifier: MIT */
/* What the files say that the words of `tunic relay` name: keys, peers, and what a configuration
 * file of WireGuard says of the interface. */
#ifndef TUNIC_RELAY_KEYS_H
#define TUNIC_RELAY_KEYS_H

#include "command.h"

/* What an admin has to be told. */
struct keys_notes {
    bool has_dns;      /* the file names servers */
    bool default_inet; /* a peer has all of IPv4, or of IPv6, and no route was made of that */
    bool default_inet6;
    uint32_t mark; /* of the relay; 0: none */
};

/* Whether the words that name files go together; reads none of them. */
int keys_check(struct arguments *arguments, struct tunic_error *error);
/* Reads them, into the options and the attributes. */
int keys_read(struct arguments *arguments, struct keys_notes *notes, struct tunic_error *error);
/* Of what is right, and probably not what was meant. */
void keys_warn(const struct session *session, const struct arguments *arguments,
               const struct keys_notes *notes);
/* The commands that make default routes, or nothing. */
void keys_default_routes(const struct keys_notes *notes, const char *name, struct tunic_text *text);

#endif
