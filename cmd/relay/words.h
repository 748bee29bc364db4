/* SPDX-License-Identifier: MIT */
/* The words of `tunic relay`, beside the attributes. Reading them opens no file: a shell that
 * completes a line reads it too. */
#ifndef TUNIC_RELAY_WORDS_H
#define TUNIC_RELAY_WORDS_H

#include "command.h"

/* Adds them to the grammar. */
void relay_add_words(struct arguments *arguments);
/* The rows that would be refused beside what was given: what a shell need not offer any more. */
uint64_t relay_pointless(const struct arguments *arguments);

#endif
