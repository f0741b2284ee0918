-- SPDX-License-Identifier: Apache-2.0
--
-- One election per HAProxy process: a task takes part and steps it after each core.msleep; services, fetches and
-- actions read its status. docs/lua-servers.md says what to know. Needs HAProxy 2.4 or newer, and lua-load.

local base = require "leaderlife.base"
local stepper = require "leaderlife.stepper"

local raise, must_be = base.raise, base.must_be
base.mark_ours()

local haproxy = {}

local LEVELS = { error = core.err, warning = core.warning, notice = core.notice, info = core.info, debug = core.debug }

local published = {} -- lock: its status and the time until which that holds; false before the first

local function must_be_one_state()
  if core.thread ~= 0 then -- its number, with lua-load-per-thread
    raise("use lua-load instead of lua-load-per-thread: each thread would have an election of its own, and know of no "
      .. "other")
  end
end

--- Takes part in the election for that lock until HAProxy ends. To be called while a file of lua-load is read; the
--- election is made in the task, that is in the worker, since HAProxy forks after lua-load. Options are those of
--- leaderlife.new, and step (seconds between two steps of the election: 0.1). Raises what is wrong with them, and
--- HAProxy does not start.
---@param lock string
---@param options? table<string, string|boolean|number>
function haproxy.start(lock, options)
  must_be_one_state()
  local others, step = stepper.options(options, {})
  stepper.new(lock, others):close(0) -- checks the options now; it has changed nothing
  if published[lock] ~= nil then
    raise("this HAProxy takes part in the election for %s already", lock)
  end
  published[lock] = false
  local lifetime = stepper.lifetime(step)
  local server = {
    sleep = function(seconds) core.msleep(math.max(1, math.ceil(seconds * 1000))) end,
    stopping = function() return core.get_info().Stopping ~= 0 end,
    succeeded = function() return false end, -- HAProxy does not tell a reload from a stop
    publish = function(status) published[lock] = { status = status, finish = base.deadline(lifetime) } end,
    log = function(level, text) core.log(LEVELS[level], "leaderlife: " .. text) end,
  }
  core.register_task(function() stepper.run(lock, others, step, server) end)
end

--- The status of the election; nil and a text while it is not known, as for a moment after the start.
---@param lock string
---@return leaderlife.Status? status, string? text
function haproxy.status(lock)
  must_be("string", lock, "the lock's name")
  local known = published[lock]
  if known == nil then
    return nil, "nothing is known of an election for " .. lock .. ": leaderlife.haproxy.start() was not called for it"
  end
  if not known or base.left(known.finish) == 0 then
    return nil, "the task that takes part for " .. lock .. " has not run " .. (known and "lately" or "yet")
  end
  local copy = {}
  for name, value in pairs(known.status) do
    copy[name] = value
  end
  return copy
end

return haproxy
