/* SPDX-License-Identifier: MIT */
/* The bytes are the lines of a request. What is set by it is reported; the report, taken as a
 * request, sets the same anew, so that its report is the same. */
#include "fuzz.h"

#include "control/control.h"

#include <string.h>

enum { PEERS = 64 };

/* What a relay keeps; without its key, handshakes cost nothing. */
struct side {
    struct tunic_wireguard *wireguard;
    struct tunic_settings interface;
    union tunic_socket_address endpoints[PEERS];
    size_t count;
};

static void no_random(void *closure, void *bytes, size_t length)
{
    (void)closure;
    memset(bytes, 1, length);
}

static void set_interface(struct side *side, const struct tunic_settings *settings)
{
    struct tunic_settings *interface = &side->interface;

    if (settings->has_private_key) {
        interface->has_private_key = true;
        memcpy(interface->private_key, settings->private_key, TUNIC_KEY_SIZE);
    }
    if (settings->has_listen_port) {
        interface->has_listen_port = true;
        interface->listen_port = settings->listen_port;
    }
    if (settings->has_mark) {
        interface->has_mark = true;
        interface->mark = settings->mark;
    }
}

static struct tunic_wireguard_peer *add_peer(struct side *side, const uint8_t *key)
{
    struct tunic_wireguard_peer *peer = NULL;

    if (side->count == PEERS)
        return NULL;
    union tunic_socket_address *endpoint = &side->endpoints[side->count++];
    endpoint->any.sa_family = AF_UNSPEC;
    fuzz_check(tunic_wireguard_peer_add(side->wireguard, key, endpoint, &peer) == 0);
    return peer;
}

static void set_peer(struct side *side, const struct tunic_peer_settings *settings)
{
    struct tunic_wireguard_peer *peer =
        tunic_wireguard_peer_find(side->wireguard, settings->public_key);

    if (settings->remove && peer)
        tunic_wireguard_peer_remove(side->wireguard, peer);
    if (settings->remove || (settings->update_only && !peer))
        return;
    if (!peer)
        peer = add_peer(side, settings->public_key);
    if (!peer)
        return;
    if (settings->has_preshared)
        tunic_wireguard_peer_set_preshared(peer, settings->preshared_key);
    if (settings->has_keepalive)
        tunic_wireguard_peer_set_keepalive(side->wireguard, peer, settings->keepalive, 1);
    if (settings->has_endpoint)
        fuzz_check(tunic_host_address(&settings->endpoint, tunic_wireguard_peer_owner(peer)));
    if (settings->replace_allowed)
        tunic_wireguard_disallow_all(side->wireguard, peer);
    for (size_t i = 0; i < settings->allowed_count; i++)
        fuzz_check(tunic_wireguard_allow(side->wireguard, peer, &settings->allowed[i]) == 0);
}

/* ---- reports --------------------------------------------------------------------------- */

static void get(void *closure, struct tunic_settings *settings)
{
    const struct side *side = closure;

    *settings = side->interface;
}

static bool next(void *closure, const struct tunic_wireguard_peer *before,
                 struct tunic_peer_report *report)
{
    const struct side *side = closure;

    report->peer = tunic_wireguard_peer_next(side->wireguard, before);
    if (!report->peer)
        return false;
    tunic_wireguard_peer_status(report->peer, &report->status);
    report->endpoint = *(union tunic_socket_address *)tunic_wireguard_peer_owner(report->peer);
    return true;
}

/* What can only be told, and the end. */
static bool is_state(const char *line)
{
    static const char *const words[] = {"last_handshake_time_",
                                        "tx_bytes=", "rx_bytes=", "errno=0"};

    for (size_t i = 0; i < TUNIC_COUNT(words); i++)
        if (strncmp(line, words[i], strlen(words[i])) == 0)
            return true;
    return line[0] == '\0';
}

