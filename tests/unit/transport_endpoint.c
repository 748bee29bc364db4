/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "transport/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);

static int lookup_failure; /* EAI_…; 0: the real one */

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    if (lookup_failure) {
        errno = EMFILE;
        return lookup_failure;
    }
    return __real_getaddrinfo(name, service, hints, found);
}

static union tunic_socket_address inet(const char *text, uint16_t port)
{
    union tunic_socket_address address = {.inet = {.sin_family = AF_INET}};

    assert_int_equal(inet_pton(AF_INET, text, &address.inet.sin_addr), 1);
    address.inet.sin_port = htons(port);
    return address;
}

static union tunic_socket_address inet6(const char *text, uint16_t port, uint32_t scope)
{
    union tunic_socket_address address = {.inet6 = {.sin6_family = AF_INET6}};

    assert_int_equal(inet_pton(AF_INET6, text, &address.inet6.sin6_addr), 1);
    address.inet6.sin6_port = htons(port);
    address.inet6.sin6_scope_id = scope;
    return address;
}

/* ---- writing and comparing -------------------------------------------------------------- */

static void assert_text(union tunic_socket_address address, const char *expected)
{
    char text[TUNIC_ENDPOINT_TEXT];

    tunic_endpoint_text(&address, text);
    assert_string_equal(text, expected);
}

