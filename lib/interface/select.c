/* SPDX-License-Identifier: MIT */
#include "interface/interface.h"

#include <fnmatch.h>
#include <string.h>

static const char *const modes[] = {"tun", "tap", NULL};
static const char *const mode_help[] = {"IP packets", "Ethernet frames"};
static const char *const any[] = {"any", NULL};
static const char *const any_help[] = {"those without one"};

enum { HOLDING = 1 }; /* held and free exclude each other */

static int parse_user(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_selection *selection = target;

    selection->user = TUNIC_ID_NONE;
    return strcmp(word, "any") == 0 ? 0 : tunic_user_parse(word, &selection->user, error);
}

static int parse_group(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_selection *selection = target;

    selection->group = TUNIC_ID_NONE;
    return strcmp(word, "any") == 0 ? 0 : tunic_group_parse(word, &selection->group, error);
}

static int parse_pattern(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_selection *selection = target;

    return tunic_name_list_add(&selection->patterns, word, error);
}

void tunic_selection_free(struct tunic_selection *selection)
{
    tunic_name_list_free(&selection->patterns);
}

static const struct tunic_keyword keywords[TUNIC_SELECT_COUNT] = {
    [TUNIC_SELECT_MODE] = {.word = "mode",
                           .help = "those of this mode",
                           .value = TUNIC_VALUE_CHOICE,
                           .choices = modes,
                           .choice_help = mode_help,
                           .offset = offsetof(struct tunic_selection, mode),
                           .iproute2 = true,
                           .repeat = TUNIC_REPEAT_EQUAL},
    [TUNIC_SELECT_USER] = {.word = "user",
                           .placeholder = "U",
                           .help = "those of this owner; 'any': without one",
                           .value = TUNIC_VALUE_CUSTOM,
                           .parse = parse_user,
                           .offset = offsetof(struct tunic_selection, user),
                           .iproute2 = true,
                           .repeat = TUNIC_REPEAT_EQUAL,
                           .candidates = TUNIC_CANDIDATES_USERS,
                           .choices = any,
                           .choice_help = any_help},
    [TUNIC_SELECT_GROUP] = {.word = "group",
                            .placeholder = "G",
                            .help = "those of this group; 'any': without one",
                            .value = TUNIC_VALUE_CUSTOM,
                            .parse = parse_group,
                            .offset = offsetof(struct tunic_selection, group),
                            .iproute2 = true,
                            .repeat = TUNIC_REPEAT_EQUAL,
                            .candidates = TUNIC_CANDIDATES_GROUPS,
                            .choices = any,
                            .choice_help = any_help},
    [TUNIC_SELECT_NAME] = {.word = "name",
                           .placeholder = "GLOB",
                           .help = "those whose name fits this pattern",
                           .value = TUNIC_VALUE_CUSTOM,
                           .parse = parse_pattern,
                           .iproute2 = true,
                           .repeat = TUNIC_REPEAT_ALWAYS,
                           .candidates = TUNIC_CANDIDATES_INTERFACES},
    [TUNIC_SELECT_HELD] = {.word = "held",
                           .help = "those that a process has open",
                           .offset = offsetof(struct tunic_selection, held),
                           .exclusive = HOLDING},
    [TUNIC_SELECT_FREE] = {.word = "free",
                           .help = "those that no process has open",
                           .offset = offsetof(struct tunic_selection, free),
                           .exclusive = HOLDING},
};

struct tunic_section tunic_selection_section(struct tunic_selection *selection, uint64_t accepted)
{
    return (struct tunic_section){.keywords = keywords,
                                  .count = TUNIC_COUNT(keywords),
                                  .accepted = accepted,
                                  .target = selection,
                                  .named = &selection->named};
}

static bool pattern_fits(const struct tunic_name_list *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (fnmatch(patterns->names[i], name, 0) == 0)
            return true;
    return false;
}

bool tunic_selection_fits(const struct tunic_selection *selection, const struct tunic_link *link)
{
    uint64_t named = selection->named;

    if (named >> TUNIC_SELECT_MODE & 1 && (selection->mode == TUNIC_MODE_TAP) != link->tap)
        return false;
    if (named >> TUNIC_SELECT_USER & 1 && selection->user != link->owner)
        return false;
    if (named >> TUNIC_SELECT_GROUP & 1 && selection->group != link->group)
        return false;
    if (selection->patterns.count > 0 && !pattern_fits(&selection->patterns, link->name))
        return false;
    if (selection->held && !tunic_interface_looks_held(link))
        return false;
    return !(selection->free && tunic_interface_looks_held(link));
}

bool tunic_link_is_called(const struct tunic_link *link, const char *name)
{
    if (strcmp(link->name, name) == 0)
        return true;
    for (const char *altname = link->altnames; altname && *altname != '\0';
         altname += strlen(altname) + 1)
        if (strcmp(altname, name) == 0)
            return true;
    return false;
}
