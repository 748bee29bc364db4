/* SPDX-License-Identifier: MIT */
/* Private to lib/transport: sockets as the options of a transport want them. */
#ifndef TUNIC_TRANSPORT_SOCKET_H
#define TUNIC_TRANSPORT_SOCKET_H

#include "transport/transport.h"

/* A socket of AF_INET or AF_INET6 that does not block, marked and bound to the underlay where the
 * options say so. Returns it, or a negative errno. */
int tunic_socket_open(int family, int type, const struct tunic_transport_options *options,
                      struct tunic_error *error);

/* The same, bound to an address. */
int tunic_socket_open_at(const union tunic_socket_address *address, int type,
                         const struct tunic_transport_options *options, struct tunic_error *error);

/* The same, bound to the host and port that the options say to listen on. */
int tunic_socket_open_bound(int type, const struct tunic_transport_options *options,
                            struct tunic_error *error);

/* Bytes of an address that system calls are told. */
socklen_t tunic_socket_address_size(const union tunic_socket_address *address);

int tunic_socket_set(int descriptor, int level, int option, int value);

#endif
