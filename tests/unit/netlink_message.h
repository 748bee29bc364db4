/* SPDX-License-Identifier: MIT */
/*
 * Netlink messages made by hand, right ones and wrong ones. A message is built in a buffer and
 * then sealed: copied to memory that is exactly as long as it says, so that the sanitizers and
 * valgrind see every byte that is read beyond it.
 */
#ifndef TUNIC_TESTS_NETLINK_MESSAGE_H
#define TUNIC_TESTS_NETLINK_MESSAGE_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct message {
    _Alignas(struct nlmsghdr) uint8_t bytes[4096];
    struct nlmsghdr *header;
    struct nlmsghdr *sealed;
};

/* Begins a message with a family header of `length` bytes. It was zero-initialised, or used before.
 */
static inline void message_begin(struct message *message, uint16_t type, const void *family,
                                 size_t length)
{
    memset(message->bytes, 0, sizeof(message->bytes));
    message->header = mnl_nlmsg_put_header(message->bytes);
    message->header->nlmsg_type = type;
    memcpy(mnl_nlmsg_put_extra_header(message->header, length), family, length);
}

/* Appends an attribute that claims to have `claimed` bytes, whatever it has. */
static inline void message_lie(struct message *message, uint16_t type, size_t claimed,
                               const void *payload, size_t length)
{
    struct nlattr *attribute = mnl_nlmsg_get_payload_tail(message->header);

    mnl_attr_put(message->header, type, length, payload);
    attribute->nla_len = (uint16_t)claimed;
}

/* The finished message, cut to `length` bytes where not 0. Freed by the next seal and by
 * message_end. */
static inline const struct nlmsghdr *message_seal_at(struct message *message, size_t length)
{
    free(message->sealed);
    if (length == 0)
        length = message->header->nlmsg_len;
    message->sealed = malloc(length ? length : 1);
    if (!message->sealed)
        abort();
    memcpy(message->sealed, message->bytes, length);
    message->sealed->nlmsg_len = (uint32_t)length;
    return message->sealed;
}

static inline const struct nlmsghdr *message_seal(struct message *message)
{
    return message_seal_at(message, 0);
}

static inline void message_end(struct message *message)
{
    free(message->sealed);
    message->sealed = NULL;
}

#endif
