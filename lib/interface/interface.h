/* SPDX-License-Identifier: MIT */
/*
 * lib/interface: what a TUN/TAP interface is, and should be.
 *
 *   attribute.c  the table of attributes: how each is written and made so
 *   change.c     what each attribute changes, as requests to the kernel; change_inet.c those of
 *                addresses, routes and their settings
 *   values.c     reading and writing the values of attributes; values_inet.c of addresses, routes;
 *                account.c of users, groups
 *   context.c    the netlink socket, the device node, the network namespace; visit.c another one
 *   snapshot.c   what is there: links, addresses and routes in one picture
 *   snapshot_find.c  an interface in it, by its name
 *   plan.c       the difference between what is there and what should be
 *   add.c        creates: configure first, commit last
 *   open.c       opens one for its packets, made first where it is missing
 *   attach.c     attaches to one that exists, as it is
 *   ensure.c     makes many so (ensure, set, apply); ensure_one.c: one
 *   line.c       reads the words of a file's line; save.c says what one is in such words
 *   delete.c     removes, many in one transaction
 *   holders.c    which processes hold an interface open; holders_find.c finds those of one
 *   select.c     which interfaces a selection means
 *   wait.c       waits on the kernel's events
 *   watch.c      follows them; known.c keeps what it knows
 *   name.c       what a name may be
 *   describe.c   what an interface is, in words
 *   sysfs.c      the flags that netlink does not tell
 *   doctor.c     why it does not work; doctor_node.c: the node and the right to make one,
 *                doctor_user.c: who this user is, doctor_others.c: who else manages it
 */
#ifndef TUNIC_INTERFACE_H
#define TUNIC_INTERFACE_H

#include "interface/desired.h"

/* ---- context --------------------------------------------------------------------------- */

/* One netlink socket in one network namespace, and the device node. */
struct tunic_context {
    struct tunic_netlink netlink;
    const char *device_node; /* borrowed */
};

int tunic_context_open(struct tunic_context *context, const char *device_node,
                       struct tunic_error *error);
void tunic_context_close(struct tunic_context *context);
/* The cause of an error: the device node, by its path, is another device. */
void tunic_context_name_node(const struct tunic_context *context, struct tunic_error *error);

/* Moves the calling thread into a network namespace: a name as `ip netns` keeps it, or a path
 * ("/proc/4242/ns/net"). `previous` (may be NULL) receives a descriptor of the one left, for
 * tunic_netns_leave, which closes it. */
int tunic_netns_enter(const char *name, int *previous, struct tunic_error *error);
int tunic_netns_leave(int previous, struct tunic_error *error);

/* ---- what is there --------------------------------------------------------------------- */

struct tunic_interface {
    struct tunic_link link;
    char master[IFNAMSIZ]; /* the name of what it is a member of; empty for nothing */
    const struct tunic_address *addresses; /* in the kernel's order; owned by the snapshot */
    size_t address_count;
    const struct tunic_route *routes; /* of the main table, not the kernel's own */
    size_t route_count;
};

enum tunic_load {
    TUNIC_LOAD_ADDRESSES = 1,
    TUNIC_LOAD_ROUTES = 2,
    TUNIC_LOAD_STATS = 4,
    TUNIC_LOAD_ALL_KINDS = 8,   /* not TUN/TAP interfaces alone */
    TUNIC_LOAD_ALL_TABLES = 16, /* routes not of the main table alone */
};

/* A picture of interfaces, in the kernel's order. */
struct tunic_snapshot {
    struct tunic_interface *interfaces;
    size_t count;
    size_t capacity;
    struct tunic_address *addresses;
    size_t address_count;
    size_t address_capacity;
    struct tunic_route *routes;
    size_t route_count;
    size_t route_capacity;
    struct tunic_interface **by_name; /* sorted; made by the first search */
};

/* Reads all TUN/TAP interfaces, with what `load` (bits) adds. */
int tunic_snapshot_read(struct tunic_snapshot *snapshot, struct tunic_context *context,
                        unsigned load, struct tunic_error *error);
/* Reads one interface of any kind, by name (altnames too). -ENODEV: there is none. */
int tunic_snapshot_read_one(struct tunic_snapshot *snapshot, struct tunic_context *context,
                            const char *name, unsigned load, struct tunic_error *error);
