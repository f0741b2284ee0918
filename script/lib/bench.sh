# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What script/bench measures: the programs, and how they are run.

# The library as users get it, and all programs of bench/ but the peers, in build/bench.
build_bench() {
    local program
    build_release
    build_python
    build_lua
    mkdir -p build/bench
    for program in candidate say; do
        compile_bench "$program" "bench/candidates/$program.c" -Ic/include -Lbuild/release -lleaderlife
    done
    compile_bench floor bench/floor.c -lcurl
}

compile_bench() {
    local name=$1
    shift
    gently "${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -Wall -Wextra -o "build/bench/$name" "$@"
}

# The peers in Go. In a shell of its own, for go.sh has a cache_folder too.
build_peers() (
    cache=$(cache_folder)
    say() { echo "bench: $*" >&2; }
    . script/lib/go.sh
    go=$(find_go)
    go_folders
    cd bench/peers
    GOTOOLCHAIN=local CGO_ENABLED=0 GOWORK=off gently "$go" build -buildvcs=false -mod=readonly -trimpath \
        -ldflags '-s -w' -o "$root/build/bench/" ./lease ./become go.etcd.io/etcd/etcdctl/v3
)

# in_bench PYTHON ARGUMENT...: that Python, in bench/.
in_bench() {
    (cd bench && PYTHONDONTWRITEBYTECODE=1 env --default-signal "$@")
}
