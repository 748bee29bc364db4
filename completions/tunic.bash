# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Completion of tunic for bash: tunic itself is asked what may be offered.

_tunic() {
    local line=${COMP_LINE:0:COMP_POINT} words=() piece rest word cut='' quote='' i
    # Bash breaks words at ':' and '=' too: pieces without a blank between them are one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:blank:]]*}"}
        piece=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || piece=$rest
        if ((i)) && [[ $rest == "$line" ]]; then
            words[-1]+=$piece
        else
            words+=("$piece")
        fi
        line=${rest:${#piece}}
    done
    [[ ${words[-1]} != [\"\']* ]] || quote=${words[-1]:0:1}
    words=("${words[@]//[\\\"\']/}") # a quoted word, as far as that can be told
    word=${words[-1]}
    [[ $quote || $word != *[:=]* ]] || cut=${word%"${word##*[:=]}"}

    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        if [[ ! $quote ]]; then
            printf -v word %q "${word#"$cut"}"
            word=${word/#\\\~\//\~/}
        elif [[ $word == *[\\\"\'\$\`\!]* ]]; then
            continue
        fi
        COMPREPLY+=("$word")
    done < <("${words[0]/#\~\//$HOME/}" __complete -- "${words[@]:1}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace
}

complete -F _tunic tunic
