/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. All files are read before anything is changed: each line is parsed as add
 * parses its words, and judged with them; one that is wrong is told, and so are those behind it.
 * Only if none was, the interfaces are made so, all that there are with one look at the kernel.
 */
#include "command.h"
#include "input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line. */
struct item {
    const char *path;
    size_t line;
    char **words; /* owned, in one piece with what they point to; the others borrow of them */
    struct tunic_name_list names;
    struct tunic_desired desired;
};

struct applying {
    struct session *session;
    struct item *items;
    size_t count;
    size_t capacity;
    struct tunic_wanted *wanted; /* in the same order */
    const struct item **sorted;  /* by name */
    /* the progress, on a terminal */
    bool terminal;
    bool shown;
    size_t done;
    uint64_t told;
};

static const struct tunic_keyword keywords[] = {
    {.word = "check",
     .help = "change nothing: say what would change (exit 4)",
     .offset = offsetof(struct arguments, check)},
};

static void prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_MANY,
                                                .name_placeholder = "FILE|-",
                                                .name_candidates = TUNIC_CANDIDATES_FILES};
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
}

/* ---- reading --------------------------------------------------------------------------- */

static const char *name_of(const struct item *item)
{
    return item->names.names[0];
}

/* The words of a line live until the next one is read. */
static char **copy_words(const struct tunic_line *line)
{
    size_t size = line->count * sizeof(char *);

    for (size_t i = 0; i < line->count; i++)
        size += strlen(line->words[i]) + 1;
    char **copies = malloc(size);
    char *text = copies ? (char *)(copies + line->count) : NULL;
    for (size_t i = 0; copies && i < line->count; i++) {
        size_t length = strlen(line->words[i]) + 1;
        memcpy(text, line->words[i], length);
        copies[i] = text;
        text += length;
    }
    return copies;
}

static int read_line(struct applying *applying, const struct input *input,
                     struct tunic_error *error)
{
    struct item *items =
        tunic_array_reserve(applying->items, applying->count, &applying->capacity, sizeof(*items));

    if (!items)
        return tunic_error_memory(error);
    applying->items = items;
    struct item *item = &items[applying->count];
    *item = (struct item){.path = input->path, .line = input->line.number};
    item->words = copy_words(&input->line);
    if (!item->words)
        return tunic_error_memory(error);
    applying->count++;
    return tunic_interface_parse((const char *const *)item->words, input->line.count, &item->names,
                                 &item->desired, error);
}

/* Returns the exit code of the first line that is wrong. */
static int read_file(struct applying *applying, const char *path)
{
    struct session *session = applying->session;
    struct input input = {0};
    struct tunic_error error;
    int wrong;
    int code = input_open(&input, session, path);

    if (code != 0)
        return code;
    while (input_next(&input, session, &wrong))
        if (read_line(applying, &input, &error) != 0) {
            int failed = tunic_report_error(session, &error);
            code = code == 0 ? failed : code;
        }
    input_close(&input, session);
    return code == 0 ? wrong : code;
}

static int compare(const void *left, const void *right)
{
    const struct item *const *items[] = {left, right};
    int order = strcmp(name_of(*items[0]), name_of(*items[1]));

    return order != 0 ? order : (*items[0] < *items[1] ? -1 : *items[0] > *items[1]);
}

/* Tells of each name that stands in two lines. Returns the exit code. */
static int check_doubles(struct applying *applying)
{
    char first[INPUT_PLACE];
    char place[INPUT_PLACE];
    struct tunic_error error;
    int code = 0;

    qsort(applying->sorted, applying->count, sizeof(*applying->sorted), compare);
    for (size_t i = 1; i < applying->count; i++) {
        const struct item *before = applying->sorted[i - 1];
        const struct item *item = applying->sorted[i];
        if (strcmp(name_of(before), name_of(item)) != 0)
            continue;
        input_place(before->path, before->line, first);
        input_place(item->path, item->line, place);
        (void)tunic_error_set(&error, TUNIC_USAGE, "it is there already, in %s", first);
        tunic_error_object(&error, name_of(item));
        applying->session->place = place;
        code = tunic_report_error(applying->session, &error);
        applying->session->place = NULL;
    }
    return code;
}

