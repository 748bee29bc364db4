/* SPDX-License-Identifier: MIT */
#include "relay/status.h"

#include <inttypes.h>
#include <string.h>

enum {
    SILENT = 3, /* seconds without a word from the other side that are worth telling */
};

#define AT(member) offsetof(struct tunic_relay_counters, member)

struct row {
    const char *key;
    const char *words;
    size_t offset;
};

/* In the order of a packet's way there, and of one's way back. */
static const struct row rows[] = {
    {"device_in", "packets from the interface", AT(device_in)},
    {"device_in_bytes", "bytes from the interface", AT(device_in_bytes)},
    {"device_malformed", "dropped: malformed", AT(device_malformed)},
    {"too_big", "refused: too big", AT(too_big)},
    {"unanswered", "dropped: nobody to send to", AT(unanswered)},
    {"sent", "datagrams sent", AT(transport.sent)},
    {"sent_bytes", "bytes sent", AT(transport.sent_bytes)},
    {"dropped", "not sent", AT(transport.dropped)},
    {"received", "datagrams received", AT(transport.received)},
    {"received_bytes", "bytes received", AT(transport.received_bytes)},
    {"refused", "refused: sender not admitted", AT(transport.refused)},
    {"received_malformed", "dropped: of a wrong length", AT(transport.malformed)},
    {"malformed", "dropped: no packet", AT(malformed)},
    {"connects", "connections", AT(transport.connects)},
    {"device_out", "packets to the interface", AT(device_out)},
    {"device_out_bytes", "bytes to the interface", AT(device_out_bytes)},
    {"device_refused", "not taken by the interface", AT(device_refused)},
};

static const struct row keyed_rows[] = {
    {"unrouted", "dropped: address of no peer", AT(unrouted)},
    {"unauthorised", "dropped: address not allowed", AT(unauthorised)},
    {"handshakes", "handshakes", AT(wireguard.handshakes)},
    {"not_messages", "dropped: no message", AT(wireguard.malformed)},
    {"unauthentic", "dropped: not authentic", AT(wireguard.unauthentic)},
    {"replayed", "dropped: seen before", AT(wireguard.replayed)},
    {"limited", "dropped: too many handshakes", AT(wireguard.limited)},
    {"cookies", "cookie replies", AT(wireguard.cookies)},
};

/* What is told of a relay: those of `rows`, and then those of `keyed_rows`, where there are keys.
 */
static size_t row_count(const struct tunic_relay_counters *counters)
{
    return TUNIC_COUNT(rows) + (counters->has_keys ? TUNIC_COUNT(keyed_rows) : 0);
}

static const struct row *row_at(size_t index)
{
    return index < TUNIC_COUNT(rows) ? &rows[index] : &keyed_rows[index - TUNIC_COUNT(rows)];
}

static uint64_t counter(const struct tunic_relay_counters *counters, size_t index)
{
    uint64_t value;

    memcpy(&value, (const char *)counters + row_at(index)->offset, sizeof(value));
    return value;
}

/* ---- pieces ---------------------------------------------------------------------------- */

/* Three digits and what a unit begins with: "12.3 M". */
static void add_scaled(struct tunic_text *text, uint64_t number)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    uint64_t tenth = 0;
    size_t prefix = 0;

    for (; number >= 1000; number /= 1000, prefix++)
        tenth = number % 1000 / 100;
    if (prefix > 0 && number < 100)
        tunic_text_add(text, "%" PRIu64 ".%" PRIu64 " %s", number, tenth, prefixes[prefix]);
    else
        tunic_text_add(text, "%" PRIu64 " %s", number, prefixes[prefix]);
}

/* "out 12.3 Mbit/s (1040/s)" */
static void add_rate(struct tunic_text *text, const char *word, uint64_t packets, uint64_t bytes,
                     uint64_t elapsed)
{
    double seconds = (double)elapsed / TUNIC_SECOND;

    tunic_text_add(text, "%s ", word);
    add_scaled(text, (uint64_t)((double)bytes * 8 / seconds));
    tunic_text_add(text, "bit/s (%.0f/s), ", (double)packets / seconds);
}

