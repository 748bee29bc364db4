/* SPDX-License-Identifier: MIT */
/*
 * A kernel that answers whatever it likes. The first byte chooses what is asked, the second how
 * much; then come datagrams: a byte of flags, their length (2 bytes, big endian), their bytes; or
 * instead of these an errno. Everything is asked twice, with other bytes behind the datagrams each
 * time: what is told must not depend on them.
 */
#include "fuzz_input.h"

#include "netlink/attributes.h"
#include "netlink/netlink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum asked { REQUEST, ACKNOWLEDGEMENT, DUMP, BATCH, EVENTS, LINK };
enum flag {
    FOREIGN = 1, /* another process sends it */
    TRUNCATED = 2,
    FAILED = 4,
    ANSWER = 8, /* its messages have the number of the request that was sent last */
};
enum { DESCRIPTOR = 1000, ASKED = LINK + 1, SENDS = 10, BATCH_MOST = 256 };

static struct {
    struct fuzz_input input;
    int behind; /* what bytes there are */
    unsigned sends;
    uint32_t sequence; /* of the request that was sent last */
    size_t asked;
    uint64_t told; /* a sum of it */
} fuzz;

/* ---- the kernel ------------------------------------------------------------------------ */

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags);
int __wrap_poll(struct pollfd *descriptors, nfds_t count, int timeout);

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket)
{
    (void)socket;
    return DESCRIPTOR;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length)
{
    const struct nlmsghdr *message;
    int left = (int)length;

    (void)socket;
    fuzz_check(++fuzz.sends <= SENDS);
    TUNIC_MESSAGES(message, bytes, left)
    fuzz.sequence = message->nlmsg_seq;
    fuzz_check(left == 0);
    return (ssize_t)length;
}

static int fail_with(int errno_value)
{
    errno = errno_value;
    return -1;
}

static void stamp(char *buffer, int length)
{
    const struct nlmsghdr *message;
    int left = length;

    TUNIC_MESSAGES(message, buffer, left)
    memcpy(buffer + ((const char *)message - buffer) + offsetof(struct nlmsghdr, nlmsg_seq),
           &fuzz.sequence, sizeof(fuzz.sequence));
}

ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags)
{
    static const int errors[] = {EINTR, ENOBUFS, EIO, ENOMEM};
    struct sockaddr_nl *sender = header->msg_name;
    const struct iovec *room = header->msg_iov;

    fuzz_check(descriptor == DESCRIPTOR);
    if (fuzz.input.left == 0)
        return fail_with((flags & MSG_DONTWAIT) ? EAGAIN : EIO);
    size_t chosen = fuzz_next(&fuzz.input);
    if (chosen & FAILED)
        return fail_with(errors[chosen >> 6]);
    size_t length = fuzz_number(&fuzz.input, 2);
    memset(room->iov_base, fuzz.behind, room->iov_len);
    length =
        fuzz_take(&fuzz.input, room->iov_base, length < room->iov_len ? length : room->iov_len);
    if (chosen & ANSWER)
        stamp(room->iov_base, (int)length);
    *sender = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_pid = chosen & FOREIGN};
    header->msg_flags = chosen & TRUNCATED ? MSG_TRUNC : 0;
    return (ssize_t)length;
}

int __wrap_poll(struct pollfd *descriptors, nfds_t count, int timeout)
{
    fuzz_check(count == 1 && timeout == 0);
    descriptors->revents = POLLIN;
    return fuzz.input.left > 0;
}

/* ---- who asks -------------------------------------------------------------------------- */

static void tell(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fuzz.told = fuzz.told * 31 + ((const uint8_t *)bytes)[i];
}

static void tell_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        fuzz_check((unsigned char)*at >= ' ' && *at != 0x7f);
    tell(text, strlen(text) + 1);
}

static int take(const struct nlmsghdr *message, void *closure)
{
    struct tunic_link link;
    struct tunic_address address;
    struct tunic_route route;

    (void)closure;
    tell(message, message->nlmsg_len);
    int result = tunic_link_parse(message, &link);
    if (result == 0) {
        tell(link.name, strlen(link.name));
        tunic_link_release(&link);
    }
    if (tunic_address_parse(message, &address) == 0)
        tell(&address.local, sizeof(address.local));
    if (tunic_route_parse(message, &route) == 0)
        tell(&route.destination, sizeof(route.destination));
    return message->nlmsg_type == RTM_NEWLINK ? result : message->nlmsg_type == RTM_DELLINK;
}

static void restart(void *closure)
{
    (void)closure;
    fuzz.told = 0;
}

static void failed(void *closure, size_t index, const char *label, int errno_value,
                   const char *text)
{
    char expected[32];

    (void)closure;
    fuzz_check(index < fuzz.asked && errno_value > 0);
    (void)snprintf(expected, sizeof(expected), "the %zuth", index);
    fuzz_check(strcmp(label, expected) == 0);
    tell(&index, sizeof(index));
    tell(&errno_value, sizeof(errno_value));
    tell_text(text);
}

static int ask_batch(struct tunic_netlink *netlink, struct tunic_error *error)
{
    struct tunic_batch batch = {0};
    char label[32];

    for (size_t i = 0; i < fuzz.asked; i++) {
        (void)snprintf(label, sizeof(label), "the %zuth", i);
        tunic_link_delete(&batch, (int32_t)i + 1, label);
    }
    int result = tunic_batch_send(&batch, netlink, failed, NULL, error);
    tunic_batch_free(&batch);
    return result;
}

static int ask(enum asked asked, struct tunic_netlink *netlink, struct tunic_error *error)
{
    _Alignas(struct nlmsghdr) char buffer[TUNIC_REQUEST_SIZE];
    struct tunic_link link;
    bool overrun = false;
    int result;

    switch (asked) {
    case REQUEST:
    case ACKNOWLEDGEMENT:
        return tunic_netlink_request(netlink, tunic_address_dump_request(buffer, 1),
                                     asked == REQUEST ? take : NULL, NULL, error);
    case DUMP:
        return tunic_netlink_dump(netlink, tunic_link_dump_request(buffer, "tun", true), take,
                                  restart, NULL, error);
    case BATCH:
        return ask_batch(netlink, error);
    case EVENTS:
        result = tunic_monitor_read(netlink, take, NULL, &overrun, error);
        tell(&overrun, sizeof(overrun));
        return result;
    case LINK:
        result = tunic_link_get(netlink, "tap0", 0, true, &link, error);
        if (result == 0)
            tunic_link_release(&link);
        return result;
    }
    return 0;
}

static uint64_t ask_once(const uint8_t *bytes, size_t length, int behind)
{
    struct tunic_netlink netlink = {.socket = (struct mnl_socket *)&fuzz, .port = 4242};
    struct tunic_error error = {0};

    fuzz.input = (struct fuzz_input){bytes, length};
    fuzz.behind = behind;
    fuzz.sends = 0;
    fuzz.told = 0;
    enum asked asked = (enum asked)(fuzz_next(&fuzz.input) % ASKED);
    fuzz.asked = 1 + fuzz_next(&fuzz.input) % BATCH_MOST;
    int result = ask(asked, &netlink, &error);
    fuzz_check(result <= 0);
    /* What a handler says of an event is handed on as it is. */
    fuzz_check(result == 0 || error.action[0] != '\0' || asked == EVENTS);
    tell(&result, sizeof(result));
    tell_text(error.action);
    tell_text(error.cause);
    return fuzz.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint64_t told = ask_once(bytes, length, 0);

    fuzz_check(ask_once(bytes, length, 0xff) == told);
    return 0;
}
