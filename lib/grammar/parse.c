/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <errno.h>
#include <string.h>

enum { QUOTED = 80 }; /* how much of a wrong word an error repeats */

/* ---- values ---------------------------------------------------------------------------- */

/* "mtu '70000': not within 68 to 65535". */
static int refuse_value(const struct tunic_keyword *keyword, const char *word,
                        struct tunic_error *error)
{
    char quoted[QUOTED];

    tunic_text_escape(quoted, sizeof(quoted), word);
    return tunic_error_set(error, TUNIC_USAGE, "%s '%s'", keyword->word, quoted);
}

static int parse_number(const struct tunic_keyword *keyword, const char *word, void *member,
                        struct tunic_error *error)
{
    uint64_t number;
    int result = tunic_number_parse(word, keyword->minimum, keyword->maximum, &number);

    if (result == 0) {
        uint32_t value = (uint32_t)number;
        memcpy(member, &value, sizeof(value));
        return 0;
    }
    (void)refuse_value(keyword, word, error);
    if (result == -ERANGE)
        tunic_error_cause(error, "not within %llu to %llu", (unsigned long long)keyword->minimum,
                          (unsigned long long)keyword->maximum);
    else
        tunic_error_cause(error, "not a number");
    return -EINVAL;
}

static int parse_choice(const struct tunic_keyword *keyword, const char *word, void *member,
                        struct tunic_error *error)
{
    struct tunic_text form = {0};

    for (uint32_t i = 0; keyword->choices[i]; i++) {
        bool equal = strcmp(word, keyword->choices[i]) == 0;
        bool prefix = keyword->iproute2 && *word != '\0' &&
                      strncmp(word, keyword->choices[i], strlen(word)) == 0;
        if (equal || prefix) {
            memcpy(member, &i, sizeof(i));
            return 0;
        }
    }
    (void)refuse_value(keyword, word, error);
    tunic_keyword_form(keyword, &form);
    tunic_error_cause(error, "'%s' is expected", form.text ? form.text : keyword->word);
    tunic_text_free(&form);
    const char *nearest = tunic_nearest(word, keyword->choices);
    if (nearest)
        tunic_error_hint(error, "did you mean '%s'?", nearest);
    return -EINVAL;
}

static int parse_value(const struct tunic_keyword *keyword, const char *word, void *target,
                       struct tunic_error *error)
{
    char *member = (char *)target + keyword->offset;
    static const bool given = true;

    switch (keyword->value) {
    case TUNIC_VALUE_NONE:
        memcpy(member, &given, sizeof(given));
        return 0;
    case TUNIC_VALUE_NUMBER:
        return parse_number(keyword, word, member, error);
    case TUNIC_VALUE_CHOICE:
        return parse_choice(keyword, word, member, error);
    case TUNIC_VALUE_WORD:
        memcpy(member, &word, sizeof(word)); /* cppcheck-suppress pointerSize */
        return 0;
    case TUNIC_VALUE_REST: /* take_rest */
    case TUNIC_VALUE_CUSTOM:
        break;
    }
    int result = keyword->parse(word, target, error);
    if (result == -EINVAL && error->cause[0] == '\0' && word) {
        /* A custom parser tells only what is wrong with the value: its word and keyword are
         * the same for all of them. */
        struct tunic_error cause = *error;
        (void)refuse_value(keyword, word, error);
        tunic_error_cause(error, "%s", cause.action);
        tunic_error_hint(error, "%s", cause.hint);
    }
    return result;
}

/* ---- repetition and contradiction ------------------------------------------------------ */

/* Whether `keyword`, given again, has the value that it was given before. */
static int repeated_value_equal(const struct tunic_keyword *keyword, const char *word,
                                const struct tunic_section *section, bool *equal,
                                struct tunic_error *error)
{
    uint32_t before;
    uint32_t again;
    char *member = (char *)section->target + keyword->offset;

    if (keyword->value == TUNIC_VALUE_NONE) {
        *equal = true;
        return 0;
    }
    /* Every keyword that may be repeated keeps its value as a uint32_t at `offset`. */
    memcpy(&before, member, sizeof(before));
    int result = parse_value(keyword, word, section->target, error);
    memcpy(&again, member, sizeof(again));
    memcpy(member, &before, sizeof(before));
    *equal = result == 0 && before == again;
    return result;
}

static int check_repeat(const struct tunic_match *match, const char *word, bool *skip,
                        struct tunic_error *error)
{
    const struct tunic_section *section = match->section;
    const struct tunic_keyword *keyword = match->keyword;
    bool equal = false;

