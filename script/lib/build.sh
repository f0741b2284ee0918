# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Configures and builds. A build folder that exists is kept and updated.

# build_in FOLDER [cmake options]: all targets, or $only those. Silent unless it fails, and then without the lines of
# progress. Suites that run side by side build one after the other.
build_in() {
    local folder=$1 lock
    shift
    mkdir -p "$folder"
    exec {lock}>"$folder.lock"
    flock "$lock"
    # shellcheck disable=SC2086 # $only is a list
    if ! { CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja} gently cmake -S . -B "$folder" "$@" &&
        gently cmake --build "$folder" --parallel "$(nproc)" ${only:+--target $only}
    } >"$folder/build.log" 2>&1; then
        grep -Ev '^(\[[0-9]+/[0-9]+\]|--) ' "$folder/build.log" >&2
        return 1 # the lock goes with the process
    fi
    exec {lock}>&-
}

# The build that users get. The demo, the examples and the checks of the binary take it from there.
build_release() {
    build_in build/release -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_EXAMPLES=ON
}

# The library as the ABI gate reads it, in build/abi: with types, and without this machine's paths.
build_abi() {
    build_in build/abi -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS=-gdwarf-4 -fdebug-prefix-map=$root=." \
        "${library_alone[@]}"
}

# For those who need the library and nothing that uses it.
library_alone=(-DLEADERLIFE_EXAMPLES=OFF -DLEADERLIFE_COMMAND=OFF)

# The Python package for the system's Python, in build/python/python.
build_python() {
    build_in build/python -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_PYTHON=ON "${library_alone[@]}" \
        -DPython3_EXECUTABLE=/usr/bin/python3
}

# The Lua modules for every version that is tested, in build/lua/lua.
build_lua() {
    build_in build/lua -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DLEADERLIFE_LUA=5.1;5.3;5.4;jit" \
        -DLEADERLIFE_LUA_TESTS=ON -DLEADERLIFE_WERROR=ON "${library_alone[@]}"
}

# Whether this machine has what that needs. It always has where script/install could install it.
can_build_python() {
    command -v swig >/dev/null && [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c \
        'import os, sysconfig; open(os.path.join(sysconfig.get_path("include"), "Python.h")).close()' 2>/dev/null
}

# The Lua modules for the demo's version alone, in build/lua-demo/lua.
build_lua_demo() {
    build_in build/lua-demo -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_LUA=5.4 "${library_alone[@]}"
}

can_build_lua_demo() {
    command -v swig >/dev/null && command -v lua5.4 >/dev/null && pkg-config --exists lua5.4
}
