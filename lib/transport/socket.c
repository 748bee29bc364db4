/* SPDX-License-Identifier: MIT */
#include "transport/socket.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

socklen_t tunic_socket_address_size(const union tunic_socket_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof(address->inet6) : sizeof(address->inet);
}

int tunic_socket_set(int descriptor, int level, int option, int value)
{
    return setsockopt(descriptor, level, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int fail(int descriptor, int result)
{
    (void)close(descriptor);
    return result;
}

static int mark(int descriptor, uint32_t value, struct tunic_error *error)
{
    if (setsockopt(descriptor, SOL_SOCKET, SO_MARK, &value, sizeof(value)) == 0)
        return 0;
    int result = tunic_error_system(error, errno, "cannot mark what is sent");
    if (result == -EPERM)
        tunic_error_hint(error, "it needs root, or CAP_NET_ADMIN");
    return result;
}

static int bind_to_underlay(int descriptor, const char *name, struct tunic_error *error)
{
    if (setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) == 0)
        return 0;
    int reason = errno;
    char quoted[4 * IFNAMSIZ];
    tunic_text_escape(quoted, sizeof(quoted), name);
    return tunic_error_system(error, reason, "cannot use '%s' as the underlay", quoted);
}

int tunic_socket_open(int family, int type, const struct tunic_transport_options *options,
                      struct tunic_error *error)
{
    int descriptor = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = 0;

    if (descriptor < 0)
        return tunic_error_system(error, errno, "cannot make a socket");
    /* IPv6 reaches IPv4 too, whatever the system's default is. */
    if (family == AF_INET6)
        (void)tunic_socket_set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (options->mark != 0)
        result = mark(descriptor, options->mark, error);
    if (result == 0 && options->underlay)
        result = bind_to_underlay(descriptor, options->underlay, error);
    return result == 0 ? descriptor : fail(descriptor, result);
}

int tunic_socket_open_at(const union tunic_socket_address *address, int type,
                         const struct tunic_transport_options *options, struct tunic_error *error)
{
    int descriptor = tunic_socket_open(address->any.sa_family, type, options, error);
    char text[TUNIC_ENDPOINT_TEXT];

    if (descriptor < 0)
        return descriptor;
    if (type == SOCK_STREAM)
        (void)tunic_socket_set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(descriptor, &address->any, tunic_socket_address_size(address)) == 0)
        return descriptor;
    int result = -errno;
    tunic_endpoint_text(address, text);
    (void)tunic_error_system(error, -result, "cannot listen on %s", text);
    if (result == -EADDRINUSE)
        tunic_error_hint(error, "another program has the port; 'ss -lnp' tells which");
    return fail(descriptor, result);
}

int tunic_socket_open_bound(int type, const struct tunic_transport_options *options,
                            struct tunic_error *error)
{
    struct tunic_addresses addresses;
    int result = tunic_host_resolve(options->listen, true, &addresses, error);

    if (result != 0)
        return result;
    for (size_t i = 0; i < addresses.count; i++) {
        result = tunic_socket_open_at(&addresses.list[i], type, options, error);
        /* The next one only where there is no such address here: not in place of a port in use. */
        if (result != -EAFNOSUPPORT && result != -EADDRNOTAVAIL)
            return result;
    }
    if (addresses.count == 0)
        return tunic_error_set(error, TUNIC_FAILED, "no such host to listen on");
    return result;
}
