/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The kernel lets in who is the owner and in the group, or has CAP_NET_ADMIN
 * in the user namespace that owns the network namespace, or in one around it. In a user namespace
 * an id that it does not map is shown as the overflow id, which is any of many: two of them may be
 * the same user, or not.
 */
#include "interface/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER_MAP "/proc/self/uid_map"
#define GROUP_MAP "/proc/self/gid_map"

/* ---- namespaces ------------------------------------------------------------------------ */

static bool has_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    return syscall(SYS_capget, &header, data) == 0 &&
           data[CAP_NET_ADMIN / 32].effective >> CAP_NET_ADMIN % 32 & 1;
}

/* The kernel shows the owner of a network namespace to who is in it, or in one around it: there a
 * capability counts. */
static bool network_is_foreign(void)
{
    int network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int owner = network < 0 ? -1 : ioctl(network, NS_GET_USERNS);
    bool foreign = network >= 0 && owner < 0 && errno == EPERM;

    if (owner >= 0)
        (void)close(owner);
    if (network >= 0)
        (void)close(network);
    return foreign;
}

struct range {
    unsigned long inside;
    unsigned long outside;
    unsigned long count;
};

/* The next line of a map; false: its end. */
static bool read_range(FILE *map, struct range *range)
{
    char line[128];
    char *rest;

    if (!fgets(line, sizeof(line), map))
        return false;
    range->inside = strtoul(line, &rest, 10);
    range->outside = strtoul(rest, &rest, 10);
    range->count = strtoul(rest, &rest, 10);
    return *rest == '\n';
}

/* The id outside of this user namespace; TUNIC_ID_NONE where the map does not have it. */
static uint32_t map_id(const char *path, uint32_t id)
{
    uint32_t mapped = TUNIC_ID_NONE;
    FILE *map = fopen(path, "re");
    struct range range;

    if (!map)
        return id;
    while (mapped == TUNIC_ID_NONE && read_range(map, &range))
        if (id >= range.inside && id - range.inside < range.count)
            mapped = (uint32_t)(range.outside + (id - range.inside));
    (void)fclose(map);
    return mapped;
}

/* The first one maps every id there is, to itself; a new one has an empty map. */
static bool in_user_namespace(void)
{
    FILE *map = fopen(USER_MAP, "re");
    struct range range;

    if (!map)
        return false;
    bool read = read_range(map, &range);
    (void)fclose(map);
    return !read || range.inside != 0 || range.outside != 0 || range.count != UINT32_MAX;
}

void tunic_examine_user(struct tunic_examination *examination)
{
    examination->user_namespace = in_user_namespace();
    examination->foreign_network = network_is_foreign();
    examination->privilege = !has_capability()              ? TUNIC_PRIVILEGE_NONE
                             : examination->foreign_network ? TUNIC_PRIVILEGE_ELSEWHERE
                                                            : TUNIC_PRIVILEGE_HERE;
    if (examination->user_namespace)
        tunic_examination_warn(examination, "this is a user namespace",
                               "only the users and groups that it maps can own an interface",
                               "'cat " USER_MAP "' lists the users");
}

void tunic_examination_user_text(const struct tunic_examination *examination, char *text,
                                 size_t size)
{
    uint32_t outside = examination->foreign_network ? map_id(USER_MAP, geteuid()) : TUNIC_ID_NONE;

    if (outside != TUNIC_ID_NONE)
        (void)snprintf(text, size, "%" PRIu32, outside);
    else
        tunic_user_text(geteuid(), text, size);
}

/* ---- who may attach -------------------------------------------------------------------- */

enum fit {
    FIT_YES,
    FIT_NO,
    FIT_UNKNOWN, /* neither is mapped here */
};

static enum fit fit_id(const char *map, uint32_t id, bool same)
{
    if (id == TUNIC_ID_NONE)
        return FIT_YES;
    if (!same)
        return FIT_NO;
    return map_id(map, id) == TUNIC_ID_NONE ? FIT_UNKNOWN : FIT_YES;
}

static bool in_group(uint32_t group)
{
    return group == getegid() || group_member(group);
}

