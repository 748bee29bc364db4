/* SPDX-License-Identifier: MIT */
/*
 * Words from a file: what batches and interface files are written in. A comment begins with a '#'
 * that begins a word; '\' before the end of a line goes on in the next; "…" holds blanks, with \"
 * and \\ inside, and may be empty.
 */
#include "grammar/grammar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1 << 20 }; /* bytes of a line with all that it is continued by */

/* Reads one line as people count them, with those that continue it. Returns 1, 0 at the end, or a
 * negative errno. */
static int read_whole(struct tunic_lines *lines, FILE *file, struct tunic_line *line,
                      struct tunic_error *error)
{
    ssize_t length;

    tunic_text_clear(&lines->text);
    line->number = lines->number + 1;
    while (errno = 0, (length = getline(&lines->raw, &lines->raw_size, file)) >= 0) {
        lines->number++;
        size_t size = (size_t)length;
        if (memchr(lines->raw, '\0', size))
            return tunic_error_set(error, TUNIC_USAGE, "it holds a NUL byte");
        while (size > 0 && (lines->raw[size - 1] == '\n' || lines->raw[size - 1] == '\r'))
            size--;
        bool continued =
            size > 0 && lines->raw[size - 1] == '\\' && !(size > 1 && lines->raw[size - 2] == '\\');
        tunic_text_add_bytes(&lines->text, lines->raw, continued ? size - 1 : size);
        if (lines->text.failed)
            return tunic_error_memory(error);
        if (lines->text.length > LONGEST)
            return tunic_error_set(error, TUNIC_USAGE, "it is longer than 1 MiB");
        if (!continued)
            return 1;
        tunic_text_add_bytes(&lines->text, " ", 1);
    }
    if (ferror(file))
        return tunic_error_system(error, errno ? errno : EIO, "cannot read the file");
    return lines->text.length > 0;
}

/* Takes one word off `*rest`, in place. Returns 1, 0 where there is none, -1 for an open quote. */
static int take_word(char **rest, const char **word)
{
    char *from = *rest + strspn(*rest, " \t");
    char *to = from;
    bool quoted = false;

    if (*from == '\0' || *from == '#')
        return 0;
    *word = from;
    for (; *from != '\0' && (quoted || (*from != ' ' && *from != '\t')); from++) {
        if (*from == '"')
            quoted = !quoted;
        else if (quoted && *from == '\\' && (from[1] == '"' || from[1] == '\\'))
            *to++ = *++from;
        else
            *to++ = *from;
    }
    if (quoted)
        return -1;
    *rest = *from == '\0' ? from : from + 1;
    *to = '\0';
    return 1;
}

int tunic_lines_next(struct tunic_lines *lines, FILE *file, struct tunic_line *line,
                     struct tunic_error *error)
{
    for (;;) {
        int result = read_whole(lines, file, line, error);
        if (result <= 0)
            return result;
        char *rest = lines->text.text;
        const char *word = NULL;
        lines->words.count = 0;
        while (rest && (result = take_word(&rest, &word)) > 0) {
            result = tunic_name_list_add(&lines->words, word, error);
            if (result != 0)
                return result;
        }
        if (result < 0)
            return tunic_error_set(error, TUNIC_USAGE, "a '\"' is not closed");
        if (lines->words.count == 0)
            continue;
        line->words = lines->words.names;
        line->count = lines->words.count;
        return 1;
    }
}

void tunic_line_add(struct tunic_text *text, const char *word)
{
    if (*word != '\0' && word[strcspn(word, " \t#\"\\")] == '\0') {
        tunic_text_add(text, "%s", word);
        return;
    }
    tunic_text_add(text, "\"");
    for (; *word != '\0'; word++)
        tunic_text_add(text, *word == '"' || *word == '\\' ? "\\%c" : "%c", *word);
    tunic_text_add(text, "\"");
}

void tunic_lines_free(struct tunic_lines *lines)
{
    free(lines->raw);
    tunic_text_free(&lines->text);
    tunic_name_list_free(&lines->words);
}
