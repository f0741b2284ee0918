-- SPDX-License-Identifier: Apache-2.0
--
-- From a checkout: luarocks make bindings/lua/leaderlife-scm-1.rockspec
-- It fetches nothing. CMake 3.18, SWIG 4.1, a C compiler, pkg-config, libcurl, jansson and libyaml must be installed.

rockspec_format = "3.0"
package = "leaderlife"
version = "scm-1"
source = {
  url = "git+file://.", -- a checkout of its own: it is built where it lies
}
description = {
  summary = "Leader election for life: one leader until its pod or its process is gone",
  detailed = [[
Among identical pods one becomes leader and stays it until its pod is gone: no lease, no renewal, no clock. Takeover
within milliseconds, one descriptor for every event loop, and the same on a lock of the kernel outside of a cluster.]],
  license = "Apache-2.0",
  labels = { "kubernetes", "leader-election", "lock" },
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.1, < 5.5" }
build = {
  type = "command",
  build_command = [[cmake -S . -B build.luarocks -DCMAKE_BUILD_TYPE=Release]]
    .. [[ -DLEADERLIFE_EXAMPLES=OFF -DLEADERLIFE_COMMAND=OFF]]
    .. [[ -DLEADERLIFE_LUA=rock "-DLEADERLIFE_LUA_INCLUDE_DIR=$(LUA_INCDIR)"]]
    .. [[ "-DLEADERLIFE_LUA_LIBDIR=$(LIBDIR)" "-DLEADERLIFE_LUA_DATADIR=$(LUADIR)"]]
    .. [[ && cmake --build build.luarocks --target leaderlife_lua]],
  install_command = "cmake --install build.luarocks --strip --component lua",
}
