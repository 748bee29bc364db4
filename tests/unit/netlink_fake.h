/* SPDX-License-Identifier: MIT */
/*
 * A kernel that says what it is told to. The test queues datagrams and errors first, then calls
 * the library; what the library sent can be looked at afterwards. Reading more than was queued
 * fails the test: the real kernel would let the program wait for ever.
 */
#ifndef TUNIC_TESTS_NETLINK_FAKE_H
#define TUNIC_TESTS_NETLINK_FAKE_H

#include "netlink/netlink.h"

struct fake_sent {
    uint8_t *bytes;
    size_t length;
};

struct fake {
    struct fake_sent sent[64];
    size_t sent_count;
    int send_errors[8]; /* errno values for the next sends; 0 ends them */
    size_t sockets;     /* open ones */
    int open_error;
    int bind_error;
    int option_error;
    int option_refused; /* the one option that option_error is for; 0: all */
    int last_flags;     /* of recvmsg */
};

extern struct fake fake;

/* Forgets everything, and returns a socket to it whose last sequence number was `sequence`. */
struct tunic_netlink fake_begin(uint32_t sequence);
/* Nothing may be left that was not read. */
void fake_end(void);

/* Begins a datagram; `sender` 0 is the kernel. */
void fake_datagram(uint32_t sender);
/* Makes the next receive fail, or the present datagram one that did not fit. */
void fake_receive_error(int errno_value);
void fake_truncated(void);
/* Appends a message to the datagram. */
void fake_message(uint16_t type, uint16_t flags, uint32_t sequence, const void *payload,
                  size_t length);
/* Appends bytes that need not be a message. */
void fake_bytes(const void *bytes, size_t length);
/* Appends an NLMSG_ERROR (errno_value 0: an acknowledgement) with the kernel's text, or NULL. */
void fake_answer(uint32_t sequence, int errno_value, const char *text);
/* Appends an NLMSG_DONE. */
void fake_done(uint32_t sequence, uint16_t flags, int errno_value, const char *text);

/* The n-th request in what was sent. */
const struct nlmsghdr *fake_request(const struct fake_sent *sent, size_t index);
/* How many requests it holds. */
size_t fake_requests(const struct fake_sent *sent);

#endif
