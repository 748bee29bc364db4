/* SPDX-License-Identifier: MIT */
/* Private to lib/netlink: libmnl's loops over messages and attributes, whose own macros do not
 * compile under -Wconversion. */
#ifndef TUNIC_NETLINK_ATTRIBUTES_H
#define TUNIC_NETLINK_ATTRIBUTES_H

#include <libmnl/libmnl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* Lengths in a netlink message are rounded up to 4. */
static inline uint32_t tunic_align(size_t length)
{
    return (uint32_t)((length + 3U) & ~(size_t)3U);
}

/* Each whole message among `left` bytes (an int, counted down). mnl_nlmsg_ok takes a length of 2
 * GiB and more for a negative one, which fits everywhere: hence the comparison with INT_MAX. */
#define TUNIC_MESSAGES(message, buffer, left)                                                      \
    for ((message) = (const struct nlmsghdr *)(buffer);                                            \
         mnl_nlmsg_ok((message), (left)) && (message)->nlmsg_len <= INT_MAX;                       \
         (message) = mnl_nlmsg_next((message), &(left)))

#define TUNIC_ATTRIBUTES_UNTIL(attribute, first, end)                                              \
    for ((attribute) = (first);                                                                    \
         mnl_attr_ok((attribute), (int)((const char *)(end) - (const char *)(attribute)));         \
         (attribute) = mnl_attr_next(attribute))

/* Each attribute behind a message's family header of `header` bytes. Ends where the message says:
 * libmnl's own tail is rounded up, past what was received. */
#define TUNIC_ATTRIBUTES(attribute, message, header)                                               \
    TUNIC_ATTRIBUTES_UNTIL(attribute, mnl_nlmsg_get_payload_offset(message, header),               \
                           (const char *)(message) + (message)->nlmsg_len)

/* Each attribute inside another. */
#define TUNIC_ATTRIBUTES_NESTED(attribute, nest)                                                   \
    TUNIC_ATTRIBUTES_UNTIL(attribute, mnl_attr_get_payload(nest),                                  \
                           (const char *)mnl_attr_get_payload(nest) +                              \
                               mnl_attr_get_payload_len(nest))

#endif
