#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a relay with keys must survive, over UDP and over TCP: all that relay_faults.sh has.

# shellcheck disable=SC2034 # tunnel looks at it
secure=yes
# shellcheck source=tests/netns/relay_faults.sh
. "$(dirname "$0")/relay_faults.sh"
