-- SPDX-License-Identifier: Apache-2.0
--
-- A service on luv's loop, with callbacks: it works while it leads, and on SIGTERM or Ctrl-C gives the lock back.
--
--     lua luv_service.lua LOCK

local uv = require "luv"
local leaderlife = require "leaderlife"
local loop = require "leaderlife.luv"

local lock = arg[1] or error("usage: luv_service.lua LOCK", 0)
local pid = uv.os_getpid()

local function say(text, ...)
  print(("%d: "):format(pid) .. text:format(...))
  io.stdout:flush()
end

local election = assert(leaderlife.new(lock))
local work = uv.new_timer()
local signals = {}

local function finish()
  work:close()
  for _, signal in ipairs(signals) do
    signal:close()
  end
  election:close()
  say("no longer leader")
end

local happens = {}

function happens.leader(event)
  say("became leader, token %s", event.token)
  work:start(0, 200, function()
    -- Your work, in pieces: this is called while we lead.
  end)
end

function happens.resigning()
  work:stop()
end

happens.resigned = finish

function happens.lost(event)
  work:stop() -- at once: another may lead already
  say("lost: %s", event.text)
  os.exit(1)
end

function happens.failed(event)
  say("%s", event.text)
  os.exit(1)
end

assert(election:start())
say("waiting")
loop.watch(election, function(event, _, text)
  if not event then
    error(text, 0)
  end
  if event.kind == "state" and happens[event.state] then
    happens[event.state](event)
  elseif event.kind == "notice" then
    say("%s: %s", event.level, event.text)
  end
end)
for place, name in ipairs({ "sigterm", "sigint" }) do
  signals[place] = uv.new_signal()
  signals[place]:start(name, function() election:resign() end)
end
uv.run()
