/* SPDX-License-Identifier: MIT */
/* Users and groups: names for people, numbers for the kernel. */
#include "interface/values.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD_SIZE = 16384,   /* a group with very many members is told by its number */
    RECORD_LIMIT = 1 << 26 /* but it is known by its name */
};

/* Reads a number that must fit an id; 2^32-1 means "none" to the kernel. Returns 1 where the word
 * is no number at all. */
static int parse_id(const char *word, const char *what, uint32_t *id, struct tunic_error *error)
{
    uint64_t number;
    int result = tunic_number_parse(word, 0, TUNIC_ID_NONE - 1, &number);

    if (result == 0) {
        *id = (uint32_t)number;
        return 0;
    }
    if (result == -ERANGE)
        return tunic_error_set(error, TUNIC_USAGE, "not within 0 to %u, the range of %s ids",
                               TUNIC_ID_NONE - 1, what);
    return 1;
}

/* Looks a user's or group's name up. 1: there is none; otherwise 0 or a negative errno. */
static int look_up(const char *word, bool group, uint32_t *id)
{
    int result = ERANGE;

    for (size_t size = RECORD_SIZE; result == ERANGE && size <= RECORD_LIMIT; size *= 4) {
        struct group group_record;
        struct passwd user_record;
        struct group *found_group = NULL;
        struct passwd *found_user = NULL;
        char *buffer = malloc(size);
        if (!buffer)
            return -ENOMEM;
        result = group ? getgrnam_r(word, &group_record, buffer, size, &found_group)
                       : getpwnam_r(word, &user_record, buffer, size, &found_user);
        if (found_group)
            *id = found_group->gr_gid;
        if (found_user)
            *id = found_user->pw_uid;
        bool found = found_group || found_user;
        free(buffer);
        if (found)
            return 0;
    }
    /* What getpwnam(3) names as ways of saying that there is none. */
    bool absent =
        result == 0 || result == ENOENT || result == ESRCH || result == EBADF || result == EPERM;
    return absent ? 1 : -result;
}

static int parse_account(const char *word, bool group, uint32_t *id, struct tunic_error *error)
{
    const char *what = group ? "group" : "user";
    char quoted[80];
    int result = parse_id(word, what, id, error);

    if (result != 1)
        return result;
    result = look_up(word, group, id);
    if (result == 1)
        return tunic_error_set(error, TUNIC_USAGE, "there is no such %s", what);
    if (result == 0)
        return 0;
    tunic_text_escape(quoted, sizeof(quoted), word);
    return tunic_error_system(error, -result, "cannot look up the %s '%s'", what, quoted);
}

int tunic_user_parse(const char *word, uint32_t *user, struct tunic_error *error)
{
    return parse_account(word, false, user, error);
}

int tunic_group_parse(const char *word, uint32_t *group, struct tunic_error *error)
{
    return parse_account(word, true, group, error);
}

/* "-1" is iproute2's word for none. */
static bool means_any(const char *word)
{
    return strcmp(word, "any") == 0 || strcmp(word, "-1") == 0;
}

int tunic_parse_user(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;

    if (means_any(word)) {
        target->user = TUNIC_ID_NONE;
        return 0;
    }
    return tunic_user_parse(word, &target->user, error);
}

int tunic_parse_group(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;

    if (means_any(word)) {
        target->group = TUNIC_ID_NONE;
        return 0;
    }
    return tunic_group_parse(word, &target->group, error);
}

void tunic_user_text(uint32_t user, char *text, size_t size)
{
    char buffer[RECORD_SIZE];
    struct passwd record;
    struct passwd *found = NULL;

    if (getpwuid_r(user, &record, buffer, sizeof(buffer), &found) == 0 && found)
        tunic_text_escape(text, size, record.pw_name);
    else
        (void)snprintf(text, size, "%u", user);
}

void tunic_group_text(uint32_t group, char *text, size_t size)
{
    char buffer[RECORD_SIZE];
    struct group record;
    struct group *found = NULL;

    if (getgrgid_r(group, &record, buffer, sizeof(buffer), &found) == 0 && found)
        tunic_text_escape(text, size, record.gr_name);
    else
        (void)snprintf(text, size, "%u", group);
}
