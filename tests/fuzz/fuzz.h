/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one function, as libFuzzer wants it. It aborts (fuzz_check) where a promise of
 * the library is broken; the sanitizers find the rest.
 */
#ifndef TUNIC_TESTS_FUZZ_H
#define TUNIC_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline void fuzz_check(bool promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
