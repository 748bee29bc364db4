/* SPDX-License-Identifier: MIT */
/*
 * `show ... watch`. The interfaces that are there are printed first, as `present`: who watches
 * sees the whole picture without a second command, in which something could slip through between
 * the two. An event counts if the interface fits the selectors before it or after it, so that
 * `held watch` tells of the end of holding, too.
 */
#include "show/color.h"
#include "show/show.h"
#include "stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct watching {
    struct session *session;
    const struct arguments *arguments;
    struct stop stop;
    struct json json;
    bool color;
    struct tunic_holders holders;
    bool holders_read;
    int code; /* of what went wrong while printing */
};

static const char *const kinds[] = {
    [TUNIC_EVENT_PRESENT] = "present",
    [TUNIC_EVENT_ADDED] = "added",
    [TUNIC_EVENT_CHANGED] = "changed",
    [TUNIC_EVENT_DELETED] = "deleted",
};

/* ---- choosing -------------------------------------------------------------------------- */

static bool fits(const struct arguments *arguments, const struct tunic_interface *interface)
{
    bool named = arguments->names.count == 0;

    for (size_t i = 0; i < arguments->names.count && !named; i++)
        named = tunic_link_is_called(&interface->link, arguments->names.names[i]);
    return named && tunic_selection_fits(&arguments->selection, &interface->link);
}

/* Of those that are there, one pass over /proc tells; later, each event needs its own. What has
 * no holder by the kernel's word costs none. */
static int read_holders(struct watching *watching, const struct tunic_event *event)
{
    struct tunic_error error;

    if (!watching->session->options.details ||
        !tunic_interface_looks_held(&event->interface->link) ||
        (watching->holders_read && event->kind == TUNIC_EVENT_PRESENT))
        return 0;
    tunic_holders_free(&watching->holders);
    watching->holders = (struct tunic_holders){0};
    if (tunic_holders_read(&watching->holders, false, &error) != 0) {
        watching->code = tunic_report_error(watching->session, &error);
        return -EIO;
    }
    watching->holders_read = true;
    return 0;
}

/* ---- printing -------------------------------------------------------------------------- */

static void print_line(const struct watching *watching, const struct tunic_event *event,
                       const char *words)
{
    const char *paint = event->kind == TUNIC_EVENT_ADDED     ? GREEN
                        : event->kind == TUNIC_EVENT_DELETED ? RED
                                                             : "";
    const struct tunic_interface *interface = event->before ? event->before : event->interface;
    bool color = watching->color;
    char name[4 * IFNAMSIZ];
    struct timespec now;
    struct tm local;
    char clock[16];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)localtime_r(&now.tv_sec, &local);
    (void)strftime(clock, sizeof(clock), "%H:%M:%S", &local);
    tunic_text_escape(name, sizeof(name), interface->link.name);
    (void)printf("%s%s.%03ld%s %s%s%s: %s%s%s\n", color ? DIM : "", clock, now.tv_nsec / 1000000,
                 color ? PLAIN : "", color ? BOLD : "", name, color ? PLAIN : "",
                 color ? paint : "", words, color && *paint ? PLAIN : "");
}

static void print_text(const struct watching *watching, const struct tunic_event *event,
                       const struct change *change)
{
    struct tunic_text text = {0};
    size_t count;
    const struct change_row *rows = show_change_rows(&count);

    if (event->kind == TUNIC_EVENT_CHANGED) {
        for (size_t i = 0; i < count; i++) {
            struct tunic_text words = {0};
            if (!rows[i].json_only)
                rows[i].tell(change, &words);
            if (words.length > 0)
                tunic_text_add(&text, "%s%s", text.length > 0 ? ", " : "", words.text);
            tunic_text_free(&words);
        }
    } else {
        tunic_text_add(&text, "%s", kinds[event->kind]);
        if (event->kind != TUNIC_EVENT_DELETED) {
            tunic_text_add(&text, " (");
            if (event->kind == TUNIC_EVENT_ADDED)
                show_arrival(&event->interface->link, &text);
            else
                show_picture(change, &text);
            tunic_text_add(&text, ")");
        }
    }
    if (text.length > 0)
        print_line(watching, event, text.text);
    tunic_text_free(&text);
}

