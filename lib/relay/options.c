/* SPDX-License-Identifier: MIT */
/* What may be asked of a relay together, and what has to be said so that it is safe. */
#include "relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "ACTION: CAUSE (HINT)" */
static int refuse(struct tunic_error *error, const char *action, const char *cause,
                  const char *hint)
{
    int result = tunic_error_set(error, TUNIC_USAGE, "%s", action);

    tunic_error_cause(error, "%s", cause);
    tunic_error_hint(error, "%s", hint);
    return result;
}

static int check_attributes(const struct tunic_desired *desired, struct tunic_error *error)
{
    const struct tunic_keyword *keywords = tunic_attribute_keywords();

    for (size_t i = 0; desired && i < TUNIC_ATTRIBUTE_COUNT; i++)
        if (desired->named & ~TUNIC_RELAY_ATTRIBUTES & TUNIC_NAMED(i))
            return tunic_error_set(error, TUNIC_USAGE, "'%s' does not go with a relay",
                                   keywords[i].word);
    return 0;
}

/* With a stream one side waits and the other one comes. */
static int check_tcp(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (options->has_listen && options->has_connect)
        return refuse(error, "'listen' and 'connect' contradict each other with 'proto tcp'", "",
                      "one side listens, the other one connects");
    if (options->has_connect && options->has_from)
        return refuse(error, "'from' has no meaning beside 'connect' with 'proto tcp'", "",
                      "nobody but the host it connects to can send; leave 'from' out");
    return 0;
}

/* Whom it speaks with. */
static int check_peer(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (options->protocol == TUNIC_RELAY_TCP) {
        int result = check_tcp(options, error);
        if (result != 0)
            return result;
    }
    if (!options->has_listen && !options->has_connect)
        return refuse(error, "neither 'listen' nor 'connect' is given", "",
                      "'connect HOST' speaks with that host; 'listen PORT from HOST' waits for it");
    if (!options->has_connect && !options->has_from)
        return refuse(error, "'from' is missing",
                      "without keys anybody who reaches the port could send packets into this host",
                      "'from HOST' admits that host, 'from any' everybody");
    return 0;
}

/* ---- with keys ------------------------------------------------------------------------- */

/* Words that a plain relay needs. */
static int check_plain_words(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (options->insecure)
        return refuse(error, "'insecure' contradicts keys",
                      "with them every packet is encrypted and authenticated", "leave it out");
    if (options->has_connect)
        return refuse(error, "'connect' does not go with keys", "",
                      "where a peer is says its 'endpoint HOST[:PORT]'");
    if (options->has_from)
        return refuse(error, "'from' does not go with keys",
                      "a peer is known by its key, wherever it is", "leave it out");
    if (options->jumbo)
        return refuse(error, "'jumbo' does not go with keys",
                      "it is about peers whose buffer is small, and they know no keys",
                      "leave it out");
    return 0;
}

static int compare_keys(const void *left, const void *right)
{
    return memcmp(*(const uint8_t *const *)left, *(const uint8_t *const *)right, TUNIC_KEY_SIZE);
}

/* There may be very many: what is sorted has doubles beside each other. */
static int check_twice(const struct tunic_settings *settings, struct tunic_error *error)
{
    const uint8_t **sorted = calloc(settings->peer_count + 1, sizeof(*sorted));
    char key[TUNIC_KEY_TEXT];
    int result = 0;

    if (!sorted)
        return tunic_error_memory(error);
    for (size_t i = 0; i < settings->peer_count; i++)
        sorted[i] = settings->peers[i].public_key;
    qsort(sorted, settings->peer_count, sizeof(*sorted), compare_keys);
    for (size_t i = 1; i < settings->peer_count && result == 0; i++) {
        if (compare_keys(&sorted[i - 1], &sorted[i]) != 0)
            continue;
        tunic_key_text(sorted[i], key);
        result = tunic_error_set(error, TUNIC_USAGE, "peer '%s' is given twice", key);
    }
    free(sorted);
    return result;
}

/* A peer with our own key would be this host. */
static int check_own(const struct tunic_settings *settings, struct tunic_error *error)
{
    struct tunic_crypto *crypto;
    uint8_t own[TUNIC_KEY_SIZE];
    char key[TUNIC_KEY_TEXT];
    int result = tunic_crypto_open(&crypto, error);

    if (result != 0)
        return result;
    result = tunic_x25519_public(crypto, settings->private_key, own);
    tunic_crypto_close(crypto);
    if (result != 0)
        return tunic_error_system(error, -result, "cannot work the public key out");
    tunic_key_text(own, key);
    for (size_t i = 0; i < settings->peer_count; i++) {
        if (memcmp(settings->peers[i].public_key, own, sizeof(own)) != 0)
            continue;
        (void)tunic_error_set(error, TUNIC_USAGE, "peer '%s' is this side itself", key);
        tunic_error_hint(error, "a peer is named by its own public key, not by ours");
        return -EINVAL;
    }
    return 0;
}

/* Somebody must be able to begin, now or once wg(8) has said more. */
static int check_reachable(const struct tunic_relay_options *options, struct tunic_error *error)
{
    bool reachable = !options->no_control;

    if (!reachable && options->settings.peer_count == 0)
        return refuse(error, "'peer' is missing", "with 'control off' none can come later",
                      "'peer PUBKEY'");
    for (size_t i = 0; i < options->settings.peer_count; i++)
        reachable = reachable || options->settings.peers[i].has_endpoint;
    if (!reachable && !options->has_listen)
        return refuse(error, "neither 'listen' nor an 'endpoint' is given",
                      "so neither side knows where the other one is",
                      "'listen PORT' waits for peers, 'endpoint HOST' calls one");
    return 0;
}

static int check_keys(const struct tunic_relay_options *options, struct tunic_error *error)
{
    const struct tunic_settings *settings = &options->settings;
    int result = check_plain_words(options, error);

    if (result == 0)
        result = check_twice(settings, error);
    if (result != 0 || !settings->has_private_key) /* what follows shows once files are read */
        return result;
    result = check_own(settings, error);
    return result == 0 ? check_reachable(options, error) : result;
}

/* ---- without --------------------------------------------------------------------------- */

static int check_plain(const struct tunic_relay_options *options, struct tunic_error *error)
{
    if (!options->insecure)
        return refuse(error, "neither 'key' nor 'insecure' is given",
                      "without keys whoever is on the way can read, change and forge the packets",
                      "'key FILE peer PUBKEY' prevents that, 'insecure' accepts it");
    if (options->workers > 0)
        return refuse(error, "'workers' belongs to keys", "a plain relay encrypts nothing",
                      "leave it out");
    if (options->control || options->no_control)
        return refuse(error, "'control' belongs to keys",
                      "wg asks for keys and peers, and a plain relay has none", "leave it out");
    int result = check_peer(options, error);
    if (result == 0 && options->jumbo && options->protocol != TUNIC_RELAY_TCP)
        result = refuse(error, "'jumbo' belongs to 'proto tcp'", "",
                        "a datagram takes a packet of any size");
    return result;
}

int tunic_relay_check(const struct tunic_relay_options *options, struct tunic_error *error)
{
    int result = check_attributes(options->desired, error);

    if (result != 0)
        return result;
    return options->has_keys ? check_keys(options, error) : check_plain(options, error);
}
