/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The one place where reasons and errno values meet. The first row of a reason is the errno that
 * stands for it; a system errno that has no row is a plain failure. */
static const struct {
    enum tunic_reason reason;
    int errno_value;
} reason_errnos[] = {
    {TUNIC_FAILED, EIO},    {TUNIC_USAGE, EINVAL},        {TUNIC_ABSENT, ENODEV},
    {TUNIC_EXISTS, EEXIST}, {TUNIC_BUSY, EBUSY},          {TUNIC_DENIED, EPERM},
    {TUNIC_DENIED, EACCES}, {TUNIC_TIMED_OUT, ETIMEDOUT}, {TUNIC_UNSUPPORTED, ENOTSUP},
};

int tunic_reason_errno(enum tunic_reason reason)
{
    for (size_t i = 0; i < TUNIC_COUNT(reason_errnos); i++)
        if (reason_errnos[i].reason == reason)
            return -reason_errnos[i].errno_value;
    return -EIO;
}

static enum tunic_reason reason_of_system(int errno_value)
{
    /* EINVAL and ENOTSUP from the system do not say that the command line was wrong or that
     * TUN/TAP is missing: who knows better sets the reason himself. */
    if (errno_value == EINVAL || errno_value == ENOTSUP)
        return TUNIC_FAILED;
    for (size_t i = 0; i < TUNIC_COUNT(reason_errnos); i++)
        if (reason_errnos[i].errno_value == errno_value)
            return reason_errnos[i].reason;
    return TUNIC_FAILED;
}

int tunic_error_set(struct tunic_error *error, enum tunic_reason reason, const char *format, ...)
{
    va_list arguments;

    memset(error, 0, sizeof(*error));
    error->reason = reason;
    va_start(arguments, format);
    (void)vsnprintf(error->action, sizeof(error->action), format, arguments);
    va_end(arguments);
    return tunic_reason_errno(reason);
}

int tunic_error_system(struct tunic_error *error, int errno_value, const char *format, ...)
{
    va_list arguments;
    char text[128];

    memset(error, 0, sizeof(*error));
    error->reason = reason_of_system(errno_value);
    va_start(arguments, format);
    (void)vsnprintf(error->action, sizeof(error->action), format, arguments);
    va_end(arguments);
    tunic_error_cause(error, "%s", strerror_r(errno_value, text, sizeof(text)));
    return -errno_value;
}

int tunic_error_memory(struct tunic_error *error)
{
    return tunic_error_system(error, ENOMEM, "out of memory");
}

void tunic_error_object(struct tunic_error *error, const char *object)
{
    tunic_text_escape(error->object, sizeof(error->object), object);
}

void tunic_error_action(struct tunic_error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error->action, sizeof(error->action), format, arguments);
    va_end(arguments);
}

void tunic_error_cause(struct tunic_error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error->cause, sizeof(error->cause), format, arguments);
    va_end(arguments);
}

void tunic_error_hint(struct tunic_error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error->hint, sizeof(error->hint), format, arguments);
    va_end(arguments);
}
