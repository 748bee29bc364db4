/* SPDX-License-Identifier: MIT */
/* The bytes are the lines of a request: what is taken can be written down and means the same. */
#include "fuzz.h"

#include "control/control.h"

#include <errno.h>
#include <string.h>

static void check_key(const uint8_t key[TUNIC_KEY_SIZE])
{
    struct tunic_error error;
    uint8_t again[TUNIC_KEY_SIZE];
    char hex[TUNIC_KEY_HEX];
    char base64[TUNIC_KEY_TEXT];

    tunic_key_hex(key, hex);
    fuzz_check(tunic_key_parse_hex(hex, again) && memcmp(key, again, sizeof(again)) == 0);
    tunic_key_text(key, base64);
    fuzz_check(tunic_key_parse(base64, again, &error) == 0);
    fuzz_check(memcmp(key, again, sizeof(again)) == 0);
}

static void check_settings(const struct tunic_settings *settings)
{
    check_key(settings->private_key);
    for (size_t i = 0; i < settings->peer_count; i++) {
        const struct tunic_peer_settings *peer = &settings->peers[i];
        check_key(peer->public_key);
        check_key(peer->preshared_key);
        fuzz_check(!peer->has_endpoint || (peer->endpoint.numeric && peer->endpoint.port != 0));
        for (size_t j = 0; j < peer->allowed_count; j++)
            fuzz_check(peer->allowed[j].length <= (peer->allowed[j].inet6 ? 128 : 32));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct tunic_settings settings = {0};
    char *text = malloc(length + 1);

    fuzz_check(text != NULL);
    memcpy(text, bytes, length);
    text[length] = '\0';
    for (char *line = text; line && line <= text + length;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        int result = tunic_protocol_parse_line(line, &settings);
        fuzz_check(result == 0 || result == -EINVAL || result == -EPROTO);
        if (result == 0)
            check_settings(&settings);
        line = end ? end + 1 : NULL;
    }
    tunic_settings_clear(&settings);
    free(text);
    return 0;
}
