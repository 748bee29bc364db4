#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who runs a relay with keys, and what is left to it: all that relay_user.sh has, where an ordinary
# user has a key file of his own.

# shellcheck disable=SC2034 # tunnel looks at it
secure=yes
# shellcheck source=tests/netns/relay_user.sh
. "$(dirname "$0")/relay_user.sh"
