/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <string.h>

bool tunic_section_accepts(const struct tunic_section *section, size_t index)
{
    return section->accepted >> index & 1;
}

bool tunic_walk_bare_name(const struct tunic_walk *walk)
{
    if (walk->grammar->names == TUNIC_NAMES_NONE || walk->named_by_keyword)
        return false;
    if (walk->grammar->names == TUNIC_NAMES_ONE)
        return walk->names == 0;
    return walk->run != TUNIC_RUN_OVER;
}

/* How a word may stand for a keyword. */
enum matching {
    MATCH_EXACT,
    MATCH_IPROUTE2, /* any prefix, rows marked so, first row wins */
    MATCH_PREFIX,   /* any prefix that fits one row only */
};

static bool word_matches(const char *word, const char *full, enum matching how)
{
    if (how == MATCH_EXACT)
        return strcmp(word, full) == 0;
    return *word != '\0' && strncmp(word, full, strlen(word)) == 0;
}

/* Rows that a word may mean. */
struct table {
    enum tunic_word_kind kind;
    const struct tunic_section *section;
    const struct tunic_keyword *keywords;
    size_t count;
    uint64_t accepted; /* bit i: row i counts */
};

/* Counts a hit of one table into `match`. Returns true where the search is over. */
static bool match_table(struct tunic_match *match, const struct table *table, const char *word,
                        enum matching how)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tunic_keyword *keyword = &table->keywords[i];
        if (!(table->accepted >> i & 1) || (how == MATCH_IPROUTE2 && !keyword->iproute2) ||
            (how == MATCH_PREFIX && keyword->value == TUNIC_VALUE_REST) ||
            !word_matches(word, keyword->word, how))
            continue;
        if (match->kind != TUNIC_WORD_UNKNOWN) {
            *match = (struct tunic_match){.kind = TUNIC_WORD_AMBIGUOUS};
            return true;
        }
        *match = (struct tunic_match){table->kind, table->section, i, keyword};
        if (how != MATCH_PREFIX)
            return true;
    }
    return false;
}

/* The options of the keyword before, those that may be given (again), or the others. */
static bool match_options(struct tunic_match *match, const struct tunic_walk *walk, bool again,
                          const char *word, enum matching how)
{
    if (!walk->last)
        return false;
    struct table table = {.kind = TUNIC_WORD_OPTION,
                          .section = walk->last_section,
                          .keywords = walk->last->options,
                          .count = walk->last->option_count};
    for (size_t i = 0; i < table.count; i++)
        if (tunic_walk_offers(walk, i) == !again)
            table.accepted |= UINT64_C(1) << i;
    return match_table(match, &table, word, how);
}

static struct tunic_match match_keywords(const struct tunic_walk *walk, const char *word,
                                         enum matching how)
{
    struct tunic_match match = {.kind = TUNIC_WORD_UNKNOWN};

    if (match_options(&match, walk, false, word, how))
        return match;
    for (size_t i = 0; i < walk->grammar->section_count; i++) {
        const struct tunic_section *section = &walk->grammar->sections[i];
        const struct table table = {.kind = TUNIC_WORD_KEYWORD,
                                    .section = section,
                                    .keywords = section->keywords,
                                    .count = section->count,
                                    .accepted = section->accepted};
        if (match_table(&match, &table, word, how))
            return match;
    }
    /* A mistake, unless it is a keyword too. */
    if (match.kind == TUNIC_WORD_UNKNOWN)
        (void)match_options(&match, walk, true, word, how);
    return match;
}

static bool naming(const struct tunic_walk *walk, const char *word, enum matching how)
{
    return walk->grammar->names != TUNIC_NAMES_NONE && !walk->grammar->name_placeholder &&
           (word_matches(word, "dev", how) || word_matches(word, "name", how));
}

struct tunic_match tunic_walk_match(const struct tunic_walk *walk, const char *word)
{
    static const enum matching order[] = {MATCH_EXACT, MATCH_IPROUTE2};
    struct tunic_match match = {.kind = TUNIC_WORD_UNKNOWN};

    for (size_t i = 0; i < TUNIC_COUNT(order); i++) {
        match = match_keywords(walk, word, order[i]);
        if (match.kind != TUNIC_WORD_UNKNOWN)
            return match;
        if (naming(walk, word, order[i])) {
            match.kind = TUNIC_WORD_NAMING;
            return match;
        }
    }
    if (tunic_walk_bare_name(walk)) {
        match.kind = TUNIC_WORD_NAME;
        return match;
    }
    return match_keywords(walk, word, MATCH_PREFIX);
}

const struct tunic_keyword *tunic_rest_option(const struct tunic_keyword *keyword, const char *word,
                                              uint64_t *given)
{
    for (size_t i = 0; i < keyword->option_count; i++) {
        if (strcmp(word, keyword->options[i].word) != 0 || *given >> i & 1)
            continue;
        *given |= UINT64_C(1) << i;
        return &keyword->options[i];
    }
    return NULL;
}

void tunic_walk_step(struct tunic_walk *walk, const struct tunic_match *match)
{
    switch (match->kind) {
    case TUNIC_WORD_OPTION:
        walk->last_options |= UINT64_C(1) << match->index;
        return;
    case TUNIC_WORD_NAME:
        walk->run = TUNIC_RUN_INSIDE;
        walk->names++;
        break;
    case TUNIC_WORD_NAMING:
        walk->named_by_keyword = true;
        walk->names++;
        break;
    case TUNIC_WORD_KEYWORD:
    case TUNIC_WORD_UNKNOWN:
    case TUNIC_WORD_AMBIGUOUS:
        if (walk->run == TUNIC_RUN_INSIDE)
            walk->run = TUNIC_RUN_OVER;
        break;
    }
    walk->last = match->kind == TUNIC_WORD_KEYWORD ? match->keyword : NULL;
    walk->last_section = match->section;
    walk->last_options = 0;
}
