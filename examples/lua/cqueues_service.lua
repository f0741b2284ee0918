-- SPDX-License-Identifier: Apache-2.0
--
-- A service on cqueues, with coroutines: one takes part in the election and works, another listens for signals; on
-- SIGTERM or Ctrl-C the lock is given back.
--
--     lua cqueues_service.lua LOCK

local cqueues = require "cqueues"
local signal = require "cqueues.signal"
local loop = require "leaderlife.cqueues"
local leaderlife = require "leaderlife"

local lock = arg[1] or error("usage: cqueues_service.lua LOCK", 0)
local pid = io.open("/proc/self/stat"):read("*n")

local function say(text, ...)
  print(("%d: "):format(pid) .. text:format(...))
  io.stdout:flush()
end

local controller = cqueues.new()
local election = assert(leaderlife.new(lock))
local told_to_end = false

signal.block(signal.SIGTERM, signal.SIGINT) -- so that the coroutine hears them
controller:wrap(function()
  signal.listen(signal.SIGTERM, signal.SIGINT):wait()
  told_to_end = true
  election:resign() -- the other one hears of it, and gives back
end)

controller:wrap(function()
  say("waiting")
  if loop.elect(election) then
    say("became leader, token %s", election:token())
    while election:is_leader() do
      -- Your work, in pieces; other coroutines go on meanwhile.
      assert(loop.wait(election, 0.2))
    end
  end
  local _, text = election:ended()
  loop.close(election) -- until all is given back, or 15 s
  if not told_to_end then
    error("no longer leader: " .. tostring(text), 0)
  end
  say("no longer leader")
  os.exit(0)
end)

assert(controller:loop())
