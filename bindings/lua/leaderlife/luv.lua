-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of luv. In a coroutine: become(lock, options), elect(election, seconds), wait(election, seconds) and
-- close(election, seconds) yield where those of leaderlife would block. With callbacks: watch(election, callback).
-- An election is closed by the coroutine that waits for it, or when nobody waits.

local uv = require "luv"
local leaderlife = require "leaderlife"

-- Milliseconds for a timer of libuv.
local function milliseconds(seconds)
  return math.ceil(math.min(seconds * 1000, 0x7fffffff))
end

local function pause(election, seconds)
  local thread, main = coroutine.running()
  if not thread or main then
    error("leaderlife.luv: become, elect, wait and close yield, so they must be called in a coroutine; "
      .. "outside of one use leaderlife.luv.watch()", 0)
  end
  local poll = assert(uv.new_poll(election:pollfd()))
  local timer = seconds and assert(uv.new_timer())
  local function go_on()
    poll:close()
    if timer then
      timer:close()
    end
    assert(coroutine.resume(thread))
  end
  poll:start("r", go_on)
  if timer then
    timer:start(milliseconds(seconds), 0, go_on)
  end
  coroutine.yield()
end

local adapter = leaderlife.waiting(pause)

--- Drives a started election from the loop, and calls callback(event, election) for each event, until the campaign has ended
--- or stop() is called, which must come before close(). A failure of process() is callback(nil, election, text, code).
---@param election leaderlife.Election
---@param callback fun(event: leaderlife.Event?, election: leaderlife.Election, text: string?, code: integer?)
---@return fun() stop
function adapter.watch(election, callback)
  local poll = assert(uv.new_poll(election:pollfd()))
  local function stop()
    if not poll:is_closing() then
      poll:close()
    end
  end
  poll:start("r", function()
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
  end)
  return stop
end

return adapter
