/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. From some moment of its set-up on, the relay runs in a sandbox, where system
 * calls that it does not need end it. Everything that is printed later may therefore only write:
 * standard output has its buffer from the start, since the C library would look at the file before
 * it makes one, texts have their memory, and what the terminal is like is asked once, before.
 */
#include "command.h"
#include "relay/keys.h"
#include "relay/status.h"
#include "relay/words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .name_candidates = TUNIC_CANDIDATES_FREE_INTERFACES,
                                                .check_name = tunic_name_check_template};
    tunic_arguments_section(arguments,
                            tunic_attribute_section(&arguments->desired, TUNIC_RELAY_ATTRIBUTES));
    relay_add_words(arguments);
}

/* ---- while it runs --------------------------------------------------------------------- */

struct relaying {
    struct session *session;
    char name[IFNAMSIZ]; /* as it was asked for, then the interface's */
    struct json json;
    struct tunic_text text;
    struct keys_notes notes;
    /* the status line */
    int terminal; /* negative: there is none */
    bool shown;
    uint64_t looked; /* when the counters were `before`; 0: not yet */
    struct tunic_relay_counters before;
};

/* A line that is longer than the terminal is wide is cut there: wrapped, it could not be cleared.
 * The cursor goes back to its beginning, so that neither an echoed ^C wraps. */
#define LINE_BEGIN "\r\033[?7l"
#define LINE_END "\033[K\r\033[?7h"

static void clear_line(struct relaying *relaying)
{
    static const char clear[] = "\r\033[K";

    if (relaying->shown)
        (void)!write(relaying->terminal, clear, sizeof(clear) - 1);
    relaying->shown = false;
}

/* Whoever reads what a relay tells and has stopped reading must not hold up its packets, nor its
 * end: he misses some of it. */
static bool has_room(int descriptor)
{
    struct pollfd output = {.fd = descriptor, .events = POLLOUT};

    return poll(&output, 1, 0) == 1;
}

/* A reader that went away does not end the relay. */
static void flush(void)
{
    if (has_room(STDOUT_FILENO) && (tunic_flush_output() || errno != EPIPE))
        return;
    __fpurge(stdout);
    clearerr(stdout);
}

static void warn(void *closure, const struct tunic_error *warning)
{
    struct relaying *relaying = closure;
    struct tunic_error named = *warning;

    clear_line(relaying);
    if (!has_room(STDERR_FILENO))
        return;
    tunic_error_object(&named, relaying->name);
    tunic_report_warning(relaying->session, &named);
}

static void ready(void *closure, const char *name)
{
    struct relaying *relaying = closure;
    char shown[4 * IFNAMSIZ];

    tunic_text_escape(shown, sizeof(shown), name);
    if (strcmp(name, relaying->name) != 0) {
        (void)snprintf(relaying->name, sizeof(relaying->name), "%s", name);
        if (!relaying->session->options.json) /* each report has it */
            (void)puts(shown);
        flush();
    }
    tunic_text_clear(&relaying->text);
    keys_default_routes(&relaying->notes, shown, &relaying->text);
    (void)fputs(relaying->text.text, stderr);
}

static void report(void *closure, const struct tunic_relay_counters *counters)
{
    struct relaying *relaying = closure;
    struct tunic_text *text = &relaying->text;
    bool json = relaying->session->options.json;
    char shown[4 * IFNAMSIZ];

    clear_line(relaying);
    if (!has_room(json ? STDOUT_FILENO : STDERR_FILENO))
        return;
    if (json) {
        status_json(&relaying->json, relaying->name, counters, tunic_clock_now());
        if (!relaying->json.pretty)
            (void)putchar('\n');
        flush();
        return;
    }
    tunic_text_escape(shown, sizeof(shown), relaying->name);
    tunic_text_clear(text);
    tunic_text_add(text, "tunic: relay %s: ", shown);
    status_report(counters, tunic_clock_now(), text);
    (void)fputs(text->text, stderr);
}

