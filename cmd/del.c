/* SPDX-License-Identifier: MIT */
#include "command.h"

enum { ALL_ROW };

static const struct tunic_keyword keywords[] = {
    [ALL_ROW] = {.word = "all",
                 .help = "all TUN/TAP interfaces, or those that the selectors choose",
                 .offset = offsetof(struct arguments, all)},
    {.word = "force",
     .help = "although a process holds it",
     .offset = offsetof(struct arguments, force)},
    {.word = "if-exists",
     .help = "a missing one is no failure",
     .offset = offsetof(struct arguments, if_exists)},
};

/* Mode and flags are those of a name; with `all`, the mode selects. */
static const uint64_t expected =
    TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE) | TUNIC_NAMED(TUNIC_ATTRIBUTE_PI) |
    TUNIC_NAMED(TUNIC_ATTRIBUTE_ONE_QUEUE) | TUNIC_NAMED(TUNIC_ATTRIBUTE_VNET_HDR) |
    TUNIC_NAMED(TUNIC_ATTRIBUTE_MULTI_QUEUE);

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .names_optional = true,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
    struct tunic_section attributes = tunic_attribute_section(&arguments->desired, expected);
    struct tunic_section selectors =
        tunic_selection_section(&arguments->selection, ~TUNIC_NAMED(TUNIC_SELECT_MODE));
    attributes.of_names = expected & ~TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE);
    /* `name X` without `all` is a name too. */
    selectors.instead_of_names = ~TUNIC_NAMED(TUNIC_SELECT_NAME);
    tunic_arguments_section(arguments, attributes);
    tunic_arguments_section(arguments, selectors);
    tunic_arguments_section(arguments, (struct tunic_section){.keywords = keywords,
                                                              .count = TUNIC_COUNT(keywords),
                                                              .accepted = TUNIC_ACCEPT_ALL,
                                                              .target = arguments,
                                                              .named = &arguments->own,
                                                              .instead_of_names = 1 << ALL_ROW});
}

/* `all` with selectors. */
static int check_all(struct arguments *arguments, struct tunic_error *error)
{
    static const uint64_t mode = TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE);

    if (arguments->names.count > 0)
        return tunic_error_set(error, TUNIC_USAGE, "'all' and a name contradict each other");
    if (arguments->desired.named & ~mode)
        return tunic_error_set(error, TUNIC_USAGE, "flags belong to a name, not to 'all'");
    if (arguments->desired.named & mode) {
        arguments->selection.named |= TUNIC_NAMED(TUNIC_SELECT_MODE);
        arguments->selection.mode = arguments->desired.mode;
    }
    return 0;
}

/* Names: without `all`, `name X` names one as iproute2 does, and other selectors have no say. */
static int check_names(struct arguments *arguments, struct tunic_error *error)
{
    const struct tunic_name_list *named = &arguments->selection.patterns;

    if (arguments->selection.named & ~TUNIC_NAMED(TUNIC_SELECT_NAME))
        return tunic_error_set(error, TUNIC_USAGE, "selectors delete only together with 'all'");
    for (size_t i = 0; i < named->count; i++) {
        int result = tunic_name_check_plain(named->names[i], error);
        if (result == 0)
            result = tunic_name_list_add(&arguments->names, named->names[i], error);
        if (result != 0)
            return result;
    }
    if (arguments->names.count > 0)
        return 0;
    (void)tunic_error_set(error, TUNIC_USAGE, "a name is missing");
    tunic_error_hint(error, "'all' deletes all of them");
    return tunic_reason_errno(TUNIC_USAGE);
}

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_error error;
    int result = arguments->all ? check_all(arguments, &error) : check_names(arguments, &error);

    if (result != 0)
        return tunic_report_error(session, &error);
    struct tunic_delete how = {
        .force = arguments->force,
        .if_exists = arguments->if_exists,
        .all = arguments->all,
        .selection = arguments->selection, /* borrows its patterns */
        .expected = arguments->all ? NULL : &arguments->desired,
    };
    if (tunic_interfaces_delete(session->context, &arguments->names, &how, tunic_report_name,
                                session, &error) != 0)
        return (int)error.reason;
    return 0;
}

const struct command tunic_command_del = {
    .name = "del",
    .summary = "remove interfaces",
    .prepare = prepare,
    .run = run,
};
