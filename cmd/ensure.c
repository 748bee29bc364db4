/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>

static const struct tunic_keyword keywords[] = {
    {.word = "check",
     .help = "change nothing: say what would change (exit 4)",
     .offset = offsetof(struct arguments, check)},
};

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_new};
    tunic_arguments_section(
        arguments,
        tunic_attribute_section(&arguments->desired, ~TUNIC_NAMED(TUNIC_ATTRIBUTE_CARRIER)));
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
    tunic_arguments_strays(arguments);
}

static void print_difference(void *closure, const char *name, const char *text)
{
    char shown[4 * IFNAMSIZ];

    (void)closure;
    tunic_text_escape(shown, sizeof(shown), name);
    (void)printf("%s: %s\n", shown, text);
}

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_ensure ensure = {
        .create = true, .check = arguments->check, .tell = print_difference};
    struct tunic_error error;

    if (tunic_desired_check(&arguments->desired, &arguments->names, &error) != 0)
        return tunic_report_error(session, &error);
    if (tunic_names_ensure(session->context, &arguments->names, &arguments->desired, &ensure,
                           tunic_report_name, session, &error) != 0)
        return (int)error.reason;
    return ensure.difference ? TUNIC_EXISTS : 0;
}

const struct command tunic_command_ensure = {
    .name = "ensure",
    .summary = "make interfaces so: create what is missing, change what differs",
    .prepare = prepare,
    .run = run,
};
