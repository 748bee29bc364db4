/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one function, as libFuzzer wants it. It aborts (FUZZ_CHECK) where a promise of
 * the library is broken; the sanitizers find the rest.
 */
#ifndef TUNIC_TESTS_FUZZ_H
#define TUNIC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define FUZZ_CHECK(promise)                                                                        \
    do {                                                                                           \
        if (!(promise))                                                                            \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
