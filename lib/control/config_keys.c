/* SPDX-License-Identifier: MIT */
#include "control/config.h"
#include "control/secret.h"
#include "grammar/grammar.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MTU_LEAST = 68, WORD = 24 };

static int wrong(struct tunic_error *error, const char *what, const char *hint)
{
    (void)tunic_error_set(error, TUNIC_USAGE, "%s", what);
    tunic_error_hint(error, "%s", hint);
    return tunic_reason_errno(TUNIC_USAGE);
}

static struct tunic_peer_settings *peer_of(const struct tunic_config_reader *reader)
{
    return &reader->config->settings.peers[reader->config->settings.peer_count - 1];
}

/* ---- values ---------------------------------------------------------------------------- */

static int take_private_key(struct tunic_config_reader *reader, const char *value,
                            struct tunic_error *error)
{
    reader->config->settings.has_private_key = true;
    return tunic_key_parse(value, reader->config->settings.private_key, error);
}

static int take_listen_port(struct tunic_config_reader *reader, const char *value,
                            struct tunic_error *error)
{
    uint64_t number;

    if (tunic_number_parse(value, 0, UINT16_MAX, &number) != 0)
        return wrong(error, "not a port", "a number from 0, which is any, to 65535");
    reader->config->settings.has_listen_port = true;
    reader->config->settings.listen_port = (uint16_t)number;
    return 0;
}

static bool parse_mark(const char *value, uint64_t *mark)
{
    *mark = 0;
    if (strcasecmp(value, "off") == 0)
        return true;
    if (value[0] != '0' || (value[1] != 'x' && value[1] != 'X'))
        return tunic_number_parse(value, 0, UINT32_MAX, mark) == 0;
    size_t length = strspn(value + 2, "0123456789abcdefABCDEF");
    if (length == 0 || length > 8 || value[2 + length] != '\0')
        return false;
    *mark = strtoul(value + 2, NULL, 16);
    return true;
}

static int take_mark(struct tunic_config_reader *reader, const char *value,
                     struct tunic_error *error)
{
    uint64_t mark;

    if (!parse_mark(value, &mark))
        return wrong(error, "not a mark", "off, or a number of 32 bits, 0x… in hexadecimal");
    reader->config->settings.has_mark = true;
    reader->config->settings.mark = (uint32_t)mark;
    return 0;
}

static int take_address(struct tunic_config_reader *reader, const char *item,
                        struct tunic_error *error)
{
    struct tunic_config *config = reader->config;
    struct tunic_allowed_ip ignored;
    int result = tunic_allowed_parse(item, &ignored, error);

    if (result != 0)
        return result;
    char **addresses = tunic_array_reserve(config->addresses, config->address_count,
                                           &config->address_capacity, sizeof(*addresses));
    if (!addresses)
        return tunic_error_memory(error);
    config->addresses = addresses;
    addresses[config->address_count] = strdup(item);
    if (!addresses[config->address_count])
        return tunic_error_memory(error);
    config->address_count++;
    return 0;
}

static int take_allowed(struct tunic_config_reader *reader, const char *item,
                        struct tunic_error *error)
{
    struct tunic_allowed_ip range;
    int result = tunic_allowed_parse_change(item, &range, error);

    if (result == 0 && tunic_peer_settings_allow(peer_of(reader), &range) != 0)
        result = tunic_error_memory(error);
    return result;
}

/* One item after the other of a list with commas, without the white space around it. */
static int take_list(struct tunic_config_reader *reader, const char *value,
                     int (*take)(struct tunic_config_reader *reader, const char *item,
                                 struct tunic_error *error),
                     struct tunic_error *error)
{
    int result = 0;

    while (value && result == 0) {
        char item[TUNIC_ALLOWED_TEXT];
        const char *begin = value + strspn(value, " \t");
        const char *end = begin + strcspn(begin, ",");
        value = *end == ',' ? end + 1 : NULL;
        while (end > begin && isspace((unsigned char)end[-1]))
            end--;
        size_t length = (size_t)(end - begin);
        if (length >= sizeof(item))
            return wrong(error, "no address range",
                         "ADDRESS or ADDRESS/LENGTH, with commas between");
        memcpy(item, begin, length);
        item[length] = '\0';
        result = take(reader, item, error);
    }
    return result;
}

