/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int tunic_report_error(const struct session *session, const struct tunic_error *error)
{
    if (session->options.quiet)
        return (int)error->reason;
    (void)fflush(stdout); /* what was printed before stands before */
    (void)fprintf(stderr, "tunic:");
    if (session->place)
        (void)fprintf(stderr, " %s:", session->place);
    if (session->command)
        (void)fprintf(stderr, " %s%s%s:", session->command, error->object[0] != '\0' ? " " : "",
                      error->object);
    (void)fprintf(stderr, " %s", error->action);
    if (error->cause[0] != '\0')
        (void)fprintf(stderr, ": %s", error->cause);
    if (error->hint[0] != '\0')
        (void)fprintf(stderr, " (%s)", error->hint);
    (void)fputc('\n', stderr);
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
