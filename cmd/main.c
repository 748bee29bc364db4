/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "compat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command *const tunic_commands[] = {
    &tunic_command_add,  &tunic_command_ensure,  &tunic_command_set,
    &tunic_command_del,  &tunic_command_show,    &tunic_command_wait,
    &tunic_command_help, &tunic_command_version, NULL,
};

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

void tunic_arguments_free(struct arguments *arguments)
{
    tunic_name_list_free(&arguments->names);
    tunic_desired_free(&arguments->desired);
    tunic_selection_free(&arguments->selection);
}

static void print_text(struct tunic_text *text)
{
    if (text->text)
        (void)fputs(text->text, stdout);
    tunic_text_free(text);
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
        print_text(&help);
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

/* Opens what a command works with, in the namespace that was asked for. */
static int open_context(struct session *session, struct tunic_context *context,
                        struct tunic_error *error)
{
    const struct options *options = &session->options;
    int result = options->netns ? tunic_netns_enter(options->netns, NULL, error) : 0;

    if (result == 0)
        result = tunic_context_open(
            context, options->device_node ? options->device_node : TUNIC_DEVICE_NODE, error);
    return result;
}

static int usage(struct session *session)
{
    struct tunic_text help = {0};

    if (session->options.help || session->options.version) {
        if (session->options.version)
            (void)printf("tunic %s\n", TUNIC_VERSION);
        else
            tunic_print_help(NULL, &help);
        print_text(&help);
        return 0;
    }
    tunic_print_help(NULL, &help);
    if (!session->options.quiet && help.text)
        (void)fprintf(stderr, "%s", help.text);
    tunic_text_free(&help);
    return TUNIC_USAGE;
}

static int run(struct session *session, const char **words, size_t count)
{
    const struct command *command = NULL;
    struct tunic_context context = {0};
    struct tunic_error error;

    if (tunic_options_take(&session->options, words, &count, &error) != 0)
        return tunic_report_error(session, &error);
    if (session->options.batch && count > 0) {
        (void)tunic_error_set(&error, TUNIC_USAGE,
                              "a command and '--batch' together: its commands are in the file");
        return tunic_report_error(session, &error);
    }
    if (session->options.version || (count == 0 && !session->options.batch))
        return usage(session);
    if (count > 0) {
        command = tunic_command_find(words[0], &error);
        if (!command)
            return tunic_report_error(session, &error);
        session->command = command->name;
    }
    bool needs_kernel = !command || !(command->without_context || session->options.help);
    if (needs_kernel && open_context(session, &context, &error) != 0)
        return tunic_report_error(session, &error);
    struct session opened = *session;
    opened.context = &context;
    int code = command ? tunic_command_run(&opened, command, words + 1, count - 1)
                       : tunic_batch_run(&opened);
    tunic_context_close(&context);
    return code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
    struct session session = {.options.color = COLOR_AUTO};
    const char *name = argc > 0 ? base_name(argv[0]) : "tunic";

    if (strcmp(name, "tunctl") == 0)
        return tunic_compat_tunctl(argc, argv);
    if (strcmp(name, "ip-tuntap") == 0)
        return tunic_compat_ip_tuntap(argc, argv);

    /* The reader of our output may go away: that is seen as EPIPE, and is no failure. */
    (void)signal(SIGPIPE, SIG_IGN);
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    const char **words = calloc(count + 1, sizeof(*words));
    if (!words)
        return TUNIC_FAILED;
    for (size_t i = 0; i < count; i++)
        words[i] = argv[i + 1];
    int code;
    if (count > 0 && strcmp(words[0], "__complete") == 0)
        code = tunic_complete(words + 1, count - 1);
    else
        code = run(&session, words, count);
    free(words);
    return tunic_finish_output(&session, code);
}
