/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One socket. With `connect` it is connected, so that the kernel keeps the
 * route; otherwise every message carries its address, and our own address is the one that the peer
 * spoke to. Options that old kernels lack are tried and left out.
 *
 * A socket that is to be connected, but has no route yet, hears everybody, and so does any before
 * it is: whom a message is from is looked at all the same. Connected, the kernel keeps our address
 * even where it is gone. So from time to time it is looked at, and the socket connected anew where
 * nothing could be sent or another address would be chosen now: a relay may start before its
 * network, and a laptop moves.
 *
 * The socket discovers the path's MTU but fragments what is larger (IP_PMTUDISC_WANT): nothing is
 * lost by it. Whether a packet had better be refused is for the user to say, who asks for the room
 * that there is; a second socket, connected to whom it is about, knows that from the kernel.
 */
#include "transport/udp.h"
#include "transport/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SOCKET_BUFFER = 7 << 20, /* holds what comes while the other direction is worked on */
    INET_OVERHEAD = 28,
    INET6_OVERHEAD = 48,
    USUAL_MTU = 1500,
    LEAST_MTU = 576,
};

/* ---- options --------------------------------------------------------------------------- */

static void set_tolerated(struct tunic_udp *udp, bool offload)
{
    int descriptor = udp->descriptor;

    if (tunic_socket_set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER) != 0)
        (void)tunic_socket_set(descriptor, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    if (tunic_socket_set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER) != 0)
        (void)tunic_socket_set(descriptor, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
    /* A socket of IPv6 speaks IPv4 too, with the options of both. */
    (void)tunic_socket_set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    (void)tunic_socket_set(descriptor, IPPROTO_IP, IP_RECVTOS, 1);
    (void)tunic_socket_set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
    if (udp->family == AF_INET6) {
        (void)tunic_socket_set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        (void)tunic_socket_set(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
        (void)tunic_socket_set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
    }
    udp->gso = offload && tunic_socket_set(descriptor, IPPROTO_UDP, UDP_SEGMENT, 0) == 0;
    if (offload)
        (void)tunic_socket_set(descriptor, IPPROTO_UDP, UDP_GRO, 1);
}

/* ---- opening --------------------------------------------------------------------------- */

static const union tunic_socket_address *of_family(const struct tunic_addresses *addresses,
                                                   sa_family_t family)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (addresses->list[i].any.sa_family == family)
            return &addresses->list[i];
    return NULL;
}

/* The family of the socket, and the address of our own: none where the kernel shall choose. */
static int choose(const struct tunic_transport_options *options, sa_family_t *family,
                  union tunic_socket_address *own, struct tunic_error *error)
{
    struct tunic_addresses addresses;

    own->any.sa_family = AF_UNSPEC;
    *family = options->connect->list[0].any.sa_family;
    if (!options->listen)
        return 0;
    int result = tunic_host_resolve(options->listen, true, &addresses, error);
    if (result != 0)
        return result;
    const union tunic_socket_address *same = of_family(&addresses, *family);
    if (!same)
        return tunic_error_set(error, TUNIC_USAGE,
                               "the address to listen on and the one to connect to are of "
                               "different families");
    *own = *same;
    return 0;
}

static int open_connected(struct tunic_udp *udp, const struct tunic_transport_options *options,
                          struct tunic_error *error)
{
    union tunic_socket_address own;
    int result = choose(options, &udp->family, &own, error);

    if (result != 0)
        return result;
    udp->bound = options->listen && options->listen->name[0] != '\0';
    return own.any.sa_family == AF_UNSPEC
               ? tunic_socket_open(udp->family, SOCK_DGRAM, options, error)
               : tunic_socket_open_at(&own, SOCK_DGRAM, options, error);
}

static int open_listening(struct tunic_udp *udp, struct tunic_error *error)
{
    struct tunic_transport_options options = udp->options;
    options.listen = &udp->listen;
    options.underlay = udp->underlay[0] != '\0' ? udp->underlay : NULL;
    int descriptor = tunic_socket_open_bound(SOCK_DGRAM, &options, error);
    int family = AF_INET;
    socklen_t size = sizeof(family);

    if (descriptor >= 0 && getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
        int result = tunic_error_system(error, errno, "cannot look at the socket");
        (void)close(descriptor);
        return result;
    }
    udp->family = (sa_family_t)family;
    return descriptor;
}

static int open_sockets(struct tunic_udp *udp, const struct tunic_transport_options *options,
                        struct tunic_error *error)
{
    udp->descriptor =
        options->connect ? open_connected(udp, options, error) : open_listening(udp, error);
    if (udp->descriptor < 0)
        return udp->descriptor;
    set_tolerated(udp, options->offload);
    udp->probe = tunic_socket_open(udp->family, SOCK_DGRAM, options, error);
    return udp->probe < 0 ? udp->probe : 0;
}

