/* SPDX-License-Identifier: MIT */
#include "show/json.h"

#include "base/base.h"

#include <inttypes.h>
#include <stdio.h>

static void line_break(const struct json *json)
{
    if (json->pretty && json->depth > 0)
        (void)printf("\n%*s", (int)(json->depth * 4), "");
}

/* How many bytes from `text` on stand for themselves. */
static size_t plain_length(const char *text)
{
    size_t length = 0;

    for (;;) {
        unsigned char byte = (unsigned char)text[length];
        if (byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\')
            return length;
        length++;
    }
}

/* A text in quotes; bytes that are no UTF-8 become U+FFFD, as a decoder would have them. */
static void quoted(const char *text)
{
    (void)putchar('"');
    for (;;) {
        size_t plain = plain_length(text);
        (void)fwrite(text, 1, plain, stdout);
        text += plain;
        if (*text == '\0')
            break;
        size_t length = tunic_text_utf8(text);
        if (length == 0)
            (void)fputs("\\ufffd", stdout);
        else if (*text == '"' || *text == '\\')
            (void)printf("\\%c", *text);
        else if (length == 1)
            (void)printf("\\u%04x", (unsigned char)*text);
        else
            (void)fwrite(text, 1, length, stdout);
        text += length ? length : 1;
    }
    (void)putchar('"');
}

/* What stands before a value. */
static void place(struct json *json, const char *key)
{
    if (json->filled[json->depth])
        (void)putchar(',');
    json->filled[json->depth] = true;
    line_break(json);
    if (key) {
        quoted(key);
        (void)fputs(json->pretty ? ": " : ":", stdout);
    }
}

void json_open(struct json *json, const char *key, char bracket)
{
    place(json, key);
    (void)putchar(bracket);
    json->depth++;
    json->filled[json->depth] = false;
}

void json_close(struct json *json, char bracket)
{
    bool filled = json->filled[json->depth];

    json->depth--;
    if (filled) {
        line_break(json);
        if (json->pretty && json->depth == 0)
            (void)putchar('\n');
    }
    (void)putchar(bracket);
}

void json_text(struct json *json, const char *key, const char *text)
{
    place(json, key);
    quoted(text);
}

void json_number(struct json *json, const char *key, uint64_t number)
{
    place(json, key);
    (void)printf("%" PRIu64, number);
}

void json_bool(struct json *json, const char *key, bool value)
{
    place(json, key);
    (void)fputs(value ? "true" : "false", stdout);
}