static int take_addresses(struct tunic_config_reader *reader, const char *value,
                          struct tunic_error *error)
{
    return take_list(reader, value, take_address, error);
}

static int take_allowed_ips(struct tunic_config_reader *reader, const char *value,
                            struct tunic_error *error)
{
    return *value == '\0' ? 0 : take_list(reader, value, take_allowed, error);
}

static int take_mtu(struct tunic_config_reader *reader, const char *value,
                    struct tunic_error *error)
{
    uint64_t number;

    if (tunic_number_parse(value, MTU_LEAST, UINT16_MAX, &number) != 0)
        return wrong(error, "not an MTU", "a number from 68 to 65535");
    reader->config->mtu = (uint32_t)number;
    return 0;
}

static int take_table(struct tunic_config_reader *reader, const char *value,
                      struct tunic_error *error)
{
    uint64_t number = 0;

    reader->config->no_routes = strcasecmp(value, "off") == 0;
    if (!reader->config->no_routes && strcasecmp(value, "auto") != 0 &&
        strcasecmp(value, "main") != 0 && tunic_number_parse(value, 1, UINT32_MAX, &number) != 0)
        return wrong(error, "not a routing table", "off, auto, or a number");
    reader->config->table = (uint32_t)number;
    return 0;
}

static int take_dns(struct tunic_config_reader *reader, const char *value,
                    struct tunic_error *error)
{
    (void)value;
    (void)error;
    reader->config->has_dns = true;
    return 0;
}

static int take_public_key(struct tunic_config_reader *reader, const char *value,
                           struct tunic_error *error)
{
    reader->has_public_key = true;
    return tunic_key_parse(value, peer_of(reader)->public_key, error);
}

static int take_preshared_key(struct tunic_config_reader *reader, const char *value,
                              struct tunic_error *error)
{
    peer_of(reader)->has_preshared = true;
    return tunic_key_parse(value, peer_of(reader)->preshared_key, error);
}

static int take_endpoint(struct tunic_config_reader *reader, const char *value,
                         struct tunic_error *error)
{
    peer_of(reader)->has_endpoint = true;
    return tunic_host_parse(value, &peer_of(reader)->endpoint, error);
}

static int take_keepalive(struct tunic_config_reader *reader, const char *value,
                          struct tunic_error *error)
{
    uint64_t number = 0;

    if (strcasecmp(value, "off") != 0 && tunic_number_parse(value, 0, UINT16_MAX, &number) != 0)
        return wrong(error, "not a number of seconds", "off, or a number up to 65535");
    peer_of(reader)->has_keepalive = true;
    peer_of(reader)->keepalive = (uint16_t)number;
    return 0;
}

/* ---- what is not done ------------------------------------------------------------------ */

static int refuse_before(struct tunic_config_reader *reader, const char *value,
                         struct tunic_error *error)
{
    (void)reader;
    (void)value;
    return wrong(error, "no commands are run from here",
                 "run it before, as a service does with ExecStartPre=");
}

static int refuse_after(struct tunic_config_reader *reader, const char *value,
                        struct tunic_error *error)
{
    (void)reader;
    (void)value;
    return wrong(error, "no commands are run from here",
                 "run it when the relay is ready, as a service does with ExecStartPost=");
}

static int refuse_at_end(struct tunic_config_reader *reader, const char *value,
                         struct tunic_error *error)
{
    (void)reader;
    (void)value;
    return wrong(error, "no commands are run from here",
                 "run it when the relay has ended, as a service does with ExecStopPost=");
}

static int refuse_saving(struct tunic_config_reader *reader, const char *value,
                         struct tunic_error *error)
{
    (void)reader;
    if (strcasecmp(value, "false") == 0)
        return 0;
    return wrong(error, "files are never written",
                 "'wg showconf NAME' prints what a running relay has");
}

/* ---- the table ------------------------------------------------------------------------- */

struct key {
    const char *word;
    enum tunic_config_section section;
    bool may_be_empty;
    int (*take)(struct tunic_config_reader *reader, const char *value, struct tunic_error *error);
};

