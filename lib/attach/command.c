/* SPDX-License-Identifier: MIT */
#include "attach/engine.h"

#include <stdlib.h>
#include <string.h>

/* What stands for numbers, anywhere in a word. */
enum place { PLACE_FIRST, PLACE_QUEUES, PLACE_VHOSTS, PLACE_COUNT };

static const char *const places[PLACE_COUNT] = {
    [PLACE_FIRST] = "{fd}",
    [PLACE_QUEUES] = "{fds}",
    [PLACE_VHOSTS] = "{vhostfds}",
};

/* PLACE_COUNT: none, a brace like any other. */
static enum place place_at(const char *text)
{
    unsigned place = 0;

    while (place < PLACE_COUNT && strncmp(text, places[place], strlen(places[place])) != 0)
        place++;
    return (enum place)place;
}

static void add_numbers(struct tunic_text *text, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tunic_text_add(text, "%s%zu", i > 0 ? ":" : "", first + i);
}

/* NULL: out of memory. */
static char *replace(const char *word, size_t first, size_t count)
{
    struct tunic_text text = {0};

    tunic_text_add(&text, "%s", ""); /* an empty word is a word */
    while (*word != '\0') {
        size_t plain = strcspn(word, "{");
        tunic_text_add_bytes(&text, word, plain);
        word += plain;
        enum place place = place_at(word);
        if (place != PLACE_COUNT) {
            add_numbers(&text, place == PLACE_VHOSTS ? first + count : first,
                        place == PLACE_FIRST ? 1 : count);
            word += strlen(places[place]);
        } else if (*word == '{') {
            tunic_text_add_bytes(&text, word++, 1);
        }
    }
    if (!text.failed)
        return text.text;
    tunic_text_free(&text);
    return NULL;
}

char **tunic_command_words(const struct tunic_exec *exec, int first, size_t count)
{
    char **words = calloc(exec->count + 1, sizeof(*words));

    for (size_t i = 0; words && i < exec->count; i++) {
        words[i] = replace(exec->words[i], (size_t)first, count);
        if (words[i])
            continue;
        tunic_command_free(words);
        return NULL;
    }
    return words;
}

void tunic_command_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

bool tunic_command_wants_vhost(const struct tunic_exec *exec)
{
    for (size_t i = 0; i < exec->count; i++)
        if (strstr(exec->words[i], places[PLACE_VHOSTS]))
            return true;
    return false;
}
