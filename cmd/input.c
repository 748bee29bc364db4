/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <string.h>

enum { QUOTED = 128 };

int input_open(struct input *input, struct session *session, const char *path)
{
    struct tunic_error error;
    char quoted[QUOTED];

    input->path = path;
    input->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (input->file)
        return 0;
    int reason = errno;
    tunic_text_escape(quoted, sizeof(quoted), path);
    (void)tunic_error_system(&error, reason, "cannot open '%s'", quoted);
    return tunic_report_error(session, &error);
}

void input_place(const char *path, size_t line, char place[INPUT_PLACE])
{
    char quoted[QUOTED];

    tunic_text_escape(quoted, sizeof(quoted), path);
    (void)snprintf(place, INPUT_PLACE, "%s:%zu", quoted, line);
}

bool input_next(struct input *input, struct session *session, int *code)
{
    struct tunic_error error;
    int result = tunic_lines_next(&input->lines, input->file, &input->line, &error);

    *code = 0;
    session->place = input->place;
    /* What stopped the reading may be wrong with a line, or with the file as a whole. */
    if (result >= 0 || error.reason == TUNIC_USAGE)
        input_place(input->path, input->line.number, input->place);
    else
        tunic_text_escape(input->place, sizeof(input->place), input->path);
    if (result < 0)
        *code = tunic_report_error(session, &error);
    return result > 0;
}

void input_close(struct input *input, struct session *session)
{
    session->place = NULL;
    tunic_lines_free(&input->lines);
    if (input->file && input->file != stdin)
        (void)fclose(input->file);
    input->file = NULL;
}
