/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct options, member)

/* Long words are taken behind one dash too, and cut off, as iproute2's users type them: the first
 * row that fits. */
static const struct option_row rows[] = {
    {'j', "json", NULL, "print JSON", AT(json), 0, false},
    {'p', "pretty", NULL, "JSON with line breaks", AT(pretty), 0, false},
    {'d', "details", NULL, "everything that is known, and who holds it", AT(details), 0, false},
    {'s', "stats", NULL, "counters too", AT(stats), 0, false},
    {'o', "oneline", NULL, "the line of 'ip tuntap'", AT(oneline), 0, false},
    {'x', "hex", NULL, "attach: the bytes of each packet too", AT(hex), 0, false},
    {'q', "quiet", NULL, "no messages: the exit code says it", AT(quiet), 0, false},
    {'n', "netns", "NAME", "work in this network namespace", AT(netns), TUNIC_CANDIDATES_NAMESPACES,
     false},
    {'b', "batch", "FILE|-", "read command lines from a file", AT(batch), TUNIC_CANDIDATES_FILES,
     true},
    {'\0', "force", NULL, "in a batch: go on after an error", AT(force), 0, true},
    {'f', "device-node", "PATH", "the device node, " TUNIC_DEVICE_NODE " otherwise",
     AT(device_node), TUNIC_CANDIDATES_FILES, false},
    {'c', "color", "auto|always|never", "colours; auto: on a terminal", AT(color_word), 0, false},
    {'V', "version", NULL, "print the version", AT(version), 0, true},
    {'h', "help", NULL, "print help", AT(help), 0, false},
};

const struct option_row *tunic_option_rows(size_t *count)
{
    *count = TUNIC_COUNT(rows);
    return rows;
}

bool tunic_color_wanted(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(no_color && *no_color != '\0') &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

/* ---- setting one ----------------------------------------------------------------------- */

static int refuse_option(struct tunic_error *error, const struct option_row *row, const char *what)
{
    return tunic_error_set(error, TUNIC_USAGE, "option '--%s': %s", row->word, what);
}

static int refuse_value(struct tunic_error *error, const struct option_row *row, const char *value,
                        const char *why)
{
    char quoted[80];

    tunic_text_escape(quoted, sizeof(quoted), value);
    return tunic_error_set(error, TUNIC_USAGE, "option '--%s=%s': %s", row->word, quoted, why);
}

static int set_color(struct options *options, const struct option_row *row,
                     struct tunic_error *error)
{
    static const char *const words[] = {"never", "auto", "always"};

    for (unsigned i = 0; i < TUNIC_COUNT(words); i++) {
        if (strcmp(options->color_word, words[i]) == 0) {
            options->color = (enum color)i;
            return 0;
        }
    }
    return refuse_value(error, row, options->color_word, "'auto', 'always' or 'never' is expected");
}

static int set_option(struct options *options, const struct option_row *row, const char *value,
                      struct tunic_error *error)
{
    void *member = (char *)options + row->offset;

    if (!row->value) {
        *(bool *)member = true;
        return 0;
    }
    if (!value || *value == '\0')
        return refuse_option(error, row, "its value is empty");
    *(const char **)member = value;
    return row->offset == AT(color_word) ? set_color(options, row, error) : 0;
}

/* ---- finding one ----------------------------------------------------------------------- */

static const struct option_row *find_letter(char letter)
{
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        if (rows[i].letter != '\0' && rows[i].letter == letter)
            return &rows[i];
    return NULL;
}

/* The option of this long word, spelled out, or also cut off: the first row that fits. */
static const struct option_row *find_word(const char *word, size_t length, bool cut_off)
{
    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        if (length > 1 && strncmp(rows[i].word, word, length) == 0 &&
            (cut_off || rows[i].word[length] == '\0'))
            return &rows[i];
    return NULL;
}

/* Whether a word is joined letters, of which only the last one takes a value. */
static bool are_letters(const char *word)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct option_row *row = find_letter(*letter);
        if (!row || (row->value && letter[1] != '\0' && letter[1] != '='))
            return false;
        if (row->value)
            return true;
    }
    return true;
}

static int unknown_option(struct tunic_error *error, const char *word)
{
    const char *candidates[TUNIC_COUNT(rows) + 1];
    char quoted[80];

    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        candidates[i] = rows[i].word;
    candidates[TUNIC_COUNT(rows)] = NULL;
    tunic_text_escape(quoted, sizeof(quoted), word);
    (void)tunic_error_set(error, TUNIC_USAGE, "unknown option '%s'", quoted);
    const char *nearest = tunic_nearest(word + strspn(word, "-"), candidates);
    if (nearest)
        tunic_error_hint(error, "did you mean '--%s'?", nearest);
    else
        tunic_error_hint(error, "behind '--' a word that begins with a dash is no option");
    return -EINVAL;
}

