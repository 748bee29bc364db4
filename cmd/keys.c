/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void tunic_key_print(const uint8_t key[TUNIC_KEY_SIZE])
{
    char text[TUNIC_KEY_TEXT];

    tunic_key_text(key, text);
    (void)printf("%s\n", text);
    tunic_wipe(text, sizeof(text));
}

static void print_secret(const struct session *session, const uint8_t key[TUNIC_KEY_SIZE])
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

int tunic_key_make(const struct session *session, void (*form)(uint8_t key[TUNIC_KEY_SIZE]))
{
    struct tunic_error error;
    uint8_t key[TUNIC_KEY_SIZE];
    int result = tunic_random(key, sizeof(key));

    if (result != 0) {
        (void)tunic_error_system(&error, -result, "cannot get random bytes");
        return tunic_report_error(session, &error);
    }
    if (form)
        form(key);
    print_secret(session, key);
    tunic_wipe(key, sizeof(key));
    return 0;
}

void tunic_key_prepare(struct arguments *arguments)
{
    arguments->grammar = (struct tunic_grammar){.names = TUNIC_NAMES_NONE};
}
