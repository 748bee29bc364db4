/* SPDX-License-Identifier: MIT */
#include "show/show.h"

#include <stdlib.h>

static const struct tunic_keyword keywords[] = {
    {.word = "watch",
     .help = "follow the kernel's events",
     .offset = offsetof(struct arguments, watch)},
};

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .names_optional = true,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
    tunic_arguments_section(arguments,
                            tunic_selection_section(&arguments->selection, TUNIC_ACCEPT_ALL));
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
}

/* ---- which ones ------------------------------------------------------------------------ */

static unsigned load_of(const struct options *options)
{
    unsigned load = TUNIC_LOAD_ADDRESSES;

    if (options->oneline)
        return 0;
    if (options->stats)
        load |= TUNIC_LOAD_STATS;
    if (options->json || options->details)
        load |= TUNIC_LOAD_ROUTES;
    return load;
}

/* Those that were named, in that order. Returns the exit code of the first that is missing. */
static int choose_names(struct session *session, const struct arguments *arguments,
                        struct showing *showing)
{
    const struct tunic_name_list *names = &arguments->names;
    int code = 0;

    for (size_t i = 0; i < names->count; i++) {
        const struct tunic_interface *interface;
        struct tunic_error error;
        if (tunic_snapshot_require(showing->snapshot, session->context, names->names[i], &interface,
                                   &error) != 0) {
            tunic_report_name(session, names->names[i], &error);
            code = code == 0 ? (int)error.reason : code;
        } else if (tunic_selection_fits(&arguments->selection, &interface->link)) {
            showing->interfaces[showing->count++] = interface;
        }
    }
    return code;
}

static void choose_all(const struct arguments *arguments, struct showing *showing)
{
    for (size_t i = 0; i < showing->snapshot->count; i++)
        if (tunic_selection_fits(&arguments->selection, &showing->snapshot->interfaces[i].link))
            showing->interfaces[showing->count++] = &showing->snapshot->interfaces[i];
}

/* The pass over /proc is made where details are asked for, and for a table that has something
 * held in it: there the name of the holder is what people want to know. */
static bool wants_holders(const struct showing *showing)
{
    const struct options *options = showing->options;

    if (options->details || options->json || options->oneline)
        return options->details && showing->count > 0;
    for (size_t i = 0; i < showing->count; i++)
        if (tunic_interface_looks_held(&showing->interfaces[i]->link))
            return true;
    return false;
}

static void print(const struct showing *showing)
{
    if (showing->options->json)
        show_json(showing);
    else if (showing->options->oneline)
        show_lines(showing);
    else if (showing->options->details || showing->options->stats)
        show_details(showing);
    else
        show_table(showing);
}

static int show(struct session *session, struct arguments *arguments,
                struct tunic_snapshot *snapshot)
{
    struct accounts accounts = {0};
    struct showing showing = {
        .options = &session->options, .snapshot = snapshot, .accounts = &accounts};
    struct tunic_holders holders = {0};
    struct tunic_error error;
    int code = 0;

    showing.interfaces =
        calloc(snapshot->count + arguments->names.count + 1, sizeof(*showing.interfaces));
    if (!showing.interfaces) {
        (void)tunic_error_memory(&error);
        return tunic_report_error(session, &error);
    }
    if (arguments->names.count > 0)
        code = choose_names(session, arguments, &showing);
    else
        choose_all(arguments, &showing);
    if (wants_holders(&showing)) {
        if (tunic_holders_read(&holders, false, &error) == 0)
            showing.holders = &holders;
        else
            code = tunic_report_error(session, &error);
    }
    print(&showing);
    tunic_holders_free(&holders);
    free(showing.interfaces);
    return code;
}

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_snapshot snapshot;
    struct tunic_error error;
    unsigned load = load_of(&session->options);

    if (arguments->watch)
        return show_watch(session, arguments);
    int result = arguments->names.count > 0
                     ? tunic_snapshot_read_names(&snapshot, session->context, &arguments->names,
                                                 load, &error)
                     : tunic_snapshot_read(&snapshot, session->context, load, &error);
    if (result != 0)
        return tunic_report_error(session, &error);
    int code = show(session, arguments, &snapshot);
    tunic_snapshot_free(&snapshot);
    return code;
}

const struct command tunic_command_show = {
    .name = "show",
    .summary = "show interfaces",
    .prepare = prepare,
    .run = run,
};