static bool has_peer(const struct tunic_relay_counters *counters)
{
    return counters->peer.any.sa_family != AF_UNSPEC;
}

static uint64_t seconds_since(uint64_t then, uint64_t now)
{
    return now > then ? (now - then) / TUNIC_SECOND : 0;
}

/* "sessions with 2 of 3 peers, last handshake 12 s ago, " */
static void add_sessions(struct tunic_text *text, const struct tunic_relay_counters *counters,
                         uint64_t now)
{
    tunic_text_add(text, "sessions with %zu of %zu peers, ", counters->peers_alive,
                   counters->peers);
    if (counters->last_handshake > 0)
        tunic_text_add(text, "last handshake %" PRIu64 " s ago, ",
                       seconds_since(counters->last_handshake, now));
    else
        tunic_text_add(text, "no handshake yet, ");
}

/* ---- texts ----------------------------------------------------------------------------- */

void status_line(const struct tunic_relay_counters *before,
                 const struct tunic_relay_counters *counters, uint64_t elapsed, uint64_t now,
                 struct tunic_text *text)
{
    uint64_t silence = seconds_since(counters->last_received, now);
    char peer[TUNIC_ENDPOINT_TEXT];

    elapsed = elapsed > 0 ? elapsed : 1;
    add_rate(text, "out", counters->device_in - before->device_in,
             counters->device_in_bytes - before->device_in_bytes, elapsed);
    add_rate(text, "in", counters->device_out - before->device_out,
             counters->device_out_bytes - before->device_out_bytes, elapsed);
    if (counters->last_received > 0 && silence >= SILENT)
        tunic_text_add(text, "silent for %" PRIu64 " s, ", silence);
    if (counters->has_keys)
        tunic_text_add(text, "sessions with %zu of %zu%s", counters->peers_alive, counters->peers,
                       has_peer(counters) ? ", " : "");
    if (has_peer(counters)) {
        tunic_endpoint_text(&counters->peer, peer);
        tunic_text_add(text, "peer %s", peer);
    } else if (!counters->has_keys) {
        tunic_text_add(text, "no peer");
    }
}

void status_report(const struct tunic_relay_counters *counters, uint64_t now,
                   struct tunic_text *text)
{
    char peer[TUNIC_ENDPOINT_TEXT] = "none";

    if (has_peer(counters))
        tunic_endpoint_text(&counters->peer, peer);
    tunic_text_add(text, "running for %" PRIu64 " s, ", seconds_since(counters->started, now));
    if (counters->has_keys)
        add_sessions(text, counters, now);
    if (!counters->has_keys || has_peer(counters))
        tunic_text_add(text, "peer %s, ", peer);
    if (counters->last_received > 0)
        tunic_text_add(text, "last heard %" PRIu64 " s ago\n",
                       seconds_since(counters->last_received, now));
    else
        tunic_text_add(text, "nothing heard yet\n");
    for (size_t i = 0; i < row_count(counters); i++)
        if (counter(counters, i) > 0)
            tunic_text_add(text, "  %-30s%" PRIu64 "\n", row_at(i)->words, counter(counters, i));
}

void status_json(struct json *json, const char *name, const struct tunic_relay_counters *counters,
                 uint64_t now)
{
    char peer[TUNIC_ENDPOINT_TEXT];

    json_open(json, NULL, '{');
    json_text(json, "ifname", name);
    json_number(json, "uptime", seconds_since(counters->started, now));
    if (has_peer(counters)) {
        tunic_endpoint_text(&counters->peer, peer);
        json_text(json, "peer", peer);
    }
    if (counters->last_received > 0)
        json_number(json, "silence", seconds_since(counters->last_received, now));
    if (counters->has_keys) {
        json_number(json, "peers", counters->peers);
        json_number(json, "peers_alive", counters->peers_alive);
    }
    if (counters->has_keys && counters->last_handshake > 0)
        json_number(json, "handshake_age", seconds_since(counters->last_handshake, now));
    for (size_t i = 0; i < row_count(counters); i++)
        json_number(json, row_at(i)->key, counter(counters, i));
    json_close(json, '}');
}
