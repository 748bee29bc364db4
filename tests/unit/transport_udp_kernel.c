/* SPDX-License-Identifier: MIT */
#include "transport_udp_kernel.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

struct kernel kernel;

static const struct cmsghdr *control_of(const struct msghdr *message, int level, int type)
{
    struct msghdr copy = *message;

    for (struct cmsghdr *control = CMSG_FIRSTHDR(&copy); control;
         control = CMSG_NXTHDR(&copy, control))
        if (control->cmsg_level == level && control->cmsg_type == type)
            return control;
    return NULL;
}

bool has_source(const struct msghdr *message)
{
    return control_of(message, IPPROTO_IP, IP_PKTINFO) ||
           control_of(message, IPPROTO_IPV6, IPV6_PKTINFO);
}

unsigned datagrams_of(const struct msghdr *message)
{
    const struct cmsghdr *control = control_of(message, IPPROTO_UDP, UDP_SEGMENT);
    size_t length = 0;
    uint16_t size = 0;

    if (!control)
        return 1;
    memcpy(&size, CMSG_DATA(control), sizeof(size));
    for (size_t i = 0; i < message->msg_iovlen; i++)
        length += message->msg_iov[i].iov_len;
    return (unsigned)((length + size - 1) / size);
}

static int judge(const struct msghdr *message)
{
    int reason = kernel.refuse ? kernel.refuse(message) : 0;
    unsigned count = datagrams_of(message);

    if (reason != 0)
        return reason;
    kernel.sources += has_source(message);
    kernel.runs += count > 1;
    if (count > kernel.longest)
        kernel.longest = count;
    return 0;
}

int __real_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags);
ssize_t __real_sendmsg(int descriptor, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags);

int __wrap_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags)
{
    unsigned taken = 0;
    int reason = 0;

    kernel.calls++;
    if (kernel.most != 0 && count > kernel.most)
        count = kernel.most;
    while (taken < count && reason == 0) {
        reason = judge(&messages[taken].msg_hdr);
        taken += reason == 0;
    }
    if (taken == 0) {
        errno = reason;
        return -1;
    }
    return __real_sendmmsg(descriptor, messages, taken, flags);
}

ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    int reason = judge(message);

    kernel.singles++;
    if (reason == 0)
        return __real_sendmsg(descriptor, message, flags);
    errno = reason;
    return -1;
}

int kernel_setup(void **state)
{
    memset(&kernel, 0, sizeof(kernel));
    return side_setup(state);
}

void connect_sides(void)
{
    connect_to(&left, "127.0.0.1", listen_at(&right, "127.0.0.1", true), true);
}

struct tunic_endpoint listening_sides(void)
{
    struct tunic_endpoint to = {.local = {.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}}};

    to.remote = addresses_of("127.0.0.1", listen_at(&right, "127.0.0.1", true)).list[0];
    (void)listen_at(&left, "0.0.0.0", true);
    return to;
}

void assert_counters(uint64_t sent, uint64_t bytes, uint64_t dropped)
{
    const struct tunic_transport_counters *counters = &left.transport->counters;

    assert_int_equal(counters->sent, sent);
    assert_int_equal(counters->sent_bytes, bytes);
    assert_int_equal(counters->dropped, dropped);
    assert_int_equal(left.outbox.message_count, 0);
}