    *skip = false;
    for (size_t i = 0; keyword->exclusive != 0 && i < section->count; i++) {
        const struct tunic_keyword *other = &section->keywords[i];
        if (i != match->index && other->exclusive == keyword->exclusive && *section->named >> i & 1)
            return tunic_error_set(error, TUNIC_USAGE, "'%s' contradicts '%s'", keyword->word,
                                   other->word);
    }
    if (keyword->repeat == TUNIC_REPEAT_ALWAYS || !(*section->named >> match->index & 1))
        return 0;
    if (keyword->repeat == TUNIC_REPEAT_EQUAL) {
        int result = repeated_value_equal(keyword, word, section, &equal, error);
        if (result != 0)
            return result;
        *skip = equal;
        if (equal)
            return 0;
        return tunic_error_set(error, TUNIC_USAGE, "'%s' is given twice, with different values",
                               keyword->word);
    }
    return tunic_error_set(error, TUNIC_USAGE, "'%s' is given twice", keyword->word);
}

/* ---- words ----------------------------------------------------------------------------- */

/* The keywords that could stand at the walk's place, NULL-terminated, for tunic_nearest. */
static const char *nearest_keyword(const struct tunic_walk *walk, const char *word)
{
    const char *candidates[256];
    size_t count = 0;

    for (size_t i = 0; walk->last && i < walk->last->option_count; i++)
        candidates[count++] = walk->last->options[i].word;
    for (size_t i = 0; i < walk->grammar->section_count; i++) {
        const struct tunic_section *section = &walk->grammar->sections[i];
        for (size_t k = 0; k < section->count && count < TUNIC_COUNT(candidates) - 1; k++)
            if (tunic_section_accepts(section, k))
                candidates[count++] = section->keywords[k].word;
    }
    candidates[count] = NULL;
    return tunic_nearest(word, candidates);
}

/* Whether a word is one of the tables, though not at this place: an option of another keyword
 * (`owner`, otherwise NULL), or a keyword of other commands. */
static bool misplaced(const struct tunic_walk *walk, const char *word,
                      const struct tunic_keyword **owner)
{
    bool found = false;

    *owner = NULL;
    for (size_t i = 0; i < walk->grammar->section_count; i++) {
        const struct tunic_section *section = &walk->grammar->sections[i];
        for (size_t k = 0; k < section->count; k++) {
            const struct tunic_keyword *keyword = &section->keywords[k];
            found = found || strcmp(word, keyword->word) == 0;
            for (size_t n = 0; n < keyword->option_count; n++) {
                if (strcmp(word, keyword->options[n].word) != 0)
                    continue;
                found = true;
                *owner = tunic_section_accepts(section, k) ? keyword : *owner;
            }
        }
    }
    return found;
}

static int unknown_word(const struct tunic_walk *walk, const struct tunic_match *match,
                        const char *word, struct tunic_error *error)
{
    char quoted[QUOTED];
    bool ambiguous = match->kind == TUNIC_WORD_AMBIGUOUS;
    const struct tunic_keyword *owner = NULL;
    bool elsewhere = !ambiguous && misplaced(walk, word, &owner);
    const char *nearest = ambiguous || elsewhere ? NULL : nearest_keyword(walk, word);

    tunic_text_escape(quoted, sizeof(quoted), word);
    if (ambiguous)
        (void)tunic_error_set(error, TUNIC_USAGE, "'%s' could be more than one keyword", quoted);
    else if (elsewhere)
        (void)tunic_error_set(error, TUNIC_USAGE, "'%s' has no place here", quoted);
    else
        (void)tunic_error_set(error, TUNIC_USAGE, "unknown word '%s'", quoted);
    if (nearest)
        tunic_error_hint(error, "did you mean '%s'?", nearest);
    else if (owner)
        tunic_error_hint(error, "it stands directly behind '%s' and what that takes", owner->word);
    else if (walk->grammar->names == TUNIC_NAMES_MANY && walk->names > 0)
        tunic_error_hint(error, "names stand together, or each after 'dev'");
    return -EINVAL;
}

/* In a run of names, a word that looks like a mistyped keyword or its value is not made an
 * interface: the first word of a run has no such suspicion, since iproute2 takes it. */
static int suspect_name(const struct tunic_walk *walk, const char *word, struct tunic_error *error)
{
    char quoted[QUOTED];
    const char *nearest = NULL;
    bool digits = word[strspn(word, "0123456789")] == '\0';
    bool has_digit = word[strcspn(word, "0123456789")] != '\0';
    size_t length = strlen(word);

    if (walk->run != TUNIC_RUN_INSIDE)
        return 0;
    if (!has_digit && length >= 2)
        nearest = nearest_keyword(walk, word);
    bool mistyped =
        nearest && (strncmp(word, nearest, length) == 0 || tunic_edit_distance(word, nearest) == 1);
    const struct tunic_keyword *owner;
    bool elsewhere = misplaced(walk, word, &owner);
    if (!digits && !mistyped && !elsewhere)
        return 0;
    tunic_text_escape(quoted, sizeof(quoted), word);
    (void)tunic_error_set(error, TUNIC_USAGE,
                          elsewhere ? "'%s' has no place here" : "unknown word '%s'", quoted);
    if (mistyped && !elsewhere)
        tunic_error_hint(
            error, "did you mean '%s'? An interface of this name needs 'dev' before it", nearest);
    else
        tunic_error_hint(error, "an interface of this name needs 'dev' before it");
    return -EINVAL;
}