/* ---- the other side -------------------------------------------------------------------- */

/* Our address, which was chosen for the way that there was, is forgotten; the port too, where it
 * was not asked for. The kernel forgets the underlay with it. */
static int connect_afresh(const struct tunic_udp *udp, int descriptor,
                          const union tunic_socket_address *address)
{
    static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    (void)connect(descriptor, &nobody, sizeof(nobody));
    if (udp->underlay[0] != '\0' &&
        setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, udp->underlay,
                   (socklen_t)strlen(udp->underlay)) != 0)
        return -errno;
    return connect(descriptor, &address->any, tunic_socket_address_size(address)) == 0 ? 0 : -errno;
}

/* Where there is no route to whom it is wanted for, all is left as it is, and it stays lost. */
static void connect_anew(struct tunic_udp *udp)
{
    socklen_t size = sizeof(udp->peer);

    udp->lost = true;
    if (connect_afresh(udp, udp->probe, &udp->wanted) != 0)
        return;
    udp->peer.any.sa_family = AF_UNSPEC;
    if (connect_afresh(udp, udp->descriptor, &udp->wanted) == 0)
        udp->lost = getpeername(udp->descriptor, &udp->peer.any, &size) != 0;
}

/* Whether the kernel would choose another address of ours now. */
static bool has_moved(const struct tunic_udp *udp)
{
    union tunic_socket_address own;
    union tunic_socket_address chosen;
    socklen_t own_size = sizeof(own);
    socklen_t chosen_size = sizeof(chosen);

    return !udp->bound && connect_afresh(udp, udp->probe, &udp->wanted) == 0 &&
           getsockname(udp->descriptor, &own.any, &own_size) == 0 &&
           getsockname(udp->probe, &chosen.any, &chosen_size) == 0 &&
           !tunic_endpoint_same_host(&own, &chosen);
}

/* Where nothing has changed it is left alone: without a port to listen on it would get another. */
static void reconnect(struct tunic_transport *transport, const struct tunic_addresses *addresses)
{
    struct tunic_udp *udp = tunic_udp_of(transport);
    const union tunic_socket_address *address = of_family(addresses, udp->family);

    if (!address || (!udp->lost && tunic_endpoint_same(address, &udp->peer) && !has_moved(udp)))
        return;
    udp->wanted = *address;
    connect_anew(udp);
}

/* As the socket's family writes it; false where it cannot. */
static bool as_family(sa_family_t family, const union tunic_socket_address *address,
                      union tunic_socket_address *target)
{
    *target = *address;
    if (address->any.sa_family == family)
        return true;
    if (family != AF_INET6 || address->any.sa_family != AF_INET)
        return false;
    target->inet6 =
        (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = address->inet.sin_port};
    target->inet6.sin6_addr.s6_addr[10] = target->inet6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&target->inet6.sin6_addr.s6_addr[12], &address->inet.sin_addr, 4);
    return true;
}

/* The MTU of the path that a connected socket has, or what is usual (without one, too). */
static size_t path_mtu(int descriptor, bool inet)
{
    int mtu = 0;
    socklen_t size = sizeof(mtu);

    if (getsockopt(descriptor, inet ? IPPROTO_IP : IPPROTO_IPV6, inet ? IP_MTU : IPV6_MTU, &mtu,
                   &size) != 0 ||
        mtu < LEAST_MTU)
        return USUAL_MTU;
    return (size_t)mtu;
}

static size_t room(struct tunic_transport *transport, const struct tunic_endpoint *to)
{
    struct tunic_udp *udp = tunic_udp_of(transport);
    bool inet = udp->family == AF_INET;
    int descriptor = udp->descriptor;
    union tunic_socket_address remote;

    if (to && as_family(udp->family, &to->remote, &remote)) {
        inet = inet || IN6_IS_ADDR_V4MAPPED(&remote.inet6.sin6_addr);
        /* Without a route there is no way whose MTU could be known. */
        descriptor = connect_afresh(udp, udp->probe, &remote) == 0 ? udp->probe : -1;
    }
    size_t fits = path_mtu(descriptor, inet) - (inet ? INET_OVERHEAD : INET6_OVERHEAD);
    return fits < TUNIC_UDP_PAYLOAD ? fits : TUNIC_UDP_PAYLOAD;
}

/* ---- the port -------------------------------------------------------------------------- */

static uint16_t port(const struct tunic_transport *transport)
{
    const struct tunic_udp *udp = tunic_udp_of(transport);
    union tunic_socket_address own = {0};
    socklen_t size = sizeof(own);

    (void)getsockname(udp->descriptor, &own.any, &size);
    return tunic_endpoint_port(&own);
}

