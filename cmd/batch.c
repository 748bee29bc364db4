/* SPDX-License-Identifier: MIT */
/*
 * Command lines from a file: one a line, as behind `tunic`, `#` comments, a `\` at its end goes on,
 * "…" holds blanks, with \" and \\ inside. The first failure ends it, unless --force; its code is
 * returned.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PLACE = 256 };

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

/* "FILE:LINE" */
static void place_of(const struct session *session, const struct tunic_line *line,
                     char place[PLACE])
{
    char quoted[128];

    tunic_text_escape(quoted, sizeof(quoted), session->options.batch);
    (void)snprintf(place, PLACE, "%s:%zu", quoted, line->number);
}

/* Tells of what stopped the reading: a line that is wrong, or the file as a whole. */
static int report_reading(struct session *session, const struct tunic_line *line,
                          const struct tunic_error *error)
{
    char place[PLACE];

    if (error->reason == TUNIC_USAGE)
        place_of(session, line, place);
    else
        tunic_text_escape(place, sizeof(place), session->options.batch);
    session->place = place;
    int code = tunic_report_error(session, error);
    session->place = NULL;
    return code;
}

static int run_line(struct session *session, const struct tunic_line *line)
{
    char place[PLACE];

    place_of(session, line, place);
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
    FILE *file;
    int code = 0;

    if (open_file(session->options.batch, &file, &error) != 0)
        return tunic_report_error(session, &error);
    for (;;) {
        int result = tunic_lines_next(&lines, file, &line, &error);
        if (result == 0)
            break;
        int failed = result < 0 ? report_reading(session, &line, &error) : run_line(session, &line);
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
