/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* Why output was lost: the C library only remembers that it was. */
static int lost;

/* What goes with a part of a message, where there is that part. */
static const char *with(const char *part, const char *mark)
{
    return *part != '\0' ? mark : "";
}

void tunic_report_warning(const struct session *session, const struct tunic_error *warning)
{
    (void)tunic_flush_output(); /* what was printed before stands before */
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

void tunic_print_text(const struct tunic_text *text)
{
    errno = 0;
    if (text->text && fputs(text->text, stdout) == EOF && errno != 0)
        lost = errno;
}

bool tunic_flush_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno != 0)
        lost = errno;
    errno = lost;
    return false;
}

/* Where it was lost while something was printed, nobody has seen the reason. */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int tunic_finish_output(const struct session *session, int code)
{
    struct tunic_error error;

    if (tunic_flush_output())
        return code;
    int reason = errno;
    if (reason == EPIPE || (reason == 0 && reader_is_gone())) /* he has seen enough */
        return code;
    (void)tunic_error_system(&error, reason ? reason : EIO, "cannot write the output");
    int failed = tunic_report_error(session, &error);
    return code == 0 ? failed : code;
}
