/* SPDX-License-Identifier: MIT */
/*
 * lib/attach: what can be done with the packets of an interface that exists.
 *
 *   attach.c   opening it, whoever used it before, and what all of the actions share
 *   filter.c   a filter expression, in the kernel where that is right (libpcap)
 *   packets.c  the packets that the kernel sends to it, each given to a function
 *   capture.c  the same, written to a file (libpcap)
 *   replay.c   a file's packets, given to the kernel
 *   savefile.c the file that they come from (libpcap)
 *   respond.c  ARP, neighbour discovery and echo requests, answered
 *   stdio.c    packets as frames on standard input and output; frames.c puts them together
 *   hold.c     its carrier, kept
 *   exec.c     its descriptors, given to a command; command.c puts their numbers into its words,
 *              account.c makes the process another user's
 *
 * Theory of operation. Attaching takes the packets: what is read here is not read by anybody else.
 * It is attached with the flags that it has, since attaching rewrites them; offloads, filters and
 * the header's size, which outlive the last user's descriptor, are set anew. Packets are read with
 * offloads off: each is whole, as it would be on a wire, with its checksums.
 *
 * Packets come from anybody: so once everything is open, an action gives up its privileges and the
 * calls that it does not need (lib/sandbox); but exec, whose command is its user's.
 *
 * Each action runs on one event loop until a descriptor, `stop`, becomes readable, until there is
 * nothing more to do, or until the interface is deleted: -ENODEV.
 */
#ifndef TUNIC_ATTACH_H
#define TUNIC_ATTACH_H

#include "interface/interface.h"
#include "packet/packet.h"

#include <time.h>

enum { TUNIC_QUEUES_MOST = 256 }; /* of one interface: MAX_TAP_QUEUES of the kernel */

struct tunic_attach;

/* Strings are borrowed, and kept. */
struct tunic_attach_options {
    const char *name;
    const char *filter; /* of the packets that an action sees, as pcap-filter(7) has it; or NULL */
    const char *notify; /* NOTIFY_SOCKET, told once the action runs; NULL: nobody waits */
    uint64_t count;     /* packets after which it ends; 0: no end */
    size_t queues;      /* at least 1; more where it is multi_queue */
    bool no_sandbox;    /* for debugging */
    bool aside;         /* for hold: what a user beside it has set is left alone */
    int stop;           /* a descriptor that ends the action when it becomes readable; -1: none */
};

struct tunic_attach_counters {
    uint64_t packets;    /* that the action took */
    uint64_t bytes;      /* of them */
    uint64_t unfit;      /* passed over by the filter here; the kernel does not tell of its own */
    uint64_t answered;   /* respond: of `packets` */
    uint64_t refused;    /* by the kernel, of those that it was given */
    uint64_t cut;        /* replay: not whole in the file, or too long, and therefore not sent */
    uint64_t overflowed; /* the kernel's: nobody read them in time, or it was down */
    bool overflow_known; /* not where the kernel filters: those are counted with them */
};

/* -ENODEV, -EBUSY, -EPERM; -EINVAL: the filter is wrong. `reason` is TUNIC_FAILED where the
 * interface is of another kind. */
int tunic_attach_open(struct tunic_attach **attach, struct tunic_context *context,
                      const struct tunic_attach_options *options, struct tunic_error *error);
/* Leaves the interface as it was found, without offloads. NULL too. */
void tunic_attach_close(struct tunic_attach *attach);

/* The interface as it was when it was opened. */
const struct tunic_link *tunic_attach_link(const struct tunic_attach *attach);
enum tunic_layer tunic_attach_layer(const struct tunic_attach *attach);
/* Asks the kernel for what it counts. */
void tunic_attach_count(struct tunic_attach *attach, struct tunic_attach_counters *counters);

/* ---- actions: 0 or a negative errno ---------------------------------------------------- */

/* One packet, valid until the function that it is given to returns. */
struct tunic_attach_packet {
    struct timespec time; /* when it was read */
    const uint8_t *bytes;
    size_t length;
};

/* Both return 0, a negative errno with its error, or 1: that is enough. */
struct tunic_attach_user {
    void *closure;
    int (*take)(void *closure, const struct tunic_attach_packet *packet, struct tunic_error *error);
    /* There is no more for now: what was taken should go where it goes. NULL: nothing to do. */
    int (*rest)(void *closure, struct tunic_error *error);
};

int tunic_attach_packets(struct tunic_attach *attach, const struct tunic_attach_user *user,
                         struct tunic_error *error);

/* Writes them to a pcap file; "-": standard output, flushed after each. Where that fails, the file
 * ends with the last packet that was written whole. Its reader gone: 0. */
int tunic_attach_write(struct tunic_attach *attach, const char *path, struct tunic_error *error);

struct tunic_replay {
    const char *path; /* "-": standard input */
    uint32_t loop;    /* how often, at least 1 */
    bool fast;        /* not in its timing */
};

/* Ends with the file. -EIO where it cannot be read, or not to its end, or has packets of another
 * kind: what came before was sent. In its timing each packet is sent as long after the first that
 * was sent as the file says. */
int tunic_attach_replay(struct tunic_attach *attach, const struct tunic_replay *replay,
                        struct tunic_error *error);

/* Answers as tunic_responder_answer does. -EIO where the interface is, or becomes, the port of a
 * bridge: it would answer for every address of that network. */
int tunic_attach_respond(struct tunic_attach *attach, struct tunic_error *error);

/* Descriptors 0 and 1, which do not block meanwhile; SIGPIPE is ignored. The other end gone: 0
 * between frames, -EPROTO inside one. */
int tunic_attach_stdio(struct tunic_attach *attach, struct tunic_error *error);

/* Of a multi_queue interface it takes no packets. Needs `aside`, or whoever takes them is
 * disturbed. */
int tunic_attach_hold(struct tunic_attach *attach, struct tunic_error *error);

struct tunic_exec {
    const char *const *words; /* the command's, at least one */
    size_t count;
    bool has_user; /* become this user first, and give up whatever gives privileges */
    uint32_t user;
};

/* Becomes the command: returns only where that fails, and then the process should end. The queues'
 * descriptors are 3, 4…, whatever was open there, and blocking. In its words "{fd}" is the first
 * one's number, "{fds}" all, joined with ':', and "{vhostfds}" as many of /dev/vhost-net, which is
 * opened for that. It runs in the network namespace of the calling thread, with the signals as they
 * are. -EPERM: only root may become another user. */
int tunic_attach_exec(struct tunic_attach *attach, const struct tunic_exec *exec,
                      struct tunic_error *error);

#endif