/* Whether the user was put into the group after this process got its groups. */
static bool is_listed(uint32_t group)
{
    enum { MOST = 1024 };
    gid_t groups[MOST];
    int count = MOST;
    char buffer[16384];
    struct passwd record;
    struct passwd *found = NULL;

    if (getpwuid_r(geteuid(), &record, buffer, sizeof(buffer), &found) != 0 || !found ||
        getgrouplist(record.pw_name, record.pw_gid, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

/* As who mends it knows it. A group that an interface has can be changed, but not taken away. */
static uint32_t own_group(const struct tunic_examination *examination)
{
    uint32_t outside = examination->foreign_network ? map_id(GROUP_MAP, getegid()) : TUNIC_ID_NONE;

    return outside != TUNIC_ID_NONE ? outside : getegid();
}

static bool is_number(const char *text)
{
    return *text >= '0' && *text <= '9';
}

static void tell_stranger(struct tunic_examination *examination, const struct tunic_link *link)
{
    const char *both =
        link->group != TUNIC_ID_NONE ? "; who attaches must be its owner and in its group" : "";
    struct tunic_error error;
    char owner[64];
    char user[64];

    (void)tunic_error_set(&error, TUNIC_DENIED, "this user may not attach to it");
    tunic_user_text(link->owner, owner, sizeof(owner));
    tunic_user_text(geteuid(), user, sizeof(user));
    if (map_id(USER_MAP, link->owner) == TUNIC_ID_NONE)
        tunic_error_cause(&error, "it belongs to a user that this user namespace does not map%s",
                          both);
    else
        tunic_error_cause(&error, "it belongs to user %s, and this is user %s%s", owner, user,
                          both);
    tunic_examination_user_text(examination, user, sizeof(user));
    tunic_error_hint(&error, "%s'tunic set %s user %s'", tunic_examination_as_root(examination),
                     examination->word, user);
    tunic_examination_found(examination, &error);
}

static void tell_outside(struct tunic_examination *examination, const struct tunic_link *link)
{
    const char *both =
        link->owner != TUNIC_ID_NONE ? "; who attaches must be its owner and in its group" : "";
    const char *as_root = tunic_examination_as_root(examination);
    struct tunic_error error;
    char group[64];
    char user[64];

    (void)tunic_error_set(&error, TUNIC_DENIED, "this user may not attach to it");
    tunic_group_text(link->group, group, sizeof(group));
    tunic_user_text(geteuid(), user, sizeof(user));
    if (map_id(GROUP_MAP, link->group) == TUNIC_ID_NONE)
        tunic_error_cause(&error, "it belongs to a group that this user namespace does not map%s",
                          both);
    else
        tunic_error_cause(&error, "it belongs to group %s, and %s%s is not in it%s", group,
                          is_listed(link->group) ? "this process of user " : "user ", user, both);
    if (examination->user_namespace || is_number(group) || is_number(user))
        tunic_error_hint(&error, "%s'tunic set %s group %" PRIu32 "'", as_root, examination->word,
                         own_group(examination));
    else if (is_listed(link->group))
        tunic_error_hint(&error, "'newgrp %s', or log in again", group);
    else
        tunic_error_hint(&error, "%s'usermod -a -G %s %s'; it counts from the next login on",
                         as_root, group, user);
    tunic_examination_found(examination, &error);
}

void tunic_examine_access(struct tunic_examination *examination, const struct tunic_link *link)
{
    enum fit owner = fit_id(USER_MAP, link->owner, link->owner == geteuid());
    enum fit group = fit_id(GROUP_MAP, link->group, in_group(link->group));

    if (examination->privilege == TUNIC_PRIVILEGE_HERE)
        return;
    if (owner == FIT_NO)
        tell_stranger(examination, link);
    if (group == FIT_NO)
        tell_outside(examination, link);
    if (owner != FIT_NO && group != FIT_NO && (owner == FIT_UNKNOWN || group == FIT_UNKNOWN))
        tunic_examination_warn(
            examination, "whether this user may attach to it cannot be told",
            "neither whose it is nor who this is has a number in this user namespace",
            "'tunic show %s' outside of this user namespace tells", examination->word);
}
