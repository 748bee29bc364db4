/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_A "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
#define KEY_B "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="

static int parse(const char *text, struct tunic_config *config, struct tunic_error *error)
{
    return tunic_config_parse("wg0.conf", text, strlen(text), config, error);
}

static void assert_key(const uint8_t key[TUNIC_KEY_SIZE], const char *expected)
{
    char text[TUNIC_KEY_TEXT];

    tunic_key_text(key, text);
    assert_string_equal(text, expected);
}

static void assert_range(const struct tunic_allowed_ip *range, const char *expected)
{
    char text[TUNIC_ALLOWED_TEXT];

    tunic_allowed_text(range, text);
    assert_string_equal(text, expected);
}

/* As people write it: comments, white space, any case of letters, lines of Windows. */
static const char written[] = "\xEF\xBB\xBF# a comment\n"
                              "[Interface] # another\r\n"
                              "  PrivateKey\t= " KEY_A "  # not the key\n"
                              "Address = 10.0.0.1/24, fd00::1/64\n"
                              "address=10.0.1.1\n"
                              "LISTENPORT = 51820\n"
                              "FwMark = 0xCA6c\n"
                              "MTU=1420\n"
                              "Table = 1234\n"
                              "DNS = 1.1.1.1, example.org\n"
                              "SaveConfig = false\n"
                              "\n"
                              "[peer]\n"
                              "AllowedIPs = 10.0.0.0/8 ,\t::/0\n"
                              "allowedips=192.0.2.7\n"
                              "AllowedIPs =\n"
                              "PublicKey = " KEY_B "\n"
                              "PresharedKey = " KEY_A "\n"
                              "Endpoint = [2001:db8::1]:51821\n"
                              "PersistentKeepalive = 25\n"
                              "[Peer]\n"
                              "PublicKey = " KEY_A "\n"
                              "Endpoint = vpn.example.org:443\n"
                              "PersistentKeepalive = OFF";

static void test_interface(void **state)
{
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(parse(written, &config, &error), 0);
    assert_true(config.settings.has_private_key && config.settings.replace_peers);
    assert_key(config.settings.private_key, KEY_A);
    assert_true(config.settings.has_listen_port && config.settings.has_mark);
    assert_int_equal(config.settings.listen_port, 51820);
    assert_int_equal(config.settings.mark, 0xca6c);
    assert_int_equal(config.address_count, 3);
    assert_string_equal(config.addresses[0], "10.0.0.1/24");
    assert_string_equal(config.addresses[1], "fd00::1/64");
    assert_string_equal(config.addresses[2], "10.0.1.1");
    assert_int_equal(config.mtu, 1420);
    assert_int_equal(config.table, 1234);
    assert_true(config.has_dns && !config.no_routes);
    tunic_config_clear(&config);
    assert_null(config.addresses);
}

static void test_peers(void **state)
{
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(parse(written, &config, &error), 0);
    assert_int_equal(config.settings.peer_count, 2);
    const struct tunic_peer_settings *peer = &config.settings.peers[0];
    assert_key(peer->public_key, KEY_B);
    assert_true(peer->has_preshared && peer->replace_allowed && !peer->remove);
    assert_key(peer->preshared_key, KEY_A);
    assert_int_equal(peer->allowed_count, 3);
    assert_range(&peer->allowed[0], "10.0.0.0/8");
    assert_range(&peer->allowed[1], "::/0");
    assert_range(&peer->allowed[2], "192.0.2.7/32");
    assert_true(peer->has_endpoint && peer->endpoint.numeric);
    assert_string_equal(peer->endpoint.name, "2001:db8::1");
    assert_int_equal(peer->endpoint.port, 51821);
    assert_true(peer->has_keepalive);
    assert_int_equal(peer->keepalive, 25);

    peer = &config.settings.peers[1];
    assert_string_equal(peer->endpoint.name, "vpn.example.org");
    assert_true(peer->has_keepalive && peer->keepalive == 0);
    assert_false(peer->has_preshared);
    assert_int_equal(peer->allowed_count, 0);
    tunic_config_clear(&config);
}