/* Reads what concerns these names in the cheapest way: one by one, or all at once. A name that
 * is missing is no error; tunic_snapshot_find tells. */
int tunic_snapshot_read_names(struct tunic_snapshot *snapshot, struct tunic_context *context,
                              const struct tunic_name_list *names, unsigned load,
                              struct tunic_error *error);
struct tunic_interface *tunic_snapshot_find(struct tunic_snapshot *snapshot, const char *name);
void tunic_snapshot_free(struct tunic_snapshot *snapshot);

/* The interface of this name, which must be a TUN/TAP one: otherwise an error that says what it
 * is (-ENODEV where there is none, -EEXIST where it is of another kind). */
int tunic_snapshot_require(struct tunic_snapshot *snapshot, struct tunic_context *context,
                           const char *name, const struct tunic_interface **interface,
                           struct tunic_error *error);
/* Begins the error for a name that is an interface of another kind. Returns -EEXIST. */
int tunic_link_refuse(const struct tunic_link *link, struct tunic_error *error);

/* Whether a process has it open, as netlink tells it: certain for multi_queue; for others the
 * carrier is only a hint, which a holder may have switched off. */
bool tunic_interface_looks_held(const struct tunic_link *link);
/* Whether this is its name, or one of its altnames. */
bool tunic_link_is_called(const struct tunic_link *link, const char *name);
/* Neither owner nor group: every local user may attach. */
bool tunic_interface_open_to_all(const struct tunic_link *link);

/* ---- what only sysfs tells ------------------------------------------------------------- */

/* Opens the folder of network interfaces: of the calling thread's namespace where a sysfs may be
 * mounted for it, otherwise whatever is at /sys. Returns a descriptor or a negative errno. */
int tunic_sysfs_open(void);
/* A number that a file of the interface has. */
bool tunic_sysfs_number(int directory, const char *name, const char *file, long *number);
/* IFF_… of linux/if_tun.h. One_queue and NAPI, which netlink does not tell, are among them where
 * `directory` (negative: none) has a file that is this interface's and agrees with netlink. */
uint32_t tunic_sysfs_flags(int directory, const struct tunic_link *link);
/* What to attach with so that the device keeps the flags it has: attaching rewrites them. */
uint16_t tunic_attach_flags(const struct tunic_link *link);

/* ---- holders --------------------------------------------------------------------------- */

/* One process that has an interface open. */
struct tunic_holder {
    char interface[IFNAMSIZ];
    int32_t pid;
    uint32_t user;
    char name[64]; /* /proc/PID/comm, not escaped */
    uint32_t queues;
    uint32_t disabled_queues;
    int32_t descriptor; /* the number of one of its descriptors */
    bool certain;       /* its descriptor was seen to be this namespace's interface */
    bool elsewhere;     /* it was seen to be another namespace's of the same name */
};

struct tunic_holders {
    struct tunic_holder *holders; /* sorted by interface, then pid */
    size_t count;
    size_t capacity;
    bool blind; /* some processes could not be looked into */
};

/* One pass over /proc. Descriptors of other namespaces' interfaces are left out where that can
 * be told, unless `elsewhere`. */
int tunic_holders_read(struct tunic_holders *holders, bool elsewhere, struct tunic_error *error);
void tunic_holders_free(struct tunic_holders *holders);
/* Those of one interface: the first, and how many. */
const struct tunic_holder *tunic_holders_of(const struct tunic_holders *holders, const char *name,
                                            size_t *count);

/* "tap, owned by alice"; tunic_link_describe also tells that it is open to every user. */
void tunic_link_describe_ids(const struct tunic_link *link, struct tunic_text *text);
void tunic_link_describe(const struct tunic_link *link, struct tunic_text *text);
/* "tap, owned by alice, held by qemu-system-x86[4242]". `holders` may be NULL. */
void tunic_interface_describe(const struct tunic_link *link, const struct tunic_holders *holders,
                              struct tunic_text *text);
/* "held by qemu-system-x86[4242] and 1 more": only the last part of it. */
void tunic_holders_describe(const struct tunic_link *link, const struct tunic_holders *holders,
                            struct tunic_text *text);

