-- SPDX-License-Identifier: Apache-2.0
std = "max"
max_line_length = 128
files["bindings/lua/leaderlife/nginx.lua"] = { read_globals = { "ngx" } }
files["bindings/lua/leaderlife/haproxy.lua"] = { read_globals = { "core" } }
files["examples/lua/haproxy.lua"] = { read_globals = { "core" } }
