/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A word is cut into host and port by its brackets and colons: more than one
 * colon without brackets can only be an IPv6 address. What may be an address is one or is refused:
 * the C library would take "10.1" for 10.0.0.1 and "010.0.0.1" for 8.0.0.1, and a name that ends
 * in a number is not to be had (RFC 3696).
 */
#include "transport/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

enum { NAME_MOST = 253 };

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int wrong(struct tunic_error *error, const char *what, const char *hint)
{
    (void)tunic_error_set(error, TUNIC_USAGE, "%s", what);
    tunic_error_hint(error, "%s", hint);
    return -EINVAL;
}

static int parse_port(const char *word, struct tunic_host *host, struct tunic_error *error)
{
    uint64_t number;

    if (tunic_number_parse(word, 1, UINT16_MAX, &number) != 0)
        return wrong(error, "not a port", "a number from 1 to 65535");
    host->port = (uint16_t)number;
    host->has_port = true;
    return 0;
}

/* ---- hosts ----------------------------------------------------------------------------- */

/* ADDRESS or ADDRESS%INTERFACE */
static bool is_inet6(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    size_t length = strcspn(text, "%");

    if (length >= sizeof(address))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET6, address, &ignored) != 1)
        return false;
    if (text[length] == '\0')
        return true;
    const char *interface = text + length + 1;
    size_t interface_length = strlen(interface);
    return interface_length > 0 && interface_length < IF_NAMESIZE &&
           strspn(interface, LETTERS DIGITS ".-_@") == interface_length;
}

/* Whether the last label of a name is a number, decimal or hexadecimal. */
static bool ends_in_number(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot ? dot + 1 : name;

    if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
        return last[2 + strspn(last + 2, DIGITS "abcdefABCDEF")] == '\0';
    return *last != '\0' && last[strspn(last, DIGITS)] == '\0';
}

static int check_name(struct tunic_host *host, struct tunic_error *error)
{
    const char *name = host->name;
    struct in_addr ignored;

    host->numeric = inet_pton(AF_INET, name, &ignored) == 1;
    if (host->numeric)
        return 0;
    if (name[strspn(name, LETTERS DIGITS ".-_")] != '\0')
        return wrong(error, "not the name of a host",
                     "letters, digits, '.', '-' and '_'; others in the form that begins with xn--");
    if (name[0] == '.' || strstr(name, ".."))
        return wrong(error, "not the name of a host", "a part of it is empty");
    if (ends_in_number(name))
        return wrong(error, "not an IPv4 address",
                     "four numbers from 0 to 255, without zeros before"
                     " them; a port stands after HOST:");
    return 0;
}

/* Takes `length` bytes as the host. */
static int take_host(const char *word, size_t length, struct tunic_host *host,
                     struct tunic_error *error)
{
    if (length > NAME_MOST)
        return wrong(error, "not the name of a host", "it is too long");
    memcpy(host->name, word, length);
    host->name[length] = '\0';
    return 0;
}

static int take_inet6(const char *word, size_t length, struct tunic_host *host,
                      struct tunic_error *error)
{
    int result = take_host(word, length, host, error);

    if (result == 0 && !is_inet6(host->name))
        return wrong(error, "not an IPv6 address", "with a port it is written [ADDRESS]:PORT");
    host->numeric = true;
    return result;
}

/* ---- words ----------------------------------------------------------------------------- */

static int parse_brackets(const char *word, struct tunic_host *host, struct tunic_error *error)
{
    const char *end = strchr(word, ']');

    if (!end || (end[1] != '\0' && end[1] != ':'))
        return wrong(error, "not an IPv6 address", "written [ADDRESS] or [ADDRESS]:PORT");
    int result = take_inet6(word + 1, (size_t)(end - word - 1), host, error);
    if (result == 0 && end[1] == ':')
        result = parse_port(end + 2, host, error);
    return result;
}

/* Any form, a host that is left out before the colon too. */
static int parse(const char *word, struct tunic_host *host, struct tunic_error *error)
{
    const char *colon = strchr(word, ':');
    int result;

    *host = (struct tunic_host){0};
    if (word[0] == '[')
        return parse_brackets(word, host, error);
    if (colon && strchr(colon + 1, ':'))
        return take_inet6(word, strlen(word), host, error);
    result = take_host(word, strcspn(word, ":"), host, error);
    if (result == 0)
        result = check_name(host, error);
    if (result == 0 && colon)
        result = parse_port(colon + 1, host, error);
    return result;
}

int tunic_host_parse(const char *word, struct tunic_host *host, struct tunic_error *error)
{
    int result = parse(word, host, error);

    if (result == 0 && host->name[0] == '\0')
        return wrong(error, "no host is named", "HOST or HOST:PORT");
    return result;
}

int tunic_host_parse_listen(const char *word, struct tunic_host *host, struct tunic_error *error)
{
    int result;

    if (*word != '\0' && word[strspn(word, DIGITS)] == '\0') {
        *host = (struct tunic_host){0};
        return parse_port(word, host, error);
    }
    result = parse(word, host, error);
    if (result == 0 && !host->has_port)
        return wrong(error, "no port is named", "PORT or HOST:PORT");
    return result;
}
