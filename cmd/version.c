/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_NONE};
}

static int run(struct session *session, struct arguments *arguments)
{
    (void)session;
    (void)arguments;
    (void)printf("tunic %s\n", TUNIC_VERSION);
    return 0;
}

const struct command tunic_command_version = {
    .name = "version",
    .summary = "print the version",
    .prepare = prepare,
    .run = run,
    .without_context = true,
    .without_page = true,
};
