/* SPDX-License-Identifier: MIT */
/* Candidates that are in no table: interfaces, users, groups, namespaces, files. */
#include "completion/complete.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- interfaces ------------------------------------------------------------------------ */

static bool listed(const struct tunic_name_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->names[i], name) == 0)
            return true;
    return false;
}

static void offer_interface(struct completion *completion, const struct tunic_link *link)
{
    struct tunic_text text = {0};

    if (listed(&completion->arguments.names, link->name) ||
        listed(&completion->arguments.selection.patterns, link->name))
        return;
    if (link->name[0] == '-' && !completion->options_over) /* it would be taken for an option */
        return;
    tunic_interface_describe(link, NULL, &text);
    complete_offer(completion, link->name, text.text);
    tunic_text_free(&text);
}

static void offer_master(struct completion *completion, const struct tunic_link *link)
{
    static const char *const masters[] = {"bridge", "vrf", "bond", "team", "openvswitch"};

    for (size_t i = 0; i < TUNIC_COUNT(masters); i++)
        if (strcmp(link->kind_name, masters[i]) == 0)
            complete_offer(completion, link->name, link->kind_name);
}

/* Whatever stands beside the interface that the command is about. */
static void offer_any(struct completion *completion, const struct tunic_link *link)
{
    if (!listed(&completion->arguments.names, link->name) &&
        (link->name[0] != '-' || completion->options_over))
        complete_offer(completion, link->name, link->kind_name);
}

/* A master is looked for in the namespace that the interface is going to live in. */
static int enter_namespace(const struct completion *completion, bool masters)
{
    const char *there = masters ? completion->arguments.desired.netns : NULL;
    struct tunic_error error;
    int result = 0;

    if (completion->options.netns)
        result = tunic_netns_enter(completion->options.netns, NULL, &error);
    if (result == 0 && there)
        result = tunic_netns_enter(there, NULL, &error);
    return result;
}

static void offer_links(struct completion *completion, enum tunic_candidates kind)
{
    bool masters = kind == TUNIC_CANDIDATES_MASTERS;
    bool all = masters || kind == TUNIC_CANDIDATES_LINKS;
    bool free_ones = kind == TUNIC_CANDIDATES_FREE_INTERFACES;
    struct tunic_context context;
    struct tunic_snapshot snapshot;
    struct tunic_error error;

    if (enter_namespace(completion, masters) != 0 ||
        tunic_context_open(&context, TUNIC_DEVICE_NODE, &error) != 0)
        return;
    if (tunic_snapshot_read(&snapshot, &context, all ? TUNIC_LOAD_ALL_KINDS : 0, &error) == 0) {
        for (size_t i = 0; i < snapshot.count; i++) {
            const struct tunic_link *link = &snapshot.interfaces[i].link;
            if (masters)
                offer_master(completion, link);
            else if (all)
                offer_any(completion, link);
            else if (!free_ones || !tunic_interface_looks_held(link))
                offer_interface(completion, link);
        }
        tunic_snapshot_free(&snapshot);
    }
    tunic_context_close(&context);
}

/* ---- accounts -------------------------------------------------------------------------- */

static void offer_users(struct completion *completion)
{
    const struct passwd *user;
    char text[128];

    setpwent();
    while ((user = getpwent()) != NULL) {
        int name = user->pw_gecos ? (int)strcspn(user->pw_gecos, ",") : 0;
        (void)snprintf(text, sizeof(text), "uid %u%s%.*s", user->pw_uid, name ? ", " : "", name,
                       name ? user->pw_gecos : "");
        complete_offer(completion, user->pw_name, text);
    }
    endpwent();
}

static void offer_groups(struct completion *completion)
{
    const struct group *group;
    char text[32];

    setgrent();
    while ((group = getgrent()) != NULL) {
        (void)snprintf(text, sizeof(text), "gid %u", group->gr_gid);
        complete_offer(completion, group->gr_name, text);
    }
    endgrent();
}

/* ---- files ----------------------------------------------------------------------------- */

static bool is_folder(DIR *directory, const char *name)
{
    struct stat status;

    return fstatat(dirfd(directory), name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

static void offer_namespaces(struct completion *completion)
{
    DIR *directory = opendir("/run/netns");
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            complete_offer(completion, entry->d_name, "");
    if (directory)
        (void)closedir(directory);
}

/* The folder that a typed path is in: "~/" is what the shell leaves to us as it was typed. */
static DIR *open_folder(const char *typed, size_t length)
{
    char path[4096];
    const char *home = strncmp(typed, "~/", 2) == 0 ? getenv("HOME") : NULL;
    size_t skipped = home ? 1 : 0;
    int written = snprintf(path, sizeof(path), "%s%.*s", home ? home : "", (int)(length - skipped),
                           typed + skipped);

    if (written < 0 || (size_t)written >= sizeof(path))
        return NULL;
    return opendir(written > 0 ? path : ".");
}

static void offer_files(struct completion *completion)
{
    const char *typed = completion->typed;
    const char *slash = strrchr(typed, '/');
    size_t length = slash ? (size_t)(slash - typed) + 1 : 0;
    DIR *directory = open_folder(typed, length);
    const struct dirent *entry;
    char path[4096];

    while (directory && (entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name;
        bool parent = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        if (parent || (name[0] == '.' && typed[length] != '.'))
            continue;
        int written = snprintf(path, sizeof(path), "%.*s%s%s", (int)length, typed, name,
                               is_folder(directory, name) ? "/" : "");
        if (written > 0 && (size_t)written < sizeof(path))
            complete_offer(completion, path, "");
    }
    if (directory)
        (void)closedir(directory);
}

/* ---- all ------------------------------------------------------------------------------- */

void complete_provide(void *closure, enum tunic_candidates kind)
{
    struct completion *completion = closure;

    switch (kind) {
    case TUNIC_CANDIDATES_INTERFACES:
    case TUNIC_CANDIDATES_FREE_INTERFACES:
    case TUNIC_CANDIDATES_LINKS:
    case TUNIC_CANDIDATES_MASTERS:
        offer_links(completion, kind);
        break;
    case TUNIC_CANDIDATES_USERS:
        offer_users(completion);
        break;
    case TUNIC_CANDIDATES_GROUPS:
        offer_groups(completion);
        break;
    case TUNIC_CANDIDATES_NAMESPACES:
        offer_namespaces(completion);
        break;
    case TUNIC_CANDIDATES_FILES:
        offer_files(completion);
        break;
    case TUNIC_CANDIDATES_COMMANDS:
        for (size_t i = 0; tunic_commands[i]; i++)
            complete_offer(completion, tunic_commands[i]->name, tunic_commands[i]->summary);
        break;
    case TUNIC_CANDIDATES_NONE:
        break;
    }
}
