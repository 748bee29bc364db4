/* SPDX-License-Identifier: MIT */
#include "attach/print.h"
#include "attach/words.h"
#include "command.h"
#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_ONE,
                                                .name_candidates = TUNIC_CANDIDATES_FREE_INTERFACES,
                                                .check_name = tunic_name_check_plain};
    attach_add_words(arguments);
}

/* ---- what is told beside what is done -------------------------------------------------- */

static void warn_down(const struct session *session, const struct tunic_link *link)
{
    struct tunic_error warning;
    char name[4 * IFNAMSIZ];

    if (link->flags & IFF_UP)
        return;
    tunic_text_escape(name, sizeof(name), link->name);
    (void)tunic_error_set(&warning, TUNIC_FAILED, "it is down: no packet comes or goes");
    tunic_error_hint(&warning, "'tunic set %s up'", name);
    tunic_error_object(&warning, link->name);
    tunic_report_warning(session, &warning);
}

struct line {
    const char *what;
    uint64_t count;
};

/* On standard error: standard output may have packets. Of what failed before it had any there is
 * nothing to sum up. */
static void summarize(const struct session *session, const struct attach_words *words,
                      struct tunic_attach *attach, int result)
{
    struct tunic_attach_counters counters;

    tunic_attach_count(attach, &counters);
    if (session->options.quiet || (result != 0 && counters.packets == 0))
        return;
    const struct line captured[] = {{"captured", counters.packets},
                                    {"received by filter", counters.packets + counters.unfit},
                                    {"dropped by kernel", counters.overflowed}};
    const struct line replayed[] = {{"sent", counters.packets - counters.refused},
                                    {"refused by kernel", counters.refused},
                                    {"cut short or too long, not sent", counters.cut}};
    const struct line responded[] = {{"received", counters.packets},
                                     {"answered", counters.answered},
                                     {"dropped by kernel", counters.overflowed}};
    const struct line *lines = words->replay.path ? replayed
                               : words->respond   ? responded
                                                  : captured;

    size_t known = TUNIC_COUNT(captured);
    if (lines != replayed && !counters.overflow_known)
        known--;
    for (size_t i = 0; i < known; i++)
        (void)fprintf(stderr, "%llu packet%s %s\n", (unsigned long long)lines[i].count,
                      lines[i].count == 1 ? "" : "s", lines[i].what);
}

/* ---- actions --------------------------------------------------------------------------- */

static int act(struct session *session, const struct attach_words *words,
               struct tunic_attach *attach, const struct stop *stop, struct tunic_error *error)
{
    int result;

    if (words->hold)
        return tunic_attach_hold(attach, error);
    if (words->stdio)
        return tunic_attach_stdio(attach, error);
    if (words->write)
        result = tunic_attach_write(attach, words->write, error);
    else if (words->replay.path)
        result = tunic_attach_replay(attach, &words->replay, error);
    else if (words->respond)
        result = tunic_attach_respond(attach, error);
    else
        result = attach_print(attach, &session->options, stop, error);
    summarize(session, words, attach, result);
    return result;
}

static int run_command(struct session *session, const struct attach_words *words,
                       const struct tunic_attach_options *options, struct tunic_error *error)
{
    const struct tunic_exec exec = {.words = words->exec.words,
                                    .count = words->exec.count,
                                    .has_user = words->has_user,
                                    .user = words->user};
    struct tunic_attach *attach;
    int result = tunic_attach_open(&attach, session->context, options, error);

    if (result != 0)
        return result;
    warn_down(session, tunic_attach_link(attach));
    (void)signal(SIGPIPE, session->broken_pipe);
    result = tunic_attach_exec(attach, &exec, error);
    (void)signal(SIGPIPE, SIG_IGN);
    tunic_attach_close(attach);
    return result;
}

static int run_stoppable(struct session *session, const struct attach_words *words,
                         const struct tunic_attach_options *options, struct tunic_error *error)
{
    struct tunic_attach_options stoppable = *options;
    struct tunic_attach *attach;
    struct stop stop;
    /* What prints nothing does not end with the reader of its output, and frames do so in their own
     * way. */
    bool prints = !words->hold && !words->respond && !words->replay.path && !words->stdio &&
                  (!words->write || strcmp(words->write, "-") == 0);
    int result = stop_open(&stop, prints, error);

    if (result != 0)
        return result;
    stoppable.stop = stop.descriptor;
    result = tunic_attach_open(&attach, session->context, &stoppable, error);
    if (result == 0) {
        warn_down(session, tunic_attach_link(attach));
        result = act(session, words, attach, &stop, error);
        tunic_attach_close(attach);
    }
    stop_close(&stop);
    return result;
}

static int run(struct session *session, struct arguments *arguments)
{
    const struct attach_words *words = &arguments->attach;
    struct tunic_attach_options options = {.name = arguments->names.names[0],
                                           .filter = words->filter,
                                           .notify = getenv("NOTIFY_SOCKET"),
                                           .count = words->count,
                                           .queues = words->queues > 0 ? words->queues : 1,
                                           .no_sandbox = arguments->sandbox == TUNIC_SWITCH_OFF,
                                           .aside = words->hold,
                                           .stop = -1};
    struct tunic_error error;
    int result = attach_check(arguments, &error);

    if (result == 0 && session->place) {
        result = tunic_error_set(&error, TUNIC_USAGE, "it has no place in a batch");
        tunic_error_hint(&error, "it runs until it is stopped");
    }
    if (result == 0)
        result =
            (words->exec.count > 0 ? run_command : run_stoppable)(session, words, &options, &error);
    if (result == 0)
        return 0;
    tunic_error_object(&error, options.name);
    return tunic_report_error(session, &error);
}

const struct command tunic_command_attach = {
    .name = "attach",
    .summary = "print, write, replay or answer an interface's packets, or pass it on",
    .prepare = prepare,
    .run = run,
    .pointless = attach_pointless,
    .rest = "exec",
};