static void test_text(void **state)
{
    (void)state;
    assert_text(inet("192.0.2.1", 55555), "192.0.2.1:55555");
    assert_text(inet6("2001:db8::1", 1, 0), "[2001:db8::1]:1");
    assert_text(inet6("::ffff:192.0.2.1", 65535, 0), "192.0.2.1:65535");
    assert_text(inet6("fe80::1", 7, 12), "[fe80::1%12]:7");
    assert_text(inet6("2001:db8::1", 7, 12), "[2001:db8::1]:7");
    assert_text(inet6("fe80:1111:2222:3333:4444:5555:6666:7777", 65535, UINT32_MAX),
                "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
    assert_text((union tunic_socket_address){0}, "none");
}

static void assert_same(union tunic_socket_address left, union tunic_socket_address right,
                        bool same_host, bool same)
{
    assert_int_equal(tunic_endpoint_same_host(&left, &right), same_host);
    assert_int_equal(tunic_endpoint_same_host(&right, &left), same_host);
    assert_int_equal(tunic_endpoint_same(&left, &right), same);
    assert_int_equal(tunic_endpoint_same(&right, &left), same);
}

static void test_same(void **state)
{
    union tunic_socket_address none = {0};

    (void)state;
    assert_same(inet("192.0.2.1", 1), inet("192.0.2.1", 1), true, true);
    assert_same(inet("192.0.2.1", 1), inet("192.0.2.1", 2), true, false);
    assert_same(inet("192.0.2.1", 1), inet("192.0.2.2", 1), false, false);
    assert_same(inet("192.0.2.1", 1), inet6("::ffff:192.0.2.1", 1, 0), true, true);
    assert_same(inet("192.0.2.1", 1), inet6("::192.0.2.1", 1, 0), false, false);
    assert_same(inet6("2001:db8::1", 1, 0), inet6("2001:db8::1", 1, 3), true, true);
    assert_same(inet6("2001:db8::1", 1, 0), inet6("2001:db8::2", 1, 0), false, false);
    assert_same(inet6("2001:db8::1", 1, 0), inet6("2001:db8::1", 9, 0), true, false);
    assert_same(inet6("fe80::1", 1, 2), inet6("fe80::1", 1, 2), true, true);
    assert_same(inet6("fe80::1", 1, 2), inet6("fe80::1", 1, 3), false, false);
    /* Written without one it is on whichever link. */
    assert_same(inet6("fe80::1", 1, 0), inet6("fe80::1", 1, 3), true, true);
    assert_same(none, none, true, true);
    assert_same(none, inet("0.0.0.0", 0), false, false);
    assert_same(none, inet6("::", 0, 0), false, false);
}

/* ---- reading ---------------------------------------------------------------------------- */

static char long_name[300];

struct word {
    const char *text;
    const char *name; /* NULL: refused */
    uint16_t port;    /* 0: none */
    bool numeric;
    const char *failure; /* of a refused one */
};

static const struct word host_words[] = {
    {.text = "example.org", .name = "example.org"},
    {.text = "example.org.:1", .name = "example.org.", .port = 1},
    {.text = "A-b_c.9x:65535", .name = "A-b_c.9x", .port = 65535},
    {.text = "192.0.2.1", .name = "192.0.2.1", .numeric = true},
    {.text = "192.0.2.1:55555", .name = "192.0.2.1", .port = 55555, .numeric = true},
    {.text = "2001:db8::1", .name = "2001:db8::1", .numeric = true},
    {.text = "::", .name = "::", .numeric = true},
    {.text = "::1", .name = "::1", .numeric = true},
    {.text = "fe80::1%eth0.5", .name = "fe80::1%eth0.5", .numeric = true},
    {.text = "[::1]", .name = "::1", .numeric = true},
    {.text = "[fe80::1%3]:9", .name = "fe80::1%3", .port = 9, .numeric = true},
    {.text = "[2001:db8::1]:51820", .name = "2001:db8::1", .port = 51820, .numeric = true},
    {.text = "", .failure = "no host is named"},
    {.text = ":5", .failure = "no host is named"},
    {.text = ":", .failure = "not a port"},
    {.text = "host:", .failure = "not a port"},
    {.text = "host:0", .failure = "not a port"},
    {.text = "host:65536", .failure = "not a port"},
    {.text = "host:-1", .failure = "not a port"},
    {.text = "host:http", .failure = "not a port"},
    {.text = "host: 5", .failure = "not a port"},
    {.text = "[::1]:", .failure = "not a port"},
    {.text = "[::1]:0", .failure = "not a port"},
    {.text = "host:5:6", .failure = "not an IPv6 address"},
    {.text = "1::2::3", .failure = "not an IPv6 address"},
    {.text = "::1:", .failure = "not an IPv6 address"},
    {.text = "fe80::1%", .failure = "not an IPv6 address"},
    {.text = "fe80::1%a/b", .failure = "not an IPv6 address"},
    {.text = "fe80::1%a234567890123456", .failure = "not an IPv6 address"},
    {.text = "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", .failure = "not an IPv6 address"},
    {.text = "[]", .failure = "not an IPv6 address"},
    {.text = "[", .failure = "not an IPv6 address"},
    {.text = "[::1", .failure = "not an IPv6 address"},
    {.text = "[::1]5", .failure = "not an IPv6 address"},
    {.text = "[192.0.2.1]:5", .failure = "not an IPv6 address"},
    {.text = "[host]", .failure = "not an IPv6 address"},
    {.text = "10.1", .failure = "not an IPv4 address"},
    {.text = "010.0.0.1", .failure = "not an IPv4 address"},
    {.text = "192.0.2.256", .failure = "not an IPv4 address"},
    {.text = "0x7f000001", .failure = "not an IPv4 address"},
    {.text = "127.0X1", .failure = "not an IPv4 address"},
    {.text = "55555", .failure = "not an IPv4 address"},
    {.text = "host name", .failure = "not the name of a host"},
    {.text = "host\n", .failure = "not the name of a host"},
    {.text = "m\xC3\xBCnchen.example", .failure = "not the name of a host"},
    {.text = "host/24", .failure = "not the name of a host"},
    {.text = "a..b", .failure = "not the name of a host"},
    {.text = ".a", .failure = "not the name of a host"},
    {.text = ".", .failure = "not the name of a host"},
    {.text = "*:5", .failure = "not the name of a host"},
};

static const struct word listen_words[] = {
    {.text = "55555", .name = "", .port = 55555},
    {.text = ":55555", .name = "", .port = 55555},
    {.text = "192.0.2.1:1", .name = "192.0.2.1", .port = 1, .numeric = true},
    {.text = "[::]:1", .name = "::", .port = 1, .numeric = true},
    {.text = "host:1", .name = "host", .port = 1},
    {.text = "0", .failure = "not a port"},
    {.text = "65536", .failure = "not a port"},
    {.text = "99999999999999999999", .failure = "not a port"},
    {.text = ":", .failure = "not a port"},
    {.text = "", .failure = "no port is named"},
    {.text = "host", .failure = "no port is named"},
    {.text = "::", .failure = "no port is named"},
    {.text = "[::1]", .failure = "no port is named"},
    {.text = "5x", .failure = "no port is named"},
};

static void assert_word(const struct word *word,
                        int (*parse)(const char *word, struct tunic_host *host,
                                     struct tunic_error *error))
{
    struct tunic_host host;
    struct tunic_error error = {0};

    memset(&host, 0x55, sizeof(host));
    int result = parse(word->text, &host, &error);
    if (word->failure) {
        assert_int_equal(result, -EINVAL);
        assert_int_equal(error.reason, TUNIC_USAGE);
        assert_string_equal(error.action, word->failure);
        assert_string_not_equal(error.hint, "");
        return;
    }
    assert_int_equal(result, 0);
    assert_string_equal(host.name, word->name);
    assert_int_equal(host.port, word->port);
    assert_int_equal(host.has_port, word->port != 0);
    assert_int_equal(host.numeric, word->numeric);
}

static void test_host_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(host_words); i++)
        assert_word(&host_words[i], tunic_host_parse);
}

static void test_listen_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(listen_words); i++)
        assert_word(&listen_words[i], tunic_host_parse_listen);
}

static void test_long_names(void **state)
{
    const struct word longest = {.text = long_name, .name = long_name};
    const struct word longer = {.text = long_name, .failure = "not the name of a host"};

    (void)state;
    memset(long_name, 'a', sizeof(long_name) - 1);
    assert_word(&longer, tunic_host_parse);
    long_name[254] = '\0';
    assert_word(&longer, tunic_host_parse);
    long_name[253] = '\0';
    assert_word(&longest, tunic_host_parse);
}

