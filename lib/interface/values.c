/* SPDX-License-Identifier: MIT */
#include "interface/values.h"

#include <stdio.h>
#include <string.h>

enum {
    ALIAS_LENGTH = 255,  /* IFALIASZ - 1 of linux/if.h */
    ALTNAME_LENGTH = 127 /* ALTIFNAMSIZ - 1 */
};

static int wrong(struct tunic_error *error, const char *what)
{
    return tunic_error_set(error, TUNIC_USAGE, "%s", what);
}

/* ---- words ----------------------------------------------------------------------------- */

static bool has_control_byte(const char *word)
{
    for (; *word != '\0'; word++)
        if ((unsigned char)*word < 0x20 || *word == 0x7F)
            return true;
    return false;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

int tunic_parse_mac(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    uint8_t bytes[6];
    uint8_t any = 0;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        int high = hex_digit(word[0]);
        int low = high < 0 ? -1 : hex_digit(word[1]);
        if (low < 0 || word[2] != (i + 1 < sizeof(bytes) ? ':' : '\0'))
            return wrong(error, "not six bytes as in 02:00:5e:10:00:01");
        bytes[i] = (uint8_t)(high << 4 | low);
        any |= bytes[i];
        word += 3;
    }
    if (bytes[0] & 1)
        return wrong(error, "a multicast address cannot be an interface's own");
    if (any == 0)
        return wrong(error, "all zeros is no address");
    memcpy(target->mac, bytes, sizeof(bytes));
    return 0;
}

int tunic_parse_alias(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;

    if (strlen(word) > ALIAS_LENGTH)
        return wrong(error, "longer than 255 bytes");
    if (has_control_byte(word))
        return wrong(error, "it contains control bytes");
    target->alias = word;
    return 0;
}

int tunic_parse_altname(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;

    if (*word == '\0' || strcmp(word, ".") == 0 || strcmp(word, "..") == 0)
        return wrong(error, "not a name");
    if (strlen(word) > ALTNAME_LENGTH)
        return wrong(error, "longer than 127 bytes");
    if (strpbrk(word, "/: %") || has_control_byte(word))
        return wrong(error, "it contains '/', ':', '%', white space or control bytes");
    for (size_t i = 0; i < target->altnames.count; i++)
        if (strcmp(target->altnames.names[i], word) == 0)
            return wrong(error, "it is given twice");
    return tunic_name_list_add(&target->altnames, word, error);
}

int tunic_parse_master(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;
    struct tunic_error reason;

    if (tunic_name_check_plain(word, &reason) != 0)
        return wrong(error, reason.cause);
    target->master = word;
    return 0;
}

int tunic_parse_netns(const char *word, void *desired, struct tunic_error *error)
{
    struct tunic_desired *target = desired;

    if (*word == '\0' || strcmp(word, ".") == 0 || strcmp(word, "..") == 0)
        return wrong(error, "not a name");
    if (strlen(word) > 1024)
        return wrong(error, "too long");
    target->netns = word;
    return 0;
}

void tunic_lladdr_text(const uint8_t *bytes, size_t length, char text[TUNIC_VALUE_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < length && (i + 1) * 3 < TUNIC_VALUE_TEXT; i++)
        (void)snprintf(text + (i ? i * 3 - 1 : 0), 4, i ? ":%02x" : "%02x", bytes[i]);
}
