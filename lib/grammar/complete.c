/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <string.h>

struct completion {
    struct tunic_walk walk;
    uint64_t named[8]; /* what each section was given: the targets are not touched */
    tunic_offer offer;
    tunic_provide provide;
    void *closure;
};

static uint64_t *named_of(struct completion *completion, const struct tunic_section *section)
{
    return &completion->named[section - completion->walk.grammar->sections];
}

static void offer_value(const struct completion *completion, const struct tunic_keyword *keyword)
{
    for (const char *const *choice = keyword->choices; choice && *choice; choice++)
        completion->offer(completion->closure, *choice, keyword->help);
    if (keyword->candidates != TUNIC_CANDIDATES_NONE)
        completion->provide(completion->closure, keyword->candidates);
}

/* Whether a row is used up, or excluded by another that was given. */
static bool used_up(const struct tunic_section *section, uint64_t named, size_t index)
{
    const struct tunic_keyword *keyword = &section->keywords[index];

    if (keyword->repeat != TUNIC_REPEAT_ALWAYS && named >> index & 1)
        return true;
    for (size_t i = 0; keyword->exclusive != 0 && i < section->count; i++)
        if (named >> i & 1 && section->keywords[i].exclusive == keyword->exclusive)
            return i != index || keyword->repeat != TUNIC_REPEAT_ALWAYS;
    return false;
}

static void offer_keywords(struct completion *completion)
{
    const struct tunic_walk *walk = &completion->walk;
    const struct tunic_grammar *grammar = walk->grammar;

    for (size_t i = 0; walk->last && i < walk->last->option_count; i++)
        if (!(walk->last_options >> i & 1) || walk->last->options[i].repeat == TUNIC_REPEAT_ALWAYS)
            completion->offer(completion->closure, walk->last->options[i].word,
                              walk->last->options[i].help);
    for (size_t s = 0; s < grammar->section_count; s++) {
        const struct tunic_section *section = &grammar->sections[s];
        for (size_t i = 0; i < section->count; i++)
            if (tunic_section_accepts(section, i) &&
                !used_up(section, *named_of(completion, section), i))
                completion->offer(completion->closure, section->keywords[i].word,
                                  section->keywords[i].help);
    }
    if (tunic_walk_bare_name(walk))
        completion->provide(completion->closure, grammar->name_candidates);
    if (grammar->names == TUNIC_NAMES_MANY ||
        (grammar->names == TUNIC_NAMES_ONE && walk->names == 0))
        completion->offer(completion->closure, "dev", "an interface name follows");
}

void tunic_grammar_complete(const struct tunic_grammar *grammar, const char *const *words,
                            size_t count, tunic_offer offer, tunic_provide provide, void *closure)
{
    struct completion completion = {
        .walk = {.grammar = grammar}, .offer = offer, .provide = provide, .closure = closure};

    for (size_t i = 0; i + 1 < count; i++) {
        struct tunic_match match = tunic_walk_match(&completion.walk, words[i]);
        bool valued = match.kind == TUNIC_WORD_NAMING ||
                      (match.keyword && tunic_keyword_has_value(match.keyword));
        if (match.kind == TUNIC_WORD_KEYWORD)
            *named_of(&completion, match.section) |= UINT64_C(1) << match.index;
        if (valued && i + 2 == count) {
            if (match.kind == TUNIC_WORD_NAMING)
                provide(closure, grammar->name_candidates);
            else
                offer_value(&completion, match.keyword);
            return;
        }
        tunic_walk_step(&completion.walk, &match);
        i += valued;
    }
    offer_keywords(&completion);
}
