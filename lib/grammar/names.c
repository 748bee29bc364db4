/* SPDX-License-Identifier: MIT */
#include "grammar/walk.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUOTED = 80,    /* how much of a wrong word an error repeats */
    FEW_NAMES = 64, /* so many are compared one by one */
};

int tunic_name_list_add(struct tunic_name_list *list, const char *name, struct tunic_error *error)
{
    const char **grown =
        tunic_array_reserve(list->names, list->count, &list->capacity, sizeof(*grown));

    if (!grown)
        return tunic_error_memory(error);
    list->names = grown;
    list->names[list->count++] = name;
    return 0;
}

void tunic_name_list_free(struct tunic_name_list *list)
{
    free(list->names);
    *list = (struct tunic_name_list){0};
}

/* A template may stand again: each makes another interface. */
static bool is_double(const char *left, const char *right)
{
    return strcmp(left, right) == 0 && !strchr(left, '%');
}

static int refuse_double(const char *name, struct tunic_error *error)
{
    char quoted[QUOTED];

    tunic_text_escape(quoted, sizeof(quoted), name);
    return tunic_error_set(error, TUNIC_USAGE, "name '%s' is given twice", quoted);
}

int tunic_walk_add_name(const struct tunic_walk *walk, const char *name,
                        struct tunic_name_list *names, struct tunic_error *error)
{
    const struct tunic_grammar *grammar = walk->grammar;
    char quoted[QUOTED];

    if (grammar->names == TUNIC_NAMES_ONE && names->count == 1) {
        tunic_text_escape(quoted, sizeof(quoted), name);
        return tunic_error_set(error, TUNIC_USAGE, "'%s' is one name too many", quoted);
    }
    int result = grammar->check_name ? grammar->check_name(name, error) : 0;
    if (result != 0)
        return result;
    for (size_t i = 0; i < names->count && names->count < FEW_NAMES; i++)
        if (is_double(names->names[i], name))
            return refuse_double(name, error);
    return tunic_name_list_add(names, name, error);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* tunic_walk_add_name finds doubles among few names as it goes; among many, sorting does it once.
 */
int tunic_names_check(const struct tunic_name_list *names, struct tunic_error *error)
{
    int result = 0;

    if (names->count < FEW_NAMES)
        return 0;
    const char **sorted = malloc(names->count * sizeof(*sorted));
    if (!sorted)
        return tunic_error_memory(error);
    memcpy(sorted, names->names, names->count * sizeof(*sorted));
    qsort(sorted, names->count, sizeof(*sorted), compare_names);
    for (size_t i = 1; i < names->count && result == 0; i++)
        if (is_double(sorted[i - 1], sorted[i]))
            result = refuse_double(sorted[i], error);
    free(sorted);
    return result;
}
