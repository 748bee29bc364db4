/* SPDX-License-Identifier: MIT */
#include "command.h"

/* Whoever attaches chooses NAPI for himself: nobody else can tell it, or set it. */
static const uint64_t only_at_birth =
    TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI) | TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI_FRAGS);

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
    tunic_arguments_section(arguments,
                            tunic_attribute_section(&arguments->desired, ~only_at_birth));
}

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_ensure ensure = {0};
    struct tunic_error error;

    if (arguments->desired.named == 0) {
        (void)tunic_error_set(&error, TUNIC_USAGE, "what to set is missing");
        tunic_error_hint(&error, "'tunic help set' lists the attributes");
        return tunic_report_error(session, &error);
    }
    if (tunic_desired_check(&arguments->desired, &arguments->names, &error) != 0)
        return tunic_report_error(session, &error);
    if (tunic_names_ensure(session->context, &arguments->names, &arguments->desired, &ensure,
                           tunic_report_name, session, &error) != 0)
        return (int)error.reason;
    return 0;
}

const struct command tunic_command_set = {
    .name = "set",
    .summary = "change existing interfaces",
    .prepare = prepare,
    .run = run,
};
