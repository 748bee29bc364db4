/* SPDX-License-Identifier: MIT */
/*
 * What a shell may offer: `tunic __complete [--] WORD…` gets the words behind the program's name,
 * the last one being typed, and prints "word<TAB>description" lines that fit what is typed. The
 * candidates come from the tables that parse, so they cannot disagree. Whatever fails here is
 * silent: a person who presses Tab wants no error.
 */
#include "command.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct completion {
    const char *typed;
    struct options options;
};

static void offer(void *closure, const char *word, const char *description)
{
    const struct completion *completion = closure;
    char shown[256];

    if (strncmp(word, completion->typed, strlen(completion->typed)) != 0)
        return;
    tunic_text_escape(shown, sizeof(shown), word);
    if (strcmp(shown, word) == 0) /* what cannot be typed as it is shown is not offered */
        (void)printf("%s\t%s\n", word, description ? description : "");
}

/* ---- what only the system knows -------------------------------------------------------- */

/* Whether an interface of this kind may have members. */
static bool is_master(const struct tunic_link *link)
{
    static const char *const kinds[] = {"bridge", "vrf", "bond", "team", "openvswitch"};

    for (size_t i = 0; i < TUNIC_COUNT(kinds); i++)
        if (strcmp(link->kind_name, kinds[i]) == 0)
            return true;
    return false;
}

static void offer_link(struct completion *completion, enum tunic_candidates kind,
                       const struct tunic_link *link)
{
    struct tunic_text text = {0};

    if (kind == TUNIC_CANDIDATES_MASTERS) {
        if (is_master(link))
            offer(completion, link->name, link->kind_name);
        return;
    }
    if (kind == TUNIC_CANDIDATES_FREE_INTERFACES && tunic_interface_looks_held(link))
        return;
    tunic_interface_describe(link, NULL, &text);
    offer(completion, link->name, text.text);
    tunic_text_free(&text);
}

static void offer_links(struct completion *completion, enum tunic_candidates kind)
{
    unsigned load = kind == TUNIC_CANDIDATES_MASTERS ? TUNIC_LOAD_ALL_KINDS : 0;
    struct tunic_context context;
    struct tunic_snapshot snapshot;
    struct tunic_error error;

    if (kind == TUNIC_CANDIDATES_MASTERS)
        offer(completion, "none", "no longer a member of anything");
    if (completion->options.netns && tunic_netns_enter(completion->options.netns, NULL, &error))
        return;
    if (tunic_context_open(&context, TUNIC_DEVICE_NODE, &error) != 0)
        return;
    if (tunic_snapshot_read(&snapshot, &context, load, &error) == 0) {
        for (size_t i = 0; i < snapshot.count; i++)
            offer_link(completion, kind, &snapshot.interfaces[i].link);
        tunic_snapshot_free(&snapshot);
    }
    tunic_context_close(&context);
}

static void offer_users(struct completion *completion)
{
    const struct passwd *user;

    offer(completion, "any", "no owner");
    setpwent();
    while ((user = getpwent()) != NULL)
        offer(completion, user->pw_name, user->pw_gecos);
    endpwent();
}

static void offer_groups(struct completion *completion)
{
    const struct group *group;

    offer(completion, "any", "no group");
    setgrent();
    while ((group = getgrent()) != NULL)
        offer(completion, group->gr_name, "");
    endgrent();
}

/* Entries of a folder; with `prefix` in front of each, which is what was typed of its path. */
static void offer_entries(struct completion *completion, const char *folder, const char *prefix,
                          bool mark_folders)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    char path[4096];

    while (directory && (entry = readdir(directory)) != NULL) {
        struct stat status;
        if (entry->d_name[0] == '.')
            continue;
        bool is_folder = mark_folders &&
                         fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 &&
                         S_ISDIR(status.st_mode);
        int length =
            snprintf(path, sizeof(path), "%s%s%s", prefix, entry->d_name, is_folder ? "/" : "");
        if (length > 0 && (size_t)length < sizeof(path))
            offer(completion, path, "");
    }
    if (directory)
        (void)closedir(directory);
}

