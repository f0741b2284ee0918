# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What all scripts share. To be sourced first; they then work in the checkout's root.

LC_ALL=C
export LC_ALL
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit

# Variables of this machine that would decide where an election takes place.
unset KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBECONFIG POD_NAME POD_UID POD_NAMESPACE

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

usage_error() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    printf 'usage: %s\n' "$2" >&2
    exit 2
}

# Prints the cache folder, which is outside the checkout. It must belong to us: programs in it are run.
cache_folder() {
    local folder
    for folder in "${XDG_CACHE_HOME:+$XDG_CACHE_HOME/leaderlife}" "${HOME:+$HOME/.cache/leaderlife}" \
        "/var/cache/leaderlife" "/tmp/leaderlife-$(id -u)"; do
        # shellcheck disable=SC2174  # the mode matters for the last folder only
        if [[ -n $folder ]] && mkdir -p -m 700 "$folder" 2>/dev/null &&
            [[ -O $folder && -w $folder ]]; then
            printf '%s\n' "$folder"
            return
        fi
    done
    die "no folder to keep tools in: set XDG_CACHE_HOME to one that can be written"
}

# Runs a command with lower priority than what a person waits for.
gently() {
    nice -n 5 "$@"
}
