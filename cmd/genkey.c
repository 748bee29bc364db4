/* SPDX-License-Identifier: MIT */
#include "keys.h"

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];

    (void)arguments;
    if (tunic_key_random(key, &error) != 0)
        return tunic_report_error(session, &error);
    tunic_x25519_clamp(key);
    tunic_key_print_secret(session, key);
    tunic_wipe(key, sizeof(key));
    return 0;
}

const struct command tunic_command_genkey = {
    .name = "genkey",
    .summary = "print a new private key",
    .prepare = tunic_key_prepare,
    .run = run,
    .without_context = true,
};
