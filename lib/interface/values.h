/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: the values of attributes, read into a struct tunic_desired. Each has
 * the shape of tunic_keyword.parse: the error's action says only what is wrong with the value. */
#ifndef TUNIC_INTERFACE_VALUES_H
#define TUNIC_INTERFACE_VALUES_H

#include "interface/interface.h"

int tunic_parse_user(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_group(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_mac(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_alias(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_altname(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_master(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_netns(const char *word, void *desired, struct tunic_error *error);

int tunic_parse_address(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_peer(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_broadcast(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_nodad(const char *word, void *desired, struct tunic_error *error);

int tunic_parse_route(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_via(const char *word, void *desired, struct tunic_error *error);
int tunic_parse_metric(const char *word, void *desired, struct tunic_error *error);

bool tunic_route_equal(const struct tunic_route *left, const struct tunic_route *right);

#endif
