/* SPDX-License-Identifier: MIT */
/*
 * lib/grammar: command lines from tables.
 *
 * A grammar is a list of sections, a section a table of keywords with the struct that they fill.
 * The same tables drive everything that knows a keyword: parsing (parse.c), the errors with the
 * nearest valid word (nearest.c), what a shell offers after Tab (complete.c) and the usage text
 * (usage.c); lines.c reads such words from files. So a keyword exists in one place, and nothing
 * about it can disagree.
 *
 * Words come in any order. At the place of a keyword a word is tried as, in this order:
 *   1. an option of the keyword before it (`addr CIDR [peer A]`) that was not used up there, then a
 *      keyword, spelled out;
 *   2. a prefix that iproute2 takes (rows marked `iproute2`, the first row that fits);
 *   3. a name, where a bare name may stand: names stand in one unbroken run, or each after
 *      `dev` or `name`;
 *   4. an unambiguous prefix of any keyword.
 * So a cut-off keyword never becomes a name by accident, and a name never a keyword.
 *
 * A keyword that takes the rest of the words (TUNIC_VALUE_REST) has to be spelled out: whoever
 * reads the options before all this must know it too. Its own options stand before the rest,
 * spelled out; a "--" may end them.
 */
#ifndef TUNIC_GRAMMAR_H
#define TUNIC_GRAMMAR_H

#include "base/base.h"

#include <stdio.h>

/* What follows a keyword, and the type of the member at `offset` in the section's target. */
enum tunic_value {
    TUNIC_VALUE_NONE,   /* nothing; bool, set to true */
    TUNIC_VALUE_NUMBER, /* digits within [minimum, maximum]; uint32_t */
    TUNIC_VALUE_CHOICE, /* one of `choices`; uint32_t, its index */
    TUNIC_VALUE_WORD,   /* any word; const char *, borrowed from the words parsed */
    TUNIC_VALUE_CUSTOM, /* what `parse` says */
    TUNIC_VALUE_REST,   /* all that follows, at least one word; struct tunic_rest */
};

/* Words that are another program's; borrowed from the words parsed. */
struct tunic_rest {
    const char *const *words;
    size_t count;
};

/* What a shell may offer where a value or a name stands. */
enum tunic_candidates {
    TUNIC_CANDIDATES_NONE,
    TUNIC_CANDIDATES_INTERFACES,
    TUNIC_CANDIDATES_FREE_INTERFACES,
    TUNIC_CANDIDATES_LINKS, /* interfaces of any kind */
    TUNIC_CANDIDATES_USERS,
    TUNIC_CANDIDATES_GROUPS,
    TUNIC_CANDIDATES_MASTERS,
    TUNIC_CANDIDATES_NAMESPACES,
    TUNIC_CANDIDATES_FILES,
    TUNIC_CANDIDATES_COMMANDS,
};

/* Whether a keyword may be given again. */
enum tunic_repeat {
    TUNIC_REPEAT_NEVER,
    TUNIC_REPEAT_EQUAL, /* with the same value, as iproute2 allows it */
    TUNIC_REPEAT_ALWAYS,
};

struct tunic_keyword {
    const char *word;
    const char *placeholder; /* the value in usage texts, "N"; NULL: from `choices`, or none */
    const char *help;        /* one line for people */
    enum tunic_value value;
    enum tunic_candidates candidates;
    enum tunic_repeat repeat;
    bool iproute2;     /* taken by any prefix, the first such row in table order */
    uint8_t exclusive; /* rows of one section with the same number exclude each other */
    uint64_t minimum;
    uint64_t maximum;
    /* NULL-terminated. Of a custom value: the words that it takes beside those only `parse` knows,
     * for completion alone. */
    const char *const *choices;
    const char *const *choice_help; /* one line for each of them; NULL: `help` */
    size_t offset;
    /* TUNIC_VALUE_CUSTOM: reads `word` (NULL where placeholder is) into `target`. */
    int (*parse)(const char *word, void *target, struct tunic_error *error);
    /* Accepted directly after it; custom or none only. Of the rest: between it and the rest. */
    const struct tunic_keyword *options;
    size_t option_count;
    const void *extra; /* what the table's owner keeps with a row: nothing here looks at it */
};

