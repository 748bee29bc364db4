/* SPDX-License-Identifier: MIT */
/* Private to complete.c and system.c. */
#ifndef TUNIC_COMPLETE_H
#define TUNIC_COMPLETE_H

#include "command.h"

struct completion {
    const char *typed;  /* what every candidate must begin with */
    const char *prefix; /* goes before each candidate: "--netns=" */
    size_t prefix_length;
    struct options options;
    bool options_over;
    const struct command *command; /* NULL: none yet */
    struct arguments arguments;    /* of the command: what was given already */
};

/* Prints a candidate if it fits. The closure is the struct completion, as a tunic_offer. */
void complete_offer(void *closure, const char *word, const char *description);
/* Prints candidates that only the system knows, as a tunic_provide. */
void complete_provide(void *closure, enum tunic_candidates kind);

#endif
