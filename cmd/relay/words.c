/* SPDX-License-Identifier: MIT */
#include "relay/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static struct tunic_relay_options *options_of(void *target)
{
    return &((struct arguments *)target)->relay;
}

/* ---- with whom ------------------------------------------------------------------------- */

static int parse_listen(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = options_of(target);

    relay->has_listen = true;
    return tunic_host_parse_listen(word, &relay->listen, error);
}

static int parse_connect(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = options_of(target);

    relay->has_connect = true;
    return tunic_host_parse(word, &relay->connect, error);
}

static int parse_from(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = options_of(target);

    relay->has_from = true;
    relay->from_any = strcmp(word, "any") == 0;
    if (relay->from_any)
        return 0;
    int result = tunic_host_parse(word, &relay->from, error);
    if (result == 0 && relay->from.has_port)
        return tunic_error_set(error, TUNIC_USAGE, "a host without a port is expected");
    return result;
}

/* As ip(8) takes marks: decimal, or hexadecimal behind 0x. */
static int parse_mark(const char *word, void *target, struct tunic_error *error)
{
    bool prefixed = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    const char *digits = prefixed ? word + 2 : word;
    size_t length = strspn(digits, prefixed ? "0123456789abcdefABCDEF" : "0123456789");
    uint64_t number = UINT64_MAX;

    if (length == 0 || digits[length] != '\0')
        return tunic_error_set(error, TUNIC_USAGE, "not a number");
    if (length < 16)
        number = strtoull(digits, NULL, prefixed ? 16 : 10);
    if (number > UINT32_MAX)
        return tunic_error_set(error, TUNIC_USAGE, "not within 0 to 0xffffffff");
    options_of(target)->has_mark = true;
    options_of(target)->mark = (uint32_t)number;
    return 0;
}

