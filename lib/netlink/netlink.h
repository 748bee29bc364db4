/* SPDX-License-Identifier: MIT */
/*
 * lib/netlink: rtnetlink through libmnl, as much as TUN/TAP interfaces need.
 *
 *   socket.c   one request, one dump, and the kernel's events; sequence and sender checked, the
 *              kernel's own error text
 *   batch.c    many requests in one send, each with the label that its error is told by
 *   link.c     links as struct tunic_link, and the messages that make, change and delete them
 *   address.c  addresses, IPv4 and IPv6
 *   route.c    routes
 *
 * A namespace is that of the thread that opened the socket. Sources: linux/rtnetlink.h,
 * linux/if_link.h, linux/netlink.h; Documentation/userspace-api/netlink of the kernel.
 */
#ifndef TUNIC_NETLINK_H
#define TUNIC_NETLINK_H

#include "base/base.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

struct mnl_socket;

/* ---- sockets --------------------------------------------------------------------------- */

struct tunic_netlink {
    struct mnl_socket *socket;
    uint32_t port;
    uint32_t sequence; /* of the request sent last */
};

/* Called for each message of an answer. A negative errno ends it; positive ends it as done. */
typedef int (*tunic_netlink_handle)(const struct nlmsghdr *message, void *closure);

int tunic_netlink_open(struct tunic_netlink *netlink, struct tunic_error *error);
/* Also of one that is closed. */
void tunic_netlink_close(struct tunic_netlink *netlink);

enum { TUNIC_REQUEST_SIZE = 1024 }; /* holds every request of this folder */

/* Begins a request in `buffer` of TUNIC_REQUEST_SIZE bytes, with a zeroed family header. */
struct nlmsghdr *tunic_request_begin(void *buffer, uint16_t type, uint16_t flags,
                                     size_t family_header);

/* Sends one request and hands what is answered to `handle` (NULL: only an acknowledgement is
 * expected). Fills `error` with the kernel's text as cause; its action is the caller's to set.
 * Returns 0 or a negative errno, the kernel's where it refused. */
int tunic_netlink_request(struct tunic_netlink *netlink, struct nlmsghdr *request,
                          tunic_netlink_handle handle, void *closure, struct tunic_error *error);

/* Runs a dump. A dump that changed while it ran, or overran the socket's buffer, is begun again,
 * a few times: `restart` is called first, to forget what `handle` was given. */
int tunic_netlink_dump(struct tunic_netlink *netlink, struct nlmsghdr *request,
                       tunic_netlink_handle handle, void (*restart)(void *closure), void *closure,
                       struct tunic_error *error);

/* Reads the answers to requests `first` to `last`, until the acknowledgement of `last`. `failed`
 * is called for each that was refused. Private to this folder and its tests. */
typedef void (*tunic_netlink_failed)(void *closure, uint32_t sequence, int errno_value,
                                     const char *text);
int tunic_netlink_collect(struct tunic_netlink *netlink, uint32_t first, uint32_t last,
                          tunic_netlink_failed failed, void *closure, struct tunic_error *error);

/* ---- batches --------------------------------------------------------------------------- */

/* Requests to be sent together. Zero-initialised is empty. */
struct tunic_batch {
    struct tunic_batch_item *items;
    size_t count;
    size_t capacity;
    uint8_t *bytes;
    size_t used;
    size_t size;
    bool failed; /* memory ran out, or a value did not fit a request */
};

/* Begins the next request. `label` says what it does ("mtu 1400"), for its error; it is copied,
 * escaped and cut to fit. NULL where memory ran out, which tunic_batch_send will tell. Valid until
 * the next call. */
struct nlmsghdr *tunic_batch_add(struct tunic_batch *batch, uint16_t type, uint16_t flags,
                                 size_t family_header, const char *label);

/* One request that the kernel refused: its place in the batch, its label, errno and the
 * kernel's text (empty where there is none), both escaped. */
