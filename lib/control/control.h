/* SPDX-License-Identifier: MIT */
/*
 * lib/control: WireGuard's keys and settings as people and programs write them.
 *
 *   keys.c      keys in base64 and hexadecimal, and the files that hold them
 *   secret.c    such files, and memory that is wiped
 *   settings.c  what is to be set, wherever it comes from: the command line, a file, the socket
 *   config.c    configuration files as wg-quick(8) has them; config_keys.c what each key sets
 *   protocol.c  the cross-platform configuration protocol: requests read; report.c: answers written
 *   server.c    the socket on which wg(8) speaks it; socket.c makes it, client.c serves one of them
 *
 * Nothing here knows what a relay is: whoever serves the socket is asked for what is set now, and
 * given what is to be set. Sources: wg(8), wg-quick(8), wireguard.com/xplatform.
 */
#ifndef TUNIC_CONTROL_H
#define TUNIC_CONTROL_H

#include "event/event.h"
#include "transport/transport.h"
#include "wireguard/wireguard.h"

/* ---- keys ------------------------------------------------------------------------------ */

enum { TUNIC_KEY_TEXT = 45, TUNIC_KEY_HEX = 65 }; /* with the NUL */

/* Base64 as wg(8) writes it: 44 characters, the last "=", no bit left over. TUNIC_USAGE. */
int tunic_key_parse(const char *word, uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error);
void tunic_key_text(const uint8_t key[TUNIC_KEY_SIZE], char text[TUNIC_KEY_TEXT]);
/* 64 hexadecimal digits; false: they are not. */
bool tunic_key_parse_hex(const char *word, uint8_t key[TUNIC_KEY_SIZE]);
void tunic_key_hex(const uint8_t key[TUNIC_KEY_SIZE], char text[TUNIC_KEY_HEX]);
/* A file with one key and nothing else but white space behind it; "-" is standard input.
 * TUNIC_DENIED: others than its owner may have access to it; the error's hint is the command that
 * mends it. Of standard input that is not asked: who opened it has judged. Every copy of the key
 * but `key` is wiped. */
int tunic_key_read(const char *path, uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error);

/* ---- settings -------------------------------------------------------------------------- */

struct tunic_peer_settings {
    uint8_t public_key[TUNIC_KEY_SIZE];
    bool remove;
    bool update_only;
    bool replace_allowed;
    bool has_preshared;
    bool has_endpoint;
    bool has_keepalive;
    uint8_t preshared_key[TUNIC_KEY_SIZE]; /* zero: none */
    struct tunic_host endpoint;
    uint16_t keepalive; /* seconds; 0: off */
    struct tunic_allowed_ip *allowed;
    size_t allowed_count;
    size_t allowed_capacity;
};

/* What is to be set; what is not mentioned stays. Zero-initialised: nothing. */
struct tunic_settings {
    bool has_private_key; /* zero: none from now on */
    bool has_listen_port; /* 0: any */
    bool has_mark;        /* 0: none */
    bool replace_peers;
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint16_t listen_port;
    uint32_t mark;
    struct tunic_peer_settings *peers; /* in order; the same key may come twice */
    size_t peer_count;
    size_t peer_capacity;
};

/* Adds a peer with nothing set. NULL: out of memory. Valid until the next is added. */
struct tunic_peer_settings *tunic_settings_add_peer(struct tunic_settings *settings,
                                                    const uint8_t public_key[TUNIC_KEY_SIZE]);
/* -ENOMEM. */
int tunic_peer_settings_allow(struct tunic_peer_settings *peer,
                              const struct tunic_allowed_ip *range);
/* Wipes and frees. */
void tunic_settings_clear(struct tunic_settings *settings);

/* "10.0.0.0/8", "2001:db8::1": without a length all bits; bits behind it are cleared. "" between
 * commas is refused. */
int tunic_allowed_parse(const char *word, struct tunic_allowed_ip *range,
                        struct tunic_error *error);
enum { TUNIC_ALLOWED_TEXT = 64 };
void tunic_allowed_text(const struct tunic_allowed_ip *range, char text[TUNIC_ALLOWED_TEXT]);
/* A list with commas. */
int tunic_allowed_parse_list(const char *word, struct tunic_peer_settings *peer,
                             struct tunic_error *error);

/* ---- configuration files --------------------------------------------------------------- */

/* What a file says of the interface, beside the settings. */
struct tunic_config {
    struct tunic_settings settings;
    char **addresses; /* as written: CIDR */
    size_t address_count;
    size_t address_capacity;
    uint32_t mtu;   /* 0: not said */
    bool no_routes; /* Table = off */
    uint32_t table; /* Table = N; 0: the main one */
    bool has_dns;   /* ignored, and the user is told */
};

/* Reads a file as wg-quick(8) has it. Errors name file and line ("wg0.conf:12: …"). Refused by
 * name: PreUp, PostUp, PreDown, PostDown, SaveConfig. TUNIC_DENIED as tunic_key_read. */
int tunic_config_read(const char *path, struct tunic_config *config, struct tunic_error *error);
/* The same of text in memory; `name` is the file's in errors. */
int tunic_config_parse(const char *name, const char *text, size_t length,
                       struct tunic_config *config, struct tunic_error *error);
void tunic_config_clear(struct tunic_config *config);

/* ---- the configuration protocol -------------------------------------------------------- */

/* One peer as it is now. */
struct tunic_peer_report {
    struct tunic_wireguard_status status;
    union tunic_socket_address endpoint; /* AF_UNSPEC: not known */
    struct tunic_wireguard_peer *peer;   /* for its ranges */
};

/* Whoever serves: the answers come from there. */
struct tunic_control_user {
    void *closure;
    /* What is set for the interface itself: private key, port, mark. */
    void (*get)(void *closure, struct tunic_settings *settings);
    /* The peer behind `before` (NULL: the first). False: there is none. */
    bool (*next)(void *closure, const struct tunic_wireguard_peer *before,
                 struct tunic_peer_report *report);
    /* Sets it. 0 or a negative errno, which is the answer. */
    int (*set)(void *closure, const struct tunic_settings *settings);
};

/* One line of a `set` request (without its newline) into `settings`; -EINVAL, -EPROTO: it is none.
 * The key "public_key" begins a peer. Endpoints are such that tunic_host_address has them. */
int tunic_protocol_parse_line(const char *line, struct tunic_settings *settings);
/* Writes the answer to a `get` request, its end included. */
void tunic_protocol_report(const struct tunic_control_user *user, struct tunic_text *text);

/* ---- the socket ------------------------------------------------------------------------ */

enum {
    TUNIC_CONTROL_CLIENTS = 8,
    TUNIC_CONTROL_REQUEST_MOST = 64 << 20, /* bytes */
};

struct tunic_control;
/* Makes the socket at `path`, mode 0600, of `owner` (uid, -1: as it comes), and serves it from the
 * loop. A socket that nobody serves any more is replaced; TUNIC_BUSY: one that is served. Missing
 * folders are made (0755). Only root, `owner` and whoever this process runs as now are listened to.
 */
int tunic_control_open(struct tunic_control **control, struct tunic_loop *loop, const char *path,
                       uint32_t owner, const struct tunic_control_user *user,
                       struct tunic_error *error);
/* `remove`: also its file, unless somebody else has put another one there; not in a sandbox, which
 * does not survive it. NULL too. */
void tunic_control_close(struct tunic_control *control, bool remove);

#endif