static int parse_underlay(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_error reason;

    if (tunic_name_check_plain(word, &reason) != 0)
        return tunic_error_set(error, TUNIC_USAGE, "%s", reason.cause);
    options_of(target)->underlay = word;
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------ */

/* A file's name, and not what should be in the file: that is not even repeated. */
static int check_secret(const char *keyword, const char *word, struct tunic_error *error)
{
    uint8_t key[TUNIC_KEY_SIZE];
    struct tunic_error ignored;

    if (tunic_key_parse(word, key, &ignored) != 0)
        return 0;
    tunic_wipe(key, sizeof(key));
    (void)tunic_error_set(error, TUNIC_USAGE, "'%s' takes a file, not the key itself", keyword);
    tunic_error_cause(error, "every user of this host can see the words of a command");
    tunic_error_hint(error, "this key is no secret any more: take another one");
    return -EINVAL;
}

static int parse_key(const char *word, void *target, struct tunic_error *error)
{
    ((struct arguments *)target)->key = word;
    return check_secret("key", word, error);
}

static int parse_peer(const char *word, void *target, struct tunic_error *error)
{
    struct arguments *arguments = target;
    struct tunic_settings *settings = &arguments->relay.settings;
    uint8_t key[TUNIC_KEY_SIZE];
    int result = tunic_key_parse(word, key, error);

    if (result != 0)
        return result;
    for (size_t i = 0; i < settings->peer_count; i++)
        if (memcmp(settings->peers[i].public_key, key, sizeof(key)) == 0)
            return tunic_error_set(error, TUNIC_USAGE, "it is given twice");
    if (!tunic_settings_add_peer(settings, key))
        return tunic_error_memory(error);
    return tunic_name_list_add(&arguments->preshared, NULL, error);
}

/* The options of a peer follow it directly: they mean the last one. */
static struct tunic_peer_settings *last_peer(void *target)
{
    struct tunic_settings *settings = &options_of(target)->settings;

    return &settings->peers[settings->peer_count - 1];
}

static int parse_preshared(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_name_list *files = &((struct arguments *)target)->preshared;

    files->names[files->count - 1] = word;
    return check_secret("psk", word, error);
}

static int parse_endpoint(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_peer_settings *peer = last_peer(target);

    peer->has_endpoint = true;
    return tunic_host_parse(word, &peer->endpoint, error);
}

static int parse_allow(const char *word, void *target, struct tunic_error *error)
{
    return tunic_allowed_parse_list(word, last_peer(target), error);
}

static int parse_keepalive(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_peer_settings *peer = last_peer(target);
    uint64_t seconds = 0;

    if (strcmp(word, "off") != 0 && tunic_number_parse(word, 0, UINT16_MAX, &seconds) != 0)
        return tunic_error_set(error, TUNIC_USAGE, "not 'off' or a number within 0 to 65535");
    peer->has_keepalive = true;
    peer->keepalive = (uint16_t)seconds;
    return 0;
}

static int parse_control(const char *word, void *target, struct tunic_error *error)
{
    struct tunic_relay_options *relay = options_of(target);

    relay->no_control = strcmp(word, "off") == 0;
    relay->control = relay->no_control ? NULL : word;
    if (*word == '\0')
        return tunic_error_set(error, TUNIC_USAGE, "not a path");
    if (strlen(word) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return tunic_error_set(error, TUNIC_USAGE, "too long for a socket's path");
    return 0;
}

/* ---- the table ------------------------------------------------------------------------- */

static const char *const protocols[] = {"udp", "tcp", NULL};
static const char *const protocol_help[] = {"a packet a datagram",
                                            "a stream of frames, as simpletun has it"};
static const char *const any[] = {"any", NULL};
static const char *const any_help[] = {"whoever reaches the port"};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const offload_help[] = {"many packets at once, where the kernel can",
                                           "each packet by itself"};
static const char *const sandbox_help[] = {"no privilege is kept", "to debug it"};
static const char *const auto_off[] = {"auto", "off", NULL};
static const char *const mss_help[] = {"lowered to what fits", "left alone"};
static const char *const off[] = {"off", NULL};
static const char *const control_help[] = {"wg cannot ask or change it"};
static const char *const keepalive_help[] = {"silent where there is nothing to say"};

static const struct tunic_keyword peer_options[] = {
    {.word = "psk",
     .placeholder = "FILE",
     .help = "a secret that both share, beside their keys",
     .value = TUNIC_VALUE_CUSTOM,
     .candidates = TUNIC_CANDIDATES_FILES,
     .parse = parse_preshared},
    {.word = "endpoint",
     .placeholder = "HOST[:PORT]",
     .help = "where it is; its port is 51820 otherwise",
     .value = TUNIC_VALUE_CUSTOM,
     .parse = parse_endpoint},
    {.word = "allow",
     .placeholder = "CIDR[,CIDR…]",
     .help = "tun: the addresses that it has inside",
     .value = TUNIC_VALUE_CUSTOM,
     .repeat = TUNIC_REPEAT_ALWAYS,
     .parse = parse_allow},
    {.word = "keepalive",
     .placeholder = "SECONDS",
     .help = "say something that often, for address translators",
     .value = TUNIC_VALUE_CUSTOM,
     .choices = off,
     .choice_help = keepalive_help,
     .parse = parse_keepalive},
};

enum row {
    ROW_PROTO,
    ROW_LISTEN,
    ROW_KEY,
    ROW_PEER,
    ROW_CONFIG,
    ROW_INSECURE,
    ROW_CONNECT,
    ROW_FROM,
    ROW_JUMBO,
    ROW_OFFLOAD,
    ROW_MSS,
    ROW_FWMARK,
    ROW_UNDERLAY,
    ROW_WORKERS,
    ROW_CONTROL,
    ROW_SANDBOX,
    ROW_COUNT
};

static const struct tunic_keyword keywords[ROW_COUNT] = {
    [ROW_PROTO] = {.word = "proto",
                   .help = "what carries the packets: UDP datagrams, or a TCP stream",
                   .value = TUNIC_VALUE_CHOICE,
                   .choices = protocols,
                   .choice_help = protocol_help,
                   .offset = offsetof(struct arguments, relay.protocol)},
    [ROW_LISTEN] = {.word = "listen",
                    .placeholder = "[HOST:]PORT",
                    .help = "the port, and address, of this side",
                    .value = TUNIC_VALUE_CUSTOM,
                    .parse = parse_listen},
    [ROW_KEY] = {.word = "key",
                 .placeholder = "FILE",
                 .help = "encrypted: the private key of this side, as 'tunic genkey' makes it",
                 .value = TUNIC_VALUE_CUSTOM,
                 .candidates = TUNIC_CANDIDATES_FILES,
                 .parse = parse_key},
    [ROW_PEER] = {.word = "peer",
                  .placeholder = "PUBKEY",
                  .help = "whom it speaks with, and what is known of that one",
                  .value = TUNIC_VALUE_CUSTOM,
                  .repeat = TUNIC_REPEAT_ALWAYS,
                  .parse = parse_peer,
                  .options = peer_options,
                  .option_count = TUNIC_COUNT(peer_options)},
    [ROW_CONFIG] = {.word = "config",
                    .placeholder = "FILE",
                    .help = "encrypted: all of that from a file, as wg-quick has it",
                    .value = TUNIC_VALUE_WORD,
                    .candidates = TUNIC_CANDIDATES_FILES,
                    .offset = offsetof(struct arguments, config)},
    [ROW_INSECURE] = {.word = "insecure",
                      .help = "without keys: neither encrypted nor authenticated",
                      .offset = offsetof(struct arguments, relay.insecure)},
    [ROW_CONNECT] = {.word = "connect",
                     .placeholder = "HOST[:PORT]",
                     .help = "speak with this host alone; its port is 55555 otherwise",
                     .value = TUNIC_VALUE_CUSTOM,
                     .parse = parse_connect},
    [ROW_FROM] = {.word = "from",
                  .placeholder = "HOST|any",
                  .help = "who may speak to the port; needed without 'connect'",
                  .value = TUNIC_VALUE_CUSTOM,
                  .choices = any,
                  .choice_help = any_help,
                  .parse = parse_from},
    [ROW_JUMBO] = {.word = "jumbo",
                   .help = "tcp: send frames of over 2000 bytes",
                   .offset = offsetof(struct arguments, relay.jumbo)},
    [ROW_OFFLOAD] = {.word = "offload",
                     .help = "whether the kernel splits and merges packets",
                     .value = TUNIC_VALUE_CHOICE,
                     .choices = on_off,
                     .choice_help = offload_help,
                     .offset = offsetof(struct arguments, offload)},
    [ROW_MSS] = {.word = "mss",
                 .help = "what becomes of the MSS of TCP connections inside",
                 .value = TUNIC_VALUE_CHOICE,
                 .choices = auto_off,
                 .choice_help = mss_help,
                 .offset = offsetof(struct arguments, mss)},
    [ROW_FWMARK] = {.word = "fwmark",
                    .placeholder = "N",
                    .help = "mark what is sent, for routing rules; 0x… or decimal",
                    .value = TUNIC_VALUE_CUSTOM,
                    .parse = parse_mark},
    [ROW_UNDERLAY] = {.word = "underlay",
                      .placeholder = "DEV",
                      .help = "speak through this interface alone",
                      .value = TUNIC_VALUE_CUSTOM,
                      .candidates = TUNIC_CANDIDATES_LINKS,
                      .parse = parse_underlay},
    [ROW_WORKERS] = {.word = "workers",
                     .placeholder = "N",
                     .help = "threads that encrypt",
                     .value = TUNIC_VALUE_NUMBER,
                     .minimum = 1,
                     .maximum = TUNIC_WORKERS_MOST,
                     .offset = offsetof(struct arguments, relay.workers)},
    [ROW_CONTROL] = {.word = "control",
                     .placeholder = "PATH|off",
                     .help = "the socket for wg; /var/run/wireguard/NAME.sock otherwise",
                     .value = TUNIC_VALUE_CUSTOM,
                     .candidates = TUNIC_CANDIDATES_FILES,
                     .choices = off,
                     .choice_help = control_help,
                     .parse = parse_control},
    [ROW_SANDBOX] = {.word = "sandbox",
                     .help = "whether it gives up its privileges once it runs",
                     .value = TUNIC_VALUE_CHOICE,
                     .choices = on_off,
                     .choice_help = sandbox_help,
                     .offset = offsetof(struct arguments, sandbox)},
};

void relay_add_words(struct arguments *arguments)
{
    tunic_arguments_own(arguments, keywords, TUNIC_COUNT(keywords));
}

/* ---- what excludes what ---------------------------------------------------------------- */

uint64_t relay_pointless(const struct arguments *arguments)
{
    static const uint64_t plain = TUNIC_NAMED(ROW_INSECURE) | TUNIC_NAMED(ROW_CONNECT) |
                                  TUNIC_NAMED(ROW_FROM) | TUNIC_NAMED(ROW_JUMBO);
    static const uint64_t peers = TUNIC_NAMED(ROW_KEY) | TUNIC_NAMED(ROW_PEER);
    static const uint64_t keys =
        TUNIC_NAMED(ROW_CONFIG) | TUNIC_NAMED(ROW_WORKERS) | TUNIC_NAMED(ROW_CONTROL);
    uint64_t given = arguments->own;
    uint64_t pointless = 0;

    if (given & plain)
        pointless |= peers | keys;
    if (given & (peers | keys))
        pointless |= plain;
    if (given & peers)
        pointless |= TUNIC_NAMED(ROW_CONFIG);
    if (given & TUNIC_NAMED(ROW_CONFIG))
        pointless |= peers;
    return pointless & ~given;
}
