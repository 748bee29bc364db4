/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Root becomes another user, anyone else makes sure to be one user only (real,
 * effective and saved). Then every capability goes. The bounding set is emptied first, while there
 * is CAP_SETPCAP; who lacks it never could use the set either, under no_new_privs. Ambient
 * capabilities go with the permitted ones, by the kernel's own rule.
 *
 * Whoever starts a command as another user has nothing of the sandbox but this, and the command
 * must not get back what was given up: no_new_privs makes root's own rights at exec and programs
 * with a set-user-ID bit void. An empty bounding set would leave such programs half a root.
 */
#include "sandbox/steps.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { UNCHANGED = -1 };

struct identity {
    uid_t user;
    gid_t group;
    const gid_t *groups; /* supplementary */
    size_t group_count;
};

static int refuse(const char *what, unsigned int identifier, struct tunic_error *error)
{
    int result = tunic_error_system(error, errno, "cannot become %s %u", what, identifier);

    if (result == -EPERM)
        tunic_error_hint(error, "root without CAP_SETUID and CAP_SETGID cannot: start it as an "
                                "ordinary user, or give it both");
    return result;
}

/* The saved id tells whether the user namespace knows an id at all, and costs no right. The root of
 * one that knows no others is an ordinary user outside: it stays who it is. */
static int choose(const struct tunic_sandbox *sandbox, struct identity *identity,
                  struct tunic_error *error)
{
    *identity = (struct identity){.user = geteuid(), .group = getegid()};
    if (identity->user != 0)
        return 0;
    if (sandbox->group != TUNIC_SANDBOX_KEEP) {
        if (setresgid((gid_t)UNCHANGED, (gid_t)UNCHANGED, sandbox->group) == 0)
            identity->group = sandbox->group;
        else if (errno != EINVAL)
            return refuse("group", sandbox->group, error);
    }
    if (sandbox->user != TUNIC_SANDBOX_KEEP) {
        if (setresuid((uid_t)UNCHANGED, (uid_t)UNCHANGED, sandbox->user) == 0)
            identity->user = sandbox->user;
        else if (errno != EINVAL)
            return refuse("user", sandbox->user, error);
    }
    return 0;
}

static int empty_bounding_set(struct tunic_error *error)
{
    if (capng_get_caps_process() != 0)
        return tunic_error_system(error, errno, "cannot read the capabilities");
    if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
        return 0;
    capng_clear(CAPNG_SELECT_BOTH);
    if (capng_apply(CAPNG_SELECT_BOUNDS) == 0)
        return 0;
    return tunic_error_system(error, EPERM, "cannot empty the bounding set of capabilities");
}

static int change_groups(const struct identity *identity, struct tunic_error *error)
{
    if (identity->group_count == 0 && getgroups(0, NULL) == 0)
        return 0;
    if (setgroups(identity->group_count, identity->groups) == 0)
        return 0;
    /* Who may not leave them keeps what he has anyway; but another user must not inherit them. */
    if (errno == EPERM && identity->user == geteuid())
        return 0;
    return tunic_error_system(error, errno, "cannot change the supplementary groups");
}

/* Who is that one already must not be asked to become it: the kernel refuses where the user
 * namespace has no name for him. */
static bool is_already(const struct identity *identity)
{
    uid_t users[3];
    gid_t groups[3];

    if (getresuid(&users[0], &users[1], &users[2]) != 0 ||
        getresgid(&groups[0], &groups[1], &groups[2]) != 0)
        return false;
    for (size_t i = 0; i < TUNIC_COUNT(users); i++)
        if (users[i] != identity->user || groups[i] != identity->group)
            return false;
    return true;
}

static int become(const struct identity *identity, struct tunic_error *error)
{
    int result = change_groups(identity, error);

    if (result != 0 || is_already(identity))
        return result;
    if (setresgid(identity->group, identity->group, identity->group) != 0)
        return refuse("group", identity->group, error);
    if (setresuid(identity->user, identity->user, identity->user) != 0)
        return refuse("user", identity->user, error);
    return 0;
}

static int give_up(const struct identity *identity, struct tunic_error *error)
{
    int at_parents_death = 0; /* the kernel forgets it when the user changes */

    (void)prctl(PR_GET_PDEATHSIG, &at_parents_death);
    int result = empty_bounding_set(error);
    if (result == 0)
        result = become(identity, error);
    if (result != 0)
        return result;
    capng_clear(CAPNG_SELECT_BOTH);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0)
        return tunic_error_system(error, EPERM, "cannot give the capabilities up");
    (void)prctl(PR_SET_PDEATHSIG, (unsigned long)at_parents_death);
    return 0;
}

int tunic_sandbox_drop_privileges(const struct tunic_sandbox *sandbox, struct tunic_error *error)
{
    struct identity identity;
    int result = choose(sandbox, &identity, error);

    return result == 0 ? give_up(&identity, error) : result;
}

int tunic_sandbox_become(const struct tunic_account *account, struct tunic_error *error)
{
    const struct identity identity = {.user = account->user,
                                      .group = account->group,
                                      .groups = account->groups,
                                      .group_count = account->group_count};
    int result = give_up(&identity, error);

    if (result == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0)
        result = tunic_error_system(error, errno, "cannot forbid new privileges");
    return result;
}
