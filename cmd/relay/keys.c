/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Whatever a configuration file says becomes what words would have said: its
 * port and mark the options, its Address, MTU and AllowedIPs attributes, given to the table of
 * attributes like words of a command line. Where a word was given, it counts, and the file does
 * not.
 */
#include "relay/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED = 80, TABLE = 51820 /* that wg-quick takes, and the mark */ };

static int refuse(struct tunic_error *error, const char *action, const char *hint)
{
    int result = tunic_error_set(error, TUNIC_USAGE, "%s", action);

    tunic_error_hint(error, "%s", hint);
    return result;
}

/* A tap as far as the words tell: by its mode, or else by its name. */
static bool is_tap(const struct arguments *arguments)
{
    const struct tunic_desired *desired = &arguments->desired;

    return tunic_is_named(desired, TUNIC_ATTRIBUTE_MODE)
               ? desired->mode == TUNIC_MODE_TAP
               : strncmp(arguments->names.names[0], "tap", 3) == 0;
}

int keys_check(struct arguments *arguments, struct tunic_error *error)
{
    struct tunic_relay_options *relay = &arguments->relay;
    bool has_peers = relay->settings.peer_count > 0;

    relay->has_keys = arguments->key || arguments->config;
    if (arguments->key && arguments->config)
        return refuse(error, "'key' and 'config' contradict each other",
                      "the file of 'config' holds the key too");
    if (has_peers && arguments->config)
        return refuse(error, "'peer' and 'config' contradict each other",
                      "the peers are those of the file; others can be added later with wg");
    if (has_peers && !arguments->key)
        return refuse(error, "'key' is missing",
                      "'key FILE': the private key of this side, which a peer knows it by");
    if (arguments->config && is_tap(arguments))
        return refuse(error, "'config' belongs to tun",
                      "such files are about IP packets; a tap takes 'key' and 'peer'");
    for (size_t i = 0; is_tap(arguments) && i < relay->settings.peer_count; i++)
        if (relay->settings.peers[i].allowed_count > 0)
            return refuse(error, "'allow' belongs to tun",
                          "which peer has an address on a tap is learned from its frames");
    return 0;
}

/* ---- key and peers --------------------------------------------------------------------- */

static int no_key(const char *path, struct tunic_error *error)
{
    char quoted[QUOTED];

    tunic_text_escape(quoted, sizeof(quoted), path);
    (void)tunic_error_set(error, TUNIC_USAGE, "no private key in '%s'", quoted);
    tunic_error_hint(error, "'tunic genkey' makes one");
    return -EINVAL;
}

static int read_keys(struct arguments *arguments, struct tunic_error *error)
{
    struct tunic_settings *settings = &arguments->relay.settings;
    int result = tunic_key_read(arguments->key, settings->private_key, error);

    settings->has_private_key = result == 0;
    for (size_t i = 0; i < settings->peer_count && result == 0; i++) {
        struct tunic_peer_settings *peer = &settings->peers[i];
        const char *path = arguments->preshared.names[i];
        if (!path)
            continue;
        peer->has_preshared = true;
        result = tunic_key_read(path, peer->preshared_key, error);
    }
    if (result == 0 && tunic_is_zero(settings->private_key, TUNIC_KEY_SIZE))
        return no_key(arguments->key, error);
    return result;
}

/* With one peer it is plain whose all addresses are. */
static int allow_everything(struct tunic_settings *settings, struct tunic_error *error)
{
    static const struct tunic_allowed_ip everything[] = {{.inet6 = false}, {.inet6 = true}};

    if (settings->peer_count != 1 || settings->peers[0].allowed_count > 0)
        return 0;
    for (size_t i = 0; i < TUNIC_COUNT(everything); i++)
        if (tunic_peer_settings_allow(&settings->peers[0], &everything[i]) != 0)
            return tunic_error_memory(error);
    return 0;
}

/* ---- a configuration file -------------------------------------------------------------- */

/* Gives an attribute a value, as a word behind its keyword would. */
static int give(struct arguments *arguments, enum tunic_attribute attribute, const char *key,
                const char *value, struct tunic_error *error)
{
    const struct tunic_keyword *keyword = &tunic_attribute_keywords()[attribute];
    int result = keyword->parse(value, &arguments->desired, error);
    char quoted[QUOTED];

    if (result == -EINVAL) {
        struct tunic_error cause = *error;
        char path[QUOTED];
        tunic_text_escape(path, sizeof(path), arguments->config);
        tunic_text_escape(quoted, sizeof(quoted), value);
        (void)tunic_error_set(error, TUNIC_USAGE, "%s: %s '%s'", path, key, quoted);
        tunic_error_cause(error, "%s", cause.action);
        tunic_error_hint(error, "%s", cause.hint);
    }
    arguments->desired.named |= TUNIC_NAMED(attribute);
    return result;
}

static int take_addresses(struct arguments *arguments, const struct tunic_config *config,
                          struct tunic_error *error)
{
    int result = 0;

    if (tunic_is_named(&arguments->desired, TUNIC_ATTRIBUTE_ADDR))
        return 0;
    for (size_t i = 0; i < config->address_count && result == 0; i++)
        result = give(arguments, TUNIC_ATTRIBUTE_ADDR, "Address", config->addresses[i], error);
    return result;
}

