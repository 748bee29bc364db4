/* SPDX-License-Identifier: MIT */
#include "control/config.h"
#include "control/secret.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MOST = 16 << 20, NAME_MOST = 44 };

/* Without the white space around it; `text` is cut. */
static char *trim(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* ---- sections -------------------------------------------------------------------------- */

static int end_section(const struct tunic_config_reader *reader, struct tunic_error *error)
{
    if (reader->section != TUNIC_CONFIG_PEER || reader->has_public_key)
        return 0;
    (void)tunic_error_set(error, TUNIC_USAGE, "the peer before has no PublicKey");
    tunic_error_hint(error, "it says which peer is meant");
    return tunic_reason_errno(TUNIC_USAGE);
}

static int begin_section(struct tunic_config_reader *reader, const char *word,
                         struct tunic_error *error)
{
    static const uint8_t no_key[TUNIC_KEY_SIZE] = {0};
    int result = end_section(reader, error);

    if (result != 0)
        return result;
    if (strcasecmp(word, "[Interface]") == 0) {
        reader->section = TUNIC_CONFIG_INTERFACE;
        return 0;
    }
    if (strcasecmp(word, "[Peer]") == 0) {
        struct tunic_peer_settings *peer =
            tunic_settings_add_peer(&reader->config->settings, no_key);
        if (!peer)
            return tunic_error_memory(error);
        peer->replace_allowed = true;
        reader->section = TUNIC_CONFIG_PEER;
        reader->has_public_key = false;
        return 0;
    }
    (void)tunic_error_set(error, TUNIC_USAGE, "unknown section");
    tunic_error_hint(error, "[Interface] or [Peer]");
    return tunic_reason_errno(TUNIC_USAGE);
}

/* ---- lines ----------------------------------------------------------------------------- */

/* What a line says is not told in errors: it may be a key in the wrong place. */
static int wrong_line(struct tunic_error *error, const char *what, const char *hint)
{
    (void)tunic_error_set(error, TUNIC_USAGE, "%s", what);
    tunic_error_hint(error, "%s", hint);
    return tunic_reason_errno(TUNIC_USAGE);
}

static int take_line(struct tunic_config_reader *reader, char *line, struct tunic_error *error)
{
    line[strcspn(line, "#")] = '\0';
    line = trim(line);
    if (*line == '\0')
        return 0;
    if (*line == '[')
        return begin_section(reader, line, error);
    char *value = strchr(line, '=');
    if (!value)
        return wrong_line(error, "neither a section nor a key with its value",
                          "[SECTION], or KEY = VALUE");
    *value++ = '\0';
    if (reader->section == TUNIC_CONFIG_NOTHING)
        return wrong_line(error, "no section has begun", "[Interface] or [Peer] comes first");
    return tunic_config_set(reader, trim(line), trim(value), error);
}

/* "wg0.conf:12"; of a long path only the end. */
static void set_place(struct tunic_error *error, const char *name, size_t number)
{
    char place[sizeof(error->object)];
    size_t length = strlen(name);
    const char *shown = name;

    if (length > NAME_MOST) {
        const char *slash = strchr(name + length - NAME_MOST, '/');
        shown = slash ? slash + 1 : name + length - NAME_MOST;
    }
    (void)snprintf(place, sizeof(place), "%.*s:%zu", NAME_MOST, shown, number);
    tunic_error_object(error, place);
}

static int take_lines(struct tunic_config_reader *reader, const char *name, const char *text,
                      size_t length, struct tunic_text *line, struct tunic_error *error)
{
    size_t number = 0;
    int result = 0;

    while (length > 0 && result == 0) {
        const char *end = memchr(text, '\n', length);
        size_t taken = end ? (size_t)(end - text) : length;
        number++;
        tunic_text_clear(line);
        tunic_secret_reserve(line, taken);
        tunic_text_add_bytes(line, text, taken);
        if (line->failed)
            return tunic_error_memory(error);
        if (memchr(text, '\0', taken))
            result =
                wrong_line(error, "this is no text", "a configuration file as wg-quick has it");
        else
            result = take_line(reader, line->text, error);
        text += end ? taken + 1 : taken;
        length -= end ? taken + 1 : taken;
    }
    if (result == 0)
        result = end_section(reader, error);
    if (result != 0)
        set_place(error, name, number);
    return result;
}

int tunic_config_parse(const char *name, const char *text, size_t length,
                       struct tunic_config *config, struct tunic_error *error)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    struct tunic_config_reader reader = {.config = config};
    struct tunic_text line = {0};

    *config = (struct tunic_config){.settings.replace_peers = true};
    if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    int result = take_lines(&reader, name, text, length, &line, error);
    tunic_secret_free(&line);
    if (result != 0)
        tunic_config_clear(config);
    return result;
}

int tunic_config_read(const char *path, struct tunic_config *config, struct tunic_error *error)
{
    struct tunic_text text = {0};
    int result = tunic_secret_read(path, FILE_MOST, &text, error);

    *config = (struct tunic_config){0};
    if (result == 0)
        result = tunic_config_parse(path, text.text, text.length, config, error);
    tunic_secret_free(&text);
    return result;
}

void tunic_config_clear(struct tunic_config *config)
{
    tunic_settings_clear(&config->settings);
    for (size_t i = 0; i < config->address_count; i++)
        free(config->addresses[i]);
    free(config->addresses);
    *config = (struct tunic_config){0};
}
