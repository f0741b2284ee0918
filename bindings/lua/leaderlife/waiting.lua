-- SPDX-License-Identifier: Apache-2.0
--
-- become, elect, wait and close for every loop: this module says what they do, and the pause of each loop how they
-- wait.

local base = require "leaderlife.base"
local Election = require "leaderlife.election"

local raise, answer, left, deadline = base.raise, base.answer, base.left, base.deadline
base.mark_ours()

local CLOSE_SECONDS = 15
-- How often a wait checks that the program has not closed the descriptor, in seconds: nothing else tells.
local CHECK = 1

-- The elections that become() has returned. Each leads until it is closed, even if the caller drops it.
local leaders = base.capi.leaders()

-- Pauses, and then does what is due. Another coroutine may have closed the election meanwhile.
local function step(pause, election, seconds)
  if Election._handle_of(election):fd() >= 0 then -- else process() says why there is no descriptor
    pause(election, seconds)
  end
  if not Election._peek(election) then
    return nil, "the election was closed meanwhile: make a new one to take part again", base.codes.ESTATE
  end
  return election:process()
end

local function not_in_time(election)
  local holder, trouble = election:holder(), election:error_text()
  return nil, "not elected in the time that was given" .. (holder and ": " .. holder .. " leads" or "")
    .. (trouble ~= "" and ": " .. trouble or ""), base.codes.ETIMEDOUT
end

local function campaign(pause, election, finish)
  local ok, text, code = election:process()
  while ok do
    if election:is_leader() then
      return election
    end
    local ended
    ended, text, code = election:ended()
    if ended then
      return nil, text, code
    end
    if election:_take_wakeup() then
      return nil, "wakeup() was called; the campaign goes on", base.codes.EINTR
    end
    if left(finish) == 0 then
      return not_in_time(election)
    end
    ok, text, code = step(pause, election, math.min(left(finish) or CHECK, CHECK))
  end
  return nil, text, code
end

local function elect(pause, election, seconds)
  local finish = deadline(seconds)
  if Election.get(election, "mode") == "observe" then
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
  Election._handle_of(election)
  if election:_take_wakeup() then
    return election:process()
  end
  local ok, text, code, look
  repeat
    look = deadline(math.min(left(finish) or CHECK, CHECK))
    ok, text, code = step(pause, election, left(look))
  until not ok or left(look) > 0 or left(finish) == 0 or election:_has_events()
  if ok then
    election:_take_wakeup() -- it may have ended this wait
  end
  return ok, text, code
end

local function give_back(pause, election, finish)
  local ok, text, code = election._handle:close()
  if code == base.codes.EBUSY then
    answer(ok, text, code)
  end
  while ok do -- else the election is the parent's, or prepare_exec() was called and exec failed
    election:_take_events()
    if election:state() == "closed" or left(finish) == 0 then
      return
    end
    ok = step(pause, election, math.min(left(finish) or CHECK, CHECK))
  end
end

local function close(pause, election, seconds)
  local finish = deadline(seconds or CLOSE_SECONDS)
  if Election._peek(election) then
    give_back(pause, election, finish)
    leaders[election] = nil
    election:_free() -- unless somebody else has done so meanwhile
  end
  return election._given_back == true
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

local function become(pause, lock, options)
  local others, seconds = without_timeout(options)
  deadline(seconds) -- raises for a wrong number before anything begins
  local election, text, code = Election.new(lock, others)
  if not election then
    return nil, text, code
  end
  local leader
  leader, text, code = elect(pause, election, seconds)
  if not leader then
    close(pause, election)
    return nil, text, code
  end
  leaders[leader] = true
  return leader
end

-- pause(election, seconds) and check(): see leaderlife.waiting.
return function(pause, check)
  check = check or function() end
  return {
    become = function(lock, options) check() return become(pause, lock, options) end,
    elect = function(election, seconds) check() return elect(pause, election, seconds) end,
    wait = function(election, seconds) check() return wait(pause, election, seconds) end,
    close = function(election, seconds) check() return close(pause, election, seconds) end,
  }
end
