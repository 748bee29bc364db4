/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>

enum { COLUMN = 28 };

static void print_usage(const struct command *command, struct tunic_text *text)
{
    struct arguments arguments = {0};

    command->prepare(&arguments);
    tunic_text_add(text, "usage: tunic [OPTIONS] %s", command->name);
    tunic_grammar_usage(&arguments.grammar, text);
    tunic_text_add(text, "\n");
    tunic_arguments_free(&arguments);
}

static void print_options(struct tunic_text *text)
{
    size_t count;
    const struct option_row *rows = tunic_option_rows(&count);

    tunic_text_add(text, "\noptions, before the command or after it:\n");
    for (size_t i = 0; i < count; i++) {
        size_t start = text->length;
        bool optional = rows[i].letter == 'c';
        if (rows[i].letter != '\0')
            tunic_text_add(text, "  -%c, ", rows[i].letter);
        else
            tunic_text_add(text, "      ");
        tunic_text_add(text, "--%s", rows[i].word);
        if (rows[i].value)
            tunic_text_add(text, optional ? "[=%s]" : " %s", rows[i].value);
        size_t width = text->length - start;
        if (width + 2 > COLUMN + 2)
            tunic_text_add(text, "\n%*s%s\n", COLUMN + 2, "", rows[i].help);
        else
            tunic_text_add(text, "%*s%s\n", (int)(COLUMN + 2 - width), "", rows[i].help);
    }
}

static void print_command(const struct command *command, struct tunic_text *text)
{
    struct arguments arguments = {0};

    tunic_text_add(text, "tunic %s: %s\n\n", command->name, command->summary);
    print_usage(command, text);
    command->prepare(&arguments);
    if (arguments.grammar.section_count > 0)
        tunic_text_add(text, "\n");
    tunic_grammar_explain(&arguments.grammar, text);
    tunic_arguments_free(&arguments);
    tunic_text_add(text, "\nmore: man tunic%s%s\n", command->without_page ? "" : "-",
                   command->without_page ? "" : command->name);
}

void tunic_print_help(const struct command *command, struct tunic_text *text)
{
    if (command) {
        print_command(command, text);
        return;
    }
    tunic_text_add(
        text, "usage: tunic [OPTIONS] COMMAND [ARGUMENTS]\n\n"
              "makes, shows, changes, attaches and connects TUN/TAP interfaces\n\ncommands:\n");
    for (size_t i = 0; tunic_commands[i]; i++)
        tunic_text_add(text, "  %-*s%s\n", COLUMN, tunic_commands[i]->name,
                       tunic_commands[i]->summary);
    print_options(text);
    tunic_text_add(text, "\n'tunic help COMMAND' tells more, and man tunic.\n");
}

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .names_optional = true,
                                                .name_placeholder = "COMMAND",
                                                .name_candidates = TUNIC_CANDIDATES_COMMANDS};
}

static int run(struct session *session, struct arguments *arguments)
{
    const struct command *command = NULL;
    struct tunic_text text = {0};
    struct tunic_error error;

    if (arguments->names.count > 0) {
        command = tunic_command_find(arguments->names.names[0], &error);
        if (!command)
            return tunic_report_error(session, &error);
    }
    tunic_print_help(command, &text);
    tunic_print_text(&text);
    tunic_text_free(&text);
    return 0;
}

const struct command tunic_command_help = {
    .name = "help",
    .summary = "print help, or that of a command",
    .prepare = prepare,
    .run = run,
    .without_context = true,
    .without_page = true,
};