typedef void (*tunic_batch_failed)(void *closure, size_t index, const char *label, int errno_value,
                                   const char *text);

/* Sends all and waits until the kernel has done them. A refused one does not keep those after it
 * from being tried. Returns 0 where they were all delivered (refusals go to `failed`), or a
 * negative errno with `error` where the socket failed. */
int tunic_batch_send(struct tunic_batch *batch, struct tunic_netlink *netlink,
                     tunic_batch_failed failed, void *closure, struct tunic_error *error);
void tunic_batch_free(struct tunic_batch *batch);

/* ---- links ----------------------------------------------------------------------------- */

#define TUNIC_ID_NONE UINT32_MAX /* an owner or group that is not set */

enum { TUNIC_ALTNAME_SIZE = 128 }; /* ALTIFNAMSIZ of linux/if.h, which net/if.h excludes */

enum tunic_kind {
    TUNIC_KIND_OTHER,
    TUNIC_KIND_TUN, /* this driver's, tun and tap alike */
};

/* An interface as the kernel tells it. `alias` and `altnames` are allocated, NULL where unset. */
struct tunic_link {
    int32_t ifindex;
    enum tunic_kind kind;
    char kind_name[IFNAMSIZ + 1]; /* "tun", "macvtap", "bridge"…; empty for none */
    char name[IFNAMSIZ];
    uint32_t flags; /* IFF_UP… of linux/if.h */
    uint16_t type;  /* ARPHRD_… */
    bool tap;
    bool pi;
    bool vnet_hdr;
    bool multi_queue;
    bool persist;
    bool carrier;
    uint32_t owner; /* TUNIC_ID_NONE: not set */
    uint32_t group;
    uint32_t queues; /* attached; multi_queue only */
    uint32_t disabled_queues;
    uint32_t mtu;
    uint32_t txqueuelen;
    uint32_t device_group; /* IFLA_GROUP */
    uint8_t operstate;     /* RFC 2863, IF_OPER_… */
    uint8_t address_length;
    uint8_t address[32];
    int32_t master; /* ifindex or 0 */
    bool inet;      /* the members below were told */
    bool inet_forwarding;
    bool inet_promote_secondaries;
    bool inet_ignore_linkdown;
    bool inet6;
    bool inet6_forwarding;
    bool inet6_ignore_linkdown;
    char *alias;
    char *altnames; /* one after the other, each NUL-terminated; an empty one ends them */
    bool has_stats;
    struct rtnl_link_stats64 stats;
};

/* Reads RTM_NEWLINK or RTM_DELLINK, as long in memory as it says. 0; -EBADMSG where it is
 * malformed; -ENOMEM. After a failure there is nothing to release. */
int tunic_link_parse(const struct nlmsghdr *message, struct tunic_link *link);
void tunic_link_release(struct tunic_link *link);

/* One link by name (altnames too) or, where name is NULL, by ifindex, with counters if `stats`; to
 * be released. -ENODEV: there is none. */
int tunic_link_get(struct tunic_netlink *netlink, const char *name, int32_t ifindex, bool stats,
                   struct tunic_link *link, struct tunic_error *error);
/* The request of a dump of links: of `kind` alone where not NULL, with counters if `stats`. */
struct nlmsghdr *tunic_link_dump_request(void *buffer, const char *kind, bool stats);

/* Each adds a request to the batch; `label` as tunic_batch_add has it. This one sets one IFLA_…
 * attribute to `size` bytes of `value`, as the kernel wants them. */
void tunic_link_set(struct tunic_batch *batch, int32_t ifindex, uint16_t attribute,
                    const void *value, size_t size, const char *label);
/* Sets or clears IFF_… bits. */
void tunic_link_change_flags(struct tunic_batch *batch, int32_t ifindex, uint32_t flags,
                             uint32_t mask, const char *label);