static void test_nothing(void **state)
{
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(parse("", &config, &error), 0);
    assert_false(config.settings.has_private_key || config.settings.has_listen_port);
    assert_int_equal(config.settings.peer_count, 0);
    tunic_config_clear(&config);
    assert_int_equal(parse("[Interface]\nTable = off\nFwMark = off\n", &config, &error), 0);
    assert_true(config.no_routes);
    assert_true(config.settings.has_mark && config.settings.mark == 0);
    tunic_config_clear(&config);
}

static void test_changes_of_ranges(void **state)
{
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(parse("[Peer]\nPublicKey=" KEY_B "\nAllowedIPs=+10.0.0.0/8,-10.1.0.0/16\n",
                           &config, &error),
                     0);
    assert_false(config.settings.peers[0].allowed[0].remove);
    assert_true(config.settings.peers[0].allowed[1].remove);
    assert_range(&config.settings.peers[0].allowed[1], "10.1.0.0/16");
    tunic_config_clear(&config);
}

static const struct {
    const char *text;
    const char *object;
    const char *action;
    const char *cause;
    const char *hint; /* a part of it; NULL: whatever */
} refused[] = {
    {"ListenPort = 1\n", "wg0.conf:1", "no section has begun", "", "[Interface]"},
    {"\n\n[Interfaces]\n", "wg0.conf:3", "unknown section", "", "[Interface] or [Peer]"},
    {"[Interface\n", "wg0.conf:1", "unknown section", "", NULL},
    {"[Interface]\n" KEY_A "\n", "wg0.conf:2", "unknown key", "", NULL},
    {"[Interface]\nPrivatKey = x\n", "wg0.conf:2", "unknown key 'PrivatKey'", "",
     "did you mean 'PrivateKey'?"},
    {"[Interface]\nlistenprot = 1\n", "wg0.conf:2", "unknown key 'listenprot'", "",
     "did you mean 'ListenPort'?"},
    {"[Interface]\nzzzzzzzzzzzz = 1\n", "wg0.conf:2", "unknown key 'zzzzzzzzzzzz'", "", NULL},
    {"[Interface]\n\x1b[31m = 1\n", "wg0.conf:2", "unknown key '\\x1b[31m'", "", NULL},
    {"[Interface]\nPublicKey = " KEY_A "\n", "wg0.conf:2", "PublicKey does not belong here", "",
     "it stands behind [Peer]"},
    {"[Peer]\nPublicKey = " KEY_A "\nMTU = 1\n", "wg0.conf:3", "MTU does not belong here", "",
     "it stands behind [Interface]"},
    {"[Interface]\nPrivateKey =\n", "wg0.conf:2", "PrivateKey", "no value", NULL},
    {"[Interface]\nPrivateKey = " KEY_A "x\n", "wg0.conf:2", "PrivateKey", "not a key", NULL},
    {"[Interface]\nListenPort = 65536\n", "wg0.conf:2", "ListenPort", "not a port", NULL},
    {"[Interface]\nFwMark = 0x\n", "wg0.conf:2", "FwMark", "not a mark", NULL},
    {"[Interface]\nFwMark = 0x123456789\n", "wg0.conf:2", "FwMark", "not a mark", NULL},
    {"[Interface]\nFwMark = 0x1g\n", "wg0.conf:2", "FwMark", "not a mark", NULL},
    {"[Interface]\nFwMark = -1\n", "wg0.conf:2", "FwMark", "not a mark", NULL},
    {"[Interface]\nMTU = 67\n", "wg0.conf:2", "MTU", "not an MTU", NULL},
    {"[Interface]\nTable = 0\n", "wg0.conf:2", "Table", "not a routing table", NULL},
    {"[Interface]\nAddress = 10.0.0.1/24,\n", "wg0.conf:2", "Address", "'' is no address range",
     NULL},
    {"[Interface]\nAddress = 0000000000000000000000000000000000000000000000000000000000000000\n",
     "wg0.conf:2", "Address", "no address range", NULL},
    {"[Interface]\nAddress = fe80::1/129\n", "wg0.conf:2", "Address",
     "'fe80::1/129' is no address range", "0 to 128"},
    {"[Interface]\nPreUp = true\n", "wg0.conf:2", "PreUp", "no commands are run from here",
     "ExecStartPre="},
    {"[Interface]\nPostUp = iptables -A FORWARD -i %i -j ACCEPT\n", "wg0.conf:2", "PostUp",
     "no commands are run from here", "ExecStartPost="},
    {"[Interface]\nPREDOWN = true\n", "wg0.conf:2", "PreDown", "no commands are run from here",
     "ExecStopPost="},
    {"[Interface]\nPostDown =\n", "wg0.conf:2", "PostDown", "no commands are run from here",
     "ExecStopPost="},
    {"[Interface]\nSaveConfig = true\n", "wg0.conf:2", "SaveConfig", "files are never written",
     "wg showconf"},
    {"[Peer]\nAllowedIPs = ::/0\n[Peer]\n", "wg0.conf:3", "the peer before has no PublicKey", "",
     NULL},
    {"[Peer]\nAllowedIPs = ::/0\n\n", "wg0.conf:3", "the peer before has no PublicKey", "", NULL},
    {"[Peer]\nPublicKey = " KEY_A "\nAllowedIPs = 10.0.0.0/33\n", "wg0.conf:3", "AllowedIPs",
     "'10.0.0.0/33' is no address range", NULL},
    {"[Peer]\nPublicKey = " KEY_A "\nEndpoint = 10.1:5\n", "wg0.conf:3", "Endpoint",
     "not an IPv4 address", NULL},
    {"[Peer]\nPublicKey = " KEY_A "\nPersistentKeepalive = 65536\n", "wg0.conf:3",
     "PersistentKeepalive", "not a number of seconds", NULL},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(refused); i++) {
        struct tunic_config config;
        struct tunic_error error;
        assert_int_equal(parse(refused[i].text, &config, &error), -EINVAL);
        assert_int_equal(error.reason, TUNIC_USAGE);
        assert_string_equal(error.object, refused[i].object);
        assert_string_equal(error.action, refused[i].action);
        assert_string_equal(error.cause, refused[i].cause);
        assert_true(!refused[i].hint || strstr(error.hint, refused[i].hint));
        assert_null(strstr(error.action, "dwdt")); /* no secret is told, nor a part */
        assert_null(strstr(error.cause, "dwdt"));
        assert_int_equal(config.settings.peer_count, 0);
        assert_null(config.addresses);
    }
}

