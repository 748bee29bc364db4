/* SPDX-License-Identifier: MIT */
/*
 * lib/relay: joins an interface, a codec and a transport on the event loop.
 *
 *   options.c   what may be asked for together
 *   relay.c     opening, running, closing: what is done in which order, and with which privilege
 *   outbound.c  device → split → codec → outbox → transport
 *   inbound.c   transport → codec → merge → device
 *   codec.h     what a codec is; plain.c is the one that does nothing, guard*.c that of WireGuard
 *   peer.c      whom a plain relay speaks with, and looking it up again
 *
 *          tun queue ── outbound ──> codec.seal ──> transport.send
 *          tun queue <── inbound ─── codec.open <── transport.arrived
 *
 * A codec and a transport do not know of each other, and neither of them of the device.
 */
#ifndef TUNIC_RELAY_H
#define TUNIC_RELAY_H

#include "control/control.h"
#include "interface/interface.h"
#include "transport/transport.h"

enum tunic_relay_protocol {
    TUNIC_RELAY_UDP,
    TUNIC_RELAY_TCP,
};

enum {
    TUNIC_RELAY_PLAIN_PORT = 55555,
    TUNIC_RELAY_PORT = 51820, /* with keys */
    TUNIC_RELAY_PLAIN_FRAME = 2000,
};

/* The attributes that go with a relay. Of the others: how packets are handed over (pi, vnet_hdr,
 * NAPI) it decides itself, and the interface lives in the namespace of its sockets. */
#define TUNIC_RELAY_ATTRIBUTES                                                                     \
    (~(TUNIC_NAMED(TUNIC_ATTRIBUTE_PI) | TUNIC_NAMED(TUNIC_ATTRIBUTE_ONE_QUEUE) |                  \
       TUNIC_NAMED(TUNIC_ATTRIBUTE_VNET_HDR) | TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI) |                 \
       TUNIC_NAMED(TUNIC_ATTRIBUTE_NAPI_FRAGS) | TUNIC_NAMED(TUNIC_ATTRIBUTE_CARRIER) |            \
       TUNIC_NAMED(TUNIC_ATTRIBUTE_NETNS)))

/* What the words of tunic-relay(8) say. Strings are borrowed. */
struct tunic_relay_options {
    const char *name;
    struct tunic_desired *desired; /* the attributes */
    uint32_t protocol;             /* enum tunic_relay_protocol */
    bool insecure;
    bool has_keys; /* WireGuard. The private key, and peers with all that is to be set of them; the
                      port and the mark are `listen` and `mark`: */
    struct tunic_settings settings;
    bool no_control;
    const char *control; /* the socket for wg(8); NULL: where it looks */
    uint32_t workers;    /* threads that encrypt; 0: one */
    bool has_listen;
    bool has_connect;
    bool has_from;
    struct tunic_host listen;
    struct tunic_host connect;
    struct tunic_host from;
    bool from_any;
    bool jumbo;
    bool no_offload;
    bool no_mss;
    bool no_sandbox;
    bool has_mark;
    uint32_t mark;
    const char *underlay;
    const char *notify; /* NOTIFY_SOCKET as sd_notify(3) has it; NULL: nobody waits */
};

/* Judges the options together: what contradicts itself, or lacks what makes it safe. With keys, and
 * before the private one is set, only what the words alone show. */
int tunic_relay_check(const struct tunic_relay_options *options, struct tunic_error *error);

struct tunic_relay_counters {
    uint64_t device_in; /* packets from the interface, split ones as they go out */
    uint64_t device_in_bytes;
    uint64_t device_out; /* packets to the interface, before they are merged */
    uint64_t device_out_bytes;
    uint64_t device_malformed; /* from the interface, refused */
    uint64_t device_refused;   /* to the interface, which did not take them */
    uint64_t malformed;        /* from the other side: no packet */
    uint64_t too_big;          /* answered with ICMP, or over what `jumbo` allows */
    uint64_t unanswered;       /* without anyone to send to */
    struct tunic_transport_counters transport;
    union tunic_socket_address peer; /* AF_UNSPEC: none yet, or there are several */
    uint64_t last_received;          /* tunic_clock_now; 0: never */
    bool has_keys;                   /* with WireGuard: */
    uint64_t unrouted;               /* for an address that no peer has */
    uint64_t unauthorised;           /* from a peer, with an address that it does not have */
    size_t peers;
    size_t peers_alive;      /* with a session */
    uint64_t last_handshake; /* tunic_clock_now, of any peer; 0: never */
    struct tunic_wireguard_counters wireguard;
    uint64_t started;
};

struct tunic_relay;

/* What the program does for it. */
struct tunic_relay_user {
    void *closure;
    /* Something that an admin should know and that does not end it. */
    void (*warn)(void *closure, const struct tunic_error *warning);
    /* Everything is set up; `name` is the interface's, chosen by the kernel where it was a
     * template. */
    void (*ready)(void *closure, const char *name);
    /* SIGUSR1 came. */
    void (*report)(void *closure, const struct tunic_relay_counters *counters);
    /* Once a second; NULL: not wanted. */
    void (*tick)(void *closure, const struct tunic_relay_counters *counters);
};

/* Sets up, relays until SIGINT or SIGTERM (0) or the device is deleted (-ENODEV, TUNIC_ABSENT), and
 * leaves the device as it was found as far as that can be. `settings` is cleared as soon as it is
 * set. */
int tunic_relay_run(struct tunic_context *context, struct tunic_relay_options *options,
                    const struct tunic_relay_user *user, struct tunic_error *error);

#endif
