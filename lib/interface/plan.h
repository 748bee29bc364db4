/* SPDX-License-Identifier: MIT */
/*
 * Private to lib/interface: a plan is the difference between what an interface is and what it
 * should be, in both the forms that are needed: requests for the kernel, and words for people.
 *
 * Each attribute's row in attribute.c has up to four functions. `undo` removes what stands in the
 * way of what is added (called in reverse table order), `make` adds and changes (in table order),
 * `tidy` removes what can only go after that (in reverse order again). `explain` turns a refusal by
 * the kernel into a cause and a hint where its own words say too little. `save` says what there is
 * in the words of a file.
 */
#ifndef TUNIC_INTERFACE_PLAN_H
#define TUNIC_INTERFACE_PLAN_H

#include "interface/interface.h"

struct tunic_saving;

struct tunic_plan {
    struct tunic_context *context;
    const struct tunic_desired *desired;
    const struct tunic_interface *interface; /* as it is */

    struct tunic_batch batch;
    struct tunic_text items;       /* a byte a request: the attribute it is for */
    enum tunic_attribute current;  /* whose row is being asked */
    struct tunic_text differences; /* for people, each NUL-terminated */
    size_t changes;

    /* What only the holder of a descriptor can change. */
    bool attach;
    bool set_owner;
    bool set_group;
    uint16_t add_flags; /* IFF_VNET_HDR */
    bool add_pi;

    /* What only files under /proc/sys can. */
    bool set_inet6_forwarding;
    bool set_inet6_linkdown;
};

struct tunic_attribute_actions {
    void (*undo)(struct tunic_plan *plan);
    int (*make)(struct tunic_plan *plan, struct tunic_error *error);
    void (*tidy)(struct tunic_plan *plan);
    void (*explain)(int errno_value, struct tunic_error *error);
    void (*save)(const struct tunic_saving *saving); /* NULL: no file tells it */
};

const struct tunic_attribute_actions *tunic_attribute_actions(enum tunic_attribute attribute);

/* Compares. A negative errno where the difference cannot be mended (mode): error is filled. */
int tunic_plan_make(struct tunic_plan *plan, struct tunic_context *context,
                    const struct tunic_interface *interface, const struct tunic_desired *desired,
                    struct tunic_error *error);
/* Carries it out: first what needs a descriptor (an attached one, or -1 to attach one if it is
 * needed), then the requests, then the files. -EBADFD: it was deleted meanwhile. */
int tunic_plan_commit(struct tunic_plan *plan, int descriptor, struct tunic_error *error);
void tunic_plan_free(struct tunic_plan *plan);

/* The mode that is named, or that the name's first letters tell. */
int tunic_choose_mode(const char *name, const struct tunic_desired *desired, enum tunic_mode *mode,
                      struct tunic_error *error);

/* As tunic_interface_add, but for the commit: it goes with `*descriptor`. `more_flags` (IFF_…) are
 * added to those that the attributes ask for. */
int tunic_interface_make(struct tunic_context *context, char name[IFNAMSIZ],
                         const struct tunic_desired *desired, unsigned more_flags, int *descriptor,
                         struct tunic_error *error);

/* Attaches to one that exists. `busy` is what could not be done where a process holds it.
 * -EBADFD: it was deleted meanwhile. */
int tunic_link_attach(struct tunic_context *context, const struct tunic_link *link, unsigned flags,
                      const char *busy, int *descriptor, struct tunic_error *error);

/* Whether it is still there. -EBADFD, as the device's ioctls say: it was deleted meanwhile. */
int tunic_link_remains(struct tunic_context *context, int32_t ifindex, struct tunic_error *error);
/* Says that it was. Returns -EBADFD. */
int tunic_link_refuse_gone(struct tunic_error *error);
/* The interface that a descriptor is attached to, and its present name. udev may rename it at any
 * moment, and give its name to another: what is read by a name counts where it is the name before
 * and after. -EBADFD as above. */
int tunic_link_of(struct tunic_context *context, int descriptor, char name[IFNAMSIZ],
                  struct tunic_link *link, struct tunic_error *error);
/* -EBADFD where it is attached to another one than `link`: TUNSETIFF takes a name, and makes an
 * interface of one that is free. */
int tunic_link_verify(struct tunic_context *context, int descriptor, const struct tunic_link *link,
                      struct tunic_error *error);

/* Refuses what an interface of this mode cannot have. */
int tunic_desired_check_mode(const struct tunic_desired *desired, enum tunic_mode mode,
                             struct tunic_error *error);

/* One that a person set, in the main table. */
bool tunic_route_is_manual(const struct tunic_route *route);

/* For the rows: tells one difference in words. */
void tunic_plan_differs(struct tunic_plan *plan, const char *format, ...) TUNIC_PRINTF(2, 3);

#endif