static void offer_files(struct completion *completion)
{
    char prefix[4096];
    const char *slash = strrchr(completion->typed, '/');
    size_t length = slash ? (size_t)(slash - completion->typed) + 1 : 0;

    if (length >= sizeof(prefix))
        return;
    memcpy(prefix, completion->typed, length);
    prefix[length] = '\0';
    offer_entries(completion, length > 0 ? prefix : ".", prefix, true);
}

static void offer_commands(struct completion *completion)
{
    for (size_t i = 0; tunic_commands[i]; i++)
        offer(completion, tunic_commands[i]->name, tunic_commands[i]->summary);
}

static void provide(void *closure, enum tunic_candidates kind)
{
    struct completion *completion = closure;

    switch (kind) {
    case TUNIC_CANDIDATES_INTERFACES:
    case TUNIC_CANDIDATES_FREE_INTERFACES:
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
        offer_entries(completion, "/run/netns", "", false);
        break;
    case TUNIC_CANDIDATES_FILES:
        offer_files(completion);
        break;
    case TUNIC_CANDIDATES_COMMANDS:
        offer_commands(completion);
        break;
    case TUNIC_CANDIDATES_NONE:
        break;
    }
}

/* ---- options --------------------------------------------------------------------------- */

static void offer_options(struct completion *completion)
{
    size_t count;
    const struct option_row *rows = tunic_option_rows(&count);
    char word[64];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(word, sizeof(word), "--%s", rows[i].word);
        offer(completion, word, rows[i].help);
    }
}

/* The option whose value is being typed, or NULL. */
static const struct option_row *open_option(const char *before)
{
    size_t count;
    const struct option_row *rows = tunic_option_rows(&count);

    for (size_t i = 0; before[0] == '-' && i < count; i++) {
        bool letter = before[1] == rows[i].letter && before[2] == '\0';
        bool word = strcmp(before + 1 + (before[1] == '-'), rows[i].word) == 0;
        /* The value of --color stands behind '='. */
        if (rows[i].value && rows[i].letter != 'c' && (letter || word))
            return &rows[i];
    }
    return NULL;
}

/* ---- all ------------------------------------------------------------------------------- */

static void complete_command(struct completion *completion, const char *const *words, size_t count)
{
    struct arguments arguments = {0};
    struct tunic_error error;
    const struct command *command = tunic_command_find(words[0], &error);

    if (!command)
        return;
    command->prepare(&arguments);
    tunic_grammar_complete(&arguments.grammar, words + 1, count - 1, offer, provide, completion);
    tunic_arguments_free(&arguments);
}

int tunic_complete(const char *const *words, size_t count)
{
    struct completion completion = {.typed = ""};
    struct tunic_error error;

    if (count > 0 && strcmp(words[0], "--") == 0) {
        words++;
        count--;
    }
    const char **plain = calloc(count + 2, sizeof(*plain));
    if (!plain)
        return TUNIC_FAILED;
    size_t before = count > 0 ? count - 1 : 0;
    if (count > 0)
        completion.typed = words[count - 1];
    for (size_t i = 0; i < before; i++)
        plain[i] = words[i];
    const struct option_row *option = before > 0 ? open_option(words[before - 1]) : NULL;
    if (option) {
        provide(&completion, option->candidates);
    } else if (completion.typed[0] == '-' && completion.typed[1] != '\0') {
        offer_options(&completion);
    } else {
        /* An option that is wrong ends the reading: what stands before it still counts. */
        (void)tunic_options_take(&completion.options, plain, &before, &error);
        plain[before] = completion.typed;
        if (before == 0)
            offer_commands(&completion);
        else
            complete_command(&completion, plain, before + 1);
    }
    free(plain);
    return 0;
}
