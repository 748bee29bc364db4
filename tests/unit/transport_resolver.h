/* SPDX-License-Identifier: MIT */
/*
 * A resolver on a loop. Its child is a fork of the test: what is wrapped and set there holds in the
 * child too. Some names are looked up in ways of their own:
 *
 *   slow.test        not within the time that a test has
 *   dies.test        ends the child
 *   name.invalid     is not found
 *   confined.test    192.0.2.1 where the child was confined, else 192.0.2.0
 *   descriptors.test 192.0.2.1 where the child has nothing open but what it needs, else 192.0.2.0
 *   KIND.forged      sends an answer that it may not, and is as slow
 */
#ifndef TUNIC_TESTS_TRANSPORT_RESOLVER_H
#define TUNIC_TESTS_TRANSPORT_RESOLVER_H

#include "transport/transport.h"

enum { HOSTS = 2 };

struct test {
    struct tunic_loop loop;
    struct tunic_error error;
    struct tunic_resolver resolver;
    struct tunic_host hosts[HOSTS];
    struct tunic_timer timer;
    unsigned found[HOSTS]; /* how often */
    struct tunic_addresses addresses[HOSTS];
};

int resolver_set_up(void **state);
/* Makes sure that no child is left. */
int resolver_tear_down(void **state);
void resolver_open(struct test *test, const char *first, const char *second);
/* Runs the loop until something is found; until the child was seen to have ended. */
void resolver_await_found(struct test *test);
void resolver_await_end(struct test *test);
/* What test->resolver.found is. */
void resolver_found(void *closure, size_t index, const struct tunic_addresses *addresses);
int resolver_confine(void *closure, struct tunic_error *error);
void resolver_assert_address(const struct test *test, size_t index, const char *expected);

#endif
