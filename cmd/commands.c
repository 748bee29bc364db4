/* SPDX-License-Identifier: MIT */
/* Which commands there are, which one a word means, and how one is run. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct command *const tunic_commands[] = {
    &tunic_command_add,
    &tunic_command_ensure,
    &tunic_command_set,
    &tunic_command_del,
    &tunic_command_show,
    &tunic_command_wait,
    &tunic_command_apply,
    &tunic_command_save,
    &tunic_command_attach,
    &tunic_command_relay,
    &tunic_command_genkey,
    &tunic_command_pubkey,
    &tunic_command_genpsk,
    &tunic_command_doctor,
    &tunic_command_help,
    &tunic_command_version,
    NULL,
};
/* clang-format on */

/* ---- which command --------------------------------------------------------------------- */

/* The verbs of iproute2, each taken by any prefix, in its order. */
static const struct {
    const char *word;
    const struct command *command;
} iproute2_verbs[] = {
    {"add", &tunic_command_add},  {"delete", &tunic_command_del}, {"show", &tunic_command_show},
    {"lst", &tunic_command_show}, {"list", &tunic_command_show},  {"help", &tunic_command_help},
};

static int unknown_command(const char *word, struct tunic_error *error)
{
    const char *candidates[32];
    char quoted[80];
    size_t count = 0;

    for (size_t i = 0; tunic_commands[i] && count + 1 < TUNIC_COUNT(candidates); i++)
        candidates[count++] = tunic_commands[i]->name;
    candidates[count] = NULL;
    tunic_text_escape(quoted, sizeof(quoted), word);
    (void)tunic_error_set(error, TUNIC_USAGE, "unknown command '%s'", quoted);
    const char *nearest = tunic_nearest(word, candidates);
    if (nearest)
        tunic_error_hint(error, "did you mean '%s'?", nearest);
    else
        tunic_error_hint(error, "'tunic help' lists them");
    return -EINVAL;
}

const struct command *tunic_command_find(const char *word, struct tunic_error *error)
{
    const struct command *found = NULL;
    size_t length = strlen(word);
    bool ambiguous = false;

    for (size_t i = 0; tunic_commands[i]; i++)
        if (strcmp(word, tunic_commands[i]->name) == 0)
            return tunic_commands[i];
    for (size_t i = 0; i < TUNIC_COUNT(iproute2_verbs) && length > 0; i++)
        if (strncmp(word, iproute2_verbs[i].word, length) == 0)
            return iproute2_verbs[i].command;
    for (size_t i = 0; tunic_commands[i] && length > 0; i++) {
        if (strncmp(word, tunic_commands[i]->name, length) != 0)
            continue;
        ambiguous = found != NULL;
        found = tunic_commands[i];
    }
    if (!found || ambiguous)
        (void)unknown_command(word, error);
    return ambiguous ? NULL : found;
}

/* ---- running it ------------------------------------------------------------------------ */

void tunic_arguments_section(struct arguments *arguments, struct tunic_section section)
{
    arguments->sections[arguments->grammar.section_count++] = section;
    arguments->grammar.sections = arguments->sections;
}

void tunic_arguments_own(struct arguments *arguments, const struct tunic_keyword *keywords,
                         size_t count)
{
    tunic_arguments_section(arguments, (struct tunic_section){.keywords = keywords,
                                                              .count = count,
                                                              .accepted = TUNIC_ACCEPT_ALL,
                                                              .target = arguments,
                                                              .named = &arguments->own});
}

void tunic_arguments_strays(struct arguments *arguments)
{
    static const struct tunic_keyword strays[] = {
        {.word = "check"}, {.word = "force"}, {.word = "if-exists"}};

    tunic_arguments_section(arguments, (struct tunic_section){.keywords = strays,
                                                              .count = TUNIC_COUNT(strays),
                                                              .accepted = 0,
                                                              .target = arguments,
                                                              .named = &arguments->own});
}

void tunic_arguments_free(struct arguments *arguments)
{
    tunic_name_list_free(&arguments->names);
    tunic_desired_free(&arguments->desired);
    tunic_selection_free(&arguments->selection);
    tunic_name_list_free(&arguments->preshared);
    tunic_settings_clear(&arguments->relay.settings);
}

static bool wants_help(const struct command *command, const char *const *words, size_t count)
{
    return command != &tunic_command_help && count > 0 && strcmp(words[0], "help") == 0;
}

int tunic_command_run(struct session *session, const struct command *command,
                      const char *const *words, size_t count)
{
    struct arguments arguments = {0};
    struct tunic_error error;
    struct tunic_text help = {0};

    session->command = command->name;
    if (session->options.help || wants_help(command, words, count)) {
        tunic_print_help(command, &help);
        tunic_print_text(&help);
        tunic_text_free(&help);
        return 0;
    }
    command->prepare(&arguments);
    int code;
    if (tunic_grammar_parse(&arguments.grammar, words, count, &arguments.names, &error) != 0)
        code = tunic_report_error(session, &error);
    else
        code = command->run(session, &arguments);
    tunic_arguments_free(&arguments);
    return code;
}
