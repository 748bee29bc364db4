/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and a NUL. */
static bool text_reserve(struct tunic_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *grown = realloc(text->text, capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->text = grown;
    text->capacity = capacity;
    return true;
}

void tunic_text_add(struct tunic_text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !text_reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    (void)vsnprintf(text->text + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void tunic_text_add_bytes(struct tunic_text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length))
        return;
    memcpy(text->text + text->length, bytes, length);
    text->length += length;
    text->text[text->length] = '\0';
}

void tunic_text_clear(struct tunic_text *text)
{
    text->length = 0;
    if (text->text)
        text->text[0] = '\0';
}

void tunic_text_free(struct tunic_text *text)
{
    free(text->text);
    *text = (struct tunic_text){0};
}

/* As tunic_text_utf8, and tells the character. */
static size_t text_decode(const char *text, uint32_t *character)
{
    const unsigned char *byte = (const unsigned char *)text;
    uint32_t value;
    size_t length;
    uint32_t smallest;

    *character = byte[0];
    if (byte[0] < 0x80)
        return byte[0] ? 1 : 0;
    if ((byte[0] & 0xE0) == 0xC0) {
        length = 2;
        value = byte[0] & 0x1F;
        smallest = 0x80;
    } else if ((byte[0] & 0xF0) == 0xE0) {
        length = 3;
        value = byte[0] & 0x0F;
        smallest = 0x800;
    } else if ((byte[0] & 0xF8) == 0xF0) {
        length = 4;
        value = byte[0] & 0x07;
        smallest = 0x10000;
    } else {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80) /* the NUL stops us too */
            return 0;
        value = value << 6 | (byte[i] & 0x3F);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return length;
}

size_t tunic_text_utf8(const char *text)
{
    uint32_t character;

    return text_decode(text, &character);
}

/* Whether a terminal shows a character as it is: it is no control, is not invisible, and does not
 * turn the direction of what follows. */
static bool text_printable(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } hidden[] = {
        {0x00, 0x1F},       /* C0 controls */
        {0x7F, 0x9F},       /* DEL, C1 controls */
        {0x061C, 0x061C},   /* direction of Arabic letters */
        {0x200B, 0x200F},   /* no width; direction */
        {0x2028, 0x202E},   /* line and paragraph ends; direction */
        {0x2060, 0x206F},   /* no width; direction */
        {0xFEFF, 0xFEFF},   /* byte order mark */
        {0xE0000, 0xE007F}, /* tags */
    };

    for (size_t i = 0; i < TUNIC_COUNT(hidden); i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return false;
    return true;
}

void tunic_text_escape(char *target, size_t size, const char *source)
{
    static const char ellipsis[] = "...";
    size_t used = 0;
    size_t safe = 0; /* where the text may be cut so that the ellipsis still fits */

    if (size == 0)
        return;
    while (*source != '\0') {
        char piece[8];
        uint32_t character;
        size_t length = text_decode(source, &character);
        size_t step = length ? length : 1;
        if (length == 1 && *source == '\\') {
            memcpy(piece, "\\\\", 3);
        } else if (length != 0 && text_printable(character)) {
            memcpy(piece, source, length);
            piece[length] = '\0';
        } else {
            (void)snprintf(piece, sizeof(piece), "\\x%02x", (unsigned char)*source);
            step = 1;
        }
        size_t piece_length = strlen(piece);
        if (used + piece_length + 1 > size) {
            if (safe + sizeof(ellipsis) <= size)
                memcpy(target + safe, ellipsis, sizeof(ellipsis));
            else
                target[used] = '\0';
            return;
        }
        memcpy(target + used, piece, piece_length);
        used += piece_length;
        if (used + sizeof(ellipsis) <= size)
            safe = used;
        source += step;
    }
    target[used] = '\0';
}
