-- SPDX-License-Identifier: Apache-2.0
--
-- become, elect, wait and close for every loop: what they do is here, how they wait is the pause that they are given.

local base = require "leaderlife.base"
local Election = require "leaderlife.election"

local raise, answer, left, deadline = base.raise, base.answer, base.left, base.deadline
base.mark_ours()

local CLOSE_SECONDS = 15

-- What become() has returned: it leads until it is closed, even if nobody keeps it.
local leaders = {} -- luacheck: ignore 241

local function must_be_open(election)
  if getmetatable(election) ~= Election then
    raise("an election must come first, not %s", type(election))
  end
  return election._handle or raise("the election is closed: make a new one to take part again")
end

local function campaign(pause, election, finish)
  while true do
    local ok, text, code = election:process()
    if not ok then
      return nil, text, code
    end
    if election:is_leader() then
      return election
    end
    local ended
    ended, text, code = election:ended()
    if ended then
      return nil, text, code
    end
    if left(finish) == 0 then
      local holder = election:holder()
      return nil, "not elected in the time that was given" .. (holder and ": " .. holder .. " leads" or ""),
        base.codes.ETIMEDOUT
    end
    pause(election, left(finish))
  end
end

local function elect(pause, election, seconds)
  local handle, finish = must_be_open(election), deadline(seconds)
  if handle:get("mode") == "observe" then
    raise("mode observe never leads: leave mode out to campaign")
  end
  if election:state() == "new" then
    local ok, text, code = election:start()
    if not ok then
      return nil, text, code
    end
  end
  return campaign(pause, election, finish)
end

local function wait(pause, election, seconds)
  local finish = deadline(seconds)
  must_be_open(election)
  pause(election, left(finish))
  return election:process()
end

local function give_back(pause, election, finish)
  local ok, text, code = election._handle:close()
  if code == base.codes.EBUSY then
    answer(ok, text, code)
  end
  while ok do -- else it is the parent's, or prepare_exec() was called, and exec failed
    election:_take_events()
    if election:state() == "closed" or left(finish) == 0 then
      return
    end
    pause(election, left(finish))
    ok = election._handle and election._handle:process()
  end
end

local function close(loop, election, seconds)
  local finish = deadline(seconds or CLOSE_SECONDS)
  local given_back = Election.state(election) == "closed"
  if election._handle then
    give_back(loop.pause, election, finish)
    given_back = election:state() == "closed"
  end
  if election._handle then -- nobody else has closed it meanwhile
    leaders[election] = nil
    if loop.forget and election._handle:fd() >= 0 then
      loop.forget(election)
    end
    election:_free()
  end
  return given_back
end

-- Options without the timeout, and the timeout.
local function without_timeout(options)
  if type(options) ~= "table" or options.timeout == nil then
    return options
  end
  local others = {}
  for name, value in pairs(options) do
    others[name] = value
  end
  others.timeout = nil
  return others, options.timeout
end

local function become(loop, lock, options)
  local others, seconds = without_timeout(options)
  deadline(seconds) -- a wrong one is told before anything begins
  local election, text, code = Election.new(lock, others)
  if not election then
    return nil, text, code
  end
  local leader
  leader, text, code = elect(loop.pause, election, seconds)
  if not leader then
    close(loop, election)
    return nil, text, code
  end
  leaders[leader] = true
  return leader
end

-- pause(election, seconds) and forget(election): see leaderlife.waiting.
return function(pause, forget)
  local loop = { pause = pause, forget = forget }
  return {
    become = function(lock, options) return become(loop, lock, options) end,
    elect = function(election, seconds) return elect(pause, election, seconds) end,
    wait = function(election, seconds) return wait(pause, election, seconds) end,
    close = function(election, seconds) return close(loop, election, seconds) end,
  }
end
