/* SPDX-License-Identifier: MIT */
/* Private to lib/attach: a capture file, read one packet after the other. */
#ifndef TUNIC_ATTACH_SAVEFILE_H
#define TUNIC_ATTACH_SAVEFILE_H

#include "attach/engine.h"

/* What reading comes to where it does not fail. */
enum tunic_savefile_state {
    TUNIC_SAVEFILE_READY, /* it is open; there is a packet */
    TUNIC_SAVEFILE_END,
    TUNIC_SAVEFILE_LATER, /* others of the loop must have their turn: the action ends */
};

/* One packet, valid until the next is read. */
struct tunic_saved {
    struct timespec time; /* as the file has it: anything */
    const uint8_t *bytes;
    size_t length;
    bool cut; /* the capture kept less than there was */
};

/* Zero-initialised is closed. */
struct tunic_savefile {
    const struct tunic_attach *attach;
    const char *path;
    pcap_t *reader; /* NULL: it has to be begun */
    int descriptor;
    bool is_open;
    int failure; /* errno of reading */
    bool begun;  /* it is not empty */
    bool later;
    char buffer[1 << 16];
};

/* All three return a state, or a negative errno. Opening begins it too. */
int tunic_savefile_open(struct tunic_savefile *file, const struct tunic_attach *attach,
                        const char *path, struct tunic_error *error);
int tunic_savefile_begin(struct tunic_savefile *file, struct tunic_error *error);
int tunic_savefile_next(struct tunic_savefile *file, struct tunic_saved *packet,
                        struct tunic_error *error);
/* To be begun once more. It stays open: in a sandbox no file can be opened. */
void tunic_savefile_rewind(struct tunic_savefile *file);
void tunic_savefile_close(struct tunic_savefile *file);

#endif
