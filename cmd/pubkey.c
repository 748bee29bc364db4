/* SPDX-License-Identifier: MIT */
#include "keys.h"

static int make_public(const uint8_t private_key[TUNIC_KEY_SIZE],
                       uint8_t public_key[TUNIC_KEY_SIZE], struct tunic_error *error)
{
    struct tunic_crypto *crypto;
    int result = tunic_crypto_open(&crypto, error);

    if (result != 0)
        return result;
    result = tunic_x25519_public(crypto, private_key, public_key);
    if (result != 0)
        (void)tunic_error_system(error, -result, "cannot make the public key");
    tunic_crypto_close(crypto);
    return result;
}

static int run(struct session *session, struct arguments *arguments)
{
    struct tunic_error error;
    uint8_t private_key[TUNIC_KEY_SIZE];
    uint8_t public_key[TUNIC_KEY_SIZE];

    (void)arguments;
    int result = tunic_key_read("-", private_key, &error);
    if (result == 0)
        result = make_public(private_key, public_key, &error);
    tunic_wipe(private_key, sizeof(private_key));
    if (result != 0)
        return tunic_report_error(session, &error);
    tunic_key_print(public_key);
    return 0;
}

const struct command tunic_command_pubkey = {
    .name = "pubkey",
    .summary = "print the public key of a private one, read from standard input",
    .prepare = tunic_key_prepare,
    .run = run,
    .without_context = true,
    .without_page = true, /* that of genkey */
};