/* Takes `text` line by line; `report`: each of them has to be right. */
static void set(struct side *side, struct tunic_crypto *crypto, char *text, bool report)
{
    static const struct tunic_wireguard_user user = {.random = no_random};
    struct tunic_settings settings = {0};
    struct tunic_error error;

    *side = (struct side){0};
    fuzz_check(tunic_wireguard_open(&side->wireguard, crypto, &user, &error) == 0);
    for (char *line = text; line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        int result = report && is_state(line) ? 0 : tunic_protocol_parse_line(line, &settings);
        fuzz_check(!report || result == 0);
        line = end ? end + 1 : NULL;
        if (result != 0)
            break;
    }
    set_interface(side, &settings);
    for (size_t i = 0; i < settings.peer_count; i++)
        set_peer(side, &settings.peers[i]);
    tunic_settings_clear(&settings);
}

static void tell(struct side *side, struct tunic_text *text)
{
    static const char end[] = "errno=0\n\n";
    const struct tunic_control_user user = {.closure = side, .get = get, .next = next};

    tunic_protocol_report(&user, text);
    fuzz_check(!text->failed && text->length == strlen(text->text));
    fuzz_check(text->length >= sizeof(end) - 1);
    fuzz_check(strcmp(text->text + text->length - (sizeof(end) - 1), end) == 0);
}

/* ---- what is set ----------------------------------------------------------------------- */

static void compare_ranges(const struct tunic_wireguard_peer *left,
                           const struct tunic_wireguard_peer *right)
{
    const void *cursors[2] = {NULL, NULL};
    struct tunic_allowed_ip ranges[2] = {{0}, {0}};

    while (tunic_wireguard_allowed_next(left, &cursors[0], &ranges[0])) {
        fuzz_check(tunic_wireguard_allowed_next(right, &cursors[1], &ranges[1]));
        fuzz_check(ranges[0].inet6 == ranges[1].inet6 && ranges[0].length == ranges[1].length);
        fuzz_check(memcmp(ranges[0].address, ranges[1].address, ranges[0].inet6 ? 16 : 4) == 0);
    }
    fuzz_check(!tunic_wireguard_allowed_next(right, &cursors[1], &ranges[1]));
}

static void compare_peers(struct tunic_peer_report *left, struct tunic_peer_report *right)
{
    fuzz_check(memcmp(left->status.public_key, right->status.public_key, TUNIC_KEY_SIZE) == 0);
    fuzz_check(memcmp(left->status.preshared_key, right->status.preshared_key, TUNIC_KEY_SIZE) ==
               0);
    fuzz_check(left->status.keepalive == right->status.keepalive);
    fuzz_check(tunic_endpoint_same(&left->endpoint, &right->endpoint));
    compare_ranges(left->peer, right->peer);
}

static void compare(struct side *left, struct side *right)
{
    struct tunic_peer_report reports[2] = {{.peer = NULL}, {.peer = NULL}};

    fuzz_check(memcmp(left->interface.private_key, right->interface.private_key, TUNIC_KEY_SIZE) ==
               0);
    fuzz_check(left->interface.listen_port == right->interface.listen_port);
    fuzz_check(left->interface.mark == right->interface.mark);
    while (next(left, reports[0].peer, &reports[0])) {
        fuzz_check(next(right, reports[1].peer, &reports[1]));
        compare_peers(&reports[0], &reports[1]);
    }
    fuzz_check(!next(right, reports[1].peer, &reports[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct tunic_crypto *crypto;
    static struct side sides[2]; /* large */
    struct tunic_text first = {0};
    struct tunic_text second = {0};
    struct tunic_error error;
    char *text = malloc(length + 1);

    if (!crypto)
        fuzz_check(tunic_crypto_open(&crypto, &error) == 0);
    fuzz_check(text != NULL);
    memcpy(text, bytes, length);
    text[length] = '\0';
    set(&sides[0], crypto, text, false);
    tell(&sides[0], &first);
    char *again = malloc(first.length + 1);
    fuzz_check(again != NULL);
    memcpy(again, first.text, first.length + 1);
    set(&sides[1], crypto, again, true);
    tell(&sides[1], &second);
    compare(&sides[0], &sides[1]);
    fuzz_check(first.length == second.length && strcmp(first.text, second.text) == 0);
    for (size_t i = 0; i < TUNIC_COUNT(sides); i++)
        tunic_wireguard_close(sides[i].wireguard);
    tunic_text_free(&first);
    tunic_text_free(&second);
    free(again);
    free(text);
    return 0;
}
