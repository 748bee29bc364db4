/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A command that runs as somebody must find his groups, or it can do less than
 * he can, and his home, or it leaves files in another's that he cannot read. The rest of the
 * environment is the caller's, as with su(1) without a login: PATH, the terminal, the language.
 */
#include "attach/engine.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RECORD = 16384, /* bytes of what is known of one user */
    GROUPS = 64,    /* so many, and more where he has more */
};

static int refuse_unknown(uint32_t user, struct tunic_error *error)
{
    int result = tunic_error_set(error, TUNIC_FAILED, "cannot become user %u", user);

    tunic_error_cause(error, "it has no account that tells its groups and its home");
    tunic_error_hint(error, "'exec setpriv --reuid %u --regid GROUP --clear-groups COMMAND…'",
                     user);
    return result;
}

static int refuse_other(uint32_t user, struct tunic_error *error)
{
    int result = tunic_error_set(error, TUNIC_DENIED, "cannot become user %u", user);

    tunic_error_cause(error, "only root may become another user");
    return result;
}

/* Groups are to be freed. */
static int read_groups(const struct passwd *record, struct tunic_account *account, gid_t **groups,
                       struct tunic_error *error)
{
    int count = GROUPS;

    for (;;) {
        int room = count;
        gid_t *grown = reallocarray(*groups, (size_t)room, sizeof(**groups));
        if (!grown)
            return tunic_error_memory(error);
        *groups = grown;
        if (getgrouplist(record->pw_name, record->pw_gid, grown, &count) >= 0)
            break;
        if (count <= room) /* one that was added meanwhile */
            count = room * 2;
    }
    account->groups = *groups;
    account->group_count = (size_t)count;
    return 0;
}

static int set_environment(const struct passwd *record, struct tunic_error *error)
{
    const char *shell = record->pw_shell && *record->pw_shell ? record->pw_shell : "/bin/sh";
    const struct {
        const char *name;
        const char *value;
    } rows[] = {{"HOME", record->pw_dir},
                {"SHELL", shell},
                {"USER", record->pw_name},
                {"LOGNAME", record->pw_name}};

    for (size_t i = 0; i < TUNIC_COUNT(rows); i++)
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): whoever becomes a command has no other thread */
        if (setenv(rows[i].name, rows[i].value, 1) != 0)
            return tunic_error_memory(error);
    return 0;
}

int tunic_attach_become(uint32_t user, struct tunic_error *error)
{
    bool root = geteuid() == 0;
    struct tunic_account account = {.user = user, .group = getegid()};
    char buffer[RECORD];
    struct passwd record;
    struct passwd *found = NULL;
    gid_t *groups = NULL;

    if (!root && user != geteuid())
        return refuse_other(user, error);
    int result = getpwuid_r(user, &record, buffer, sizeof(buffer), &found);
    if (!found && root)
        return result == 0 ? refuse_unknown(user, error)
                           : tunic_error_system(error, result, "cannot look up user %u", user);
    if (found) {
        account.group = root ? record.pw_gid : account.group;
        result = read_groups(&record, &account, &groups, error);
        if (result == 0)
            result = set_environment(&record, error);
    }
    if (!found || result == 0)
        result = tunic_sandbox_become(&account, error);
    free(groups);
    return result;
}