static bool within(const struct tunic_allowed_ip *range, const uint8_t *network, uint8_t length)
{
    size_t whole = length / 8;
    uint8_t mask = (uint8_t)(0xFF00U >> length % 8);

    return length <= range->length && memcmp(range->address, network, whole) == 0 &&
           (length % 8 == 0 || ((range->address[whole] ^ network[whole]) & mask) == 0);
}

/* Whether a range lies in the network of an address, to which the kernel makes the route. */
static bool is_near(const struct tunic_desired *desired, const struct tunic_allowed_ip *range)
{
    uint8_t family = range->inet6 ? AF_INET6 : AF_INET;

    for (size_t i = 0; i < desired->address_count; i++)
        if (desired->addresses[i].family == family &&
            within(range, desired->addresses[i].local, desired->addresses[i].prefix))
            return true;
    return false;
}

/* A table of the user's own is looked at by nobody but whom he tells to: all goes in there. */
static int take_route(struct arguments *arguments, const struct tunic_allowed_ip *range,
                      uint32_t table, struct keys_notes *notes, struct tunic_error *error)
{
    struct tunic_desired *desired = &arguments->desired;
    bool is_main = table == 0 || table == RT_TABLE_MAIN;
    char text[TUNIC_ALLOWED_TEXT];

    if (is_main && range->length == 0) {
        *(range->inet6 ? &notes->default_inet6 : &notes->default_inet) = true;
        return 0;
    }
    if (is_main && is_near(desired, range))
        return 0;
    tunic_allowed_text(range, text);
    int result = give(arguments, TUNIC_ATTRIBUTE_ROUTE, "AllowedIPs", text, error);
    if (result == 0 && !is_main)
        desired->routes[desired->route_count - 1].table = table;
    return result;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct tunic_allowed_ip *one = *(const struct tunic_allowed_ip *const *)left;
    const struct tunic_allowed_ip *other = *(const struct tunic_allowed_ip *const *)right;

    if (one->inet6 != other->inet6)
        return one->inet6 ? 1 : -1;
    int order = memcmp(one->address, other->address, one->inet6 ? 16 : 4);
    return order == 0 ? one->length - other->length : order;
}

/* Those that are to be given, sorted, as there may be very many, and several peers may have had the
 * same, of which the last keeps it. NULL: out of memory. */
static const struct tunic_allowed_ip **sort_ranges(const struct tunic_settings *settings,
                                                   size_t *count)
{
    const struct tunic_allowed_ip **sorted;
    size_t most = 1;

    for (size_t i = 0; i < settings->peer_count; i++)
        most += settings->peers[i].allowed_count;
    sorted = calloc(most, sizeof(*sorted));
    *count = 0;
    for (size_t i = 0; sorted && i < settings->peer_count; i++)
        for (size_t k = 0; k < settings->peers[i].allowed_count; k++)
            if (!settings->peers[i].allowed[k].remove)
                sorted[(*count)++] = &settings->peers[i].allowed[k];
    if (sorted)
        qsort(sorted, *count, sizeof(*sorted), compare_ranges);
    return sorted;
}

static int take_routes(struct arguments *arguments, const struct tunic_config *config,
                       struct keys_notes *notes, struct tunic_error *error)
{
    size_t count;
    const struct tunic_allowed_ip **ranges = sort_ranges(&config->settings, &count);
    int result = 0;

    if (!ranges)
        return tunic_error_memory(error);
    for (size_t i = 0; i < count && result == 0; i++)
        if (i == 0 || compare_ranges(&ranges[i - 1], &ranges[i]) != 0)
            result = take_route(arguments, ranges[i], config->table, notes, error);
    free(ranges);
    return result;
}

/* The interface, as wg-quick(8) makes it: a tun that is up. */
static void take_state(struct tunic_desired *desired, const struct tunic_config *config)
{
    if (!tunic_is_named(desired, TUNIC_ATTRIBUTE_MODE)) {
        desired->mode = TUNIC_MODE_TUN;
        desired->named |= TUNIC_NAMED(TUNIC_ATTRIBUTE_MODE);
    }
    if (config->mtu != 0 && !tunic_is_named(desired, TUNIC_ATTRIBUTE_MTU)) {
        desired->mtu = config->mtu;
        desired->named |= TUNIC_NAMED(TUNIC_ATTRIBUTE_MTU);
    }
    if (!tunic_is_named(desired, TUNIC_ATTRIBUTE_DOWN)) {
        desired->up = true;
        desired->named |= TUNIC_NAMED(TUNIC_ATTRIBUTE_UP);
    }
}

/* Port and mark are the relay's options, wherever they come from. */
static void take_socket(struct arguments *arguments, struct tunic_settings *settings)
{
    struct tunic_relay_options *relay = &arguments->relay;

    if (settings->has_listen_port && settings->listen_port != 0 && !relay->has_listen) {
        relay->has_listen = true;
        relay->listen = (struct tunic_host){.port = settings->listen_port, .has_port = true};
    }
    if (settings->has_mark && !relay->has_mark)
        relay->mark = settings->mark;
    settings->has_listen_port = false;
    settings->has_mark = false;
}

