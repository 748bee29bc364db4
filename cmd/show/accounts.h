/* SPDX-License-Identifier: MIT */
/* The names of users and groups while one list is printed: each is looked up once. */
#ifndef TUNIC_ACCOUNTS_H
#define TUNIC_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

enum { ACCOUNTS = 16 };

struct account {
    bool known;
    uint32_t id;
    char name[64];
};

/* Zero-initialised knows none. An id's place follows from its value; another one that has the
 * same place takes it over. */
struct accounts {
    struct account users[ACCOUNTS];
    struct account groups[ACCOUNTS];
};

/* The name, or the number where there is none; until the next call. */
const char *accounts_user(struct accounts *accounts, uint32_t user);
const char *accounts_group(struct accounts *accounts, uint32_t group);

#endif
