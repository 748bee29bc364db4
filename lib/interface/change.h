/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: the actions of the attributes' rows. */
#ifndef TUNIC_INTERFACE_CHANGE_H
#define TUNIC_INTERFACE_CHANGE_H

#include "interface/plan.h"

extern const struct tunic_attribute_actions tunic_change_mode;
extern const struct tunic_attribute_actions tunic_change_user;
extern const struct tunic_attribute_actions tunic_change_group;
extern const struct tunic_attribute_actions tunic_change_pi;
extern const struct tunic_attribute_actions tunic_change_one_queue;
extern const struct tunic_attribute_actions tunic_change_vnet_hdr;
extern const struct tunic_attribute_actions tunic_change_multi_queue;
extern const struct tunic_attribute_actions tunic_change_napi;
extern const struct tunic_attribute_actions tunic_change_napi_frags;
extern const struct tunic_attribute_actions tunic_change_mac;
extern const struct tunic_attribute_actions tunic_change_mtu;
extern const struct tunic_attribute_actions tunic_change_txqueuelen;
extern const struct tunic_attribute_actions tunic_change_alias;
extern const struct tunic_attribute_actions tunic_change_altname;
extern const struct tunic_attribute_actions tunic_change_master;
extern const struct tunic_attribute_actions tunic_change_addr;
extern const struct tunic_attribute_actions tunic_change_linkdown_routes;
extern const struct tunic_attribute_actions tunic_change_forwarding;
extern const struct tunic_attribute_actions tunic_change_carrier;
extern const struct tunic_attribute_actions tunic_change_down;
extern const struct tunic_attribute_actions tunic_change_up;
extern const struct tunic_attribute_actions tunic_change_route;

#endif
