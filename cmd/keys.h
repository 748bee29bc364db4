/* SPDX-License-Identifier: MIT */
/* Keys as genkey, genpsk and pubkey print them. */
#ifndef TUNIC_KEYS_H
#define TUNIC_KEYS_H

#include "command.h"

void tunic_key_print(const uint8_t key[TUNIC_KEY_SIZE]);
/* Prints random bytes, in `form` unless it is NULL, with a warning where others than its owner may
 * have access to the file that they go to. Returns the exit code. */
int tunic_key_make(const struct session *session, void (*form)(uint8_t key[TUNIC_KEY_SIZE]));
/* For commands that have no words: fills the grammar. */
void tunic_key_prepare(struct arguments *arguments);

#endif
