-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of luv. In a coroutine: become(lock, options), elect(election, seconds), wait(election, seconds) and
-- close(election, seconds) yield where those of leaderlife would block. With callbacks: watch(election, callback). One
-- coroutine or one callback waits for an election at a time.

local uv = require "luv"
local base = require "leaderlife.base"
local leaderlife = require "leaderlife"

base.mark_ours()

-- A poll that calls act(readable) once or often, until it is closed; the election's end closes it.
local function poll_of(election, act, at_end)
  local poll, why = uv.new_poll(election:pollfd())
  if not poll then
    base.raise("another coroutine or callback waits for this election already (%s)", why)
  end
  local keep
  local function close()
    keep()
    if not poll:is_closing() then
      poll:close()
    end
  end
  keep = election:_before_end(function()
    close()
    at_end()
  end)
  poll:start("r", act)
  return close
end

local function pause(election, seconds)
  local thread, timer, stop_polling = coroutine.running(), nil, nil
  local function go_on()
    timer:close()
    stop_polling()
    assert(coroutine.resume(thread))
  end
  stop_polling = poll_of(election, go_on, function()
    timer:start(0, 0, go_on) -- not from within another's close()
  end)
  timer = uv.new_timer()
  if seconds then
    timer:start(base.milliseconds(seconds), 0, go_on)
  end
  coroutine.yield()
end

local adapter = leaderlife.waiting(pause, function()
  base.must_be_in_a_coroutine("luv", "a coroutine; outside of one there is leaderlife.luv.watch()")
end)

--- Drives a started election from the loop, and calls callback(event, election) for each event, until the campaign or the
--- election has ended, or stop() is called. A failure of process() is callback(nil, election, text, code).
---@param election leaderlife.Election
---@param callback fun(event: leaderlife.Event?, election: leaderlife.Election, text: string?, code: integer?)
---@return fun() stop
function adapter.watch(election, callback)
  local stop
  stop = poll_of(election, function()
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
