/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: what fails while many interfaces are worked on. Each failure is
 * reported; the first one is what the whole returns. */
#ifndef TUNIC_INTERFACE_FAILURES_H
#define TUNIC_INTERFACE_FAILURES_H

#include "interface/interface.h"

struct tunic_failures {
    tunic_report report;
    void *closure;
    struct tunic_error *first;
    int result; /* of the first one; 0: none yet */
};

static inline void tunic_failures_add(struct tunic_failures *failures, const char *name,
                                      const struct tunic_error *error, int result)
{
    failures->report(failures->closure, name, error);
    if (failures->result == 0) {
        failures->result = result;
        *failures->first = *error;
    }
}

#endif
