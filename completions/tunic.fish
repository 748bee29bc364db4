# SPDX-License-Identifier: MIT
#
# Completion of tunic for fish: tunic itself is asked what may be offered.

function __tunic_complete
    set -l words (commandline -opc)
    set -l typed "$(commandline -ct)"
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    $program __complete -- $words[2..-1] (string unescape -- $typed; or echo $typed) 2>/dev/null
end

complete -c tunic -f -a '(__tunic_complete)'
