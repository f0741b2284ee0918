-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of luv. In a coroutine: become(lock, options), elect(election, seconds), wait(election, seconds)
-- and close(election, seconds) yield where those of leaderlife would block. With callbacks: watch(election, callback).
-- One coroutine or one callback waits for an election at a time.

local uv = require "luv"
local base, Election = require "leaderlife.base", require "leaderlife.election"
local leaderlife = require "leaderlife"

base.mark_ours()

-- Calls act() whenever the descriptor is readable, and every so many milliseconds, until it is stopped; the election's
-- end stops it.
local function poll_of(election, milliseconds, act, at_end)
  local poll, why = uv.new_poll(election:pollfd())
  if not poll then
    base.raise("another coroutine or callback waits for this election already, or it has lost its descriptor (%s)", why)
  end
  local timer, keep = uv.new_timer()
  local function stop()
    keep()
    if not poll:is_closing() then
      poll:close()
      timer:close()
    end
  end
  keep = election:_before_end(function() stop() at_end() end)
  poll:start("r", act)
  timer:start(milliseconds, milliseconds, act)
  return stop
end

local function pause(election, seconds)
  local thread, stop = coroutine.running(), nil
  local function go_on()
    stop()
    assert(coroutine.resume(thread))
  end
  stop = poll_of(election, base.milliseconds(seconds), go_on, function()
    local timer = uv.new_timer()
    timer:start(0, 0, function() -- later: not within the close() of another handle
      timer:close()
      assert(coroutine.resume(thread))
    end)
  end)
  coroutine.yield()
end

local adapter = leaderlife.waiting(pause, function()
  base.must_be_in_a_coroutine("luv", "a coroutine; outside of one there is leaderlife.luv.watch()")
end)

--- Drives a started election from the loop, and calls callback(event, election) for each event, until the campaign or
--- the election has ended, or stop() is called. A failure of process() is callback(nil, election, text, code).
---@param election leaderlife.Election
---@param callback fun(event: leaderlife.Event?, election: leaderlife.Election, text: string?, code: integer?)
---@return fun() stop
function adapter.watch(election, callback)
  Election._must_be_started(election)
  base.must_be("function", callback, "the callback of leaderlife.luv.watch")
  local stop
  stop = poll_of(election, 1000, function() -- nothing tells that the program has closed the election's descriptors
    local ok, text, code = election:process()
    if not ok then
      callback(nil, election, text, code)
    end
    for event in election:each() do
      callback(event, election)
    end
    if election:ended() then
      stop()
    end
  end, function() end)
  return stop
end

return adapter
