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

/* The kernel takes one for the other, were they of one interface. */
bool tunic_route_equal(const struct tunic_route *left, const struct tunic_route *right);
/* Routes in an order of their own, in which one is found quickly among very many. NULL: out of
 * memory; whoever calls frees it. */
const struct tunic_route **tunic_routes_sort(const struct tunic_route *routes, size_t count);
bool tunic_routes_have(const struct tunic_route *const *sorted, size_t count,
                       const struct tunic_route *route);
/* One that is there twice; NULL: none. */
const struct tunic_route *tunic_routes_double(const struct tunic_route *const *sorted,
                                              size_t count);

#endif
