/* SPDX-License-Identifier: MIT */
#include "control/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tunic_peer_settings *tunic_settings_add_peer(struct tunic_settings *settings,
                                                    const uint8_t public_key[TUNIC_KEY_SIZE])
{
    struct tunic_peer_settings *peers = tunic_secret_array_reserve(
        settings->peers, settings->peer_count, &settings->peer_capacity, sizeof(*settings->peers));

    if (!peers)
        return NULL;
    settings->peers = peers;
    struct tunic_peer_settings *peer = &peers[settings->peer_count++];
    *peer = (struct tunic_peer_settings){0};
    memcpy(peer->public_key, public_key, TUNIC_KEY_SIZE);
    return peer;
}

int tunic_peer_settings_allow(struct tunic_peer_settings *peer,
                              const struct tunic_allowed_ip *range)
{
    struct tunic_allowed_ip *allowed = tunic_array_reserve(
        peer->allowed, peer->allowed_count, &peer->allowed_capacity, sizeof(*peer->allowed));

    if (!allowed)
        return -ENOMEM;
    peer->allowed = allowed;
    allowed[peer->allowed_count++] = *range;
    return 0;
}

void tunic_settings_clear(struct tunic_settings *settings)
{
    for (size_t i = 0; i < settings->peer_count; i++)
        free(settings->peers[i].allowed);
    if (settings->peers)
        tunic_wipe(settings->peers, settings->peer_count * sizeof(*settings->peers));
    free(settings->peers);
    tunic_wipe(settings, sizeof(*settings)); /* zero: nothing is set */
}

/* ---- ranges ---------------------------------------------------------------------------- */

static int not_a_range(const char *word, const char *hint, struct tunic_error *error)
{
    char escaped[64];

    tunic_text_escape(escaped, sizeof(escaped), word);
    (void)tunic_error_set(error, TUNIC_USAGE, "'%s' is no address range", escaped);
    tunic_error_hint(error, "%s", hint);
    return tunic_reason_errno(TUNIC_USAGE);
}

static void clear_behind(struct tunic_allowed_ip *range)
{
    for (size_t i = 0; i < sizeof(range->address); i++) {
        unsigned kept = range->length <= 8 * i ? 0 : range->length - 8 * (unsigned)i;
        if (kept < 8)
            range->address[i] &= (uint8_t)(0xFF00U >> kept);
    }
}

int tunic_allowed_parse(const char *word, struct tunic_allowed_ip *range, struct tunic_error *error)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(word, '/');
    size_t length = slash ? (size_t)(slash - word) : strlen(word);
    struct tunic_allowed_ip parsed = {.inet6 = memchr(word, ':', length) != NULL};
    uint64_t most = parsed.inet6 ? 128 : 32;
    uint64_t bits = most;

    if (length >= sizeof(address))
        return not_a_range(word, "ADDRESS or ADDRESS/LENGTH", error);
    memcpy(address, word, length);
    address[length] = '\0';
    if (inet_pton(parsed.inet6 ? AF_INET6 : AF_INET, address, parsed.address) != 1)
        return not_a_range(word, "ADDRESS or ADDRESS/LENGTH", error);
    if (slash && tunic_number_parse(slash + 1, 0, most, &bits) != 0)
        return not_a_range(word, parsed.inet6 ? "its length is 0 to 128" : "its length is 0 to 32",
                           error);
    parsed.length = (uint8_t)bits;
    clear_behind(&parsed);
    *range = parsed;
    return 0;
}

int tunic_allowed_parse_change(const char *word, struct tunic_allowed_ip *range,
                               struct tunic_error *error)
{
    bool sign = word[0] == '+' || word[0] == '-';
    int result = tunic_allowed_parse(word + sign, range, error);

    if (result == 0)
        range->remove = word[0] == '-';
    return result;
}

void tunic_allowed_text(const struct tunic_allowed_ip *range, char text[TUNIC_ALLOWED_TEXT])
{
    char address[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(range->inet6 ? AF_INET6 : AF_INET, range->address, address, sizeof(address));
    (void)snprintf(text, TUNIC_ALLOWED_TEXT, "%s/%u", address, (unsigned)range->length);
}

int tunic_allowed_parse_list(const char *word, struct tunic_peer_settings *peer,
                             struct tunic_error *error)
{
    for (const char *next = word; next;) {
        char item[TUNIC_ALLOWED_TEXT];
        struct tunic_allowed_ip range;
        size_t length = strcspn(next, ",");
        if (length >= sizeof(item))
            return not_a_range(next, "ADDRESS or ADDRESS/LENGTH, with commas between", error);
        memcpy(item, next, length);
        item[length] = '\0';
        int result = tunic_allowed_parse(item, &range, error);
        if (result != 0)
            return result;
        if (tunic_peer_settings_allow(peer, &range) != 0)
            return tunic_error_memory(error);
        next = next[length] == ',' ? next + length + 1 : NULL;
    }
    return 0;
}