/* ---- looking up ------------------------------------------------------------------------- */

static struct tunic_addresses resolve(const char *word)
{
    struct tunic_host host;
    struct tunic_error error;
    struct tunic_addresses addresses;

    assert_int_equal(tunic_host_parse(word, &host, &error), 0);
    assert_int_equal(tunic_host_resolve(&host, false, &addresses, &error), 0);
    return addresses;
}

static void test_resolves_addresses(void **state)
{
    (void)state;
    struct tunic_addresses addresses = resolve("192.0.2.1:55555");
    assert_int_equal(addresses.count, 1);
    assert_text(addresses.list[0], "192.0.2.1:55555");
    addresses = resolve("[2001:db8::1]:55555");
    assert_int_equal(addresses.count, 1);
    assert_text(addresses.list[0], "[2001:db8::1]:55555");
    addresses = resolve("[fe80::1%lo]:5");
    assert_text(addresses.list[0], "[fe80::1%1]:5");
}

static void test_resolves_names(void **state)
{
    const union tunic_socket_address loop = inet("127.0.0.1", 7);
    const union tunic_socket_address loop6 = inet6("::1", 7, 0);

    (void)state;
    if (!unit_knows_localhost())
        skip();
    struct tunic_addresses addresses = resolve("localhost:7");
    assert_in_range(addresses.count, 1, 2);
    for (size_t i = 0; i < addresses.count; i++)
        assert_true(tunic_endpoint_same(&addresses.list[i], &loop) ||
                    tunic_endpoint_same(&addresses.list[i], &loop6));
}

static void test_wildcards(void **state)
{
    struct tunic_host host;
    struct tunic_error error;
    struct tunic_addresses addresses;

    (void)state;
    assert_int_equal(tunic_host_parse_listen("55555", &host, &error), 0);
    assert_int_equal(tunic_host_resolve(&host, true, &addresses, &error), 0);
    assert_int_equal(addresses.count, 2);
    assert_text(addresses.list[0], "[::]:55555");
    assert_text(addresses.list[1], "0.0.0.0:55555");
    assert_int_equal(tunic_host_resolve(&host, false, &addresses, &error), -EINVAL);
    assert_int_equal(addresses.count, 0);
}

static void assert_lookup_fails(int code, int result, const char *action, const char *cause)
{
    const struct tunic_host host = {.name = "host.example"};
    struct tunic_error error;
    struct tunic_addresses addresses;

    lookup_failure = code;
    assert_int_equal(tunic_host_resolve(&host, false, &addresses, &error), result);
    lookup_failure = 0;
    assert_int_equal(addresses.count, 0);
    assert_int_equal(error.reason, TUNIC_FAILED);
    assert_string_equal(error.action, action);
    assert_string_equal(error.cause, cause);
}

static void test_lookups_fail(void **state)
{
    (void)state;
    assert_lookup_fails(EAI_NONAME, -EHOSTUNREACH, "cannot look up 'host.example'",
                        gai_strerror(EAI_NONAME));
    assert_lookup_fails(EAI_SYSTEM, -EMFILE, "cannot look up 'host.example'", strerror(EMFILE));
    assert_lookup_fails(EAI_MEMORY, -ENOMEM, "out of memory", strerror(ENOMEM));
}

/* As it would be looked up; but links only by their number. */
static void test_address(void **state)
{
    static const char *const words[] = {"192.0.2.1:5", "[2001:db8::1]:65535",
                                        "[::ffff:192.0.2.1]:1", "[fe80::1%1]:7", "::1"};
    static const char *const refused[] = {"example.org:5", "[fe80::1%lo]:5", "[fe80::1%0]:5",
                                          "[fe80::1%4294967296]:5"};
    struct tunic_host host;
    struct tunic_addresses addresses;
    struct tunic_error error;
    union tunic_socket_address address;

    (void)state;
    for (size_t i = 0; i < TUNIC_COUNT(words); i++) {
        assert_int_equal(tunic_host_parse(words[i], &host, &error), 0);
        assert_true(tunic_host_address(&host, &address));
        assert_int_equal(tunic_host_resolve(&host, false, &addresses, &error), 0);
        assert_memory_equal(&address, &addresses.list[0], sizeof(address));
    }
    for (size_t i = 0; i < TUNIC_COUNT(refused); i++) {
        assert_int_equal(tunic_host_parse(refused[i], &host, &error), 0);
        assert_false(tunic_host_address(&host, &address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_host_words),
        cmocka_unit_test(test_listen_words),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_resolves_addresses),
        cmocka_unit_test(test_resolves_names),
        cmocka_unit_test(test_wildcards),
        cmocka_unit_test(test_lookups_fail),
    };

    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
