# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Configuring and building. A folder that exists is built further, never anew.

# build_in FOLDER [cmake options]: all targets. Silent unless it fails, and then without the lines of progress. Suites that
# run side by side build one after the other.
build_in() {
    local folder=$1 lock
    shift
    mkdir -p "$folder"
    exec {lock}>"$folder.lock"
    flock "$lock"
    if ! { CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja} gently cmake -S . -B "$folder" "$@" &&
        gently cmake --build "$folder" --parallel "$(nproc)"; } >"$folder/build.log" 2>&1; then
        grep -Ev '^(\[[0-9]+/[0-9]+\]|--) ' "$folder/build.log" >&2
        return 1 # the lock goes with the process
    fi
    exec {lock}>&-
}

# What users get, and where the demo, the examples and the checks of the binary look.
build_release() {
    build_in build/release -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_EXAMPLES=ON
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

# Whether this machine has what it takes: always where script/install could install it.
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
