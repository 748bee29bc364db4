/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Every request has a sequence number of its own; an answer counts only if
 * it comes from the kernel (port 0 of the sender) and carries a number that was asked for.
 * Strict checking makes the kernel refuse what it would otherwise ignore (a filter, say), and
 * extended acknowledgements bring its own words for a refusal.
 */
#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RECEIVE_SIZE = 65536,    /* larger than any skb that the kernel fills for a dump */
    SOCKET_BUFFER = 4 << 20, /* asked for; what the limits allow is taken */
    DUMP_TRIES = 8,
    MAX_ERRNO = 4095, /* of the kernel */
};

static int set_option(struct mnl_socket *socket, int option)
{
    int on = 1;

    return mnl_socket_setsockopt(socket, option, &on, sizeof(on));
}

int tunic_netlink_open(struct tunic_netlink *netlink, struct tunic_error *error)
{
    *netlink = (struct tunic_netlink){0};
    netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!netlink->socket)
        return tunic_error_system(error, errno, "cannot open a netlink socket");
    if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int result = tunic_error_system(error, errno, "cannot bind a netlink socket");
        tunic_netlink_close(netlink);
        return result;
    }
    netlink->port = mnl_socket_get_portid(netlink->socket);
    /* Kernels before 4.20 lack some of these: without them errors are terser and filters wider,
     * and every consumer checks what it gets. */
    (void)set_option(netlink->socket, NETLINK_EXT_ACK);
    (void)set_option(netlink->socket, NETLINK_CAP_ACK);
    (void)set_option(netlink->socket, NETLINK_GET_STRICT_CHK);
    return 0;
}

void tunic_netlink_close(struct tunic_netlink *netlink)
{
    if (netlink->socket)
        (void)mnl_socket_close(netlink->socket);
    netlink->socket = NULL;
}

struct nlmsghdr *tunic_request_begin(void *buffer, uint16_t type, uint16_t flags,
                                     size_t family_header)
{
    /* Attributes are aligned: what lies between them is sent, too. */
    memset(buffer, 0, TUNIC_REQUEST_SIZE);
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    (void)mnl_nlmsg_put_extra_header(message, family_header);
    return message;
}

/* ---- answers --------------------------------------------------------------------------- */

/* The kernel's text in an error or done message, copied; empty where there is none. */
static void extended_text(const struct nlmsghdr *message, size_t fixed, char *text, size_t size)
{
    const struct nlattr *attribute;

    text[0] = '\0';
    if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || mnl_nlmsg_get_payload_len(message) < fixed)
        return;
    TUNIC_ATTRIBUTES(attribute, message, fixed)
    {
        size_t length = mnl_attr_get_payload_len(attribute);
        if (mnl_attr_get_type(attribute) != NLMSGERR_ATTR_MSG || length == 0)
            continue;
        char raw[192];
        length = length < sizeof(raw) ? length : sizeof(raw) - 1;
        memcpy(raw, mnl_attr_get_payload(attribute), length);
        raw[length] = '\0';
        tunic_text_escape(text, size, raw);
    }
}

/* The errno in a message, positive. What cannot be one is a malformed message, not success. */
static int errno_of(int value)
{
    return value <= 0 && value >= -MAX_ERRNO ? -value : EBADMSG;
}

/* The errno of an NLMSG_ERROR (0: an acknowledgement), with the kernel's text. */
static int error_of(const struct nlmsghdr *message, char *text, size_t size)
{
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr)) {
        text[0] = '\0';
        return EBADMSG;
    }
    const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
    size_t fixed = sizeof(*answer);
    if (!(message->nlmsg_flags & NLM_F_CAPPED) && answer->msg.nlmsg_len > sizeof(answer->msg))
        fixed += tunic_align(answer->msg.nlmsg_len - sizeof(answer->msg));
    extended_text(message, fixed, text, size);
    return errno_of(answer->error);
}

/* Receives one datagram from the kernel into `buffer`. Returns its length, 0 where another
 * process sent it, or a negative errno. */