static const struct key keys[] = {
    {"PrivateKey", TUNIC_CONFIG_INTERFACE, false, take_private_key},
    {"ListenPort", TUNIC_CONFIG_INTERFACE, false, take_listen_port},
    {"FwMark", TUNIC_CONFIG_INTERFACE, false, take_mark},
    {"Address", TUNIC_CONFIG_INTERFACE, false, take_addresses},
    {"MTU", TUNIC_CONFIG_INTERFACE, false, take_mtu},
    {"Table", TUNIC_CONFIG_INTERFACE, false, take_table},
    {"DNS", TUNIC_CONFIG_INTERFACE, true, take_dns},
    {"PreUp", TUNIC_CONFIG_INTERFACE, true, refuse_before},
    {"PostUp", TUNIC_CONFIG_INTERFACE, true, refuse_after},
    {"PreDown", TUNIC_CONFIG_INTERFACE, true, refuse_at_end},
    {"PostDown", TUNIC_CONFIG_INTERFACE, true, refuse_at_end},
    {"SaveConfig", TUNIC_CONFIG_INTERFACE, true, refuse_saving},
    {"PublicKey", TUNIC_CONFIG_PEER, false, take_public_key},
    {"PresharedKey", TUNIC_CONFIG_PEER, false, take_preshared_key},
    {"AllowedIPs", TUNIC_CONFIG_PEER, true, take_allowed_ips},
    {"Endpoint", TUNIC_CONFIG_PEER, false, take_endpoint},
    {"PersistentKeepalive", TUNIC_CONFIG_PEER, false, take_keepalive},
};

static void lower(char target[WORD], const char *word)
{
    size_t length = 0;

    for (; length + 1 < WORD && word[length] != '\0'; length++)
        target[length] = (char)tolower((unsigned char)word[length]);
    target[length] = '\0';
}

static int unknown(const char *word, struct tunic_error *error)
{
    char lowered[TUNIC_COUNT(keys)][WORD];
    const char *candidates[TUNIC_COUNT(keys) + 1] = {NULL};
    char escaped[WORD];
    char typed[WORD];

    (void)tunic_error_set(error, TUNIC_USAGE, "unknown key");
    if (strlen(word) >= WORD) /* perhaps a secret in the wrong place */
        return tunic_reason_errno(TUNIC_USAGE);
    tunic_text_escape(escaped, sizeof(escaped), word);
    tunic_error_action(error, "unknown key '%s'", escaped);
    for (size_t i = 0; i < TUNIC_COUNT(keys); i++) {
        lower(lowered[i], keys[i].word);
        candidates[i] = lowered[i];
    }
    lower(typed, word);
    const char *nearest = tunic_nearest(typed, candidates);
    for (size_t i = 0; i < TUNIC_COUNT(keys) && nearest; i++)
        if (nearest == lowered[i])
            tunic_error_hint(error, "did you mean '%s'?", keys[i].word);
    return tunic_reason_errno(TUNIC_USAGE);
}

static int misplaced(const struct key *key, struct tunic_error *error)
{
    (void)tunic_error_set(error, TUNIC_USAGE, "%s does not belong here", key->word);
    tunic_error_hint(error, "it stands behind %s",
                     key->section == TUNIC_CONFIG_PEER ? "[Peer]" : "[Interface]");
    return tunic_reason_errno(TUNIC_USAGE);
}

/* Puts the key's name before what its value's parser said. */
static int named(const struct key *key, int result, struct tunic_error *error)
{
    char what[sizeof(error->cause)];

    if (result == -ENOMEM)
        return result;
    (void)snprintf(what, sizeof(what), "%s", error->action);
    tunic_error_action(error, "%s", key->word);
    tunic_error_cause(error, "%s", what);
    return result;
}

int tunic_config_set(struct tunic_config_reader *reader, const char *key, const char *value,
                     struct tunic_error *error)
{
    for (size_t i = 0; i < TUNIC_COUNT(keys); i++) {
        if (strcasecmp(key, keys[i].word) != 0)
            continue;
        if (keys[i].section != reader->section)
            return misplaced(&keys[i], error);
        if (*value == '\0' && !keys[i].may_be_empty)
            return named(&keys[i], wrong(error, "no value", "KEY = VALUE"), error);
        int result = keys[i].take(reader, value, error);
        return result == 0 ? 0 : named(&keys[i], result, error);
    }
    return unknown(key, error);
}
