/* SPDX-License-Identifier: MIT */
/* The bytes are a configuration file: what is taken keeps what is promised, what is not is told
 * with its line, and nothing is left behind. */
#include "fuzz.h"

#include "control/control.h"

#include <string.h>

static void check_ranges(const struct tunic_peer_settings *peer)
{
    for (size_t i = 0; i < peer->allowed_count; i++) {
        const struct tunic_allowed_ip *range = &peer->allowed[i];
        struct tunic_allowed_ip again;
        struct tunic_error error;
        char text[TUNIC_ALLOWED_TEXT];
        tunic_allowed_text(range, text);
        fuzz_check(tunic_allowed_parse(text, &again, &error) == 0);
        again.remove = range->remove;
        fuzz_check(memcmp(range, &again, sizeof(again)) == 0);
    }
}

static void check_config(const struct tunic_config *config)
{
    fuzz_check(config->settings.replace_peers);
    fuzz_check(!config->no_routes || config->table == 0);
    for (size_t i = 0; i < config->address_count; i++) {
        struct tunic_allowed_ip range;
        struct tunic_error error;
        fuzz_check(tunic_allowed_parse(config->addresses[i], &range, &error) == 0);
    }
    for (size_t i = 0; i < config->settings.peer_count; i++) {
        const struct tunic_peer_settings *peer = &config->settings.peers[i];
        fuzz_check(peer->replace_allowed && !peer->remove && !peer->update_only);
        fuzz_check(!peer->has_endpoint || peer->endpoint.name[0] != '\0');
        check_ranges(peer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct tunic_config config;
    struct tunic_error error;
    char *text = malloc(length + 1); /* so that a byte too far is seen */

    fuzz_check(text != NULL);
    memcpy(text, bytes, length);
    int result = tunic_config_parse("file", text, length, &config, &error);
    if (result == 0) {
        check_config(&config);
    } else {
        fuzz_check(result < 0 && error.reason == TUNIC_USAGE && error.action[0] != '\0');
        fuzz_check(strncmp(error.object, "file:", 5) == 0);
        fuzz_check(!config.addresses && !config.settings.peers);
    }
    tunic_config_clear(&config);
    free(text);
    return 0;
}