/* Begin the error for an interface that a process holds (-EBUSY), or that this user may not
 * attach to (-EPERM): who holds it, or whose it is. `action` is what could not be done. */
int tunic_link_refuse_busy(const struct tunic_link *link, const struct tunic_holders *holders,
                           const char *action, struct tunic_error *error);
int tunic_link_refuse_user(const struct tunic_link *link, const char *action,
                           struct tunic_error *error);

/* ---- doing ----------------------------------------------------------------------------- */

/* Called for each interface that failed, while many are worked on; `name` is "" where it is about
 * all of them. */
typedef void (*tunic_report)(void *closure, const char *name, const struct tunic_error *error);

/* Creates one persistent interface. `name` may be a template or "" and is the chosen name on
 * return. Nothing is left where it fails: -EEXIST, -EBUSY (the kernel's name is taken)… */
int tunic_interface_add(struct tunic_context *context, char name[IFNAMSIZ],
                        const struct tunic_desired *desired, struct tunic_error *error);

/* What tunic_interface_add would refuse of a new one before it asks the kernel for anything. */
int tunic_interface_add_check(const char *name, const struct tunic_desired *desired,
                              struct tunic_error *error);

/* Reads the words of a file's line: an interface, and what it is to be, judged as far as that can
 * be without the kernel. Both borrow of the words, and are to be freed whatever the result. */
int tunic_interface_parse(const char *const *words, size_t count, struct tunic_name_list *names,
                          struct tunic_desired *desired, struct tunic_error *error);

/* One thing that differs, for people: "mtu 1500 -> 1400". */
typedef void (*tunic_difference)(void *closure, const char *name, const char *text);

struct tunic_ensure {
    bool create;                 /* make what is missing; otherwise -ENODEV */
    bool check;                  /* change nothing */
    bool difference;             /* set on return where `check` found something to change */
    tunic_difference tell;       /* called for each difference in a check; may be NULL */
    void (*done)(void *closure); /* called after each interface; may be NULL */
    void *closure;
};

/* One interface, and what it should be; several may share that. Both are borrowed. */
struct tunic_wanted {
    const char *name;
    const struct tunic_desired *desired;
};

/* Makes each of them so, in their order; those of other network namespaces after all others.
 * `report` is called for each that failed. Returns the first failure. */
int tunic_interfaces_ensure(struct tunic_context *context, const struct tunic_wanted *wanted,
                            size_t count, struct tunic_ensure *ensure, tunic_report report,
                            void *closure, struct tunic_error *error);
/* The same of names that are all to be so. */
int tunic_names_ensure(struct tunic_context *context, const struct tunic_name_list *names,
                       const struct tunic_desired *desired, struct tunic_ensure *ensure,
                       tunic_report report, void *closure, struct tunic_error *error);

/* Adds the line of a file that makes this interface so, and before it, as comments, what no line
 * can say. `sysfs`: of tunic_sysfs_open, for the flags that netlink does not tell. */
void tunic_interface_save(const struct tunic_interface *interface, int sysfs,
                          struct tunic_text *text);

/* ---- opening --------------------------------------------------------------------------- */

/* How an interface is to be opened for its packets. */
struct tunic_opening {
    const struct tunic_desired *desired; /* what it is to be; only what is named */
    bool vnet_hdr; /* its packets are to have a virtio-net header, whatever it had */
    /* Of one that is made, where they are not named; 0: the kernel's. */
    uint32_t mtu[2]; /* by mode */
    uint32_t txqueuelen;
    bool created; /* set on return where there was none: it goes with its descriptor */
};

/* Opens one by name, made so as tunic_interfaces_ensure does; one that is missing is made as
 * tunic_interface_add does, but not persistent. `name` may then be a template, and is the chosen
 * name on return. -EEXIST also where this user may not change what differs; -EBUSY, -EPERM. */
int tunic_interface_open(struct tunic_context *context, char name[IFNAMSIZ],
                         struct tunic_opening *opening, struct tunic_queue *queue,
                         struct tunic_error *error);

/* Opens `count` queues of one that exists, with the flags that it has: `link`, read just now. They
 * are the caller's to prepare. -EBUSY, -EPERM; -EEXIST: it has one queue only. */