static ssize_t receive(struct tunic_netlink *netlink, void *buffer, size_t size, int flags)
{
    struct sockaddr_nl sender = {0};
    struct iovec vector = {buffer, size};
    struct msghdr header = {
        .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &vector, .msg_iovlen = 1};

    for (;;) {
        ssize_t length = recvmsg(mnl_socket_get_fd(netlink->socket), &header, flags);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        if (sender.nl_pid != 0)
            return 0;
        return (header.msg_flags & MSG_TRUNC) ? -EMSGSIZE : length;
    }
}

/* What one answer is being read into. */
struct answer {
    uint32_t first; /* sequence numbers that count */
    uint32_t last;
    tunic_netlink_handle handle;
    tunic_netlink_failed failed;
    void *closure;
    bool single; /* the first object ends it */
    bool handled;
    bool interrupted;
    bool done;
    bool finished; /* the kernel has nothing more to say */
    int result;
    char text[256];
};

static void take_error(struct answer *answer, const struct nlmsghdr *message)
{
    char text[256];
    int errno_value = error_of(message, text, sizeof(text));

    if (errno_value != 0 && answer->failed)
        answer->failed(answer->closure, message->nlmsg_seq, errno_value, text);
    else if (errno_value != 0) {
        answer->result = -errno_value;
        memcpy(answer->text, text, sizeof(text));
    }
    if (message->nlmsg_seq == answer->last)
        answer->done = answer->finished = true;
}

static void take_message(struct answer *answer, const struct nlmsghdr *message)
{
    if (message->nlmsg_seq - answer->first > answer->last - answer->first)
        return; /* the answer to an older request that was given up */
    if (message->nlmsg_flags & NLM_F_DUMP_INTR)
        answer->interrupted = true;
    switch (message->nlmsg_type) {
    case NLMSG_NOOP:
        return;
    case NLMSG_OVERRUN:
        answer->result = -ENOBUFS;
        answer->done = true;
        return;
    case NLMSG_ERROR:
        take_error(answer, message);
        return;
    case NLMSG_DONE:
        if (mnl_nlmsg_get_payload_len(message) >= sizeof(int)) {
            answer->result = -errno_of(*(const int *)mnl_nlmsg_get_payload(message));
            extended_text(message, sizeof(int), answer->text, sizeof(answer->text));
        }
        answer->done = answer->finished = true;
        return;
    default:
        break;
    }
    int result = answer->handle ? answer->handle(message, answer->closure) : 0;
    answer->handled = true;
    if (result < 0)
        answer->result = result;
    answer->done = answer->done || result != 0 || answer->single;
}

/* Reads until the answer is whole. Returns 0 or the negative errno of the socket. */
static int read_answer(struct tunic_netlink *netlink, struct answer *answer)
{
    _Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];

    while (!answer->done) {
        ssize_t received = receive(netlink, buffer, sizeof(buffer), 0);
        if (received < 0)
            return (int)received;
        int left = (int)received;
        const struct nlmsghdr *message;
        TUNIC_MESSAGES(message, buffer, left)
        {
            take_message(answer, message);
            if (answer->done)
                break;
        }
    }
    return 0;
}

/* Reads a dump that is given up to its end: the kernel refuses the next one as long as it runs
 * (EBUSY). It is fed by our reading, so that there is always something to read until it ends. */
static void drain(struct tunic_netlink *netlink)
{
    _Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
    ssize_t received;

    do
        received = receive(netlink, buffer, sizeof(buffer), MSG_DONTWAIT);
    while (received >= 0 || received == -ENOBUFS || received == -EMSGSIZE);
}

