/* SPDX-License-Identifier: MIT */
#include "keys.h"

static int run(struct session *session, struct arguments *arguments)
{
    (void)arguments;
    return tunic_key_make(session, NULL);
}

const struct command tunic_command_genpsk = {
    .name = "genpsk",
    .summary = "print a new preshared key",
    .prepare = tunic_key_prepare,
    .run = run,
    .without_context = true,
    .without_page = true, /* that of genkey */
};