int tunic_interface_attach(struct tunic_context *context, const struct tunic_link *link,
                           struct tunic_queue *queues, size_t count, struct tunic_error *error);
/* Closes their descriptors; of one that has none too. */
void tunic_queues_close(struct tunic_queue *queues, size_t count);

/* Interfaces that fit; a member counts if its bit is set. */
enum tunic_select {
    TUNIC_SELECT_MODE,
    TUNIC_SELECT_USER,
    TUNIC_SELECT_GROUP,
    TUNIC_SELECT_NAME,
    TUNIC_SELECT_HELD,
    TUNIC_SELECT_FREE,
    TUNIC_SELECT_COUNT
};

struct tunic_selection {
    uint64_t named;
    uint32_t mode;
    uint32_t user; /* TUNIC_ID_NONE: those without an owner */
    uint32_t group;
    struct tunic_name_list patterns; /* as a shell's, fnmatch(3); one must fit */
    bool held;
    bool free;
};

void tunic_selection_free(struct tunic_selection *selection);
struct tunic_section tunic_selection_section(struct tunic_selection *selection, uint64_t accepted);
bool tunic_selection_fits(const struct tunic_selection *selection, const struct tunic_link *link);

struct tunic_delete {
    bool force;     /* although held */
    bool if_exists; /* a missing one is no failure */
    bool all;       /* those that `selection` fits, instead of the names */
    struct tunic_selection selection;
    const struct tunic_desired *expected; /* mode and flags that names must match */
};

/* Deletes them. `report` is called for each that failed. Returns the first failure. */
int tunic_interfaces_delete(struct tunic_context *context, const struct tunic_name_list *names,
                            const struct tunic_delete *how, tunic_report report, void *closure,
                            struct tunic_error *error);

/* ---- waiting --------------------------------------------------------------------------- */

enum tunic_condition {
    TUNIC_CONDITION_PRESENT,
    TUNIC_CONDITION_UP,
    TUNIC_CONDITION_CARRIER,
    TUNIC_CONDITION_FREE,
    TUNIC_CONDITION_GONE,
};

/* Waits until the interface is so. `limit` in nanoseconds, UINT64_MAX: for ever. `stop` (-1: none)
 * is a descriptor that ends the wait when it becomes readable: -ECANCELED. -ETIMEDOUT. */
int tunic_interface_wait(struct tunic_context *context, const char *name,
                         enum tunic_condition condition, uint64_t limit, int stop,
                         struct tunic_error *error);

/* ---- diagnosing ------------------------------------------------------------------------ */

/* One thing that is wrong: what, why, and as the hint the command that mends it. */
struct tunic_finding {
    bool warning; /* it works nevertheless; `error.reason` means nothing */
    struct tunic_error error;
};

typedef void (*tunic_finding_tell)(void *closure, const struct tunic_finding *finding);

/* Looks for what keeps this user from making interfaces or, where one is named, from attaching to
 * it, and tells each finding. A hint has its commands within '...', as a shell takes them. Returns
 * 0, or the reason of the first one that is no warning: what the command that it keeps from working
 * would return. */
int tunic_doctor(struct tunic_context *context, const char *name, tunic_finding_tell tell,
                 void *closure);

/* ---- following ------------------------------------------------------------------------- */

enum tunic_event_kind {
    TUNIC_EVENT_PRESENT, /* was there when it began */
    TUNIC_EVENT_ADDED,
    TUNIC_EVENT_CHANGED,
    TUNIC_EVENT_DELETED, /* or moved to another namespace */
};

/* The interface is as it is after the event, or was last; routes are not followed, and it has
 * none. One that changed may differ in nothing but its counters. */
struct tunic_event {
    enum tunic_event_kind kind;
    const struct tunic_interface *interface;
    const struct tunic_interface *before; /* of one that changed */
};

/* Returns 0 to go on, 1 to end the watch. */
typedef int (*tunic_event_handle)(void *closure, const struct tunic_event *event);

/* Tells of the TUN/TAP interfaces that there are, then of every change, until `handle` or `stop`
 * (a descriptor that becomes readable; -1: none) ends it: 0. */
int tunic_interfaces_watch(struct tunic_context *context, int stop, tunic_event_handle handle,
                           void *closure, struct tunic_error *error);

#endif
