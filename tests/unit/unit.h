/* SPDX-License-Identifier: MIT */
/* What every unit test includes: cmocka, with the headers that it wants first. */
#ifndef TUNIC_TESTS_UNIT_H
#define TUNIC_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>

/* Of a test that takes long, and that what makes programs slow (valgrind) would not learn more
 * from: the sanitizers have it. */
static inline void unit_long(void)
{
    if (getenv("TUNIC_SHORT"))
        skip();
}

/* Not every system does: a container may be without /etc/hosts. */
static inline bool unit_knows_localhost(void)
{
    struct addrinfo *found = NULL;

    if (getaddrinfo("localhost", "1", NULL, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

#endif