void tunic_link_delete(struct tunic_batch *batch, int32_t ifindex, const char *label);
void tunic_link_delete_group(struct tunic_batch *batch, uint32_t group, const char *label);
void tunic_link_altname(struct tunic_batch *batch, int32_t ifindex, const char *name, bool add,
                        const char *label);
/* Sets one of IPV4_DEVCONF_… of linux/ip.h. */
void tunic_link_inet_setting(struct tunic_batch *batch, int32_t ifindex, uint16_t setting,
                             uint32_t value, const char *label);

/* ---- addresses ------------------------------------------------------------------------- */

/* Bytes of an address of AF_INET or AF_INET6. */
static inline size_t tunic_family_length(uint8_t family)
{
    return family == AF_INET ? 4 : 16;
}

struct tunic_address {
    int32_t ifindex;
    uint8_t family; /* AF_INET or AF_INET6 */
    uint8_t prefix; /* bits of the network */
    uint8_t scope;  /* RT_SCOPE_… */
    bool has_peer;
    bool has_broadcast;
    bool tentative;
    bool duplicate; /* duplicate address detection failed */
    bool permanent;
    bool nodad;
    uint8_t local[16];
    uint8_t peer[16];
    uint8_t broadcast[4]; /* IPv4 */
    char label[IFNAMSIZ]; /* IPv4 */
    uint32_t valid;       /* this and the next: seconds; UINT32_MAX: forever */
    uint32_t preferred;
};

/* Reads RTM_NEWADDR or RTM_DELADDR. 0; -EBADMSG: malformed, or of another family. */
int tunic_address_parse(const struct nlmsghdr *message, struct tunic_address *address);
/* A dump of all addresses, or of one interface's where ifindex is not 0. */
struct nlmsghdr *tunic_address_dump_request(void *buffer, int32_t ifindex);
void tunic_address_add(struct tunic_batch *batch, const struct tunic_address *address,
                       const char *label);
void tunic_address_delete(struct tunic_batch *batch, const struct tunic_address *address,
                          const char *label);

/* ---- routes ---------------------------------------------------------------------------- */

struct tunic_route {
    int32_t ifindex;
    uint8_t family;   /* AF_INET or AF_INET6 */
    uint8_t prefix;   /* bits of the destination */
    uint8_t protocol; /* RTPROT_… */
    uint8_t scope;    /* RT_SCOPE_… */
    uint8_t type;     /* RTN_… */
    bool has_via;
    uint8_t via_family;
    uint32_t table;
    uint32_t metric; /* 0: not given; IPv6 then has 1024 */
    uint8_t destination[16];
    uint8_t via[16];
};

/* Reads RTM_NEWROUTE or RTM_DELROUTE. 0; -EBADMSG: malformed, or of another family. */
int tunic_route_parse(const struct nlmsghdr *message, struct tunic_route *route);
/* A dump of one family's routes, of one interface's where ifindex is not 0, and of one table where
 * that is not 0. */
struct nlmsghdr *tunic_route_dump_request(void *buffer, uint8_t family, int32_t ifindex,
                                          uint32_t table);
void tunic_route_add(struct tunic_batch *batch, const struct tunic_route *route, const char *label);
void tunic_route_delete(struct tunic_batch *batch, const struct tunic_route *route,
                        const char *label);

/* ---- events ---------------------------------------------------------------------------- */

/* Opens a socket of its own, subscribed to link (and, if asked, address) events; closed by
 * tunic_netlink_close. */
int tunic_monitor_open(struct tunic_netlink *netlink, bool addresses, struct tunic_error *error);
int tunic_monitor_descriptor(const struct tunic_netlink *netlink);
/* Reads what has come, without waiting. `overrun` is set where events were lost and the state
 * must be read anew. What `handle` returned that is negative is returned as it is: the error is
 * then not filled. */
int tunic_monitor_read(struct tunic_netlink *netlink, tunic_netlink_handle handle, void *closure,
                       bool *overrun, struct tunic_error *error);

#endif
