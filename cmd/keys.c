/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int tunic_key_random(uint8_t key[TUNIC_KEY_SIZE], struct tunic_error *error)
{
    ssize_t got;

    do {
        got = getrandom(key, TUNIC_KEY_SIZE, 0); /* so few come at once or not at all */
    } while (got < 0 && errno == EINTR);
    if (got == TUNIC_KEY_SIZE)
        return 0;
    return tunic_error_system(error, got < 0 ? errno : EIO, "cannot get random bytes");
}

void tunic_key_print(const uint8_t key[TUNIC_KEY_SIZE])
{
    char text[TUNIC_KEY_TEXT];

    tunic_key_text(key, text);
    (void)printf("%s\n", text);
    tunic_wipe(text, sizeof(text));
}

void tunic_key_print_secret(const struct session *session, const uint8_t key[TUNIC_KEY_SIZE])
{
    struct tunic_error warning;
    struct stat status;

    if (fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void)tunic_error_set(&warning, TUNIC_DENIED,
                              "others may have access to the file that this key is written to");
        tunic_error_hint(&warning, "'umask 077' before it is made, or 'chmod 600'");
        tunic_report_warning(session, &warning);
    }
    tunic_key_print(key);
}

void tunic_key_prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_NONE};
}
