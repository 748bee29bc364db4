/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: making interfaces so, in one network namespace. */
#ifndef TUNIC_INTERFACE_ENSURE_H
#define TUNIC_INTERFACE_ENSURE_H

#include "interface/failures.h"

struct tunic_ensure_run {
    struct tunic_context *context; /* of the namespace */
    struct tunic_ensure *ensure;   /* what the caller asked for */
    unsigned load;                 /* TUNIC_LOAD_…: what has to be read to compare */
    struct tunic_failures failures;
};

/* Tells the caller one difference, in words. */
void tunic_ensure_tell(struct tunic_ensure_run *run, const char *name, const char *text);

/* Makes one so: compared with the snapshot, or made where that does not have it. */
int tunic_ensure_one(struct tunic_ensure_run *run, struct tunic_snapshot *snapshot,
                     const struct tunic_wanted *wanted, struct tunic_error *error);

#endif
