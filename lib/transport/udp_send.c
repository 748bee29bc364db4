/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The outbox's messages go out in one sendmmsg, each a run of equal datagrams
 * with UDP_SEGMENT. Where the kernel refuses one, it is looked at what it refuses:
 *
 *   no room in the socket      it and those behind it stay in the outbox, and the user waits
 *   no memory (ENOBUFS)        dropped: the socket has room, and would be asked over and over
 *   the run                    its datagrams go out one by one
 *     EIO                      no checksum offload on the way: there are no more runs, for good
 *     EINVAL                   an old kernel takes shorter ones only, or means EMSGSIZE
 *     EMSGSIZE                 they are larger than the path's MTU
 *   our address (it is gone)   the kernel chooses one
 *   an error of before         tried again (ECONNREFUSED…: told by ICMP)
 *   anything else              dropped, counted, and the next one has its turn
 */
#include "transport/socket.h"
#include "transport/udp.h"

#include <errno.h>
#include <string.h>

/* ---- control messages ------------------------------------------------------------------ */

static void put_control(struct msghdr *message, int level, int type, const void *value, size_t size)
{
    uint8_t *place = (uint8_t *)message->msg_control + message->msg_controllen;
    struct cmsghdr header = {.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};

    memcpy(place, &header, sizeof(header));
    memcpy(place + CMSG_LEN(0), value, size);
    message->msg_controllen += CMSG_SPACE(size);
}

static bool is_inet(const struct tunic_udp *udp, const struct tunic_endpoint *to)
{
    return udp->family == AF_INET || tunic_endpoint_inet(&to->remote);
}

