/* SPDX-License-Identifier: MIT */
#include "transport/udp.h"

#include <errno.h>
#include <string.h>

enum { ROUNDS = 4 }; /* reads before the other direction has its turn */

/* The kernel writes to them: what it was told last is no longer true. */
static void prepare(struct tunic_udp *udp)
{
    for (size_t i = 0; i < TUNIC_UDP_SLOTS; i++) {
        udp->incoming_pieces[i] = (struct iovec){.iov_base = udp->slots + i * TUNIC_UDP_SLOT_SIZE,
                                                 .iov_len = TUNIC_UDP_SLOT_SIZE};
        udp->incoming[i].msg_hdr =
            (struct msghdr){.msg_name = &udp->senders[i].remote,
                            .msg_namelen = sizeof(udp->senders[i].remote),
                            .msg_iov = &udp->incoming_pieces[i],
                            .msg_iovlen = 1,
                            .msg_control = udp->incoming_controls[i].bytes,
                            .msg_controllen = sizeof(udp->incoming_controls[i].bytes)};
    }
}

static void read_inet(const struct cmsghdr *control, struct tunic_arrival *arrival,
                      struct tunic_endpoint *sender)
{
    struct in_pktinfo info;

    if (control->cmsg_type == IP_TOS) {
        arrival->traffic_class = *CMSG_DATA(control);
    } else if (control->cmsg_type == IP_PKTINFO && control->cmsg_len >= CMSG_LEN(sizeof(info))) {
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        sender->local.s6_addr[10] = sender->local.s6_addr[11] = 0xff;
        memcpy(&sender->local.s6_addr[12], &info.ipi_spec_dst, 4);
        sender->ifindex = (uint32_t)info.ipi_ifindex;
    }
}

static void read_inet6(const struct cmsghdr *control, struct tunic_arrival *arrival,
                       struct tunic_endpoint *sender)
{
    struct in6_pktinfo info;
    int traffic_class;

    if (control->cmsg_type == IPV6_TCLASS && control->cmsg_len >= CMSG_LEN(sizeof(traffic_class))) {
        memcpy(&traffic_class, CMSG_DATA(control), sizeof(traffic_class));
        arrival->traffic_class = (uint8_t)traffic_class;
    } else if (control->cmsg_type == IPV6_PKTINFO && control->cmsg_len >= CMSG_LEN(sizeof(info))) {
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        sender->local = info.ipi6_addr;
        sender->ifindex = info.ipi6_ifindex;
    }
}

/* False: cut off by the kernel, and so nothing that was ever sent. */
static bool read_one(struct tunic_udp *udp, size_t slot, struct tunic_arrival *arrival)
{
    struct msghdr *message = &udp->incoming[slot].msg_hdr;
    struct tunic_endpoint *sender = &udp->senders[slot];
    unsigned length = udp->incoming[slot].msg_len;
    int segment = 0;

    *arrival = (struct tunic_arrival){
        .data = udp->slots + slot * TUNIC_UDP_SLOT_SIZE, .length = length, .from = sender};
    sender->local = in6addr_any;
    sender->ifindex = 0;
    if ((message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || length > TUNIC_UDP_SLOT_SIZE)
        return false;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
         control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level == IPPROTO_IP)
            read_inet(control, arrival, sender);
        else if (control->cmsg_level == IPPROTO_IPV6)
            read_inet6(control, arrival, sender);
        else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO)
            memcpy(&segment, CMSG_DATA(control), sizeof(segment));
    }
    if (length > TUNIC_DATAGRAM_MOST && (segment <= 0 || segment > TUNIC_DATAGRAM_MOST))
        return false;
    arrival->size =
        segment > 0 && (unsigned)segment < length ? (uint16_t)segment : (uint16_t)length;
    return true;
}

static size_t datagrams_of(const struct tunic_arrival *arrival)
{
    return arrival->size == 0 ? 1 : (arrival->length + arrival->size - 1U) / arrival->size;
}

static bool admits(const struct tunic_udp *udp, const union tunic_socket_address *from)
{
    const struct tunic_transport_user *user = &udp->base.user;

    if (udp->wanted.any.sa_family != AF_UNSPEC && !tunic_endpoint_same(&udp->peer, from))
        return false;
    return !user->admits || user->admits(user->closure, from);
}

/* Keeps what is admitted and whole. */
static size_t sort_out(struct tunic_udp *udp, size_t count)
{
    struct tunic_transport_counters *counters = &udp->base.counters;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct tunic_arrival *arrival = &udp->arrivals[kept];
        if (!read_one(udp, i, arrival)) {
            counters->malformed++;
            continue;
        }
        if (!admits(udp, &arrival->from->remote)) {
            counters->refused += datagrams_of(arrival);
            continue;
        }
        counters->received += datagrams_of(arrival);
        counters->received_bytes += arrival->length;
        kept++;
    }
    return kept;
}

void tunic_udp_receive(struct tunic_udp *udp)
{
    const struct tunic_transport_user *user = &udp->base.user;

    for (size_t round = 0; round < ROUNDS; round++) {
        prepare(udp);
        int got = recvmmsg(udp->descriptor, udp->incoming, TUNIC_UDP_SLOTS, MSG_DONTWAIT, NULL);
        if (got <= 0) {
            /* An error told here is of something sent before (ICMP): it is over with the telling.
             * But an admin may have ended the socket, which is then connected to nobody. */
            if (got < 0 && errno == ECONNABORTED)
                udp->lost = udp->wanted.any.sa_family != AF_UNSPEC;
            return;
        }
        size_t kept = sort_out(udp, (size_t)got);
        if (kept > 0)
            user->arrived(user->closure, udp->arrivals, kept);
        if (got < TUNIC_UDP_SLOTS)
            return;
    }
}
