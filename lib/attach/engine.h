/* SPDX-License-Identifier: MIT */
/* Private to lib/attach: what its parts share. */
#ifndef TUNIC_ATTACH_ENGINE_H
#define TUNIC_ATTACH_ENGINE_H

#include "attach/attach.h"
#include "event/event.h"

#include <pcap/pcap.h>

enum {
    TUNIC_ATTACH_ROOM = TUNIC_PACKET_MOST + 1, /* bytes; one more shows what is too long */
    TUNIC_ATTACH_BURST = 64,                   /* packets before others of the loop have a turn */
};

/* ---- filter.c -------------------------------------------------------------------------- */

struct tunic_filter {
    struct bpf_program program; /* no instructions: everything fits */
};

/* -EINVAL, with libpcap's words for why. NULL: everything fits. */
int tunic_filter_open(struct tunic_filter *filter, enum tunic_layer layer, const char *expression,
                      struct tunic_error *error);
void tunic_filter_close(struct tunic_filter *filter); /* of one that is zero too */
bool tunic_filter_fits(const struct tunic_filter *filter, const uint8_t *packet, size_t length);
/* Has the kernel pass over what does not fit, as far as it can tell; tap only. Where it finds the
 * program too long that is no loss: it only saves reading. */
void tunic_filter_install(const struct tunic_filter *filter, struct tunic_queue *queue);
/* DLT_… of a layer, in memory and in files. */
int tunic_attach_datalink(enum tunic_layer layer);

/* ---- command.c ------------------------------------------------------------------------- */

/* The words of a command, NULL-terminated, with the numbers of its descriptors in them: as many of
 * queues from `first` on, then as many of vhost. To be freed; NULL: out of memory. */
char **tunic_command_words(const struct tunic_exec *exec, int first, size_t count);
void tunic_command_free(char **words);
/* Whether the command asks for descriptors of vhost. */
bool tunic_command_wants_vhost(const struct tunic_exec *exec);

/* ---- account.c ------------------------------------------------------------------------- */

/* Becomes a user, to run a command as him: his ids and groups, no capability, no_new_privs, and in
 * the environment HOME, SHELL, USER and LOGNAME. -EPERM. */
int tunic_attach_become(uint32_t user, struct tunic_error *error);

/* ---- attach.c -------------------------------------------------------------------------- */

struct tunic_attach {
    struct tunic_context *context;
    struct tunic_attach_options options;
    struct tunic_link link;
    enum tunic_layer layer;
    size_t queue_count; /* that are attached */
    struct tunic_queue queues[TUNIC_QUEUES_MOST];
    struct tunic_filter filter;
    struct tunic_loop loop;
    struct tunic_source stop;
    struct tunic_notify notify;
    struct tunic_error *error; /* of the action that runs */
    struct tunic_attach_counters counters;
    uint8_t packet[TUNIC_ATTACH_ROOM];
};

/* Runs the loop, with what the action has added to it, until something stops it. Before, it enters
 * the sandbox, and tells the service manager: what an action opens, it has opened by then. */
int tunic_attach_run(struct tunic_attach *attach, struct tunic_error *error);
/* From a source: the action ends with this failure, whose error is in `attach->error`. */
void tunic_attach_fail(struct tunic_attach *attach, int result);
/* The same: the device said -EBADFD. */
void tunic_attach_deleted(struct tunic_attach *attach);
/* Counts one that was taken. True: it is the last one that was asked for. */
bool tunic_attach_counted(struct tunic_attach *attach, size_t length);
/* The same, and ends the action after the last. */
void tunic_attach_took(struct tunic_attach *attach, size_t length);

/* Reads the next packet that fits into `attach->packet`. Returns its length; 0: there is none for
 * now, or the action has failed, or so many did not fit that others should have a turn. */
size_t tunic_attach_next(struct tunic_attach *attach);
/* Gives a packet to the kernel. One that it refuses is counted. False: the action has failed. */
bool tunic_attach_give(struct tunic_attach *attach, const uint8_t *packet, size_t length);

#endif
