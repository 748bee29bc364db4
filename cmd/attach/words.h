/* SPDX-License-Identifier: MIT */
/* The words of `tunic attach`: its actions, and what each of them takes. */
#ifndef TUNIC_ATTACH_WORDS_H
#define TUNIC_ATTACH_WORDS_H

#include "command.h"

/* Adds them to the grammar. */
void attach_add_words(struct arguments *arguments);
/* The rows that would be refused beside what was given: what a shell need not offer any more. */
uint64_t attach_pointless(const struct arguments *arguments);
/* -EINVAL where the action does not take what was given with it. */
int attach_check(const struct arguments *arguments, struct tunic_error *error);

#endif
