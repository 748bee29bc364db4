/* SPDX-License-Identifier: MIT */
/* The first byte is the size of the target, the rest the text. */
#include "fuzz.h"

#include "base/base.h"

#include <string.h>

/* What comes out is safe to print: whole UTF-8, no control, and no lone backslash. */
static void check_output(const char *text)
{
    while (*text != '\0') {
        size_t length = tunic_text_utf8(text);
        fuzz_check(length > 0);
        fuzz_check(length > 1 || ((unsigned char)*text >= 0x20 && *text != 0x7F));
        if (*text == '\\') {
            bool doubled = text[1] == '\\';
            fuzz_check(doubled || (text[1] == 'x' && strspn(text + 2, "0123456789abcdef") >= 2));
            length = doubled ? 2 : 4;
        }
        text += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    size_t size = bytes[0];
    char *source = malloc(length);
    char *target = malloc(size ? size : 1);
    fuzz_check(source && target);
    memcpy(source, bytes + 1, length - 1);
    source[length - 1] = '\0';
    tunic_text_escape(target, size, source);
    if (size > 0) {
        fuzz_check(memchr(target, '\0', size));
        check_output(target);
    }
    /* With room for everything nothing is cut. */
    size_t room = 4 * length + 1;
    char *whole = malloc(room);
    fuzz_check(whole != NULL);
    tunic_text_escape(whole, room, source);
    check_output(whole);
    fuzz_check(strlen(whole) >= strlen(source));
    free(whole);
    free(target);
    free(source);
    return 0;
}
