/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    CONDITION = 1,
    LONGEST_WAIT = 1000000000, /* seconds */
};

/* Seconds with up to nine decimals, as sleep(1) takes them. */
static int parse_timeout(const char *word, void *target, struct tunic_error *error)
{
    struct arguments *arguments = target;
    const char *point = strchr(word, '.');
    size_t whole = point ? (size_t)(point - word) : strlen(word);
    char digits[32];
    uint64_t seconds = 0;
    uint64_t nanoseconds = 0;

    if (whole >= sizeof(digits) || (point && (strlen(point) > 10 || point[1] == '\0')))
        return tunic_error_set(error, TUNIC_USAGE, "not a number of seconds");
    memcpy(digits, word, whole);
    digits[whole] = '\0';
    int result = tunic_number_parse(digits, 0, LONGEST_WAIT, &seconds);
    if (result == 0 && point) {
        (void)snprintf(digits, sizeof(digits), "%-9s", point + 1);
        for (char *blank = strchr(digits, ' '); blank; blank = strchr(blank, ' '))
            *blank = '0';
        result = tunic_number_parse(digits, 0, 999999999, &nanoseconds);
    }
    if (result == -ERANGE)
        return tunic_error_set(error, TUNIC_USAGE, "not within 0 to %d seconds", LONGEST_WAIT);
    if (result != 0)
        return tunic_error_set(error, TUNIC_USAGE, "not a number of seconds");
    arguments->timeout = seconds * TUNIC_SECOND + nanoseconds;
    return 0;
}

static const struct tunic_keyword keywords[] = {
    {.word = "present",
     .help = "until it exists; what is waited for otherwise",
     .offset = offsetof(struct arguments, present),
     .exclusive = CONDITION},
    {.word = "up",
     .help = "until it is switched on",
     .offset = offsetof(struct arguments, up),
     .exclusive = CONDITION},
    {.word = "carrier",
     .help = "until it has a carrier: a process holds it",
     .offset = offsetof(struct arguments, carrier),
     .exclusive = CONDITION},
    {.word = "free",
     .help = "until no process holds it",
     .offset = offsetof(struct arguments, free),
     .exclusive = CONDITION},
    {.word = "gone",
     .help = "until it does not exist",
     .offset = offsetof(struct arguments, gone),
     .exclusive = CONDITION},
    {.word = "timeout",
     .placeholder = "SECONDS",
     .help = "give up then (exit 8)",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_timeout},
};

enum { TIMEOUT_ROW = TUNIC_COUNT(keywords) - 1 };

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .name_candidates = TUNIC_CANDIDATES_INTERFACES,
                                                .check_name = tunic_name_check_plain};
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
}

static enum tunic_condition condition_of(const struct arguments *arguments)
{
    return arguments->up        ? TUNIC_CONDITION_UP
           : arguments->carrier ? TUNIC_CONDITION_CARRIER
           : arguments->free    ? TUNIC_CONDITION_FREE
           : arguments->gone    ? TUNIC_CONDITION_GONE
                                : TUNIC_CONDITION_PRESENT;
}

static int run(struct session *session, struct arguments *arguments)
{
    bool limited = arguments->own >> TIMEOUT_ROW & 1;
    uint64_t limit = limited ? arguments->timeout : UINT64_MAX;
    struct tunic_error error;

    if (tunic_interface_wait(session->context, arguments->names.names[0], condition_of(arguments),
                             limit, -1, &error) == 0)
        return 0;
    tunic_error_object(&error, arguments->names.names[0]);
    return tunic_report_error(session, &error);
}

const struct command tunic_command_wait = {
    .name = "wait",
    .summary = "wait until an interface is so",
    .prepare = prepare,
    .run = run,
};
