/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. From some moment of its set-up on, the relay runs in a sandbox, where system
 * calls that it does not need end it. Everything that is printed later may therefore only write:
 * standard output has its buffer from the start, since the C library would look at the file before
 * it makes one, texts have their memory, and what the terminal is like is asked once, before.
 */
#include "command.h"
#include "relay/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the words ------------------------------------------------------------------------- */

static int parse_listen(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = &((struct arguments *)target)->relay;

    relay->has_listen = true;
    return tunic_host_parse_listen(word, &relay->listen, error);
}

static int parse_connect(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = &((struct arguments *)target)->relay;

    relay->has_connect = true;
    return tunic_host_parse(word, &relay->connect, error);
}

static int parse_from(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = &((struct arguments *)target)->relay;

    relay->has_from = true;
    relay->from_any = strcmp(word, "any") == 0;
    if (relay->from_any)
        return 0;
    int result = tunic_host_parse(word, &relay->from, error);
    if (result == 0 && relay->from.has_port)
        return tunic_error_set(error, TUNIC_USAGE, "a host without a port is expected");
    return result;
}

/* As ip(8) takes marks: decimal, or hexadecimal behind 0x. */
static int parse_mark(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = &((struct arguments *)target)->relay;
    bool prefixed = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    const char *digits = prefixed ? word + 2 : word;
    size_t length = strspn(digits, prefixed ? "0123456789abcdefABCDEF" : "0123456789");
    uint64_t number = UINT64_MAX;

    if (length == 0 || digits[length] != '\0')
        return tunic_error_set(error, TUNIC_USAGE, "not a number");
    if (length < 16)
        number = strtoull(digits, NULL, prefixed ? 16 : 10);
    if (number > UINT32_MAX)
        return tunic_error_set(error, TUNIC_USAGE, "not within 0 to 0xffffffff");
    relay->mark = (uint32_t)number;
    return 0;
}

static int parse_underlay(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_error reason;

    if (tunic_name_check_plain(word, &reason) != 0)
        return tunic_error_set(error, TUNIC_USAGE, "%s", reason.cause);
    ((struct arguments *)target)->relay.underlay = word;
    return 0;
}

static const char *const protocols[] = {"udp", "tcp", NULL};
static const char *const protocol_help[] = {"a packet a datagram",
                                            "a stream of frames, as simpletun has it"};
static const char *const any[] = {"any", NULL};
static const char *const any_help[] = {"whoever reaches the port"};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const offload_help[] = {"many packets at once, where the kernel can",
                                           "each packet by itself"};
static const char *const sandbox_help[] = {"no privilege is kept", "to debug it"};
static const char *const auto_off[] = {"auto", "off", NULL};
static const char *const mss_help[] = {"lowered to what fits", "left alone"};

static const struct tunic_keyword keywords[] = {
    {.word = "proto",
     .help = "what carries the packets: UDP datagrams, or a TCP stream",
     .value = TUNIC_VALUE_CHOICE,
     .choices = protocols,
     .choice_help = protocol_help,
     .offset = offsetof(struct arguments, relay.protocol)},
    {.word = "listen",
     .placeholder = "[HOST:]PORT",
     .help = "the port, and address, of this side",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_listen},
    {.word = "insecure",
     .help = "without keys: neither encrypted nor authenticated",
     .offset = offsetof(struct arguments, relay.insecure)},
    {.word = "connect",
     .placeholder = "HOST[:PORT]",
     .help = "speak with this host alone; its port is 55555 otherwise",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_connect},
    {.word = "from",
     .placeholder = "HOST|any",
     .help = "who may speak to the port; needed without 'connect'",
     .value = TUNIC_VALUE_CUSTOM,
     .choices = any,
     .choice_help = any_help,
     .parse = parse_from},
    {.word = "jumbo",
     .help = "tcp: send frames of over 2000 bytes",
     .offset = offsetof(struct arguments, relay.jumbo)},
    {.word = "offload",
     .help = "whether the kernel splits and merges packets",
     .value = TUNIC_VALUE_CHOICE,
     .choices = on_off,
     .choice_help = offload_help,
     .offset = offsetof(struct arguments, offload)},
    {.word = "mss",
     .help = "what becomes of the MSS of TCP connections inside",
     .value = TUNIC_VALUE_CHOICE,
     .choices = auto_off,
     .choice_help = mss_help,
     .offset = offsetof(struct arguments, mss)},
    {.word = "fwmark",
     .placeholder = "N",
     .help = "mark what is sent, for routing rules; 0x… or decimal",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_mark},
    {.word = "underlay",
     .placeholder = "DEV",
     .help = "speak through this interface alone",
     .value = TUNIC_VALUE_CUSTOM,
     .candidates = TUNIC_CANDIDATES_LINKS,
     .parse = parse_underlay},
    {.word = "sandbox",
     .help = "whether it gives up its privileges once it runs",
     .value = TUNIC_VALUE_CHOICE,
     .choices = on_off,
     .choice_help = sandbox_help,
     .offset = offsetof(struct arguments, sandbox)},
};

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .name_candidates = TUNIC_CANDIDATES_FREE_INTERFACES,
                                                .check_name = tunic_name_check_template};
    tunic_arguments_section(arguments,
                            tunic_attribute_section(&arguments->desired, TUNIC_RELAY_ATTRIBUTES));
    tunic_arguments_section(arguments, (struct tunic_section){.keywords = keywords,
                                                              .count = TUNIC_COUNT(keywords),
                                                              .accepted = TUNIC_ACCEPT_ALL,
                                                              .target = arguments,
                                                              .named = &arguments->own});
}

/* ---- while it runs --------------------------------------------------------------------- */

struct relaying {
    struct session *session;
    char name[IFNAMSIZ]; /* as it was asked for, then the interface's */
    struct json json;
    struct tunic_text text;
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

/* A reader that went away does not end the relay. */
static void flush(void)
{
    if (fflush(stdout) == 0 || errno != EPIPE)
        return;
    __fpurge(stdout);
    clearerr(stdout);
}

static void warn(void *closure, const struct tunic_error *warning)
{
    struct relaying *relaying = closure;
    struct tunic_error named = *warning;

    clear_line(relaying);
    tunic_error_object(&named, relaying->name);
    tunic_report_warning(relaying->session, &named);
}

static void ready(void *closure, const char *name)
{
    struct relaying *relaying = closure;
    char shown[4 * IFNAMSIZ];

    if (strcmp(name, relaying->name) == 0)
        return;
    (void)snprintf(relaying->name, sizeof(relaying->name), "%s", name);
    if (relaying->session->options.json) /* each report has it */
        return;
    tunic_text_escape(shown, sizeof(shown), name);
    (void)puts(shown);
    flush();
}

static void report(void *closure, const struct tunic_relay_counters *counters)
{
    struct relaying *relaying = closure;
    struct tunic_text *text = &relaying->text;
    char shown[4 * IFNAMSIZ];

    clear_line(relaying);
    if (relaying->session->options.json) {
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

static int check(const struct session *session, struct arguments *arguments,
                 struct tunic_error *error)
{
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
    int result = tunic_desired_check(relay->desired, &arguments->names, error);
    return result == 0 ? tunic_relay_check(relay, error) : result;
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

    if (check(session, arguments, &error) != 0) {
        tunic_error_object(&error, arguments->names.names[0]);
        return tunic_report_error(session, &error);
    }
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
};
