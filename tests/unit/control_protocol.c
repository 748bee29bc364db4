/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "control/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEX_A "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define HEX_B "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define HEX_0 "0000000000000000000000000000000000000000000000000000000000000000"

/* ---- requests --------------------------------------------------------------------------- */

static int parse(struct tunic_settings *settings, const char *const *lines, size_t count)
{
    int result = 0;

    *settings = (struct tunic_settings){0};
    for (size_t i = 0; i < count && result == 0; i++)
        result = tunic_protocol_parse_line(lines[i], settings);
    return result;
}

static void assert_hex(const uint8_t key[TUNIC_KEY_SIZE], const char *expected)
{
    char text[TUNIC_KEY_HEX];

    tunic_key_hex(key, text);
    assert_string_equal(text, expected);
}

static void test_request(void **state)
{
    static const char *const lines[] = {
        "private_key=" HEX_A,
        "listen_port=51820",
        "fwmark=4294967295",
        "replace_peers=true",
        "public_key=" HEX_B,
        "update_only=true",
        "preshared_key=" HEX_A,
        "endpoint=[fe80::1%12]:7",
        "persistent_keepalive_interval=65535",
        "replace_allowed_ips=true",
        "allowed_ip=10.1.2.3/8",
        "allowed_ip=-::/0",
        "allowed_ip=+192.0.2.1",
        "protocol_version=1",
        "public_key=" HEX_A,
        "remove=true",
        "public_key=" HEX_B,
        "preshared_key=" HEX_0,
        "endpoint=192.0.2.1:1",
        "persistent_keepalive_interval=0",
    };
    struct tunic_settings settings;

    (void)state;
    assert_int_equal(parse(&settings, lines, TUNIC_COUNT(lines)), 0);
    assert_true(settings.has_private_key && settings.has_listen_port && settings.has_mark);
    assert_true(settings.replace_peers);
    assert_hex(settings.private_key, HEX_A);
    assert_int_equal(settings.listen_port, 51820);
    assert_int_equal(settings.mark, UINT32_MAX);
    assert_int_equal(settings.peer_count, 3);

    const struct tunic_peer_settings *peer = &settings.peers[0];
    assert_hex(peer->public_key, HEX_B);
    assert_true(peer->update_only && peer->replace_allowed && !peer->remove);
    assert_true(peer->has_preshared && peer->has_endpoint && peer->has_keepalive);
    assert_hex(peer->preshared_key, HEX_A);
    assert_string_equal(peer->endpoint.name, "fe80::1%12");
    assert_int_equal(peer->endpoint.port, 7);
    assert_int_equal(peer->keepalive, 65535);
    assert_int_equal(peer->allowed_count, 3);
    assert_int_equal(peer->allowed[0].address[1], 0); /* cleared behind its length */
    assert_true(!peer->allowed[0].remove && peer->allowed[1].remove && !peer->allowed[2].remove);
    assert_true(peer->allowed[1].inet6);

    peer = &settings.peers[1];
    assert_true(peer->remove && !peer->update_only && !peer->has_preshared && !peer->has_endpoint);
    peer = &settings.peers[2];
    assert_true(peer->has_preshared && tunic_is_zero(peer->preshared_key, TUNIC_KEY_SIZE));
    assert_true(peer->has_keepalive && peer->keepalive == 0 && !peer->replace_allowed);
    tunic_settings_clear(&settings);
}

static void test_refused(void **state)
{
    static const struct {
        const char *line;
        bool behind_peer;
        int result;
    } lines[] = {
        {"", false, -EPROTO},
        {"private_key", false, -EPROTO},
        {"=", false, -EINVAL},
        {"=x", true, -EINVAL},
        {"private=" HEX_A, false, -EINVAL},
        {"private_keys=" HEX_A, false, -EINVAL},
        {"Private_key=" HEX_A, false, -EINVAL},
        {" private_key=" HEX_A, false, -EINVAL},
        {"private_key=", false, -EINVAL},
        {"private_key=" HEX_A "0", false, -EINVAL},
        {"private_key=7707", false, -EINVAL},
        {"listen_port=", false, -EINVAL},
        {"listen_port=65536", false, -EINVAL},
        {"listen_port=-1", false, -EINVAL},
        {"listen_port=1 ", false, -EINVAL},
        {"fwmark=4294967296", false, -EINVAL},
        {"fwmark=0x10", false, -EINVAL},
        {"replace_peers=false", false, -EINVAL},
        {"replace_peers=1", false, -EINVAL},
        {"public_key=x", false, -EINVAL},
        /* in the wrong place */
        {"private_key=" HEX_A, true, -EINVAL},
        {"replace_peers=true", true, -EINVAL},
        {"allowed_ip=10.0.0.0/8", false, -EINVAL},
        {"remove=true", false, -EINVAL},
        {"protocol_version=1", false, -EINVAL},
        {"remove=false", true, -EINVAL},
        {"update_only=", true, -EINVAL},
        {"replace_allowed_ips=yes", true, -EINVAL},
        {"preshared_key=" HEX_A "00", true, -EINVAL},
        {"endpoint=192.0.2.1", true, -EINVAL},         /* no port */
        {"endpoint=vpn.example.org:1", true, -EINVAL}, /* a name */
        {"endpoint=[fe80::1%lo]:1", true, -EINVAL},    /* a name, too */
        {"endpoint=:1", true, -EINVAL},
        {"endpoint=[::1]", true, -EINVAL},
        {"persistent_keepalive_interval=65536", true, -EINVAL},
        {"persistent_keepalive_interval=off", true, -EINVAL},
        {"allowed_ip=", true, -EINVAL},
        {"allowed_ip=10.0.0.0/33", true, -EINVAL},
        {"allowed_ip=--10.0.0.0/8", true, -EINVAL},
        {"allowed_ip=10.0.0.0/8,10.0.0.0/9", true, -EINVAL},
        {"protocol_version=2", true, -EINVAL},
        {"protocol_version=", true, -EINVAL},
        {"errno=0", true, -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(lines); i++) {
        struct tunic_settings settings = {0};
        if (lines[i].behind_peer)
            assert_int_equal(tunic_protocol_parse_line("public_key=" HEX_B, &settings), 0);
        assert_int_equal(tunic_protocol_parse_line(lines[i].line, &settings), lines[i].result);
        tunic_settings_clear(&settings);
    }
}

/* ---- answers ---------------------------------------------------------------------------- */

enum { PEERS = 2 };

/* What the real one tells of its peers. */
static const struct tunic_allowed_ip ranges[] = {
    {.length = 8, .address = {10}}, {.inet6 = true, .length = 0}, {.length = 32, .address = {1}}};
static char peers[PEERS];
static size_t range_count;

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range);

