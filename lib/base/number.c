/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>

int tunic_number_parse(const char *word, uint64_t minimum, uint64_t maximum, uint64_t *number)
{
    uint64_t value = 0;
    bool too_large = false;

    if (*word == '\0')
        return -EINVAL;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9')
            return -EINVAL;
        uint64_t digit = (uint64_t)(*word - '0');
        if (value > (UINT64_MAX - digit) / 10)
            too_large = true;
        else
            value = value * 10 + digit;
    }
    if (too_large || value < minimum || value > maximum)
        return -ERANGE;
    *number = value;
    return 0;
}
