/* SPDX-License-Identifier: MIT */
#include "keys.h"

static int run(struct session *session, struct arguments *arguments)
{
    (void)arguments;
    return tunic_key_make(session, tunic_x25519_clamp);
}

const struct command tunic_command_genkey = {
    .name = "genkey",
    .summary = "print a new private key",
    .prepare = tunic_key_prepare,
    .run = run,
    .without_context = true,
};
