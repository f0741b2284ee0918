-- SPDX-License-Identifier: Apache-2.0
--
-- The short form: waits until this process leads, and leads until it is told to end or has lost.
--
--     lua blocking.lua LOCK [NAME=VALUE]...        with those options
--
-- Plain Lua has no handler for SIGTERM: the process then simply ends. The kernel frees the embedded lock at once; on
-- Kubernetes the next leader waits for the end of the pod. luv_service.lua gives the lock back instead.

local leaderlife = require "leaderlife"

local lock = arg[1] or error("usage: blocking.lua LOCK [NAME=VALUE]...", 0)
local options = {}
for i = 2, #arg do
  local name, value = arg[i]:match("^(.-)=(.*)$")
  options[name or arg[i]] = value or ""
end
local pid = io.open("/proc/self/stat"):read("*n")

print(("%d: waiting"):format(pid))
io.stdout:flush()
local leader = assert(leaderlife.become(lock, options))
print(("%d: became leader, token %s"):format(pid, leader:token()))
io.stdout:flush()

while leader:is_leader() do
  -- Your work, in pieces. wait() does what is due for the election, and sleeps for the rest of a second.
  assert(leader:wait(1))
end

local _, text = leader:ended()
error(("%d: no longer leader: %s"):format(pid, text), 0)
