/* SPDX-License-Identifier: MIT */
/* Packets as lines for people. */
#ifndef TUNIC_ATTACH_PRINT_H
#define TUNIC_ATTACH_PRINT_H

#include "command.h"
#include "stop.h"

/* Prints packets until it is stopped. */
int attach_print(struct tunic_attach *attach, const struct options *options,
                 const struct stop *stop, struct tunic_error *error);

#endif