static int take_config(struct arguments *arguments, struct tunic_config *config,
                       struct keys_notes *notes, struct tunic_error *error)
{
    struct tunic_settings *settings = &config->settings;
    bool routes = !config->no_routes && !tunic_is_named(&arguments->desired, TUNIC_ATTRIBUTE_ROUTE);
    int result;

    if (!settings->has_private_key || tunic_is_zero(settings->private_key, TUNIC_KEY_SIZE))
        return no_key(arguments->config, error);
    take_socket(arguments, settings);
    take_state(&arguments->desired, config);
    result = take_addresses(arguments, config, error);
    if (result == 0 && routes)
        result = take_routes(arguments, config, notes, error);
    if (result != 0)
        return result;
    arguments->relay.settings = *settings;
    tunic_wipe(settings, sizeof(*settings)); /* its peers moved */
    return 0;
}

static int read_config(struct arguments *arguments, struct keys_notes *notes,
                       struct tunic_error *error)
{
    struct tunic_config config = {0};
    int result = tunic_config_read(arguments->config, &config, error);

    if (result != 0 && error->object[0] != '\0') { /* file and line; the object is the interface */
        char action[sizeof(error->action)];
        memcpy(action, error->action, sizeof(action));
        tunic_error_action(error, "%s: %s", error->object, action);
    }
    if (result == 0)
        result = take_config(arguments, &config, notes, error);
    notes->has_dns = config.has_dns;
    tunic_config_clear(&config);
    return result;
}

int keys_read(struct arguments *arguments, struct keys_notes *notes, struct tunic_error *error)
{
    int result = 0;

    if (!arguments->relay.has_keys)
        return 0;
    if (arguments->config)
        result = read_config(arguments, notes, error);
    else
        result = read_keys(arguments, error);
    if (result == 0 && arguments->key && !is_tap(arguments))
        result = allow_everything(&arguments->relay.settings, error);
    if (result != 0)
        return result;
    notes->mark = arguments->relay.mark;
    return 0;
}

/* ---- what is told ---------------------------------------------------------------------- */

static void warn_dns(const struct session *session, const struct arguments *arguments)
{
    struct tunic_error warning;
    char path[QUOTED];

    tunic_text_escape(path, sizeof(path), arguments->config);
    (void)tunic_error_set(&warning, TUNIC_FAILED, "%s: DNS is ignored", path);
    tunic_error_cause(&warning, "which servers this host asks is not set here");
    tunic_error_object(&warning, arguments->names.names[0]);
    tunic_report_warning(session, &warning);
}

static void warn_silent_peers(const struct session *session, const struct arguments *arguments)
{
    const struct tunic_settings *settings = &arguments->relay.settings;
    char key[TUNIC_KEY_TEXT];
    struct tunic_error warning;

    for (size_t i = 0; i < settings->peer_count && !is_tap(arguments); i++) {
        if (settings->peers[i].allowed_count > 0)
            continue;
        tunic_key_text(settings->peers[i].public_key, key);
        (void)tunic_error_set(&warning, TUNIC_FAILED, "peer '%s' has no address", key);
        tunic_error_cause(&warning, "on a tun nothing goes to it, and what it sends is dropped");
        tunic_error_hint(&warning, "'allow CIDR', or AllowedIPs in the file");
        tunic_error_object(&warning, arguments->names.names[0]);
        tunic_report_warning(session, &warning);
    }
}

void keys_warn(const struct session *session, const struct arguments *arguments,
               const struct keys_notes *notes)
{
    if (notes->has_dns)
        warn_dns(session, arguments);
    if (arguments->relay.has_keys)
        warn_silent_peers(session, arguments);
}

/* ---- default routes -------------------------------------------------------------------- */

/* What is not marked goes into a table of its own, unless the main one knows better. */
static void add_commands(struct tunic_text *text, const char *name, char family, uint32_t mark)
{
    tunic_text_add(text, "  ip -%c route add default dev %s table %d\n", family, name, TABLE);
    tunic_text_add(text, "  ip -%c rule add not fwmark %u table %d\n", family, mark, TABLE);
    tunic_text_add(text, "  ip -%c rule add table main suppress_prefixlength 0\n", family);
    if (family == '4') /* for a strict rp_filter */
        tunic_text_add(text, "  sysctl -w net.ipv4.conf.all.src_valid_mark=1\n");
}

void keys_default_routes(const struct keys_notes *notes, const char *name, struct tunic_text *text)
{
    uint32_t mark = notes->mark != 0 ? notes->mark : TABLE;

    if (!notes->default_inet && !notes->default_inet6)
        return;
    tunic_text_add(
        text, "tunic: relay %s: the default route is not taken over; these commands do:\n", name);
    if (notes->mark == 0)
        tunic_text_add(text, "  (once the relay is started with 'fwmark %u')\n", mark);
    if (notes->default_inet)
        add_commands(text, name, '4', mark);
    if (notes->default_inet6)
        add_commands(text, name, '6', mark);
}
