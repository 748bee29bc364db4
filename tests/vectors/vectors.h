/* SPDX-License-Identifier: MIT */
/* Vectors in JSON, with their bytes in hexadecimal. */
#ifndef TUNIC_TESTS_VECTORS_H
#define TUNIC_TESTS_VECTORS_H

#include "unit.h"

#include <jansson.h>

enum { VECTORS_BYTES_MOST = 1024 };

struct vectors_bytes {
    uint8_t bytes[VECTORS_BYTES_MOST];
    size_t length;
};

/* A file of the folder of vectors. Skips the test where it is not there. */
json_t *vectors_load(const char *file);

const char *vectors_text(const json_t *object, const char *name);
struct vectors_bytes vectors_bytes(const json_t *object, const char *name);

#endif
