# bash completion for leaderlife(1)
# SPDX-License-Identifier: Apache-2.0
#
# What there is to complete is read from --help, so it is never out of date.

# One line for each flag of a command: the flag, what its value is called ("-" for a switch), its words if it has a list
# (else "-"), its letter if it has one.
_leaderlife_flags() {
    leaderlife "$1" --help 2>/dev/null | awk '
        function out() { if (flag != "") print flag, value, words, letter; flag = "" }
        match($0, /^ +(-[a-zA-Z], )?--[a-z-]+/) && !/^                    / {
            out()
            flag = substr($0, RSTART, RLENGTH); rest = substr($0, RSTART + RLENGTH); words = "-"
            letter = match(flag, /-[a-zA-Z],/) ? substr(flag, RSTART, 2) : ""; sub(/.*--/, "--", flag)
            value = match(rest, /^ [A-Z]+/) ? substr(rest, 2, RLENGTH - 1) : "-"
        }
        flag != "" && match($0, /\([a-z0-9|-]+\|[a-z0-9|-]+\)/) {
            words = substr($0, RSTART + 1, RLENGTH - 2); gsub(/\|/, ",", words)
        }
        /^Options of the election:/ { out() }
        END { out() }'
}

_leaderlife() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]:-} i line
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(leaderlife --help 2>/dev/null |
            sed -n 's/^  \([a-z]*\)  *.*/\1/p') --help --version" -- "$cur")
        return
    fi
    for ((i = 2; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -- ]] || continue
        if declare -F _command_offset >/dev/null; then
            _command_offset $((i + 1))
        elif ((i + 1 == COMP_CWORD)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        fi
        return
    done
    if [[ $prev == = ]]; then # bash splits --flag=value
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $cur == = ]]; then
        cur=
    fi
    if [[ $prev == -* ]]; then
        line=$(_leaderlife_flags "$command" | awk -v flag="$prev" '$1 == flag || $4 == flag')
        set -- $line
        case ${2:--} in
        -) ;;
        PATH)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
            ;;
        *)
            [[ $3 == - ]] || mapfile -t COMPREPLY < <(compgen -W "${3//,/ }" -- "$cur")
            return
            ;;
        esac
    fi
    if [[ -z $cur && $command == run && $prev != -* ]] && ((COMP_CWORD > 2)); then
        COMPREPLY=(--) # behind the lock
        return
    fi
    [[ $cur == -* ]] || return
    mapfile -t COMPREPLY < <(compgen -W "$(_leaderlife_flags "$command" | cut -d ' ' -f 1) --" -- "$cur")
}

complete -F _leaderlife leaderlife
