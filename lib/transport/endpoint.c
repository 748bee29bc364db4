/* SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* ---- addresses ------------------------------------------------------------------------- */

struct in6_addr tunic_endpoint_host(const union tunic_socket_address *address)
{
    struct in6_addr host = IN6ADDR_ANY_INIT;

    if (address->any.sa_family == AF_INET6)
        return address->inet6.sin6_addr;
    if (address->any.sa_family == AF_INET) {
        host.s6_addr[10] = 0xFF;
        host.s6_addr[11] = 0xFF;
        memcpy(&host.s6_addr[12], &address->inet.sin_addr, sizeof(address->inet.sin_addr));
    }
    return host;
}

bool tunic_endpoint_inet(const union tunic_socket_address *address)
{
    const struct in6_addr host = tunic_endpoint_host(address);

    return IN6_IS_ADDR_V4MAPPED(&host);
}

uint16_t tunic_endpoint_port(const union tunic_socket_address *address)
{
    if (address->any.sa_family == AF_INET6)
        return ntohs(address->inet6.sin6_port);
    return address->any.sa_family == AF_INET ? ntohs(address->inet.sin_port) : 0;
}

/* The link that an address is valid on; 0: any. */
static uint32_t scope_of(const union tunic_socket_address *address)
{
    if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->inet6.sin6_addr))
        return address->inet6.sin6_scope_id;
    return 0;
}

void tunic_endpoint_text(const union tunic_socket_address *address, char text[TUNIC_ENDPOINT_TEXT])
{
    struct in6_addr host = tunic_endpoint_host(address);
    unsigned port = tunic_endpoint_port(address);
    char host_text[INET6_ADDRSTRLEN] = "";
    char scope[16] = "";

    if (address->any.sa_family == AF_UNSPEC) {
        (void)snprintf(text, TUNIC_ENDPOINT_TEXT, "none");
    } else if (tunic_endpoint_inet(address)) {
        (void)inet_ntop(AF_INET, &host.s6_addr[12], host_text, sizeof(host_text));
        (void)snprintf(text, TUNIC_ENDPOINT_TEXT, "%s:%u", host_text, port);
    } else {
        (void)inet_ntop(AF_INET6, &host, host_text, sizeof(host_text));
        if (scope_of(address))
            (void)snprintf(scope, sizeof(scope), "%%%u", (unsigned)scope_of(address));
        (void)snprintf(text, TUNIC_ENDPOINT_TEXT, "[%s%s]:%u", host_text, scope, port);
    }
}

bool tunic_endpoint_same_host(const union tunic_socket_address *left,
                              const union tunic_socket_address *right)
{
    struct in6_addr left_host = tunic_endpoint_host(left);
    struct in6_addr right_host = tunic_endpoint_host(right);
    uint32_t left_scope = scope_of(left);
    uint32_t right_scope = scope_of(right);

    if ((left->any.sa_family == AF_UNSPEC) != (right->any.sa_family == AF_UNSPEC))
        return false;
    return memcmp(&left_host, &right_host, sizeof(left_host)) == 0 &&
           (left_scope == right_scope || left_scope == 0 || right_scope == 0);
}

bool tunic_endpoint_same(const union tunic_socket_address *left,
                         const union tunic_socket_address *right)
{
    return tunic_endpoint_same_host(left, right) &&
           tunic_endpoint_port(left) == tunic_endpoint_port(right);
}

uint32_t tunic_endpoint_hash(const union tunic_socket_address *address)
{
    const struct in6_addr host = tunic_endpoint_host(address);
    uint64_t hash = tunic_endpoint_port(address);

    for (size_t i = 0; i < sizeof(host.s6_addr); i++)
        hash = (hash ^ host.s6_addr[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

bool tunic_host_address(const struct tunic_host *host, union tunic_socket_address *address)
{
    const char *link = strchr(host->name, '%');
    size_t length = link ? (size_t)(link - host->name) : strlen(host->name);
    char name[INET6_ADDRSTRLEN];
    uint64_t scope = 0;

    *address = (union tunic_socket_address){0};
    if (!host->numeric || length >= sizeof(name) ||
        (link && tunic_number_parse(link + 1, 1, UINT32_MAX, &scope) != 0))
        return false;
    memcpy(name, host->name, length);
    name[length] = '\0';
    if (inet_pton(AF_INET, name, &address->inet.sin_addr) == 1) {
        address->inet.sin_family = AF_INET;
        address->inet.sin_port = htons(host->port);
        return true;
    }
    if (inet_pton(AF_INET6, name, &address->inet6.sin6_addr) != 1)
        return false;
    address->inet6.sin6_family = AF_INET6;
    address->inet6.sin6_port = htons(host->port);
    address->inet6.sin6_scope_id = (uint32_t)scope;
    return true;
}

/* ---- looking up ------------------------------------------------------------------------ */

static void add_address(struct tunic_addresses *addresses, const struct sockaddr *found,
                        socklen_t length, uint16_t port)
{
    union tunic_socket_address address = {0};

    if (addresses->count == TUNIC_COUNT(addresses->list) || length > sizeof(address))
        return;
    memcpy(&address, found, length);
    if (address.any.sa_family == AF_INET)
        address.inet.sin_port = htons(port);
    else if (address.any.sa_family == AF_INET6)
        address.inet6.sin6_port = htons(port);
    else
        return;
    addresses->list[addresses->count++] = address;
}

static void add_wildcards(struct tunic_addresses *addresses, uint16_t port)
{
    const struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};

    add_address(addresses, (const struct sockaddr *)&inet6, sizeof(inet6), port);
    add_address(addresses, (const struct sockaddr *)&inet, sizeof(inet), port);
}

static int not_found(const struct tunic_host *host, int code, int errno_value,
                     struct tunic_error *error)
{
    if (code == EAI_MEMORY)
        return tunic_error_memory(error);
    if (code == EAI_SYSTEM)
        return tunic_error_system(error, errno_value, "cannot look up '%s'", host->name);
    (void)tunic_error_set(error, TUNIC_FAILED, "cannot look up '%s'", host->name);
    tunic_error_cause(error, "%s", gai_strerror(code));
    return -EHOSTUNREACH;
}

int tunic_host_resolve(const struct tunic_host *host, bool passive,
                       struct tunic_addresses *addresses, struct tunic_error *error)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM, /* one of each address, not one for every kind of socket */
        .ai_flags = host->numeric ? AI_NUMERICHOST : 0,
    };
    struct addrinfo *found = NULL;

    *addresses = (struct tunic_addresses){0};
    if (host->name[0] == '\0') {
        if (!passive)
            return tunic_error_set(error, TUNIC_USAGE, "no host is named");
        add_wildcards(addresses, host->port);
        return 0;
    }
    if (tunic_host_address(host, &addresses->list[0])) {
        addresses->count = 1;
        return 0;
    }
    int code = getaddrinfo(host->name, NULL, &hints, &found);
    if (code != 0)
        return not_found(host, code, errno, error);
    for (const struct addrinfo *each = found; each; each = each->ai_next)
        add_address(addresses, each->ai_addr, each->ai_addrlen, host->port);
    freeaddrinfo(found);
    return addresses->count > 0 ? 0 : not_found(host, EAI_NONAME, 0, error);
}
