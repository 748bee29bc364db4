/* SPDX-License-Identifier: MIT */
#include "control/secret.h"

#include <errno.h>
#include <string.h>

/* The words of a peer are taken behind one only. */
static struct tunic_peer_settings *last_peer(const struct tunic_settings *settings)
{
    return &settings->peers[settings->peer_count - 1];
}

static int take_number(const char *value, uint64_t most, uint64_t *number)
{
    return tunic_number_parse(value, 0, most, number) == 0 ? 0 : -EINVAL;
}

/* What is only ever said of what is so. */
static int take_true(const char *value, bool *member)
{
    *member = strcmp(value, "true") == 0;
    return *member ? 0 : -EINVAL;
}

/* ---- the interface --------------------------------------------------------------------- */

static int take_private_key(struct tunic_settings *settings, const char *value)
{
    settings->has_private_key = tunic_key_parse_hex(value, settings->private_key);
    return settings->has_private_key ? 0 : -EINVAL;
}

static int take_listen_port(struct tunic_settings *settings, const char *value)
{
    uint64_t number = 0;
    int result = take_number(value, UINT16_MAX, &number);

    settings->has_listen_port = result == 0;
    settings->listen_port = (uint16_t)number;
    return result;
}

static int take_mark(struct tunic_settings *settings, const char *value)
{
    uint64_t number = 0;
    int result = take_number(value, UINT32_MAX, &number);

    settings->has_mark = result == 0;
    settings->mark = (uint32_t)number;
    return result;
}

static int take_replace_peers(struct tunic_settings *settings, const char *value)
{
    return take_true(value, &settings->replace_peers);
}

/* ---- peers ----------------------------------------------------------------------------- */

static int take_public_key(struct tunic_settings *settings, const char *value)
{
    uint8_t key[TUNIC_KEY_SIZE];

    if (!tunic_key_parse_hex(value, key))
        return -EINVAL;
    return tunic_settings_add_peer(settings, key) ? 0 : -ENOMEM;
}

static int take_remove(struct tunic_settings *settings, const char *value)
{
    return take_true(value, &last_peer(settings)->remove);
}

static int take_update_only(struct tunic_settings *settings, const char *value)
{
    return take_true(value, &last_peer(settings)->update_only);
}

static int take_preshared_key(struct tunic_settings *settings, const char *value)
{
    struct tunic_peer_settings *peer = last_peer(settings);

    peer->has_preshared = tunic_key_parse_hex(value, peer->preshared_key);
    return peer->has_preshared ? 0 : -EINVAL;
}

/* Addresses alone, their links by number: whoever serves may look nothing up any more. */
static int take_endpoint(struct tunic_settings *settings, const char *value)
{
    struct tunic_peer_settings *peer = last_peer(settings);
    union tunic_socket_address address;
    struct tunic_error error;

    peer->has_endpoint = tunic_host_parse(value, &peer->endpoint, &error) == 0 &&
                         peer->endpoint.has_port && tunic_host_address(&peer->endpoint, &address);
    return peer->has_endpoint ? 0 : -EINVAL;
}

static int take_keepalive(struct tunic_settings *settings, const char *value)
{
    struct tunic_peer_settings *peer = last_peer(settings);
    uint64_t number = 0;
    int result = take_number(value, UINT16_MAX, &number);

    peer->has_keepalive = result == 0;
    peer->keepalive = (uint16_t)number;
    return result;
}

static int take_replace_allowed(struct tunic_settings *settings, const char *value)
{
    return take_true(value, &last_peer(settings)->replace_allowed);
}

static int take_allowed(struct tunic_settings *settings, const char *value)
{
    struct tunic_allowed_ip range;
    struct tunic_error error;

    if (tunic_allowed_parse_change(value, &range, &error) != 0)
        return -EINVAL;
    return tunic_peer_settings_allow(last_peer(settings), &range);
}

static int take_version(struct tunic_settings *settings, const char *value)
{
    (void)settings;
    return strcmp(value, "1") == 0 ? 0 : -EINVAL;
}

/* ---- lines ----------------------------------------------------------------------------- */

/* Those of the interface come before the first peer, those of a peer behind its public key. */
enum place {
    BEFORE_PEERS,
    OF_A_PEER,
    ANYWHERE,
};

static const struct {
    const char *word;
    enum place place;
    int (*take)(struct tunic_settings *settings, const char *value);
} keys[] = {
    {"allowed_ip", OF_A_PEER, take_allowed}, /* by far the most */
    {"public_key", ANYWHERE, take_public_key},
    {"preshared_key", OF_A_PEER, take_preshared_key},
    {"endpoint", OF_A_PEER, take_endpoint},
    {"persistent_keepalive_interval", OF_A_PEER, take_keepalive},
    {"replace_allowed_ips", OF_A_PEER, take_replace_allowed},
    {"remove", OF_A_PEER, take_remove},
    {"update_only", OF_A_PEER, take_update_only},
    {"protocol_version", OF_A_PEER, take_version},
    {"private_key", BEFORE_PEERS, take_private_key},
    {"listen_port", BEFORE_PEERS, take_listen_port},
    {"fwmark", BEFORE_PEERS, take_mark},
    {"replace_peers", BEFORE_PEERS, take_replace_peers},
};

int tunic_protocol_parse_line(const char *line, struct tunic_settings *settings)
{
    const char *equals = strchr(line, '=');
    size_t length = equals ? (size_t)(equals - line) : 0;
    enum place elsewhere = settings->peer_count > 0 ? BEFORE_PEERS : OF_A_PEER;

    if (!equals)
        return -EPROTO;
    for (size_t i = 0; i < TUNIC_COUNT(keys); i++)
        if (strncmp(line, keys[i].word, length) == 0 && keys[i].word[length] == '\0')
            return keys[i].place == elsewhere ? -EINVAL : keys[i].take(settings, equals + 1);
    return -EINVAL;
}
