#!/usr/bin/env lua
-- SPDX-License-Identifier: Apache-2.0
--
-- A candidate for the scenarios, in Lua: takes commands and writes events, one JSON object per line
-- (tests/scenarios/README.md has the language). Built on the module's public names alone, and driven by a poll loop of
-- its own.

local json = require "dkjson"
local leaderlife = require "leaderlife"
local process = require "process"

local GUARDS = { none = 0, kernel = 1, memory = 2, record = 3 }
local COUNTERS = { "wakeups", "requests", "watches", "writes", "failures", "events-dropped" }
local OK, UNSEEN = "LEADERLIFE_OK", "LEADERLIFE_EINVAL" -- the latter answers what is no command or no handle
local STDIN = 0

local handles = {} -- by id
local order = {} -- the ids in the order of their making
local with_timer = true -- false: the loop trusts the descriptors alone
local loops = 0 -- turns of the loop that were ours, not standard input's

local function null(value)
  if value == nil then
    return json.null
  end
  return value
end

local function write_line(line)
  io.stdout:write(json.encode(line), "\n")
  io.stdout:flush()
end

local function reply(verb, id, since, status, text, more)
  local line = more or {}
  line.reply, line.id, line.ms, line.since = verb, id, process.now(), since
  line.status, line.error_text = status or OK, text or ""
  write_line(line)
end

local function write_events(id, election, since)
  for event in election:each() do
    write_line({
      event = event.kind, id = id, ms = process.now(), since = since, state = event.state, status = event.status or OK,
      level = event.level, text = event.text, holder = null(event.holder), token = null(event.token),
    })
  end
end

-- status, text of a call: it answers true or nil, text, code; or raises with the name of its status in the text.
local function outcome(called, ok, text, code)
  if not called then
    local name = tostring(ok):match("%((LEADERLIFE_%u+)%)")
    if not name then
      error(ok, 0)
    end
    return name, ok
  end
  if ok or not code then
    return OK, ""
  end
  return leaderlife.status_name(code), text
end

-- The commands: handle, command -> what the call answered; the reply's own fields come in handle.more.
local verbs = {}

function verbs.new(handle, command)
  local election, text, code = leaderlife.new(command.lock)
  if not election then
    return nil, text, code
  end
  handle.election = election
  for name, value in pairs(command.options or {}) do
    local ok
    ok, text, code = election:set(name, value)
    if not ok then
      return nil, text, code
    end
  end
  return true
end

function verbs.set(handle, command)
  return handle.election:set(command.name, command.value)
end

function verbs.get(handle, command)
  handle.more = { value = null(handle.election:get(command.name)) }
  return true
end

function verbs.start(handle)
  local ok, text, code = handle.election:start()
  handle.driven = ok
  return ok, text, code
end

function verbs.become(handle, command)
  handle.driven = true
  return handle.election:become(command.timeout_ms and command.timeout_ms / 1000)
end

function verbs.resign(handle)
  return handle.election:resign()
end

function verbs.close(handle)
  return handle.election:begin_close()
end

function verbs.free(handle)
  handle.election = nil -- the last reference: it is collected, not closed
  collectgarbage()
  return true
end

function verbs.wakeup(handle)
  return handle.election:wakeup()
end

function verbs.exec(handle, command)
  local since = process.now()
  local ok, text, code = handle.election:prepare_exec()
  if not ok then
    return ok, text, code
  end
  handle.driven = false
  reply("exec", handle.id, since)
  return process.exec(command.argv)
end

function verbs.state(handle)
  local it = handle.election
  local timeout = it:timeout()
  handle.more = {
    state = it:state(), is_leader = it:is_leader(), is_ready = it:is_ready(), holder = null(it:holder()),
    token = null(it:token()), term = it:term(), guard = GUARDS[it:guard()], backend = null(it:backend()),
    fd = it:pollfd(), timeout_ms = timeout and math.floor(timeout * 1000 + 0.5) or -1,
  }
  return true
end

function verbs.counters(handle)
  handle.more = { loops = loops }
  for _, name in ipairs(COUNTERS) do
    handle.more[name] = handle.election:counter(name)
  end
  return true
end

local function forget(id)
  handles[id] = nil
  for place, other in ipairs(order) do
    if other == id then
      table.remove(order, place)
      return
    end
  end
end

local function obey(verb, id, command)
  local since = process.now()
  local handle = handles[id]
  if not handle then
    handle = { id = id }
    handles[id] = handle
    order[#order + 1] = id
  end
  handle.more = nil
  local status, text = outcome(pcall(verbs[verb], handle, command))
  if handle.election then
    write_events(id, handle.election, since)
    local told = handle.election:error_text()
    text = told ~= "" and told or text
  else
    forget(id)
  end
  reply(verb, id, since, status, text, handle.more)
end

local function obey_line(line)
  local command = json.decode(line)
  command = type(command) == "table" and command or {}
  local verb, id = command["do"] or "?", command.id or "main"
  if verb == "loop" then
    with_timer = command.timer == true
    reply(verb, id, process.now())
  elseif not verbs[verb] or (verb == "new") == (handles[id] ~= nil) then
    reply(verb, id, process.now(), UNSEEN)
  else
    obey(verb, id, command)
  end
end

local unfinished = ""

-- false at the end of standard input
local function read_commands()
  local got = process.read(STDIN)
  unfinished = unfinished .. got
  for line in unfinished:gmatch("([^\n]*)\n") do
    obey_line(line)
  end
  unfinished = unfinished:match("([^\n]*)$")
  return got ~= ""
end

local function drive(handle)
  local since = process.now()
  local status, text = outcome(pcall(handle.election.process, handle.election))
  if status ~= OK then
    handle.driven = false
    reply("process", handle.id, since, status, text)
  end
  write_events(handle.id, handle.election, since)
end

-- Waits for anything, then gives everybody what is theirs.
local function turn()
  local driven, fds, timeouts, soonest = {}, { STDIN }, {}, nil
  for _, id in ipairs(order) do
    local handle = handles[id]
    if handle.driven then
      driven[#driven + 1] = handle
      fds[#fds + 1] = handle.election:pollfd()
      timeouts[handle] = with_timer and handle.election:timeout() or nil
      soonest = math.min(soonest or math.huge, timeouts[handle] or math.huge)
    end
  end
  soonest = soonest ~= math.huge and soonest or nil
  local readable = process.poll(fds, soonest and math.ceil(soonest * 1000) or -1)
  loops = loops + (readable[STDIN] and 0 or 1)
  local nobody = next(readable) == nil
  for _, handle in ipairs(driven) do
    if readable[handle.election:pollfd()] or (nobody and timeouts[handle] == soonest) then
      drive(handle)
    end
  end
  return not readable[STDIN] or read_commands()
end

while turn() do end -- luacheck: ignore 542
