/* SPDX-License-Identifier: MIT */
#include "netlink_fake.h"

#include "netlink/attributes.h"

#include "unit.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    DESCRIPTOR = 1000, /* nothing is open there */
    PORT = 4242,
    EVENTS = 64,
};

struct event {
    uint8_t *bytes;
    size_t length;
    uint32_t sender;
    int errno_value;
    bool truncated;
};

struct fake fake;
static struct event events[EVENTS];
static size_t event_count;
static size_t event_next;

/* ---- what the linker redirects --------------------------------------------------------- */

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t port);
int __wrap_mnl_socket_close(struct mnl_socket *socket);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *value,
                                 socklen_t length);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket);
unsigned int __wrap_mnl_socket_get_portid(const struct mnl_socket *socket);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags);
int __wrap_poll(struct pollfd *descriptors, nfds_t count, int timeout);

static int fail_with(int errno_value)
{
    errno = errno_value;
    return -1;
}

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
    assert_int_equal(bus, NETLINK_ROUTE);
    assert_true(flags & SOCK_CLOEXEC);
    if (fake.open_error) {
        errno = fake.open_error;
        return NULL;
    }
    fake.sockets++;
    return (struct mnl_socket *)&fake;
}

int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t port)
{
    (void)socket;
    assert_int_equal(groups, 0);
    assert_int_equal(port, MNL_SOCKET_AUTOPID);
    return fake.bind_error ? fail_with(fake.bind_error) : 0;
}

int __wrap_mnl_socket_close(struct mnl_socket *socket)
{
    assert_ptr_equal(socket, &fake);
    assert_true(fake.sockets > 0);
    fake.sockets--;
    return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *value,
                                 socklen_t length)
{
    (void)socket;
    assert_non_null(value);
    assert_int_equal(length, sizeof(int));
    if (fake.option_error && (!fake.option_refused || fake.option_refused == type))
        return fail_with(fake.option_error);
    return 0;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket)
{
    assert_ptr_equal(socket, &fake);
    return DESCRIPTOR;
}

unsigned int __wrap_mnl_socket_get_portid(const struct mnl_socket *socket)
{
    assert_ptr_equal(socket, &fake);
    return PORT;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length)
{
    int errno_value = fake.send_errors[0];

    assert_ptr_equal(socket, &fake);
    if (errno_value) {
        memmove(fake.send_errors, fake.send_errors + 1,
                sizeof(fake.send_errors) - sizeof(fake.send_errors[0]));
        return fail_with(errno_value);
    }
    assert_true(fake.sent_count < TUNIC_COUNT(fake.sent));
    struct fake_sent *sent = &fake.sent[fake.sent_count++];
    sent->bytes = malloc(length);
    assert_non_null(sent->bytes);
    memcpy(sent->bytes, bytes, length);
    sent->length = length;
    return (ssize_t)length;
}

ssize_t __wrap_recvmsg(int descriptor, struct msghdr *header, int flags)
{
    assert_int_equal(descriptor, DESCRIPTOR);
    fake.last_flags = flags;
    if (event_next == event_count) {
        if (flags & MSG_DONTWAIT)
            return fail_with(EAGAIN);
        fail_msg("waits for an answer that does not come");
    }
    const struct event *event = &events[event_next++];
    if (event->errno_value)
        return fail_with(event->errno_value);
    struct sockaddr_nl *sender = header->msg_name;
    assert_true(header->msg_namelen >= sizeof(*sender));
    assert_int_equal(header->msg_iovlen, 1);
    assert_true(header->msg_iov->iov_len >= event->length);
    *sender = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_pid = event->sender};
    if (event->length > 0)
        memcpy(header->msg_iov->iov_base, event->bytes, event->length);
    header->msg_flags = event->truncated ? MSG_TRUNC : 0;
    return (ssize_t)event->length;
}

int __wrap_poll(struct pollfd *descriptors, nfds_t count, int timeout)
{
    assert_int_equal(count, 1);
    assert_int_equal(descriptors->fd, DESCRIPTOR);
    assert_int_equal(timeout, 0);
    descriptors->revents = event_next < event_count ? POLLIN : 0;
    return event_next < event_count;
}

