/* SPDX-License-Identifier: MIT */
/* Private to lib/control: texts and files with secrets in them. */
#ifndef TUNIC_CONTROL_SECRET_H
#define TUNIC_CONTROL_SECRET_H

#include "control/control.h"

/* Reads a whole file of at most `most` bytes, and checks who may have access to it; "-" is standard
 * input, of which that is not asked. `text` is zero-initialised, and the caller's to free even
 * where it fails. */
int tunic_secret_read(const char *path, size_t most, struct tunic_text *text,
                      struct tunic_error *error);
/* Makes room for `more` bytes and a NUL. What is written into that room moves no more, so that
 * nothing is left behind in freed memory. */
void tunic_secret_reserve(struct tunic_text *text, size_t more);
/* Wipes and frees. */
void tunic_secret_free(struct tunic_text *text);
/* As tunic_array_reserve, but what was there is wiped. */
void *tunic_secret_array_reserve(void *items, size_t count, size_t *capacity, size_t size);

/* As tunic_allowed_parse, with "+" or "-" before it: given, or taken away. */
int tunic_allowed_parse_change(const char *word, struct tunic_allowed_ip *range,
                               struct tunic_error *error);

#endif
