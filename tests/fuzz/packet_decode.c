/* SPDX-License-Identifier: MIT */
/* A packet as a line: the first byte chooses the layer and whether its header is told. */
#include "fuzz.h"

#include "packet/packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char line[TUNIC_DECODE_TEXT];
    char again[TUNIC_DECODE_TEXT];

    if (length == 0)
        return 0;
    enum tunic_layer layer = bytes[0] & 1 ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    bool link = bytes[0] & 2;
    memset(line, 'x', sizeof(line));
    memset(again, 'y', sizeof(again));
    tunic_decode(layer, link, bytes + 1, length - 1, line);
    tunic_decode(layer, link, bytes + 1, length - 1, again);
    size_t used = strnlen(line, sizeof(line));
    fuzz_check(used > 0 && used < sizeof(line));
    for (size_t i = 0; i < used; i++)
        fuzz_check(line[i] >= ' ' && line[i] <= '~');
    fuzz_check(strcmp(line, again) == 0);
    return 0;
}