/* ---- what the test says ---------------------------------------------------------------- */

static void forget(void)
{
    for (size_t i = 0; i < fake.sent_count; i++)
        free(fake.sent[i].bytes);
    for (size_t i = 0; i < event_count; i++)
        free(events[i].bytes);
    memset(&fake, 0, sizeof(fake));
    memset(events, 0, sizeof(events));
    event_count = event_next = 0;
}

struct tunic_netlink fake_begin(uint32_t sequence)
{
    forget();
    fake.sockets = 1;
    return (struct tunic_netlink){
        .socket = (struct mnl_socket *)&fake, .port = PORT, .sequence = sequence};
}

void fake_end(void)
{
    assert_int_equal(event_next, event_count);
    forget();
}

void fake_datagram(uint32_t sender)
{
    assert_true(event_count < EVENTS);
    events[event_count++].sender = sender;
}

void fake_receive_error(int errno_value)
{
    fake_datagram(0);
    events[event_count - 1].errno_value = errno_value;
}

void fake_truncated(void)
{
    events[event_count - 1].truncated = true;
}

void fake_bytes(const void *bytes, size_t length)
{
    struct event *event = &events[event_count - 1];
    uint8_t *grown = realloc(event->bytes, event->length + length);

    assert_non_null(grown);
    memcpy(grown + event->length, bytes, length);
    event->bytes = grown;
    event->length += length;
}

/* Appends a whole message, padded. */
static void append(const struct nlmsghdr *message)
{
    fake_bytes(message, tunic_align(message->nlmsg_len));
}

void fake_message(uint16_t type, uint16_t flags, uint32_t sequence, const void *payload,
                  size_t length)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[1024] = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = type;
    message->nlmsg_flags = flags;
    message->nlmsg_seq = sequence;
    message->nlmsg_pid = PORT;
    memcpy(mnl_nlmsg_put_extra_header(message, length), payload, length);
    message->nlmsg_len = (uint32_t)(sizeof(*message) + length);
    append(message);
}

/* Appends a message of a fixed part, and the kernel's text as the attribute after it. */
static void answer(uint16_t type, uint16_t flags, uint32_t sequence, const void *fixed,
                   size_t length, const char *text)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[1024] = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

    message->nlmsg_type = type;
    message->nlmsg_flags = flags;
    message->nlmsg_seq = sequence;
    memcpy(mnl_nlmsg_put_extra_header(message, length), fixed, length);
    if (text) {
        message->nlmsg_flags |= NLM_F_ACK_TLVS;
        mnl_attr_put_u32(message, NLMSGERR_ATTR_OFFS, 20);
        mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, text);
    }
    append(message);
}

void fake_answer(uint32_t sequence, int errno_value, const char *text)
{
    struct nlmsgerr error = {.error = -errno_value};

    error.msg.nlmsg_len = 200; /* of the request, which a capped answer does not repeat */
    answer(NLMSG_ERROR, NLM_F_CAPPED, sequence, &error, sizeof(error), text);
}

void fake_done(uint32_t sequence, uint16_t flags, int errno_value, const char *text)
{
    int error = -errno_value;

    answer(NLMSG_DONE, NLM_F_MULTI | flags, sequence, &error, sizeof(error), text);
}

const struct nlmsghdr *fake_request(const struct fake_sent *sent, size_t index)
{
    size_t offset = 0;

    for (;;) {
        assert_true(offset + sizeof(struct nlmsghdr) <= sent->length);
        const struct nlmsghdr *request = (const struct nlmsghdr *)(sent->bytes + offset);
        assert_true(request->nlmsg_len >= sizeof(*request));
        if (index-- == 0)
            return request;
        offset += tunic_align(request->nlmsg_len);
    }
}

size_t fake_requests(const struct fake_sent *sent)
{
    size_t count = 0;
    size_t offset = 0;

    while (offset < sent->length) {
        const struct nlmsghdr *request = fake_request(sent, count++);
        offset += tunic_align(request->nlmsg_len);
    }
    assert_int_equal(offset, sent->length);
    return count;
}
