/* SPDX-License-Identifier: MIT */
/*
 * The library in one header: each folder's, lowest first. Programs that use the installed library
 * include <tunic/tunic.h>, with the flags of `pkg-config libtunic`; the folders' headers open with
 * what each is for.
 */
#ifndef TUNIC_H
#define TUNIC_H

#include "attach/attach.h"
#include "base/base.h"
#include "control/control.h"
#include "crypto/crypto.h"
#include "device/device.h"
#include "event/event.h"
#include "grammar/grammar.h"
#include "interface/desired.h"
#include "interface/interface.h"
#include "netlink/netlink.h"
#include "packet/packet.h"
#include "relay/relay.h"
#include "sandbox/sandbox.h"
#include "transport/transport.h"
#include "wireguard/wireguard.h"

#endif
