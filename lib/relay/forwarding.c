/* SPDX-License-Identifier: MIT */
#include "relay/forwarding.h"

#include <string.h>

void tunic_forwarding_open(struct tunic_forwarding *table, uint64_t seed)
{
    *table = (struct tunic_forwarding){.seed = seed};
}

static size_t set_of(const struct tunic_forwarding *table, const uint8_t mac[TUNIC_FORWARDING_MAC])
{
    uint64_t number = 0;

    memcpy(&number, mac, TUNIC_FORWARDING_MAC);
    number = (number ^ table->seed) * UINT64_C(0x9E3779B97F4A7C15);
    number = (number ^ number >> 29 ^ table->seed) * UINT64_C(0xBF58476D1CE4E5B9);
    return number >> 32 & (TUNIC_FORWARDING_SETS - 1);
}

static bool is_group(const uint8_t mac[TUNIC_FORWARDING_MAC])
{
    return (mac[0] & 1) != 0;
}

void tunic_forwarding_learn(struct tunic_forwarding *table, const uint8_t mac[TUNIC_FORWARDING_MAC],
                            void *port, uint64_t now)
{
    struct tunic_forwarding_entry *set = table->sets[set_of(table, mac)];
    struct tunic_forwarding_entry *oldest = &set[0];

    if (is_group(mac))
        return;
    for (size_t i = 0; i < TUNIC_FORWARDING_WAYS; i++) {
        if (set[i].port && memcmp(set[i].mac, mac, TUNIC_FORWARDING_MAC) == 0) {
            set[i].port = port;
            set[i].seen = now;
            return;
        }
        if (!set[i].port || (oldest->port && set[i].seen < oldest->seen))
            oldest = &set[i];
    }
    *oldest = (struct tunic_forwarding_entry){.port = port, .seen = now};
    memcpy(oldest->mac, mac, TUNIC_FORWARDING_MAC);
}

void *tunic_forwarding_find(const struct tunic_forwarding *table,
                            const uint8_t mac[TUNIC_FORWARDING_MAC], uint64_t now)
{
    const struct tunic_forwarding_entry *set = table->sets[set_of(table, mac)];

    if (is_group(mac))
        return NULL;
    for (size_t i = 0; i < TUNIC_FORWARDING_WAYS; i++)
        if (set[i].port && memcmp(set[i].mac, mac, TUNIC_FORWARDING_MAC) == 0 &&
            now - set[i].seen < TUNIC_FORWARDING_AGE * TUNIC_SECOND)
            return set[i].port;
    return NULL;
}

void tunic_forwarding_forget(struct tunic_forwarding *table, const void *port)
{
    for (size_t i = 0; i < TUNIC_FORWARDING_SETS; i++)
        for (size_t way = 0; way < TUNIC_FORWARDING_WAYS; way++)
            if (table->sets[i][way].port == port)
                table->sets[i][way] = (struct tunic_forwarding_entry){0};
}
