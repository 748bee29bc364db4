/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A digit is found by comparing it with every run of the alphabet, and never
 * by an index or a branch that depends on it: which memory is touched, and how long it takes, tells
 * nothing of a key.
 */
#include "control/secret.h"

#include <errno.h>
#include <string.h>

enum {
    BASE64_LENGTH = TUNIC_KEY_TEXT - 1,
    HEX_LENGTH = TUNIC_KEY_HEX - 1,
    KEY_FILE_MOST = 4096, /* with the white space behind */
};

/* Digits `first` to `last`, which stand for `value` and on. */
struct run {
    uint8_t first;
    uint8_t last;
    uint8_t value;
};

static const struct run base64_runs[] = {
    {'A', 'Z', 0}, {'a', 'z', 26}, {'0', '9', 52}, {'+', '+', 62}, {'/', '/', 63}};
/* The last is read and never written. */
static const struct run hex_runs[] = {{'0', '9', 0}, {'a', 'f', 10}, {'A', 'F', 10}};

/* All bits where `first` <= value <= `last`, or none. */
static uint32_t mask_within(uint32_t value, uint32_t first, uint32_t last)
{
    uint32_t outside = (value - first) | (last - value); /* the top bit: one of them wrapped */

    return (outside >> 31) - 1;
}

static char digit_write(const struct run *runs, size_t count, uint32_t value)
{
    uint32_t digit = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t last = (uint32_t)runs[i].value + runs[i].last - runs[i].first;
        digit |= mask_within(value, runs[i].value, last) & (value - runs[i].value + runs[i].first);
    }
    return (char)digit;
}

/* What a digit stands for; `*wrong` gets a bit where it is none. */
static uint32_t digit_read(const struct run *runs, size_t count, char digit, uint32_t *wrong)
{
    uint32_t byte = (uint8_t)digit;
    uint32_t value = 0;
    uint32_t known = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t mask = mask_within(byte, runs[i].first, runs[i].last);
        value |= mask & (byte - runs[i].first + runs[i].value);
        known |= mask;
    }
    *wrong |= ~known;
    return value;
}

/* ---- base64 ---------------------------------------------------------------------------- */

/* False: `word` is no key, and `key` is wiped. */
static bool base64_read(const char *word, uint8_t key[TUNIC_KEY_SIZE])
{
    uint32_t wrong = 0;
    uint32_t bits = 0;
    unsigned count = 0;
    size_t length = 0;

    for (size_t i = 0; i < BASE64_LENGTH - 1; i++) {
        bits = bits << 6 | digit_read(base64_runs, TUNIC_COUNT(base64_runs), word[i], &wrong);
        count += 6;
        if (count >= 8) {
            count -= 8;
            key[length++] = (uint8_t)(bits >> count);
        }
    }
    wrong |= bits & ((1U << count) - 1); /* left over */
    wrong |= (uint8_t)word[BASE64_LENGTH - 1] ^ (uint32_t)'=';
    tunic_wipe(&bits, sizeof(bits));
    if (wrong != 0)
        tunic_wipe(key, TUNIC_KEY_SIZE);
    return wrong == 0;
}

static int not_a_key(struct tunic_error *error)
{
    (void)tunic_error_set(error, TUNIC_USAGE, "not a key");
    tunic_error_hint(error, "a key is %d characters of base64, the last a '='", BASE64_LENGTH);
    return tunic_reason_errno(TUNIC_USAGE);
}

int tunic_key_parse(const char *word, uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error)
{
    if (strlen(word) != BASE64_LENGTH || !base64_read(word, key))
        return not_a_key(error);
    return 0;
}

void tunic_key_text(const uint8_t key[TUNIC_KEY_SIZE], char text[TUNIC_KEY_TEXT])
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t length = 0;

    for (size_t i = 0; i < TUNIC_KEY_SIZE; i++) {
        bits = bits << 8 | key[i];
        for (count += 8; count >= 6; count -= 6)
            text[length++] =
                digit_write(base64_runs, TUNIC_COUNT(base64_runs), bits >> (count - 6) & 63);
    }
    text[length++] = digit_write(base64_runs, TUNIC_COUNT(base64_runs), bits << (6 - count) & 63);
    text[length++] = '=';
    text[length] = '\0';
    tunic_wipe(&bits, sizeof(bits));
}

/* ---- hexadecimal ----------------------------------------------------------------------- */

bool tunic_key_parse_hex(const char *word, uint8_t key[TUNIC_KEY_SIZE])
{
    uint32_t wrong = 0;

    if (strlen(word) != HEX_LENGTH)
        return false;
    for (size_t i = 0; i < TUNIC_KEY_SIZE; i++) {
        uint32_t high = digit_read(hex_runs, TUNIC_COUNT(hex_runs), word[2 * i], &wrong);
        uint32_t low = digit_read(hex_runs, TUNIC_COUNT(hex_runs), word[2 * i + 1], &wrong);
        key[i] = (uint8_t)(high << 4 | low);
    }
    if (wrong != 0)
        tunic_wipe(key, TUNIC_KEY_SIZE);
    return wrong == 0;
}

void tunic_key_hex(const uint8_t key[TUNIC_KEY_SIZE], char text[TUNIC_KEY_HEX])
{
    const size_t written = TUNIC_COUNT(hex_runs) - 1;

    for (size_t i = 0; i < TUNIC_KEY_SIZE; i++) {
        text[2 * i] = digit_write(hex_runs, written, key[i] >> 4);
        text[2 * i + 1] = digit_write(hex_runs, written, key[i] & 15);
    }
    text[HEX_LENGTH] = '\0';
}

/* ---- files ----------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

int tunic_key_read(const char *path, uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error)
{
    struct tunic_text text = {0};
    char escaped[128];
    int result = tunic_secret_read(path, KEY_FILE_MOST, &text, error);

    if (result == 0) {
        size_t end = text.length;
        while (end > 0 && is_blank(text.text[end - 1]))
            text.text[--end] = '\0';
        /* The length as it was read: a NUL is no end of it. */
        if (end != BASE64_LENGTH || tunic_key_parse(text.text, key, error) != 0) {
            result = not_a_key(error);
            tunic_text_escape(escaped, sizeof(escaped),
                              strcmp(path, "-") == 0 ? "/dev/stdin" : path);
            tunic_error_action(error, "no key in '%s'", escaped);
        }
    }
    tunic_secret_free(&text);
    return result;
}
