-- SPDX-License-Identifier: Apache-2.0
--
-- driver.c in Lua, through the package: the same command line, the same story, the same answers.

local leaderlife = require "leaderlife"
local process = require "process"

local shim = os.getenv "LD_PRELOAD"
local strike_end, live = package.loadlib(shim, "strike_lua_end"), package.loadlib(shim, "live_lua")

local TRIES, DESCRIPTORS = 200, 256
local NO_MEMORY = "not enough memory"
local HANG = tonumber(arg[2])

local function set(...)
  local made = {}
  for _, word in ipairs { ... } do
    made[word] = true
  end
  return made
end

local NEXT = {
  new = set("starting", "failed", "closed"),
  starting = set("standby", "leader", "resigning", "resigned", "lost", "failed", "closed"),
  standby = set("leader", "resigning", "resigned", "lost", "failed", "closed"),
  leader = set("resigning", "resigned", "lost", "closed"),
  resigning = set("resigned", "lost", "failed", "closed"),
  resigned = set "closed", lost = set "closed", failed = set "closed", closed = set(),
}
local CLEAN = set("ENOMEM", "ESYSTEM", "ENETWORK", "ECONFIG", "ETLS", "EPROTOCOL")

local function wrong(text, ...)
  io.stdout:write(text:format(...), "\n")
  io.stdout:flush()
  process.exit(1)
end

-- What a call may answer when memory, descriptors or the network fail it.
local function check_failure(what, text, code)
  local name = code and leaderlife.status_name(code):gsub("^LEADERLIFE_", "")
  if code and (not CLEAN[name] or text == "") or not code and text ~= NO_MEMORY then
    wrong("%s gave %s: %s", what, tostring(name), tostring(text))
  end
end

-- What it returns when Lua has memory for it.
local function once_more(call, ...)
  for _ = 1, TRIES do
    local ok, value, text, code = pcall(call, ...)
    if ok then
      return value, text, code
    elseif value ~= NO_MEMORY then
      wrong("raised: %s", tostring(value))
    end
  end
  wrong "no memory, again and again"
end

-- What it returns; where Lua has no memory nil and a text, without a code.
local function try(call, ...)
  local ok, value, text, code = pcall(call, ...)
  if ok then
    return value, text, code
  end
  return nil, value
end

-- The truth

