/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: working in another network namespace for a while. */
#ifndef TUNIC_INTERFACE_VISIT_H
#define TUNIC_INTERFACE_VISIT_H

#include "interface/interface.h"

struct tunic_visit {
    struct tunic_context context; /* of the namespace visited */
    int home;
};

/* Moves the thread there; every success needs its end. */
int tunic_visit_begin(struct tunic_visit *visit, const struct tunic_context *home,
                      const char *netns, struct tunic_error *error);
/* Returns `result`, or why the way back failed where `result` is 0. */
int tunic_visit_end(struct tunic_visit *visit, int result, struct tunic_error *error);

#endif