/* Marks and large buffers take privileges: where they are gone, a mark is a failure, and buffers
 * are smaller. */
static int rebind(struct tunic_transport *transport, uint16_t port)
{
    struct tunic_udp *udp = tunic_udp_of(transport);
    struct tunic_host before = udp->listen;
    sa_family_t family = udp->family;
    union tunic_socket_address own;
    struct tunic_error error;
    int descriptor;

    if (udp->wanted.any.sa_family != AF_UNSPEC ||
        (before.name[0] != '\0' && !tunic_host_address(&before, &own)))
        return -EOPNOTSUPP;
    udp->listen.port = port;
    descriptor = open_listening(udp, &error);
    if (descriptor < 0 || udp->family != family) {
        if (descriptor >= 0)
            (void)close(descriptor);
        udp->listen = before;
        udp->family = family;
        return descriptor < 0 ? descriptor : -EAFNOSUPPORT;
    }
    tunic_loop_remove(transport->loop, &udp->source);
    (void)close(udp->descriptor);
    udp->descriptor = udp->source.descriptor = descriptor;
    set_tolerated(udp, udp->options.offload);
    /* It cannot fail where there was one before. */
    return tunic_loop_add(transport->loop, &udp->source, udp->waits ? EPOLLIN | EPOLLOUT : EPOLLIN,
                          &error);
}

/* ---- the transport --------------------------------------------------------------------- */

static void ready(void *closure, uint32_t events)
{
    struct tunic_udp *udp = closure;

    if (events & EPOLLOUT && udp->waits) {
        udp->waits = false;
        tunic_loop_change(udp->base.loop, &udp->source, EPOLLIN);
        udp->base.user.ready(udp->base.user.closure, true);
    }
    if (events & ~(uint32_t)EPOLLOUT)
        tunic_udp_receive(udp);
}

static void discard(struct tunic_udp *udp)
{
    if (udp->source.ready)
        tunic_loop_remove(udp->base.loop, &udp->source);
    if (udp->descriptor >= 0)
        (void)close(udp->descriptor);
    if (udp->probe >= 0)
        (void)close(udp->probe);
    if (udp->slots)
        (void)munmap(udp->slots, (size_t)TUNIC_UDP_SLOTS * TUNIC_UDP_SLOT_SIZE);
    free(udp);
}

static void close_udp(struct tunic_transport *transport)
{
    discard(tunic_udp_of(transport));
}

static const struct tunic_transport_operations operations = {
    .name = "udp",
    .send = tunic_udp_send,
    .reconnect = reconnect,
    .room = room,
    .port = port,
    .rebind = rebind,
    .close = close_udp,
};

static struct tunic_udp *allocate(struct tunic_loop *loop, const struct tunic_transport_user *user)
{
    struct tunic_udp *udp = calloc(1, sizeof(*udp));

    if (!udp)
        return NULL;
    udp->base = (struct tunic_transport){.operations = &operations, .user = *user, .loop = loop};
    udp->descriptor = udp->probe = -1;
    void *slots = mmap(NULL, (size_t)TUNIC_UDP_SLOTS * TUNIC_UDP_SLOT_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED) {
        free(udp);
        return NULL;
    }
    udp->slots = slots;
    return udp;
}

int tunic_udp_open(struct tunic_transport **transport, struct tunic_loop *loop,
                   const struct tunic_transport_options *options,
                   const struct tunic_transport_user *user, struct tunic_error *error)
{
    struct tunic_udp *udp = allocate(loop, user);

    if (!udp)
        return tunic_error_memory(error);
    if (options->underlay)
        memcpy(udp->underlay, options->underlay, strnlen(options->underlay, IFNAMSIZ - 1));
    if (options->listen)
        udp->listen = *options->listen;
    udp->listen.has_port = true;
    udp->options = *options;
    udp->options.listen = NULL;
    udp->options.connect = NULL;
    udp->options.underlay = NULL;
    int result = open_sockets(udp, options, error);
    if (result == 0 && options->connect)
        reconnect(&udp->base, options->connect);
    if (result == 0) {
        udp->base.form = (struct tunic_outbox_form){.most_run = udp->gso ? TUNIC_UDP_SEGMENTS : 1,
                                                    .most_length = TUNIC_UDP_PAYLOAD};
        udp->source = (struct tunic_source){udp->descriptor, ready, udp};
        result = tunic_loop_add(loop, &udp->source, EPOLLIN, error);
        if (result != 0)
            udp->source.ready = NULL;
    }
    if (result != 0) {
        discard(udp);
        return result;
    }
    *transport = &udp->base;
    return 0;
}