local function is_held(lock)
  local uid, held
  for line in io.lines "/proc/self/status" do
    uid = uid or line:match "^Uid:%s+%d+%s+(%d+)"
  end
  local name = (" @leaderlife/%s/%s"):format(uid, lock)
  for line in io.lines "/proc/net/unix" do -- to its end, which closes it
    held = held or line:sub(-#name) == name
  end
  return held
end

local function count_open()
  local count = 0
  for fd = 0, DESCRIPTORS do
    count = count + (process.is_open(fd) and 1 or 0)
  end
  return count
end

-- One candidate

local last_token

local Candidate = {}
Candidate.__index = Candidate

function Candidate:leads()
  return self.election ~= nil and self.election:is_leader()
end

function Candidate:take(event)
  if event.kind ~= "state" then
    return
  end
  if not NEXT[self.shown][event.state] then
    wrong("%s: %s came after %s", self.name, event.state, self.shown)
  end
  self.shown = event.state
  if event.state == "leader" then
    if once_more(leaderlife.token_compare, event.token, last_token) <= 0 then
      wrong("%s: leads by token %s after %s", self.name, event.token, tostring(last_token))
    end
    last_token = event.token
  elseif event.state == "lost" then
    wrong("%s: was lost: %s", self.name, event.text)
  elseif event.state == "failed" then
    check_failure(self.name .. ": the end", event.text, event.code)
  end
end

-- What it says of itself. A call that had no memory for an event has it still.
function Candidate:check()
  once_more(self.election._take_events, self.election)
  for event in self.election:each() do
    self:take(event)
  end
  local state = once_more(self.election.state, self.election)
  if state ~= self.shown then
    wrong("%s: is %s, and the last event of state told of %s", self.name, state, self.shown)
  end
  if self:leads() ~= (state == "leader") then
    wrong("%s: %s, and is_leader is %s", self.name, state, tostring(self:leads()))
  end
end

-- Lua gives back what nobody uses at some time: for the next who comes it must be now.
function Candidate:drop()
  if self.election then
    once_more(self.election._free, self.election)
  end
  self.election = nil
  collectgarbage()
end

-- Anew as long as that fails cleanly.
function Candidate:make(is_to_start)
  for _ = 1, TRIES do
    local election, text, code = try(leaderlife.new, self.lock, self.options)
    self.election, self.shown = election, "new"
    local ok = election ~= nil
    if ok and is_to_start then
      ok, text, code = try(election.start, election)
    end
    if election then
      self:check()
    end
    if ok then
      return
    end
    check_failure(self.name .. ": to begin", text, code)
    self:drop()
  end
  wrong("%s: failed again and again", self.name)
end

-- By the function that waits.
function Candidate:become()
  self:make(false)
  while true do
    local leader, text, code = try(self.election.become, self.election, HANG)
    if leader then
      break
    end
    check_failure(self.name .. ": become", text, code)
    self:check()
    if self.shown == "failed" then
      self:drop()
      self:make(false)
    end
  end
  self:check()
end

-- One turn of the loop. One that has failed is made and started anew.
function Candidate:step()
  local ok, text = once_more(self.election.process, self.election)
  if not ok then
    wrong("%s: process gave %s", self.name, text)
  end
  self:check()
  if self.shown == "failed" then
    self:drop()
    self:make(true)
  end
end

-- Whether it was given back. If not, nothing is left of it all the same.
function Candidate:close()
  local ok, given_back = pcall(self.election.close, self.election)
  if not ok then
    check_failure(self.name .. ": close", given_back)
  end
  self:drop()
  return ok and given_back
end

-- All that an election tells of itself.
function Candidate:look()
  for _, name in ipairs { "holder", "token", "term", "guard", "backend", "error_text", "timeout", "is_ready", "wakeup",
                          "ended", "events", "__tostring" } do
    once_more(self.election[name], self.election)
  end
  for name, of in pairs { detail = "scope", counter = "wakeups", get = "mode" } do
    once_more(self.election[name], self.election, of)
  end
end

-- The story

local all, embedded

local function check_truth()
  local leader
  for _, candidate in ipairs(all) do
    if candidate:leads() then
      if leader then
        wrong "two lead"
      end
      leader = candidate
    end
  end
  if embedded and leader and not is_held(leader.lock) then
    wrong "one leads, and the lock is free"
  end
end

-- As a program does that only polls the descriptors: no timer but theirs.
local function await_state(awaited, state)
  while awaited.shown ~= state do
    local fds = {}
    for _, candidate in ipairs(all) do
      if candidate.election then
        table.insert(fds, (once_more(candidate.election.pollfd, candidate.election)))
      end
    end
    if next(process.poll(fds, HANG * 1000)) == nil then
      wrong("hangs until %s is %s", awaited.name, state)
    end
    for _, candidate in ipairs(all) do
      if candidate.election then
        candidate:step()
        check_truth()
      end
    end
  end
end

-- It counts, even where there was no memory for the event of it.
local function resign(candidate)
  local ok, text, code = try(candidate.election.resign, candidate.election)
  if not ok then
    check_failure(candidate.name .. ": resign", text, code)
    if candidate:leads() then
      candidate.election:resign()
    end
  end
  candidate:check()
  check_truth()
  await_state(candidate, "resigned")
end

local function begin_close(candidate)
  once_more(candidate.election.begin_close, candidate.election)
  candidate:check()
  check_truth()
end

local function play()
  local a, b, observer = all[1], all[2], all[3]
  a:become()
  b:make(true)
  await_state(b, "standby")
  observer:make(true)
  await_state(observer, "standby")
  resign(a)
  await_state(b, "leader")
  a:drop()
  a:make(true)
  await_state(a, "standby")
  begin_close(b)
  await_state(b, "closed")
  await_state(a, "leader")
  a:look()
  b:look()
  local closed = observer:close()
  closed = a:close() and closed
  b:drop()
  return closed
end

-- Where the end was not told, the lock may still be that of the first's pod.
local function lead_once_more(closed)
  for index = closed and 2 or 1, 2 do
    all[index]:become()
    all[index]:close()
  end
end

local function play_in_fork(lock)
  for _, candidate in ipairs(all) do
    candidate.lock = lock
  end
  if not jit then -- the stack of whose machine code cannot be read
    package.loadlib(shim, "strike_lua")()
  end
  collectgarbage()
  local before = count_open()
  local closed = play()
  collectgarbage()
  collectgarbage()
  if count_open() ~= before then
    wrong("%d descriptors are left open", count_open() - before)
  end
  if live() ~= 0 then
    wrong("%d allocations are left", live())
  end
  strike_end()
  lead_once_more(closed)
  io.stdout:flush()
  process.exit(0)
end

local function options_of(first, last, mode)
  local options = { mode = mode }
  for index = first, last do
    local name, value = arg[index]:match "^(.-)=(.*)$"
    options[name] = value
  end
  return options
end

local middle
for index, word in ipairs(arg) do
  middle = word == "--" and index or middle
end
embedded = arg[1] == "embedded"
all = {
  setmetatable({ name = "a", options = options_of(3, middle - 1) }, Candidate),
  setmetatable({ name = "b", options = options_of(middle + 1, #arg) }, Candidate),
  setmetatable({ name = "observer", options = options_of(middle + 1, #arg, "observe") }, Candidate),
}
for line in io.lines() do
  io.stdout:flush()
  local child = process.fork()
  if child == 0 then
    local ok, trouble = xpcall(function() play_in_fork(line) end, debug.traceback)
    wrong("%s %s", tostring(ok), tostring(trouble):gsub("\n", "; "))
  end
  local status = process.wait(child)
  print(("ended %d"):format(status >= 0 and status * 256 or -status))
  io.stdout:flush()
end
