/* SPDX-License-Identifier: MIT */
#include "show/accounts.h"

#include "interface/interface.h"

static const char *find(struct account *accounts, uint32_t id,
                        void (*look_up)(uint32_t id, char *text, size_t size))
{
    struct account *account = &accounts[id % ACCOUNTS];

    if (!account->known || account->id != id) {
        account->known = true;
        account->id = id;
        look_up(id, account->name, sizeof(account->name));
    }
    return account->name;
}

const char *accounts_user(struct accounts *accounts, uint32_t user)
{
    return find(accounts->users, user, tunic_user_text);
}

const char *accounts_group(struct accounts *accounts, uint32_t group)
{
    return find(accounts->groups, group, tunic_group_text);
}
