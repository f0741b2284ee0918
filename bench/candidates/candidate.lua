-- SPDX-License-Identifier: Apache-2.0
--
-- What bench/ measures in Lua: a candidate as the README has it. It says `standby` and `leader`, each with
-- CLOCK_MONOTONIC in milliseconds.
--
--     luajit candidate.lua LOCK [OPTION=VALUE...]

local leaderlife = require "leaderlife"
local monotonic = require("leaderlife.base").capi.monotonic

local function say(word)
  io.stdout:write(string.format("%s %.3f\n", word, monotonic() * 1e3))
  io.stdout:flush()
end

local options = {}
for i = 2, #arg do
  local name, value = arg[i]:match "^(.-)=(.*)$"
  options[name:gsub("-", "_")] = value
end
local election = assert(leaderlife.new(arg[1], options))
assert(election:start())
local said = ""
while said ~= "leader" do
  election:wait()
  local now = election:is_leader() and "leader" or election:is_ready() and "standby" or said
  if now ~= said then
    say(now)
    said = now
  end
end
while election:is_leader() do
  election:wait()
end
