/* SPDX-License-Identifier: MIT */
#include "keys.h"

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];

    (void)arguments;
    if (tunic_key_random(key, &error) != 0)
        return tunic_report_error(session, &error);
    tunic_key_print_secret(session, key);
    tunic_wipe(key, sizeof(key));
    return 0;
}

const struct command tunic_command_genpsk = {
    .name = "genpsk",
    .summary = "print a new preshared key",
    .prepare = tunic_key_prepare,
    .run = run,
    .without_context = true,
    .without_page = true, /* that of genkey */
};
