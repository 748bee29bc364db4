/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: one examination. */
#ifndef TUNIC_INTERFACE_DOCTOR_H
#define TUNIC_INTERFACE_DOCTOR_H

#include "interface/interface.h"

/* Whether CAP_NET_ADMIN is effective, and counts in the network namespace of the caller. */
enum tunic_privilege {
    TUNIC_PRIVILEGE_NONE,
    TUNIC_PRIVILEGE_ELSEWHERE, /* there, but for another user namespace than owns the network's */
    TUNIC_PRIVILEGE_HERE,
};

enum {
    /* Four letters for each byte of a name, and what goes around them. */
    TUNIC_SHELL_NAME = 4 * IFNAMSIZ + 4,
};

struct tunic_examination {
    struct tunic_context *context;
    const char *name; /* NULL: of no interface */
    tunic_finding_tell tell;
    void *closure;
    int reason; /* of the first finding that is no warning; 0: none */
    enum tunic_privilege privilege;
    bool user_namespace;             /* not the first one */
    bool foreign_network;            /* the network namespace belongs to one further out */
    char quoted[TUNIC_SHELL_NAME];   /* the name as a shell takes it */
    char word[TUNIC_SHELL_NAME + 4]; /* and as tunic takes it for a name */
};

/* Tells a finding. `error` may be one that was begun elsewhere. */
void tunic_examination_found(struct tunic_examination *examination,
                             const struct tunic_error *error);
/* The same of what works nevertheless. */
TUNIC_PRINTF(4, 5)
void tunic_examination_warn(struct tunic_examination *examination, const char *action,
                            const char *cause, const char *hint, ...);
/* What goes before a command that mends it: "as root: " where this user may not. */
const char *tunic_examination_as_root(const struct tunic_examination *examination);

/* A word as a shell takes it. False where it does not fit. */
bool tunic_shell_word(char *target, size_t size, const char *source);

/* doctor_node.c: the device node, and the right to make interfaces. */
void tunic_examine_node(struct tunic_examination *examination);
void tunic_examine_privilege(struct tunic_examination *examination);
/* doctor_user.c: who this user is. The first one fills the examination. */
void tunic_examine_user(struct tunic_examination *examination);
void tunic_examine_access(struct tunic_examination *examination, const struct tunic_link *link);
/* This user as who mends it knows him. */
void tunic_examination_user_text(const struct tunic_examination *examination, char *text,
                                 size_t size);
/* doctor_others.c: who else has to do with it. */
void tunic_examine_managers(struct tunic_examination *examination, const struct tunic_link *link);

#endif