bool __wrap_tunic_wireguard_allowed_next(const struct tunic_wireguard_peer *peer,
                                         const void **cursor, struct tunic_allowed_ip *range)
{
    const struct tunic_allowed_ip *place = *cursor ? *cursor : ranges;

    if ((const void *)peer != (const void *)&peers[0] || place == ranges + range_count)
        return false;
    *range = *place;
    *cursor = place + 1;
    return true;
}

struct relay {
    struct tunic_settings settings;
    struct tunic_peer_report reports[PEERS];
    size_t count;
};

static void get(void *closure, struct tunic_settings *settings)
{
    const struct relay *relay = closure;

    *settings = relay->settings;
}

static bool next(void *closure, const struct tunic_wireguard_peer *before,
                 struct tunic_peer_report *report)
{
    const struct relay *relay = closure;
    size_t index = before ? (size_t)((const char *)before - peers) + 1 : 0;

    if (index >= relay->count)
        return false;
    *report = relay->reports[index];
    return true;
}

static void assert_report(struct relay *relay, const char *expected)
{
    struct tunic_control_user user = {.closure = relay, .get = get, .next = next};
    struct tunic_text text = {0};

    tunic_protocol_report(&user, &text);
    assert_false(text.failed);
    assert_string_equal(text.text, expected);
    assert_int_equal(text.length, strlen(expected));
    tunic_text_free(&text);
}

static void test_empty_report(void **state)
{
    struct relay relay = {
        .settings = {.has_listen_port = true, .has_mark = true, .has_private_key = true}};

    (void)state;
    assert_report(&relay, "errno=0\n\n");
}

static void test_report(void **state)
{
    static const uint8_t none[TUNIC_KEY_SIZE] = {0};
    uint8_t public_key[TUNIC_KEY_SIZE];
    uint8_t preshared_key[TUNIC_KEY_SIZE];
    struct relay relay = {.settings = {.has_private_key = true,
                                       .has_listen_port = true,
                                       .has_mark = true,
                                       .listen_port = 51820,
                                       .mark = 16},
                          .count = PEERS};

    (void)state;
    assert_true(tunic_key_parse_hex(HEX_A, relay.settings.private_key));
    assert_true(tunic_key_parse_hex(HEX_B, public_key));
    assert_true(tunic_key_parse_hex(HEX_A, preshared_key));
    relay.reports[0] =
        (struct tunic_peer_report){.status = {.public_key = public_key,
                                              .preshared_key = preshared_key,
                                              .keepalive = 25,
                                              .handshake = {1700000000, 5},
                                              .sent_bytes = 4,
                                              .received_bytes = UINT64_MAX},
                                   .endpoint.inet = {.sin_family = AF_INET,
                                                     .sin_port = htons(7),
                                                     .sin_addr.s_addr = htonl(0xc0000201)},
                                   .peer = (struct tunic_wireguard_peer *)(void *)&peers[0]};
    relay.reports[1] =
        (struct tunic_peer_report){.status = {.public_key = public_key, .preshared_key = none},
                                   .peer = (struct tunic_wireguard_peer *)(void *)&peers[1]};
    range_count = TUNIC_COUNT(ranges);
    assert_report(&relay, "private_key=" HEX_A "\n"
                          "listen_port=51820\n"
                          "fwmark=16\n"
                          "public_key=" HEX_B "\n"
                          "preshared_key=" HEX_A "\n"
                          "protocol_version=1\n"
                          "endpoint=192.0.2.1:7\n"
                          "last_handshake_time_sec=1700000000\n"
                          "last_handshake_time_nsec=5\n"
                          "tx_bytes=4\n"
                          "rx_bytes=18446744073709551615\n"
                          "persistent_keepalive_interval=25\n"
                          "allowed_ip=10.0.0.0/8\n"
                          "allowed_ip=::/0\n"
                          "allowed_ip=1.0.0.0/32\n"
                          "public_key=" HEX_B "\n"
                          "protocol_version=1\n"
                          "last_handshake_time_sec=0\n"
                          "last_handshake_time_nsec=0\n"
                          "tx_bytes=0\n"
                          "rx_bytes=0\n"
                          "persistent_keepalive_interval=0\n"
                          "errno=0\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_empty_report),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