/* Answers come from the address that was spoken to; of link-local ones the interface too. */
static void put_source(const struct tunic_udp *udp, const struct tunic_endpoint *to,
                       struct msghdr *message)
{
    if (IN6_IS_ADDR_UNSPECIFIED(&to->local))
        return;
    if (udp->family == AF_INET) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, &to->local.s6_addr[12], sizeof(info.ipi_spec_dst));
        put_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else {
        struct in6_pktinfo info = {.ipi6_addr = to->local};
        if (IN6_IS_ADDR_LINKLOCAL(&to->local))
            info.ipi6_ifindex = to->ifindex;
        put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

static void put_traffic_class(const struct tunic_udp *udp, const struct tunic_message *message,
                              struct msghdr *header)
{
    int traffic_class = message->traffic_class;

    if (traffic_class == 0)
        return;
    if (is_inet(udp, &message->to))
        put_control(header, IPPROTO_IP, IP_TOS, &traffic_class, sizeof(traffic_class));
    else
        put_control(header, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof(traffic_class));
}

static void write_header(struct tunic_udp *udp, struct tunic_message *message, struct iovec *pieces,
                         size_t count, struct tunic_udp_control *control, struct msghdr *header)
{
    *header =
        (struct msghdr){.msg_iov = pieces, .msg_iovlen = count, .msg_control = control->bytes};
    if (message->to.remote.any.sa_family != AF_UNSPEC) {
        header->msg_name = &message->to.remote;
        header->msg_namelen = tunic_socket_address_size(&message->to.remote);
        put_source(udp, &message->to, header);
    }
    put_traffic_class(udp, message, header);
}

static void finish_header(struct msghdr *header)
{
    if (header->msg_controllen == 0)
        header->msg_control = NULL;
}

static void prepare(struct tunic_udp *udp, struct tunic_outbox *outbox, size_t index)
{
    struct tunic_message *message = &outbox->messages[index];
    struct msghdr *header = &udp->outgoing[index].msg_hdr;

    write_header(udp, message, &outbox->pieces[message->first], message->pieces,
                 &udp->outgoing_controls[index], header);
    if (message->count > 1)
        put_control(header, IPPROTO_UDP, UDP_SEGMENT, &message->size, sizeof(message->size));
    finish_header(header);
}

/* ---- refusals -------------------------------------------------------------------------- */

/* True: the address that it was to come from is not ours any more; without it, it may be sent. */
static bool drops_source(struct tunic_message *message, int reason)
{
    if ((reason != EINVAL && reason != EADDRNOTAVAIL && reason != ENETUNREACH) ||
        IN6_IS_ADDR_UNSPECIFIED(&message->to.local))
        return false;
    message->to.local = in6addr_any;
    return true;
}

static void drop(struct tunic_udp *udp, uint64_t count, int reason)
{
    udp->base.counters.dropped += count;
    if (udp->wanted.any.sa_family != AF_UNSPEC &&
        (reason == EINVAL || reason == EADDRNOTAVAIL || reason == ENETUNREACH))
        udp->lost = true;
}

/* ---- one by one ------------------------------------------------------------------------ */

/* Copies the bytes from `offset` on, of pieces whose lengths do not follow the datagrams'. */
static size_t gather(const struct tunic_outbox *outbox, const struct tunic_message *message,
                     size_t offset, uint8_t *target, size_t length)
{
    size_t copied = 0;

    for (size_t i = message->first; i < (size_t)message->first + message->pieces; i++) {
        const struct iovec *piece = &outbox->pieces[i];
        if (offset >= piece->iov_len) {
            offset -= piece->iov_len;
            continue;
        }
        size_t part = piece->iov_len - offset;
        if (part > length - copied)
            part = length - copied;
        memcpy(target + copied, (const uint8_t *)piece->iov_base + offset, part);
        copied += part;
        offset = 0;
    }
    return copied;
}

static void send_singly(struct tunic_udp *udp, const struct tunic_outbox *outbox,
                        struct tunic_message *message)
{
    struct tunic_transport_counters *counters = &udp->base.counters;
    struct tunic_udp_control control = {.bytes = {0}}; /* the gaps in it too */
    struct msghdr header;
    struct iovec piece;
    ssize_t sent;

    for (size_t offset = 0; offset < message->length; offset += message->size) {
        size_t length = gather(outbox, message, offset, udp->single,
                               message->size < message->length - offset ? message->size
                                                                        : message->length - offset);
        piece = (struct iovec){.iov_base = udp->single, .iov_len = length};
        do {
            write_header(udp, message, &piece, 1, &control, &header);
            finish_header(&header);
            sent = sendmsg(udp->descriptor, &header, 0);
        } while (sent < 0 && drops_source(message, errno));
        if (sent < 0) {
            drop(udp, 1, errno);
            continue;
        }
        counters->sent++;
        counters->sent_bytes += length;
    }
}

/* What the kernel has refused is more than it, or the path, takes at once. */
static void give_up_runs(struct tunic_udp *udp, struct tunic_outbox *outbox,
                         const struct tunic_message *message, int reason)
{
    struct tunic_outbox_form *form = &udp->base.form;

    if (reason == EIO)
        form->most_run = 1;
    else if (reason == EINVAL && message->count > TUNIC_UDP_SEGMENTS_OLD &&
             form->most_run > TUNIC_UDP_SEGMENTS_OLD)
        form->most_run = TUNIC_UDP_SEGMENTS_OLD;
    outbox->form.most_run = form->most_run;
}

enum verdict { VERDICT_AGAIN, VERDICT_WAIT, VERDICT_NEXT };

static enum verdict judge(struct tunic_udp *udp, struct tunic_outbox *outbox,
                          struct tunic_message *message, int reason, bool *retried)
{
    bool first = !*retried;

    *retried = true;
    if (reason == EINTR)
        return VERDICT_AGAIN;
    if (reason == EAGAIN)
        return VERDICT_WAIT;
    if (first && (reason == ECONNREFUSED || reason == EHOSTUNREACH || reason == ENETUNREACH))
        return VERDICT_AGAIN;
    if (message->count > 1 && (reason == EIO || reason == EMSGSIZE || reason == EINVAL)) {
        give_up_runs(udp, outbox, message, reason);
        send_singly(udp, outbox, message);
        return VERDICT_NEXT;
    }
    if (drops_source(message, reason))
        return VERDICT_AGAIN;
    drop(udp, message->count, reason);
    return VERDICT_NEXT;
}

/* ---- sending --------------------------------------------------------------------------- */

/* Moves what is left to the front, and waits until the socket has room. */
static void keep_rest(struct tunic_udp *udp, struct tunic_outbox *outbox, size_t done)
{
    outbox->message_count -= done;
    memmove(outbox->messages, outbox->messages + done,
            outbox->message_count * sizeof(outbox->messages[0]));
    udp->waits = true;
    tunic_loop_change(udp->base.loop, &udp->source, EPOLLIN | EPOLLOUT);
    udp->base.user.ready(udp->base.user.closure, false);
}

void tunic_udp_send(struct tunic_transport *transport, struct tunic_outbox *outbox)
{
    struct tunic_udp *udp = tunic_udp_of(transport);
    struct tunic_transport_counters *counters = &transport->counters;
    bool retried = false;
    size_t done = 0;

    for (size_t i = 0; i < outbox->message_count; i++)
        prepare(udp, outbox, i);
    while (done < outbox->message_count) {
        int sent = sendmmsg(udp->descriptor, udp->outgoing + done,
                            (unsigned)(outbox->message_count - done), 0);
        for (int i = 0; i < sent; i++) {
            const struct tunic_message *message = &outbox->messages[done++];
            counters->sent += message->count;
            counters->sent_bytes += message->length;
            retried = false;
        }
        if (sent > 0)
            udp->lost = false;
        if (sent >= 0)
            continue;
        enum verdict verdict = judge(udp, outbox, &outbox->messages[done], errno, &retried);
        if (verdict == VERDICT_WAIT) {
            keep_rest(udp, outbox, done);
            return;
        }
        if (verdict == VERDICT_AGAIN)
            prepare(udp, outbox, done);
        else
            retried = false;
        done += verdict == VERDICT_NEXT;
    }
    tunic_outbox_clear(outbox);
}