/* ---- what is told ---------------------------------------------------------------------- */

static void show_progress(struct applying *applying)
{
    (void)fprintf(stderr, "\rtunic: apply: %zu of %zu\033[K", applying->done, applying->count);
    applying->shown = true;
}

static void clear_progress(struct applying *applying)
{
    if (applying->shown)
        (void)fputs("\r\033[K", stderr);
    applying->shown = false;
}

static void done(void *closure)
{
    static const uint64_t pause = TUNIC_SECOND / 10;
    struct applying *applying = closure;
    uint64_t now = applying->terminal ? tunic_clock_now() : 0;

    applying->done++;
    if (!applying->terminal || now - applying->told < pause)
        return;
    applying->told = now;
    show_progress(applying);
}

static void print_difference(void *closure, const char *name, const char *text)
{
    char shown[4 * IFNAMSIZ];

    clear_progress(closure);
    tunic_text_escape(shown, sizeof(shown), name);
    (void)printf("%s: %s\n", shown, text);
}

static int compare_name(const void *name, const void *item)
{
    return strcmp(name, name_of(*(const struct item *const *)item));
}

static void report(void *closure, const char *name, const struct tunic_error *error)
{
    struct applying *applying = closure;
    const struct item **found =
        bsearch(name, applying->sorted, applying->count, sizeof(*applying->sorted), compare_name);
    char place[INPUT_PLACE];

    clear_progress(applying);
    if (found) {
        input_place((*found)->path, (*found)->line, place);
        applying->session->place = place;
    }
    tunic_report_name(applying->session, name, error);
    applying->session->place = NULL;
}

/* ---- running it ------------------------------------------------------------------------ */

static int apply(struct applying *applying, bool check)
{
    struct tunic_ensure ensure = {.create = true,
                                  .check = check,
                                  .tell = print_difference,
                                  .done = done,
                                  .closure = applying};
    struct tunic_error error;

    for (size_t i = 0; i < applying->count; i++)
        applying->wanted[i] = (struct tunic_wanted){.name = name_of(&applying->items[i]),
                                                    .desired = &applying->items[i].desired};
    applying->told = tunic_clock_now();
    int result = tunic_interfaces_ensure(applying->session->context, applying->wanted,
                                         applying->count, &ensure, report, applying, &error);
    clear_progress(applying);
    if (result != 0)
        return (int)error.reason;
    return ensure.difference ? TUNIC_EXISTS : 0;
}

static void free_items(struct applying *applying)
{
    for (size_t i = 0; i < applying->count; i++) {
        tunic_name_list_free(&applying->items[i].names);
        tunic_desired_free(&applying->items[i].desired);
        free(applying->items[i].words);
    }
    free(applying->items);
    free(applying->sorted);
    free(applying->wanted);
}

static int run(struct session *session, struct arguments *arguments)
{
    struct applying applying = {.session = session,
                                .terminal = !session->options.quiet && isatty(STDERR_FILENO)};
    struct tunic_error error;
    int code = 0;

    for (size_t i = 0; i < arguments->names.count; i++) {
        int failed = read_file(&applying, arguments->names.names[i]);
        code = code == 0 ? failed : code;
    }
    applying.sorted = calloc(applying.count + 1, sizeof(*applying.sorted));
    applying.wanted = calloc(applying.count + 1, sizeof(*applying.wanted));
    if (code == 0 && applying.sorted && applying.wanted) {
        for (size_t i = 0; i < applying.count; i++)
            applying.sorted[i] = &applying.items[i];
        code = check_doubles(&applying);
        if (code == 0)
            code = apply(&applying, arguments->check);
    } else if (code == 0) {
        (void)tunic_error_memory(&error);
        code = tunic_report_error(session, &error);
    }
    free_items(&applying);
    return code;
}

const struct command tunic_command_apply = {
    .name = "apply",
    .summary = "make the interfaces of a file so",
    .prepare = prepare,
    .run = run,
};