/* At most 64 rows. Bit i of `*named` is set when row i was given. */
struct tunic_section {
    const struct tunic_keyword *keywords;
    size_t count;
    uint64_t accepted; /* bit i: row i belongs to this command */
    void *target;
    uint64_t *named;
    /* Rows that contradict names, and rows that mean nothing without one: parsing leaves it to the
     * command to say so, completion offers neither kind beside the other. */
    uint64_t instead_of_names;
    uint64_t of_names;
};

#define TUNIC_ACCEPT_ALL UINT64_MAX

enum tunic_names {
    TUNIC_NAMES_NONE,
    TUNIC_NAMES_ONE,
    TUNIC_NAMES_MANY,
};

enum { TUNIC_SECTIONS = 8 };

struct tunic_grammar {
    enum tunic_names names;
    bool names_optional;
    /* What a name is called in usage texts, where it is not an interface's and `dev` cannot stand
     * before it. NULL: an interface's, "NAME". */
    const char *name_placeholder;
    enum tunic_candidates name_candidates;
    /* Judges a name; NULL takes any. */
    int (*check_name)(const char *name, struct tunic_error *error);
    const struct tunic_section *sections;
    size_t section_count; /* at most TUNIC_SECTIONS */
};

/* Names in the order given; the strings are borrowed from the words. */
struct tunic_name_list {
    const char **names;
    size_t count;
    size_t capacity;
};

int tunic_name_list_add(struct tunic_name_list *list, const char *name, struct tunic_error *error);
void tunic_name_list_free(struct tunic_name_list *list);

/* Parses `words` into the sections' targets and `names`. On failure (-EINVAL, -ENOMEM, or what a
 * custom parse returned) targets and names hold what came before the wrong word. */
int tunic_grammar_parse(const struct tunic_grammar *grammar, const char *const *words, size_t count,
                        struct tunic_name_list *names, struct tunic_error *error);

/* One candidate for the word being typed, with a description that may be empty. */
typedef void (*tunic_offer)(void *closure, const char *word, const char *description);
/* Offers the candidates of a kind that only the system knows. */
typedef void (*tunic_provide)(void *closure, enum tunic_candidates kind);

/* Offers what may stand in place of words[count - 1], given the words before it. Words that are
 * wrong are passed over as well as can be. Offers are not filtered by what is typed. */
void tunic_grammar_complete(const struct tunic_grammar *grammar, const char *const *words,
                            size_t count, tunic_offer offer, tunic_provide provide, void *closure);

/* Appends " NAME… [mode tun|tap] …". */
void tunic_grammar_usage(const struct tunic_grammar *grammar, struct tunic_text *text);
/* Appends one line a keyword: two blanks, "word VALUE", the help aligned behind it. */
void tunic_grammar_explain(const struct tunic_grammar *grammar, struct tunic_text *text);
/* Appends what a keyword and its value look like: "mtu N", "mode tun|tap". */
void tunic_keyword_form(const struct tunic_keyword *keyword, struct tunic_text *text);

/* The word of `candidates` (NULL-terminated) that `word` was probably meant to be, or NULL. */
const char *tunic_nearest(const char *word, const char *const *candidates);
/* Edits (insertion, deletion, substitution, swap of neighbours) from one word to another; words
 * longer than 32 bytes are far from everything: SIZE_MAX. */
size_t tunic_edit_distance(const char *left, const char *right);

/* ---- words from a file ----------------------------------------------------------------- */

/* One line of words; valid until the next is read. */
struct tunic_line {
    size_t number; /* of its first line, counted from 1 */
    const char **words;
    size_t count;
};

/* A file being read. Zero-initialised. */
struct tunic_lines {
    char *raw;
    size_t raw_size;
    size_t number;
    struct tunic_text text;
    struct tunic_name_list words;
};

/* Reads the next line that has words. Returns 1, 0 at the end of the file, or a negative errno;
 * where the line is wrong (TUNIC_USAGE), its number is set. */
int tunic_lines_next(struct tunic_lines *lines, FILE *file, struct tunic_line *line,
                     struct tunic_error *error);
void tunic_lines_free(struct tunic_lines *lines);

/* Adds a word so that it is read again as it is; a line break in it is no line's to hold. */
void tunic_line_add(struct tunic_text *text, const char *word);

#endif