static void test_no_text(void **state)
{
    static const char text[] = "[Interface]\nMTU = 1400\0 x\n";
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(tunic_config_parse("a", text, sizeof(text) - 1, &config, &error), -EINVAL);
    assert_string_equal(error.action, "this is no text");
    assert_string_equal(error.object, "a:2");
}

static void test_long_names(void **state)
{
    static const char name[] =
        "/a/folder/with/a/name/that/nobody/would/want/to/read/whole/wg0.conf";
    struct tunic_config config;
    struct tunic_error error;

    (void)state;
    assert_int_equal(tunic_config_parse(name, "\n\nx", 3, &config, &error), -EINVAL);
    assert_string_equal(error.object, "nobody/would/want/to/read/whole/wg0.conf:3");
}

static void test_file(void **state)
{
    char path[] = "/tmp/tunic-config.XXXXXX";
    struct tunic_config config;
    struct tunic_error error;
    int descriptor = mkstemp(path);

    (void)state;
    assert_true(descriptor >= 0);
    /* As `wg showconf` prints it. */
    static const char text[] = "[Interface]\nListenPort = 51820\nFwMark = 0x10\nPrivateKey = " KEY_A
                               "\n\n[Peer]\nPublicKey = " KEY_B "\nPresharedKey = " KEY_A
                               "\nAllowedIPs = 10.0.0.0/8, ::/0\nEndpoint = [fe80::1%lo]:5\n"
                               "PersistentKeepalive = 25\n";
    assert_int_equal(write(descriptor, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(tunic_config_read(path, &config, &error), 0);
    assert_int_equal(config.settings.peer_count, 1);
    assert_int_equal(config.settings.peers[0].allowed_count, 2);
    tunic_config_clear(&config);
    assert_int_equal(fchmod(descriptor, 0640), 0);
    assert_int_equal(tunic_config_read(path, &config, &error), -EPERM);
    assert_int_equal(error.reason, TUNIC_DENIED);
    assert_non_null(strstr(error.hint, path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(tunic_config_read(path, &config, &error), -ENOENT);
    tunic_config_clear(&config); /* of nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interface),  cmocka_unit_test(test_peers),
        cmocka_unit_test(test_nothing),    cmocka_unit_test(test_changes_of_ranges),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_long_names), cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
