/* SPDX-License-Identifier: MIT */
/* Private to lib/grammar: the walk through the words that parsing and completion share. */
#ifndef TUNIC_GRAMMAR_WALK_H
#define TUNIC_GRAMMAR_WALK_H

#include "grammar/grammar.h"

/* Bare names stand in one unbroken run: not begun, in it, or over. */
enum tunic_run {
    TUNIC_RUN_BEFORE,
    TUNIC_RUN_INSIDE,
    TUNIC_RUN_OVER,
};

struct tunic_walk {
    const struct tunic_grammar *grammar;
    enum tunic_run run;
    bool named_by_keyword; /* `dev` or `name` was used: no bare name may follow */
    size_t names;
    /* The keyword given last, whose options may follow, and which of them were given. */
    const struct tunic_keyword *last;
    const struct tunic_section *last_section;
    uint64_t last_options;
};

/* What a word at the place of a keyword is. */
enum tunic_word_kind {
    TUNIC_WORD_UNKNOWN,
    TUNIC_WORD_AMBIGUOUS,
    TUNIC_WORD_KEYWORD,
    TUNIC_WORD_OPTION, /* of the keyword before it */
    TUNIC_WORD_NAME,
    TUNIC_WORD_NAMING, /* `dev` or `name`: the next word is a name */
};

struct tunic_match {
    enum tunic_word_kind kind;
    const struct tunic_section *section; /* an option's: that of its keyword */
    size_t index;                        /* the row in the section, or in the options of `last` */
    const struct tunic_keyword *keyword; /* NULL where it is neither keyword nor option */
};

struct tunic_match tunic_walk_match(const struct tunic_walk *walk, const char *word);
bool tunic_walk_bare_name(const struct tunic_walk *walk);
/* Moves the walk over a word that was matched (and its value, if it has one). */
void tunic_walk_step(struct tunic_walk *walk, const struct tunic_match *match);
bool tunic_section_accepts(const struct tunic_section *section, size_t index);

/* names.c: adds a name that is judged before; and, once all are there, looks for doubles among
 * many.
 */
int tunic_walk_add_name(const struct tunic_walk *walk, const char *name,
                        struct tunic_name_list *names, struct tunic_error *error);
int tunic_names_check(const struct tunic_name_list *names, struct tunic_error *error);

/* The option that a word between a keyword and its rest is, or NULL: the rest begins with it. Bits
 * of `given` are the options that were given. */
const struct tunic_keyword *tunic_rest_option(const struct tunic_keyword *keyword, const char *word,
                                              uint64_t *given);

/* Whether an option of the last keyword may be given (again). */
static inline bool tunic_walk_offers(const struct tunic_walk *walk, size_t option)
{
    return !(walk->last_options >> option & 1) ||
           walk->last->options[option].repeat == TUNIC_REPEAT_ALWAYS;
}

/* Whether a value follows the keyword. Inline so that a reader of one file, the static analyser
 * among them, sees that only a keyword without a value is given none. */
static inline bool tunic_keyword_has_value(const struct tunic_keyword *keyword)
{
    switch (keyword->value) {
    case TUNIC_VALUE_NONE:
        return false;
    case TUNIC_VALUE_CUSTOM:
        return keyword->placeholder != NULL;
    case TUNIC_VALUE_NUMBER:
    case TUNIC_VALUE_CHOICE:
    case TUNIC_VALUE_WORD:
    case TUNIC_VALUE_REST:
        return true;
    }
    return true;
}

#endif
