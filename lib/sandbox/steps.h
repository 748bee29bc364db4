/* SPDX-License-Identifier: MIT */
/* Private to lib/sandbox and its tests: the steps of which a sandbox is made, in their order. */
#ifndef TUNIC_SANDBOX_STEPS_H
#define TUNIC_SANDBOX_STEPS_H

#include "sandbox/sandbox.h"

int tunic_sandbox_drop_privileges(const struct tunic_sandbox *sandbox, struct tunic_error *error);
int tunic_sandbox_restrict_files(const struct tunic_sandbox *sandbox, struct tunic_error *error);
int tunic_sandbox_filter_calls(const struct tunic_sandbox *sandbox, struct tunic_error *error);

#endif
