/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdio.h>

/* What goes with a part of a message, where there is that part. */
static const char *with(const char *part, const char *mark)
{
    return *part != '\0' ? mark : "";
}

void tunic_report_warning(const struct session *session, const struct tunic_error *warning)
{
    (void)fflush(stdout); /* what was printed before stands before */
    const char *place = session->place ? session->place : "";
    const char *command = session->command ? session->command : "";
    const char *object = session->command ? warning->object : "";
    /* At once, which is one write: messages of others cannot come between its parts. */
    (void)fprintf(stderr, "tunic:%s%s%s%s%s%s%s%s %s%s%s%s%s%s\n", with(place, " "), place,
                  with(place, ":"), with(command, " "), command, with(object, " "), object,
                  with(command, ":"), warning->action, with(warning->cause, ": "), warning->cause,
                  with(warning->hint, " ("), warning->hint, with(warning->hint, ")"));
}

int tunic_report_error(const struct session *session, const struct tunic_error *error)
{
    if (!session->options.quiet)
        tunic_report_warning(session, error);
    return (int)error->reason;
}

void tunic_report_name(void *session, const char *name, const struct tunic_error *error)
{
    struct tunic_error named = *error;

    tunic_error_object(&named, name);
    (void)tunic_report_error(session, &named);
}

int tunic_finish_output(const struct session *session, int code)
{
    struct tunic_error error;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno == EPIPE) /* the reader has seen enough */
        return code;
    (void)tunic_error_system(&error, errno ? errno : EIO, "cannot write the output");
    int lost = tunic_report_error(session, &error);
    return code == 0 ? lost : code;
}
