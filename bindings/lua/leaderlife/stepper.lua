-- SPDX-License-Identifier: Apache-2.0
--
-- What leaderlife.nginx and leaderlife.haproxy share: an election that is stepped every so many seconds, in a loop that
-- cannot wait for a descriptor of ours. It goes on for as long as the server does: a campaign that has ended is
-- followed by another one. The server is a table of functions:
--   sleep(seconds)       yields to the loop, so it must not be called within a pcall or a callback of C
--   stopping()           this process is about to end
--   succeeded()          and another one of the same server, which takes part too, goes on
--   publish(status)      makes the status known to readers
--   log(level, text)     level: "error", "warning", "notice", "info", "debug"

local base = require "leaderlife.base"
local leaderlife = require "leaderlife"

local raise, must_be, deadline, left = base.raise, base.must_be, base.deadline, base.left
base.mark_ours()

local stepper = {}

local STEP = 0.1 -- seconds
local QUICK = 0.005
local LONGEST_STEP = 60
local LEAST_LIFETIME = 2
local GIVE_BACK = 15
local FIRST_PAUSE, LONGEST_PAUSE = 1, 30

---@class leaderlife.Status The status of the election of this server, as it was last published.
---@field lock string
---@field state string as election:state()
---@field is_leader boolean this server leads
---@field is_ready boolean it leads or is able to take over: what a readiness probe should say
---@field holder? string who leads, as far as is known
---@field token? string the fencing token, while it leads
---@field term integer
---@field guard string
---@field backend? string
---@field text? string why it does not take part at present
---@field pid? integer nginx: the worker that takes part

--- The options of the election, the step, and what `own` names (name: type of its value), out of those that start() was
--- given.
---@param options? table
---@param own table<string, string>
---@return table others, number step, table found
function stepper.options(options, own)
  local others, found, step = {}, {}, STEP
  if options ~= nil then
    must_be("table", options, "the options")
  end
  for name, value in pairs(options or {}) do
    if name == "step" then
      must_be("number", value, "option step (seconds)")
      if not (value > 0 and value <= LONGEST_STEP) then
        raise("option step must be more than 0 and at most %d seconds, not %s", LONGEST_STEP, tostring(value))
      end
      step = value
    elseif own[name] then
      must_be(own[name], value, "option " .. name)
      found[name] = value
    else
      others[name] = value
    end
  end
  return others, step, found
end

--- For how many seconds a status holds that nobody renews: after that its publisher hangs, or has ended.
---@param step number
---@return number
function stepper.lifetime(step)
  return math.max(LEAST_LIFETIME, 10 * step)
end

--- A started server's election, or an error that names cause and cure.
---@param lock string
---@param options table
---@return leaderlife.Election
function stepper.new(lock, options)
  local election, text, code = leaderlife.new(lock, options)
  return election or raise("%s (%s)", text, leaderlife.status_name(code))
end

local function status_of(election)
  local ended, text = election:ended()
  return {
    lock = election.lock, state = election:state(), is_leader = election:is_leader(), is_ready = election:is_ready(),
    holder = election:holder(), token = election:token(), term = election:term(), guard = election:guard(),
    backend = election:backend(), text = ended and text or nil,
  }
end

local function out_of_play(lock, state, text)
  return { lock = lock, state = state, is_leader = false, is_ready = false, term = 0, guard = "none", text = text }
end

-- nil: another line of the log says the same
local function line_of(event, prefix)
  if event.kind == "state" then
    local token, text = event.token, event.text
    return prefix .. event.state .. (token and ", token " .. token or "") .. (text ~= "" and ": " .. text or "")
  elseif event.kind == "holder" then
    return prefix .. "leader: " .. (event.holder or "nobody")
  elseif event.text ~= prefix .. event.state then
    return event.text:find(prefix, 1, true) and event.text or prefix .. event.text
  end
end

local function tell(server, election)
  for event in election:each() do
    local line = line_of(event, ("lock '%s': "):format(election.lock))
    local of_state = event.kind == "state" and (event.code == 0 and "notice" or "error")
    if line then
      server.log(of_state or event.level, line)
    end
  end
end

-- Sleeps until the next step, and shorter where something has just happened: a takeover takes several requests, one
-- after the other, and must not wait a whole step for each answer.
local function pacer(election, step, server)
  local pause, worked = 0, -1
  return function(_, seconds)
    local now = election:counter("wakeups")
    pause = now ~= worked and QUICK or 2 * pause
    pause, worked = math.min(pause, step), now
    server.sleep(math.min(pause, seconds or pause))
  end
end

-- Steps it until it has ended, or the server stops. Returns whether it has stood by or led, and why it ended.
local function campaign(election, step, server)
  local ok, text = election:start()
  if not ok then
    tell(server, election)
    return false, text
  end
  local was_good, trouble, pause = false, nil, pacer(election, step, server)
  while not server.stopping() do
    ok, text = election:process()
    tell(server, election)
    server.publish(status_of(election))
    if not ok and text ~= trouble then -- about this call; the next one may succeed
      server.log("warning", ("lock '%s': %s"):format(election.lock, text))
    end
    trouble = text
    was_good = was_good or election:is_leader() or election:state() == "standby"
    local ended, why = election:ended()
    if ended then
      return was_good, why
    end
    pause()
  end
  return was_good
end

-- Readers must be told that it does not lead before the next one can lead. On Kubernetes the next process of the same
-- pod takes up what is not given back, and no other pod can come between.
local function leave(election, step, server)
  server.publish(out_of_play(election.lock, "resigning", "the server stops"))
  local left_to_next = server.succeeded()
  local given_back = not left_to_next and leaderlife.waiting(pacer(election, step, server)).close(election, GIVE_BACK)
  election:_free()
  tell(server, election)
  if left_to_next then
    server.log("notice", ("lock '%s': left to the next process of this server"):format(election.lock))
  elseif not given_back then
    server.log("warning",
      ("lock '%s': not given back in %d s: free when the pod ends"):format(election.lock, GIVE_BACK))
  end
end

local function rest(status, pause, step, server)
  server.log("error",
    ("lock '%s': takes no part for %d s, and then tries again: %s"):format(status.lock, pause, status.text))
  local finish = deadline(pause)
  while left(finish) > 0 and not server.stopping() do
    server.publish(status)
    server.sleep(math.min(step, left(finish)))
  end
end

--- Takes part until the server stops. A server cannot end because its campaign has, so another one follows, after a
--- pause that grows while none succeeds.
---@param lock string
---@param options table
---@param step number
---@param server table
---@param election? leaderlife.Election the first one, not started yet
function stepper.run(lock, options, step, server, election)
  local pause, text = FIRST_PAUSE, nil
  while not server.stopping() do
    local state = "failed"
    if not election then
      election, text = leaderlife.new(lock, options)
    end
    if election then
      local was_good
      was_good, text = campaign(election, step, server)
      if server.stopping() then
        leave(election, step, server)
        return
      end
      state = election:state()
      leaderlife.waiting(pacer(election, step, server)).close(election, GIVE_BACK) -- which a rehearsed loss holds still
      pause = was_good and FIRST_PAUSE or pause
    end
    rest(out_of_play(lock, state, text), pause, step, server)
    pause, election = math.min(2 * pause, LONGEST_PAUSE), nil
  end
end

return stepper
