/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <string.h>

struct completion {
    struct tunic_walk walk;
    uint64_t named[TUNIC_SECTIONS]; /* what each section was given: the targets are not touched */
    tunic_offer offer;
    tunic_provide provide;
    void *closure;
};

static void offer_value(const struct completion *completion, const struct tunic_keyword *keyword)
{
    for (size_t i = 0; keyword->choices && keyword->choices[i]; i++)
        completion->offer(completion->closure, keyword->choices[i],
                          keyword->choice_help ? keyword->choice_help[i] : keyword->help);
    if (keyword->candidates != TUNIC_CANDIDATES_NONE)
        completion->provide(completion->closure, keyword->candidates);
}

/* Whether something was given that contradicts names. */
static bool unnamed(const struct completion *completion)
{
    const struct tunic_grammar *grammar = completion->walk.grammar;

    for (size_t i = 0; i < grammar->section_count; i++)
        if (completion->named[i] & grammar->sections[i].instead_of_names)
            return true;
    return false;
}

/* Whether a row is used up, or excluded by another that was given, or by the names. */
static bool used_up(const struct completion *completion, const struct tunic_section *section,
                    size_t index)
{
    const struct tunic_keyword *keyword = &section->keywords[index];
    uint64_t named = completion->named[section - completion->walk.grammar->sections];

    if (completion->walk.names > 0 && section->instead_of_names >> index & 1)
        return true;
    if (section->of_names >> index & 1 && unnamed(completion))
        return true;
    if (keyword->repeat != TUNIC_REPEAT_ALWAYS && named >> index & 1)
        return true;
    for (size_t i = 0; keyword->exclusive != 0 && i < section->count; i++)
        if (named >> i & 1 && section->keywords[i].exclusive == keyword->exclusive)
            return i != index || keyword->repeat != TUNIC_REPEAT_ALWAYS;
    return false;
}

static void offer_names(const struct completion *completion)
{
    const struct tunic_walk *walk = &completion->walk;
    const struct tunic_grammar *grammar = walk->grammar;
    bool more = grammar->names == TUNIC_NAMES_MANY ||
                (grammar->names == TUNIC_NAMES_ONE && walk->names == 0);

    if (unnamed(completion))
        return;
    if (tunic_walk_bare_name(walk))
        completion->provide(completion->closure, grammar->name_candidates);
    if (more && !grammar->name_placeholder)
        completion->offer(completion->closure, "dev", "an interface name follows");
}

/* Whether the word of a keyword means an option at this place. */
static bool is_option(const struct tunic_walk *walk, const char *word)
{
    for (size_t i = 0; walk->last && i < walk->last->option_count; i++)
        if (tunic_walk_offers(walk, i) && strcmp(walk->last->options[i].word, word) == 0)
            return true;
    return false;
}

static void offer_keywords(const struct completion *completion)
{
    const struct tunic_walk *walk = &completion->walk;
    const struct tunic_grammar *grammar = walk->grammar;

    for (size_t i = 0; walk->last && i < walk->last->option_count; i++)
        if (tunic_walk_offers(walk, i))
            completion->offer(completion->closure, walk->last->options[i].word,
                              walk->last->options[i].help);
    for (size_t s = 0; s < grammar->section_count; s++) {
        const struct tunic_section *section = &grammar->sections[s];
        for (size_t i = 0; i < section->count; i++)
            if (tunic_section_accepts(section, i) && !used_up(completion, section, i) &&
                !is_option(walk, section->keywords[i].word))
                completion->offer(completion->closure, section->keywords[i].word,
                                  section->keywords[i].help);
    }
    offer_names(completion);
}

/* Offers what may stand in place of the last of the words behind a keyword that takes the rest. */
static void complete_rest(const struct completion *completion, const struct tunic_keyword *keyword,
                          const char *const *words, size_t count)
{
    const struct tunic_keyword *option;
    uint64_t given = 0;
    size_t next = 0;

    while (next + 1 < count && (option = tunic_rest_option(keyword, words[next], &given)) != NULL) {
        next++;
        if (!tunic_keyword_has_value(option))
            continue;
        if (next + 1 == count) {
            offer_value(completion, option);
            return;
        }
        next++;
    }
    for (size_t i = 0; next + 1 == count && i < keyword->option_count; i++)
        if (!(given >> i & 1))
            completion->offer(completion->closure, keyword->options[i].word,
                              keyword->options[i].help);
    completion->provide(completion->closure, keyword->candidates);
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
            completion.named[match.section - grammar->sections] |= UINT64_C(1) << match.index;
        if (match.keyword && match.keyword->value == TUNIC_VALUE_REST) {
            complete_rest(&completion, match.keyword, words + i + 1, count - i - 1);
            return;
        }
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
