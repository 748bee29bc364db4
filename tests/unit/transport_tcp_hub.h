/* SPDX-License-Identifier: MIT */
/* For the tests of TCP with many connections: one such transport, and plain sockets around it. */
#ifndef TUNIC_TESTS_TRANSPORT_TCP_HUB_H
#define TUNIC_TESTS_TRANSPORT_TCP_HUB_H

#include "transport_tcp_side.h"

#include "transport/tcp_many.h"

enum { HUB_ARRIVALS = 4096, HUB_TEXT = 32 };

struct hub {
    struct tunic_transport *transport;
    uint16_t port; /* that it listens on */
    bool ready;
    unsigned wrong; /* `ready` told what was known */
    unsigned connects;
    unsigned ends;
    struct in_addr refused; /* 0.0.0.0: nobody */
    bool proves;            /* everybody who sends something */
    size_t arrived;
    struct {
        union tunic_socket_address from;
        size_t length;
        char text[HUB_TEXT]; /* its beginning */
    } arrivals[HUB_ARRIVALS];
    /* Called for each arrival; NULL: nothing. */
    void (*look)(const struct tunic_arrival *arrival);
};

extern struct hub hub;

/* Of cmocka. At the end all descriptors must be closed. */
int hub_setup(void **state); /* listens */
int hub_setup_silent(void **state);
int hub_setup_marked(void **state);
int hub_teardown(void **state);

struct tunic_tcp_many *hub_inside(void);
struct tunic_tcp_link *hub_link(const union tunic_socket_address *address);
/* Sends a frame. */
void hub_send(const union tunic_socket_address *address, const void *bytes, size_t length);
/* Runs until so many have come, in all; or are connected, or ended. */
void hub_run_until_arrived(size_t count);
void hub_run_until_connected(unsigned count);
void hub_run_until_ended(unsigned count);

/* A plain socket that is connected with it, and which address that has. */
int hub_plain(union tunic_socket_address *address);
/* The same, proven. */
int hub_plain_proven(union tunic_socket_address *address);
void hub_assert_received(int plain, const char *text);

#endif
