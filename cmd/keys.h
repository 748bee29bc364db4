/* SPDX-License-Identifier: MIT */
/* Keys as genkey, genpsk and pubkey print them. */
#ifndef TUNIC_KEYS_H
#define TUNIC_KEYS_H

#include "command.h"

/* Makes `key` of random bytes. */
int tunic_key_random(uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error);
void tunic_key_print(const uint8_t key[TUNIC_KEY_SIZE]);
/* The same, with a warning where others than its owner may have access to the file it goes to. */
void tunic_key_print_secret(const struct session *session, const uint8_t key[TUNIC_KEY_SIZE]);
/* For commands that have no words: fills the grammar. */
void tunic_key_prepare(struct arguments *arguments);

#endif
