# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# make_toolchain TARGET TOOLS FOLDER: a compiler for the target as commands (Zig has the headers and start files of both
# C libraries, and links for any age of glibc), and the CMake toolchain that takes it and what lies in the folder.

# As old as manylinux2014 asks.
oldest_glibc=2.17

# A command of one word, as configure scripts and CMake need it.
write_tool() {
    local path=$1 zig=$2 words=$3
    printf '#!/bin/bash\nexec "%s" %s "$@"\n' "$zig" "$words" >"$path"
    chmod 755 "$path"
}

# Where sources lie is not to be seen in what is made: the folders in COMPILED_FROM (by colons) are written as ".".
# What checks link is linked as the command is: for each other kind of program Zig would compile its C library anew,
# half a minute each. So what they compile must fit such a program.
write_compiler() {
    local path=$1 zig=$2 triple=$3
    cat >"$path" <<END
#!/bin/bash
words=()
IFS=: read -ra folders <<<"\${COMPILED_FROM:-}"
for folder in "\${folders[@]}"; do
    words+=("-ffile-prefix-map=\$folder=.")
done
kind=(-s -pie -flto=thin)
position=(-fPIC)
for word; do
    [[ ! \$word =~ ^-([cSEr]|shared)$ ]] || kind=()
    [[ \$word != -f[pP]I[CE] ]] || position=()
done
exec "$zig" cc -target $triple "\${kind[@]}" "\${position[@]}" "\${words[@]}" "\$@"
END
    chmod 755 "$path"
}

make_toolchain() {
    local target=$1 tools=$2 folder=$3 triple=$1 processor=${1%%-*}
    [[ $target != *-gnu ]] || triple+=.$oldest_glibc
    mkdir -p "$folder/bin" "$folder/python"
    write_compiler "$folder/bin/$target-cc" "$tools/ziglang/zig" "$triple"
    write_tool "$folder/bin/$target-ar" "$tools/ziglang/zig" ar
    write_tool "$folder/bin/$target-ranlib" "$tools/ziglang/zig" ranlib
    cat >"$folder/toolchain.cmake" <<END
# The folder may have been given another name since it was made.
get_filename_component(release_prefix "\${CMAKE_CURRENT_LIST_DIR}" ABSOLUTE)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR $processor)
set(CMAKE_C_COMPILER "\${release_prefix}/bin/$target-cc")
set(CMAKE_AR "\${release_prefix}/bin/$target-ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "\${release_prefix}/bin/$target-ranlib" CACHE FILEPATH "")
set(CMAKE_C_COMPILER_AR "\${CMAKE_AR}" CACHE FILEPATH "")
set(CMAKE_C_COMPILER_RANLIB "\${CMAKE_RANLIB}" CACHE FILEPATH "")
set(CMAKE_FIND_ROOT_PATH "\${release_prefix}")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR} "\${release_prefix}/lib/pkgconfig")
set(ENV{PKG_CONFIG_PATH} "")
# Stripped when it is linked: this machine's strip knows its own processor alone.
set(CMAKE_EXE_LINKER_FLAGS_INIT -s)
set(CMAKE_MODULE_LINKER_FLAGS_INIT -s)
set(CMAKE_STRIP /bin/true CACHE FILEPATH "")
set(Python3_INCLUDE_DIR "\${release_prefix}/python" CACHE PATH "")
END
}
