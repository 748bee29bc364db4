/* SPDX-License-Identifier: MIT */
/* Private to lib/control: what a line of a configuration file sets. */
#ifndef TUNIC_CONTROL_CONFIG_H
#define TUNIC_CONTROL_CONFIG_H

#include "control/control.h"

enum tunic_config_section {
    TUNIC_CONFIG_NOTHING, /* before the first */
    TUNIC_CONFIG_INTERFACE,
    TUNIC_CONFIG_PEER,
};

struct tunic_config_reader {
    struct tunic_config *config;
    enum tunic_config_section section;
    bool has_public_key; /* of the peer that is being read: the last of the settings */
};

/* Sets `key`, in any case of letters, to `value`, which is not empty unless there was nothing; both
 * are without white space around them. Errors are without an object. */
int tunic_config_set(struct tunic_config_reader *reader, const char *key, const char *value,
                     struct tunic_error *error);

#endif