static int send_request(struct tunic_netlink *netlink, struct nlmsghdr *request)
{
    request->nlmsg_seq = ++netlink->sequence;
    request->nlmsg_pid = netlink->port;
    while (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* Where a request was lost: on the way to the kernel, on the way back, or there. */
static const char unasked[] = "cannot ask the kernel";
static const char unanswered[] = "cannot read the kernel's answer";
static const char refused[] = "the kernel refused the request";

static int tell(struct tunic_error *error, int result, const char *action, const char *text)
{
    (void)tunic_error_system(error, -result, "%s", action);
    if (text[0] != '\0')
        tunic_error_cause(error, "%s", text);
    return result;
}

int tunic_netlink_request(struct tunic_netlink *netlink, struct nlmsghdr *request,
                          tunic_netlink_handle handle, void *closure, struct tunic_error *error)
{
    struct answer answer = {.handle = handle, .closure = closure, .single = handle != NULL};

    if (!handle)
        request->nlmsg_flags |= NLM_F_ACK;
    int result = send_request(netlink, request);
    if (result != 0)
        return tell(error, result, unasked, "");
    answer.first = answer.last = request->nlmsg_seq;
    result = read_answer(netlink, &answer);
    if (result == 0 && answer.result == 0 && handle && !answer.handled)
        result = -EBADMSG; /* a mere acknowledgement of what was asked for */
    if (result != 0)
        return tell(error, result, unanswered, "");
    if (answer.result == 0)
        return 0;
    return tell(error, answer.result, answer.finished ? refused : unanswered, answer.text);
}

int tunic_netlink_dump(struct tunic_netlink *netlink, struct nlmsghdr *request,
                       tunic_netlink_handle handle, void (*restart)(void *closure), void *closure,
                       struct tunic_error *error)
{
    struct answer answer;
    int result;

    request->nlmsg_flags |= NLM_F_DUMP;
    for (int try = 0; try < DUMP_TRIES; try++) {
        if (try > 0)
            restart(closure);
        result = send_request(netlink, request);
        if (result < 0)
            return tell(error, result, unasked, "");
        answer = (struct answer){.handle = handle, .closure = closure};
        answer.first = answer.last = request->nlmsg_seq;
        result = read_answer(netlink, &answer);
        if (!answer.finished)
            drain(netlink);
        if (result == 0)
            result = answer.result;
        bool lost = result == -ENOBUFS || result == -EINTR;
        if (!lost && !(result == 0 && answer.interrupted))
            return result == 0
                       ? 0
                       : tell(error, result, answer.finished ? refused : unanswered, answer.text);
    }
    (void)tunic_error_set(error, TUNIC_FAILED, "cannot read the kernel's tables");
    tunic_error_cause(error, "they changed during each of %d attempts", DUMP_TRIES);
    return -EAGAIN;
}

int tunic_netlink_collect(struct tunic_netlink *netlink, uint32_t first, uint32_t last,
                          tunic_netlink_failed failed, void *closure, struct tunic_error *error)
{
    struct answer answer = {.first = first, .last = last, .failed = failed, .closure = closure};
    int result = read_answer(netlink, &answer);

    if (result == 0)
        result = answer.result;
    return result == 0 ? 0 : tell(error, result, unanswered, "");
}

/* ---- events ---------------------------------------------------------------------------- */

int tunic_monitor_open(struct tunic_netlink *netlink, bool addresses, struct tunic_error *error)
{
    int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
    int size = SOCKET_BUFFER;
    int result = tunic_netlink_open(netlink, error);

    if (result != 0)
        return result;
    /* A burst of thousands of events must fit; the limits decide how many do. */
    if (setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size,
                   sizeof(size)) != 0)
        (void)setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVBUF, &size,
                         sizeof(size));
    for (size_t i = 0; i < (addresses ? TUNIC_COUNT(groups) : 1); i++) {
        if (mnl_socket_setsockopt(netlink->socket, NETLINK_ADD_MEMBERSHIP, &groups[i],
                                  sizeof(groups[i])) == 0)
            continue;
        result = tunic_error_system(error, errno, "cannot follow the kernel's events");
        tunic_netlink_close(netlink);
        return result;
    }
    return 0;
}

int tunic_monitor_descriptor(const struct tunic_netlink *netlink)
{
    return mnl_socket_get_fd(netlink->socket);
}

int tunic_monitor_read(struct tunic_netlink *netlink, tunic_netlink_handle handle, void *closure,
                       bool *overrun, struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
    struct pollfd ready = {.fd = tunic_monitor_descriptor(netlink), .events = POLLIN};

    *overrun = false;
    while (poll(&ready, 1, 0) > 0) {
        ssize_t received = receive(netlink, buffer, sizeof(buffer), 0);
        if (received == -ENOBUFS) {
            *overrun = true;
            continue;
        }
        if (received < 0)
            return tunic_error_system(error, (int)-received, "cannot read the kernel's events");
        int left = (int)received;
        const struct nlmsghdr *message;
        TUNIC_MESSAGES(message, buffer, left)
        {
            int result = handle(message, closure);
            if (result != 0)
                return result < 0 ? result : 0;
        }
    }
    return 0;
}
