/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include "crypto_hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

json_t *vectors_load(const char *file)
{
    const char *folder = getenv("TUNIC_VECTORS");
    char path[4096];
    json_error_t error;

    (void)snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : VECTORS_FOLDER, file);
    if (access(path, F_OK) != 0) {
        print_message("%s is not there\n", path);
        skip();
    }
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%s: line %d: %s", path, error.line, error.text);
    return root;
}

const char *vectors_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text == NULL)
        fail_msg("a vector has no %s", name);
    return text;
}

struct vectors_bytes vectors_bytes(const json_t *object, const char *name)
{
    struct vectors_bytes read;

    read.length = hex_read(read.bytes, sizeof(read.bytes), vectors_text(object, name));
    return read;
}