/* The keys of what changed. False where nothing did. */
static bool list_changes(const struct change *change, const char *keys[], size_t *changed)
{
    size_t count;
    const struct change_row *rows = show_change_rows(&count);
    struct tunic_text words = {0};

    *changed = 0;
    for (size_t i = 0; i < count; i++) {
        tunic_text_clear(&words);
        rows[i].tell(change, &words);
        if (words.length > 0)
            keys[(*changed)++] = rows[i].key;
    }
    tunic_text_free(&words);
    return *changed > 0;
}

static void print_json(struct watching *watching, const struct tunic_event *event,
                       const struct change *change)
{
    struct accounts accounts = {0}; /* a watch may outlive a name */
    struct showing showing = {
        .options = &watching->session->options, .holders = change->holders, .accounts = &accounts};
    struct json *json = &watching->json;
    const char *keys[32];
    size_t changed = 0;
    struct timespec now;
    struct tm utc;
    char day[32];
    char stamp[64];

    if (event->kind == TUNIC_EVENT_CHANGED && !list_changes(change, keys, &changed))
        return;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(stamp, sizeof(stamp), "%s.%03ldZ", day, now.tv_nsec / 1000000);
    json_open(json, NULL, '{');
    json_text(json, "event", kinds[event->kind]);
    json_text(json, "time", stamp);
    if (changed > 0) {
        json_open(json, "changed", '[');
        for (size_t i = 0; i < changed; i++)
            json_text(json, NULL, keys[i]);
        json_close(json, ']');
    }
    if (event->before && strcmp(event->before->link.name, event->interface->link.name) != 0)
        json_text(json, "old_ifname", event->before->link.name);
    show_json_interface(json, &showing, event->interface);
    json_close(json, '}');
    if (!json->pretty) /* an object a line, for readers that take lines */
        (void)putchar('\n');
}

static int handle(void *closure, const struct tunic_event *event)
{
    struct watching *watching = closure;
    const struct options *options = &watching->session->options;

    if (!fits(watching->arguments, event->interface) &&
        !(event->before && fits(watching->arguments, event->before)))
        return 0;
    if (read_holders(watching, event) != 0)
        return 1;
    static const struct tunic_holders none;
    bool held = tunic_interface_looks_held(&event->interface->link);
    struct change change = {event->before, event->interface,
                            !options->details ? NULL
                            : held            ? &watching->holders
                                              : &none};
    if (options->json)
        print_json(watching, event, &change);
    else
        print_text(watching, event, &change);
    return stop_flush(&watching->stop) ? 0 : 1;
}

/* ---- running --------------------------------------------------------------------------- */

/* A name that is missing may come; one of another kind of interface is a mistake. */
static int check_names(struct session *session, const struct arguments *arguments)
{
    const struct tunic_name_list *names = &arguments->names;
    struct tunic_snapshot snapshot;
    struct tunic_error error;
    int code = 0;

    if (names->count == 0)
        return 0;
    if (tunic_snapshot_read_names(&snapshot, session->context, names, 0, &error) != 0)
        return tunic_report_error(session, &error);
    for (size_t i = 0; i < names->count; i++) {
        const struct tunic_interface *interface;
        if (tunic_snapshot_require(&snapshot, session->context, names->names[i], &interface,
                                   &error) == 0 ||
            error.reason != TUNIC_EXISTS)
            continue;
        tunic_report_name(session, names->names[i], &error);
        code = code == 0 ? (int)error.reason : code;
    }
    tunic_snapshot_free(&snapshot);
    return code;
}

int show_watch(struct session *session, const struct arguments *arguments)
{
    struct watching watching = {.session = session,
                                .arguments = arguments,
                                .json = {.pretty = session->options.pretty},
                                .color = tunic_color_wanted(&session->options)};
    struct tunic_error error;
    int code = check_names(session, arguments);

    if (code != 0)
        return code;
    if (stop_open(&watching.stop, true, &error) != 0)
        return tunic_report_error(session, &error);
    if (session->options.json)
        json_open(&watching.json, NULL, '[');
    if (stop_flush(&watching.stop) &&
        tunic_interfaces_watch(session->context, watching.stop.descriptor, handle, &watching,
                               &error) != 0)
        watching.code = tunic_report_error(session, &error);
    if (session->options.json) {
        json_close(&watching.json, ']');
        (void)putchar('\n');
    }
    (void)stop_flush(&watching.stop);
    stop_close(&watching.stop);
    tunic_holders_free(&watching.holders);
    return watching.code;
}
