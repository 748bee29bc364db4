/* SPDX-License-Identifier: MIT */
/* Private to lib/relay: the codec of plain tunnels. */
#ifndef TUNIC_RELAY_PLAIN_H
#define TUNIC_RELAY_PLAIN_H

#include "relay/engine.h"

void tunic_plain_open(struct tunic_plain *plain, struct tunic_relay *relay);

#endif
