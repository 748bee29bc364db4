/* SPDX-License-Identifier: MIT */
/*
 * The end of commands that run until they are stopped: by SIGINT, SIGTERM or SIGHUP, or because
 * nobody reads what they print any more. Each is a clean end.
 */
#ifndef TUNIC_STOP_H
#define TUNIC_STOP_H

#include "base/base.h"

#include <signal.h>

enum { STOP_SIGNALS = 3 };

struct stop {
    int descriptor; /* becomes readable when it is time to end */
    int signalled;
    struct sigaction before[STOP_SIGNALS];
};

/* One at a time. `output`: the end of standard output's reader counts, too. */
int stop_open(struct stop *stop, bool output, struct tunic_error *error);
void stop_close(struct stop *stop);
/* Writes out what was printed, waiting for a slow reader only as long as there is no reason to
 * end. False: it is time to end; what could not be written is dropped. */
bool stop_flush(const struct stop *stop);

#endif
