/* SPDX-License-Identifier: MIT */
/* The bytes are the word: what is accepted can be written down again and means the same. */
#include "fuzz.h"

#include "transport/transport.h"

#include <stdio.h>
#include <string.h>

static bool is_equal(const struct tunic_host *left, const struct tunic_host *right)
{
    return strcmp(left->name, right->name) == 0 && left->port == right->port &&
           left->has_port == right->has_port && left->numeric == right->numeric;
}

static void check_host(const struct tunic_host *host)
{
    char word[sizeof(host->name) + sizeof("[]:65535")];
    struct tunic_host again;
    struct tunic_error error;
    struct tunic_addresses addresses;
    bool inet6 = strchr(host->name, ':') != NULL;

    fuzz_check(memchr(host->name, '\0', sizeof(host->name)));
    fuzz_check(host->has_port == (host->port != 0));
    int length =
        snprintf(word, sizeof(word), "%s%s%s", inet6 ? "[" : "", host->name, inet6 ? "]" : "");
    if (host->has_port)
        (void)snprintf(word + length, sizeof(word) - (size_t)length, ":%u", (unsigned)host->port);
    int result = host->name[0] == '\0' ? tunic_host_parse_listen(word, &again, &error)
                                       : tunic_host_parse(word, &again, &error);
    fuzz_check(result == 0 && is_equal(host, &again));
    /* A link of that name need not be there. */
    if (host->numeric && !strchr(host->name, '%')) {
        fuzz_check(tunic_host_resolve(host, false, &addresses, &error) == 0);
        fuzz_check(addresses.count == 1);
    }
}

static void check_error(int result, const struct tunic_error *error)
{
    fuzz_check(result < 0 && error->reason == TUNIC_USAGE);
    fuzz_check(error->action[0] != '\0' && error->hint[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct tunic_host host;
    struct tunic_error error;
    char *word = malloc(length + 1);

    fuzz_check(word != NULL);
    memcpy(word, bytes, length);
    word[length] = '\0';
    int result = tunic_host_parse(word, &host, &error);
    if (result == 0) {
        fuzz_check(host.name[0] != '\0');
        check_host(&host);
    } else {
        check_error(result, &error);
    }
    result = tunic_host_parse_listen(word, &host, &error);
    if (result == 0) {
        fuzz_check(host.has_port);
        check_host(&host);
    } else {
        check_error(result, &error);
    }
    free(word);
    return 0;
}