static void tick(void *closure, const struct tunic_relay_counters *counters)
{
    struct relaying *relaying = closure;
    uint64_t now = tunic_clock_now();
    struct tunic_text *text = &relaying->text;
    char shown[4 * IFNAMSIZ];

    if (relaying->looked > 0) {
        tunic_text_escape(shown, sizeof(shown), relaying->name);
        tunic_text_clear(text);
        tunic_text_add(text, LINE_BEGIN "%s: ", shown);
        status_line(&relaying->before, counters, now - relaying->looked, now, text);
        tunic_text_add(text, LINE_END);
        if (write(relaying->terminal, text->text, text->length) > 0)
            relaying->shown = true;
    }
    relaying->before = *counters;
    relaying->looked = now;
}

/* The terminal that standard error is, for a status line, or a negative number. It is opened once
 * more, so as not to wait for it: one that is halted (^S) would hold up the packets. */
static int open_terminal(const struct options *options)
{
    const char *kind = getenv("TERM");

    if (options->quiet || !kind || strcmp(kind, "dumb") == 0 || !isatty(STDERR_FILENO) ||
        tcgetpgrp(STDERR_FILENO) != getpgrp())
        return -1;
    return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* ---- running it ------------------------------------------------------------------------ */

/* First the words, before a file is opened; then together with what the files say. */
static int check(struct relaying *relaying, struct arguments *arguments, struct tunic_error *error)
{
    const struct session *session = relaying->session;
    struct tunic_relay_options *relay = &arguments->relay;

    relay->name = arguments->names.names[0];
    relay->desired = &arguments->desired;
    relay->notify = getenv("NOTIFY_SOCKET");
    relay->no_offload = arguments->offload == TUNIC_SWITCH_OFF;
    relay->no_mss = arguments->mss == TUNIC_SWITCH_OFF;
    relay->no_sandbox = arguments->sandbox == TUNIC_SWITCH_OFF;
    if (session->place) {
        (void)tunic_error_set(error, TUNIC_USAGE, "a relay has no place in a batch");
        tunic_error_hint(error, "it runs until it is stopped, and gives up what the next command "
                                "would need");
        return -EINVAL;
    }
    int result = keys_check(arguments, error);
    if (result == 0)
        result = tunic_relay_check(relay, error);
    if (result == 0)
        result = keys_read(arguments, &relaying->notes, error);
    if (result == 0)
        result = tunic_relay_check(relay, error);
    return result == 0 ? tunic_desired_check(relay->desired, &arguments->names, error) : result;
}

static int run_relay(struct relaying *relaying, struct tunic_relay_options *options)
{
    static char buffer[BUFSIZ];
    struct session *session = relaying->session;
    bool json = session->options.json;
    struct tunic_relay_user user = {.closure = relaying,
                                    .warn = warn,
                                    .ready = ready,
                                    .report = report,
                                    .tick = relaying->terminal >= 0 ? tick : NULL};
    struct tunic_error error;
    int code = 0;

    (void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    tunic_text_add(&relaying->text, "%*s", STATUS_TEXT, "");
    if (relaying->text.failed) {
        (void)tunic_error_memory(&error);
        return tunic_report_error(session, &error);
    }
    if (json)
        json_open(&relaying->json, NULL, '[');
    int result = tunic_relay_run(session->context, options, &user, &error);
    clear_line(relaying);
    if (result != 0) {
        tunic_error_object(&error, relaying->name);
        code = tunic_report_error(session, &error);
    }
    if (json) {
        json_close(&relaying->json, ']');
        (void)putchar('\n');
    }
    flush();
    return code;
}

static int run(struct session *session, struct arguments *arguments)
{
    struct relaying relaying = {.session = session, .json.pretty = session->options.pretty};
    struct tunic_error error;

    if (check(&relaying, arguments, &error) != 0) {
        tunic_error_object(&error, arguments->names.names[0]);
        return tunic_report_error(session, &error);
    }
    keys_warn(session, arguments, &relaying.notes);
    (void)snprintf(relaying.name, sizeof(relaying.name), "%s", arguments->relay.name);
    relaying.terminal = open_terminal(&session->options);
    int code = run_relay(&relaying, &arguments->relay);
    if (relaying.terminal >= 0)
        (void)close(relaying.terminal);
    tunic_text_free(&relaying.text);
    return code;
}

const struct command tunic_command_relay = {
    .name = "relay",
    .summary = "tunnel an interface to another host",
    .prepare = prepare,
    .run = run,
    .pointless = relay_pointless,
};
