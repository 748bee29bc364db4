/* SPDX-License-Identifier: MIT */
/* Writing JSON to standard output: always valid, whatever bytes a name has. */
#ifndef TUNIC_JSON_H
#define TUNIC_JSON_H

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH = 8 };

/* Zero-initialised, every open has its close. `key` is NULL inside an array. */
struct json {
    bool pretty;
    unsigned depth;
    bool filled[JSON_DEPTH]; /* whether something stands at this depth already */
};

void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, uint64_t number);
void json_bool(struct json *json, const char *key, bool value);

#endif
