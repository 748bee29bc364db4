/* SPDX-License-Identifier: MIT */
#include "control/secret.h"

#include <inttypes.h>
#include <string.h>

/* More than is written before room is made again. */
enum { HEAD_ROOM = 512, PEER_ROOM = 1024, RANGE_ROOM = 128 };

static void add_key(struct tunic_text *text, const char *word, const uint8_t key[TUNIC_KEY_SIZE])
{
    char hex[TUNIC_KEY_HEX];

    tunic_key_hex(key, hex);
    tunic_text_add_bytes(text, word, strlen(word));
    tunic_text_add_bytes(text, "=", 1);
    tunic_text_add_bytes(text, hex, TUNIC_KEY_HEX - 1);
    tunic_text_add_bytes(text, "\n", 1);
    tunic_wipe(hex, sizeof(hex));
}

static void add_interface(struct tunic_text *text, const struct tunic_settings *settings)
{
    tunic_secret_reserve(text, HEAD_ROOM);
    if (settings->has_private_key && !tunic_is_zero(settings->private_key, TUNIC_KEY_SIZE))
        add_key(text, "private_key", settings->private_key);
    if (settings->has_listen_port && settings->listen_port != 0)
        tunic_text_add(text, "listen_port=%u\n", (unsigned)settings->listen_port);
    if (settings->has_mark && settings->mark != 0)
        tunic_text_add(text, "fwmark=%" PRIu32 "\n", settings->mark);
}

static void add_ranges(struct tunic_text *text, const struct tunic_wireguard_peer *peer)
{
    struct tunic_allowed_ip range;
    const void *cursor = NULL;

    while (tunic_wireguard_allowed_next(peer, &cursor, &range)) {
        char range_text[TUNIC_ALLOWED_TEXT];
        tunic_allowed_text(&range, range_text);
        tunic_secret_reserve(text, RANGE_ROOM);
        tunic_text_add(text, "allowed_ip=%s\n", range_text);
    }
}

static void add_peer(struct tunic_text *text, const struct tunic_peer_report *report)
{
    const struct tunic_wireguard_status *status = &report->status;

    tunic_secret_reserve(text, PEER_ROOM);
    add_key(text, "public_key", status->public_key);
    if (!tunic_is_zero(status->preshared_key, TUNIC_KEY_SIZE))
        add_key(text, "preshared_key", status->preshared_key);
    tunic_text_add(text, "protocol_version=1\n");
    if (report->endpoint.any.sa_family != AF_UNSPEC) {
        char endpoint[TUNIC_ENDPOINT_TEXT];
        tunic_endpoint_text(&report->endpoint, endpoint);
        tunic_text_add(text, "endpoint=%s\n", endpoint);
    }
    tunic_text_add(text,
                   "last_handshake_time_sec=%" PRId64 "\nlast_handshake_time_nsec=%ld\n"
                   "tx_bytes=%" PRIu64 "\nrx_bytes=%" PRIu64 "\n"
                   "persistent_keepalive_interval=%u\n",
                   (int64_t)status->handshake.tv_sec, status->handshake.tv_nsec, status->sent_bytes,
                   status->received_bytes, (unsigned)status->keepalive);
    add_ranges(text, report->peer);
}

void tunic_protocol_report(const struct tunic_control_user *user, struct tunic_text *text)
{
    struct tunic_settings settings = {0};
    struct tunic_peer_report report = {0};
    const struct tunic_wireguard_peer *before = NULL;

    user->get(user->closure, &settings);
    add_interface(text, &settings);
    tunic_settings_clear(&settings);
    while (user->next(user->closure, before, &report)) {
        add_peer(text, &report);
        before = report.peer;
    }
    tunic_secret_reserve(text, HEAD_ROOM);
    tunic_text_add(text, "errno=0\n\n");
}
