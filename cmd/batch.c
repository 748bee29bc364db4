/* SPDX-License-Identifier: MIT */
/*
 * Command lines from a file: one a line, as behind `tunic`, `#` comments, a `\` at its end goes on,
 * "…" holds blanks, with \" and \\ inside. The first failure ends it, unless --force; its code is
 * returned.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_file(const char *path, FILE **file, struct tunic_error *error)
{
    char quoted[80];

    *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (*file)
        return 0;
    tunic_text_escape(quoted, sizeof(quoted), path);
    return tunic_error_system(error, errno, "cannot open '%s'", quoted);
}

/* Options that a line brings hold for that line; where it works is the whole batch's. */
static int run_words(struct session *session, const char **words, size_t count)
{
    struct session line = *session;
    struct tunic_error error;

    if (tunic_options_take(&line.options, words, &count, &error) != 0)
        return tunic_report_error(&line, &error);
    if (line.options.netns != session->options.netns ||
        line.options.device_node != session->options.device_node ||
        line.options.batch != session->options.batch) {
        (void)tunic_error_set(&error, TUNIC_USAGE,
                              "namespace, device node and batch are chosen for the whole batch");
        return tunic_report_error(&line, &error);
    }
    if (count == 0)
        return 0;
    const struct command *command = tunic_command_find(words[0], &error);
    if (!command)
        return tunic_report_error(&line, &error);
    return tunic_command_run(&line, command, words + 1, count - 1);
}

static int run_line(struct session *session, const struct tunic_line *line)
{
    char place[256];
    char quoted[128];

    tunic_text_escape(quoted, sizeof(quoted), session->options.batch);
    (void)snprintf(place, sizeof(place), "%s:%zu", quoted, line->number);
    session->place = place;
    int code = run_words(session, line->words, line->count);
    session->place = NULL;
    session->command = NULL;
    return code;
}

int tunic_batch_run(struct session *session)
{
    struct tunic_lines lines = {0};
    struct tunic_line line;
    struct tunic_error error;
    char quoted[128];
    FILE *file;
    int code = 0;

    if (open_file(session->options.batch, &file, &error) != 0)
        return tunic_report_error(session, &error);
    tunic_text_escape(quoted, sizeof(quoted), session->options.batch);
    for (;;) {
        int result = tunic_lines_next(&lines, file, &line, &error);
        if (result == 0)
            break;
        session->place = result < 0 ? quoted : NULL;
        int failed = result < 0 ? tunic_report_error(session, &error) : run_line(session, &line);
        code = code == 0 ? failed : code;
        (void)fflush(stdout);
        if (result < 0 || (failed != 0 && !session->options.force))
            break;
    }
    tunic_lines_free(&lines);
    if (file != stdin)
        (void)fclose(file);
    return code;
}