static int missing_value(const struct tunic_match *match, const char *word,
                         struct tunic_error *error)
{
    struct tunic_text form = {0};

    if (match->kind == TUNIC_WORD_NAMING)
        return tunic_error_set(error, TUNIC_USAGE, "a name is missing after '%s'", word);
    tunic_keyword_form(match->keyword, &form);
    (void)tunic_error_set(error, TUNIC_USAGE, "a value is missing after '%s'",
                          match->keyword->word);
    tunic_error_hint(error, "'%s'", form.text ? form.text : match->keyword->word);
    tunic_text_free(&form);
    return -EINVAL;
}

/* Takes one keyword or option with its value, which may be NULL. */
static int take_keyword(const struct tunic_walk *walk, const struct tunic_match *match,
                        const char *value, struct tunic_error *error)
{
    const struct tunic_section *section = match->section;
    bool skip;

    if (match->kind == TUNIC_WORD_OPTION) {
        if (!tunic_walk_offers(walk, match->index))
            return tunic_error_set(error, TUNIC_USAGE, "'%s' is given twice for one '%s'",
                                   match->keyword->word, walk->last->word);
        return parse_value(match->keyword, value, section->target, error);
    }
    int result = check_repeat(match, value, &skip, error);
    if (result != 0 || skip)
        return result;
    result = parse_value(match->keyword, value, section->target, error);
    if (result == 0)
        *section->named |= UINT64_C(1) << match->index;
    return result;
}

/* Takes a keyword, its options and the rest of the `count` words that follow it. */
static int take_rest(const struct tunic_match *match, const char *const *words, size_t count,
                     struct tunic_error *error)
{
    const struct tunic_section *section = match->section;
    const struct tunic_keyword *keyword = match->keyword;
    const struct tunic_keyword *option;
    uint64_t given = 0;
    size_t next = 0;
    bool skip;
    int result = check_repeat(match, NULL, &skip, error);

    while (result == 0 && next < count &&
           (option = tunic_rest_option(keyword, words[next], &given)) != NULL) {
        const struct tunic_match value = {.kind = TUNIC_WORD_OPTION, .keyword = option};
        bool valued = tunic_keyword_has_value(option);
        if (valued && ++next == count)
            return missing_value(&value, words[next - 1], error);
        result = parse_value(option, valued ? words[next] : NULL, section->target, error);
        next++;
    }
    if (result != 0)
        return result;
    next += next < count && strcmp(words[next], "--") == 0;
    if (next == count)
        return missing_value(match, keyword->word, error);
    const struct tunic_rest rest = {.words = words + next, .count = count - next};
    memcpy((char *)section->target + keyword->offset, &rest, sizeof(rest));
    *section->named |= UINT64_C(1) << match->index;
    return 0;
}

int tunic_grammar_parse(const struct tunic_grammar *grammar, const char *const *words, size_t count,
                        struct tunic_name_list *names, struct tunic_error *error)
{
    struct tunic_walk walk = {.grammar = grammar};
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++) {
        struct tunic_match match = tunic_walk_match(&walk, words[i]);
        bool valued = match.kind == TUNIC_WORD_NAMING ||
                      (match.keyword && tunic_keyword_has_value(match.keyword));
        if (match.kind == TUNIC_WORD_UNKNOWN || match.kind == TUNIC_WORD_AMBIGUOUS)
            return unknown_word(&walk, &match, words[i], error);
        if (valued && i + 1 == count)
            return missing_value(&match, words[i], error);
        if (match.keyword && match.keyword->value == TUNIC_VALUE_REST) {
            result = take_rest(&match, words + i + 1, count - i - 1, error);
            break;
        }
        const char *value = valued ? words[++i] : NULL;
        if (match.kind == TUNIC_WORD_NAMING) {
            result = tunic_walk_add_name(&walk, value, names, error);
        } else if (match.kind == TUNIC_WORD_NAME) {
            result = suspect_name(&walk, words[i], error);
            if (result == 0)
                result = tunic_walk_add_name(&walk, words[i], names, error);
        } else if (match.keyword) { /* always: nothing else is left */
            result = take_keyword(&walk, &match, value, error);
        }
        tunic_walk_step(&walk, &match);
    }
    if (result == 0)
        result = tunic_names_check(names, error);
    if (result == 0 && names->count == 0 && grammar->names != TUNIC_NAMES_NONE &&
        !grammar->names_optional)
        return tunic_error_set(error, TUNIC_USAGE, "a name is missing");
    return result;
}