/* ---- one word -------------------------------------------------------------------------- */

/* The words that are being read. */
struct words {
    const char **words;
    size_t count;
    size_t next;
    size_t kept;                   /* those that are no options, moved to the front */
    bool over;                     /* behind "--" */
    const struct option_row *open; /* its value would be the next word, and there is none */
};

/* The option that a word spells, as "--word" or "-word", with "=VALUE" or without; NULL where it is
 * joined letters, or nothing that is known. A whole word counts before letters, and letters before
 * a word that is cut off: "-json", "-js", "-det". */
static const struct option_row *as_long(const char *word, const char **value)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);
    size_t length = strcspn(name, "=");

    *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct option_row *row = find_word(name, length, false);
    if (row || (word[1] != '-' && are_letters(word)))
        return row;
    return find_word(name, length, true);
}

static int take_value(struct words *words, const struct option_row *row, const char **value,
                      struct tunic_error *error)
{
    /* A bare -c or --color means always, as in iproute2: its value stands behind '='. */
    if (row->offset == AT(color_word)) {
        *value = "always";
        return 0;
    }
    if (words->next == words->count) {
        words->open = row;
        return refuse_option(error, row, "a value is missing");
    }
    *value = words->words[words->next++];
    return 0;
}

static int take_letters(struct options *options, struct words *words, const char *word,
                        struct tunic_error *error)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct option_row *row = find_letter(*letter);
        const char *value = NULL;
        int result = 0;
        if (!row || (row->value && letter[1] != '\0' && letter[1] != '='))
            return unknown_option(error, word);
        if (row->value && letter[1] == '=')
            value = letter + 2;
        else if (row->value)
            result = take_value(words, row, &value, error);
        if (result == 0)
            result = set_option(options, row, value, error);
        if (result != 0 || row->value)
            return result;
    }
    return 0;
}

static int take_word(struct options *options, struct words *words, const char *word,
                     struct tunic_error *error)
{
    const char *value;
    const struct option_row *row = as_long(word, &value);

    if (!row)
        return word[1] == '-' ? unknown_option(error, word)
                              : take_letters(options, words, word, error);
    if (value && !row->value)
        return refuse_value(error, row, value, "it takes no value");
    if (!value && row->value) {
        int result = take_value(words, row, &value, error);
        if (result != 0)
            return result;
    }
    return set_option(options, row, value, error);
}

/* A lone dash, and a dash before a digit, are words: `broadcast -`, `user -1`. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

/* Whether what follows the last word that was kept is another program's. */
static bool begins_rest(const struct words *words)
{
    struct tunic_error ignored;

    if (words->kept < 2)
        return false;
    const char *last = words->words[words->kept - 1];
    const char *before = words->words[words->kept - 2];
    const struct command *command = tunic_command_find(words->words[0], &ignored);
    return command && command->rest && strcmp(last, command->rest) == 0 &&
           strcmp(before, "dev") != 0 && strcmp(before, "name") != 0;
}

static int take_words(struct options *options, struct words *words, struct tunic_error *error)
{
    while (words->next < words->count) {
        const char *word = words->words[words->next++];
        if (words->over || !is_option(word)) {
            words->words[words->kept++] = word;
            words->over = words->over || begins_rest(words);
            continue;
        }
        if (strcmp(word, "--") == 0) {
            words->over = true;
            continue;
        }
        int result = take_word(options, words, word, error);
        if (result != 0)
            return result;
    }
    return 0;
}

int tunic_options_take(struct options *options, const char **words, size_t *count,
                       struct tunic_error *error)
{
    struct words reading = {.words = words, .count = *count};
    int result = take_words(options, &reading, error);

    if (result == 0)
        *count = reading.kept;
    return result;
}

const struct option_row *tunic_options_begun(struct options *options, const char **words,
                                             size_t *count, bool *over)
{
    struct words reading = {.words = words, .count = *count};
    struct tunic_error ignored;

    while (take_words(options, &reading, &ignored) != 0)
        ; /* it stopped behind the wrong one */
    *count = reading.kept;
    *over = reading.over;
    return reading.open;
}

bool tunic_option_given(const struct options *options, const struct option_row *row)
{
    const char *member = (const char *)options + row->offset;
    const char *value;

    if (!row->value)
        return *(const bool *)member;
    memcpy(&value, member, sizeof(value)); /* cppcheck-suppress pointerSize */
    return value != NULL;
}
