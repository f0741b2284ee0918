-- SPDX-License-Identifier: Apache-2.0
--
-- One election: its options, events, methods and getters. Nothing here waits: waiting.lua does.

local base = require "leaderlife.base"
local event_of = require "leaderlife.event"

local capi, raise, answer, must_be, state_name = base.capi, base.raise, base.answer, base.must_be, base.state_name
base.mark_ours()

local KEPT = 512 -- the most events that are kept; state events are never dropped
local GUARDS = { [0] = "none", "kernel", "memory", "record" }
local ENDED = { resigned = true, lost = true, failed = true, closed = true }

---@class leaderlife.Event Something that happened.
---@field kind string "state", "holder", "notice" (a person should know), "log", or a newer library's word: ignore it
---@field state string the election's state then
---@field status? string what a notice or an end is about, by its name; nil if nothing
---@field code integer the same as a number; 0 if nothing
---@field text string for people, in English; ""
---@field level string "error", "warning", "info" or "debug"
---@field holder? string who led then
---@field token? string this process's token then, if it led

---@class leaderlife.Election
---@field lock string the lock's name
local Election = {}
Election.__index = Election
Election.__name = "leaderlife.Election"

-- The C handle; nil when the election is closed, or was finalized before an object whose finalizer uses it.
local function peek(election)
  if getmetatable(election) ~= Election then
    raise("an election must come first, as in election:start(), not %s", type(election))
  end
  local handle = election._handle
  if handle and capi.is_disposed(handle) == 1 then
    election._handle, handle = nil, nil
  end
  return handle
end

local function handle_of(election)
  return peek(election) or raise("the election is closed: make a new one to take part again")
end
Election._peek, Election._handle_of = peek, handle_of

-- For who drives it from a loop: a mistake is to be raised there where it was made.
function Election._must_be_started(election)
  if handle_of(election):state() == 0 then
    raise("the election is not started: call election:start() before")
  end
end

-- Options

local function option_name(name)
  must_be("string", name, "the name of an option")
  return (name:gsub("_", "-"))
end

local function set_option(handle, name, value)
  local option = option_name(name)
  if handle:get(option) == nil then
    local _, text, code = handle:set(option, "") -- the text names the nearest option, or how to list them
    answer(nil, text:gsub("leaderlife_option_name%(%)", "leaderlife.options()"), code)
  end
  if type(value) == "boolean" then
    value = tostring(value)
  end
  if type(value) ~= "string" then
    raise("option %s must be a string or a boolean, not %s", name, value == nil and "nil" or "a " .. type(value))
  end
  must_be("string", value, "option " .. name)
  return answer(handle:set(option, value))
end

-- An election, not started yet; or nil, text, code.
function Election.new(lock, options)
  must_be("string", lock, "the lock's name")
  if options ~= nil then
    must_be("table", options, "the options")
  end
  local handle, text, code = capi.election_new(lock)
  if not handle then
    return nil, text, code
  end
  for name, value in pairs(options or {}) do
    local ok
    ok, text, code = set_option(handle, name, value)
    if not ok then
      capi.dispose(handle)
      return nil, text, code
    end
  end
  return setmetatable({ lock = lock, _handle = handle, _watchers = {}, _events = {}, _raw = false }, Election)
end

--- Sets one more option, before the start.
---@param name string
---@param value string|boolean
---@return true? ok, string? text, integer? code
function Election:set(name, value)
  return set_option(handle_of(self), name, value)
end

--- The value of an option, "" where it has none; nil for an unknown name.
---@param name string
---@return string?
function Election:get(name)
  return handle_of(self):get(option_name(name))
end

-- Events

-- Of too many events the oldest that is no state event is dropped.
local function drop_one(events)
  for place, event in ipairs(events) do
    if event.kind ~= "state" then
      table.remove(events, place)
      return
    end
  end
end

-- Moves events from C's queue into ours, so that the descriptor becomes readable for new ones alone. One that Lua has
-- no memory for is the next call's; and a finalizer that calls in the middle of it takes it.
function Election:_take_events()
  local events = self._events
  while self._handle do
    local raw = self._raw or self._handle:pop_event()
    if not raw then
      return
    end
    self._raw = raw
    local event = event_of(raw)
    if rawequal(self._raw, raw) then
      if event.kind == "state" and event.code ~= 0 then
        self._end_text, self._end_code = event.text, event.code
      end
      events[#events + 1] = event
      self._raw = false
      if #events > KEPT then
        drop_one(events)
      end
    end
  end
end

--- The oldest event that has not been popped; nil when there is none. Never waits, and may be called after close().
---@return leaderlife.Event?
function Election:pop()
  peek(self)
  return table.remove(self._events, 1)
end

--- Iterates over what has happened until now, oldest first: for event in election:each() do … end.
---@return fun(election: leaderlife.Election): leaderlife.Event?, leaderlife.Election
function Election:each()
  peek(self)
  return Election.pop, self
end

-- Taking part

-- After a call that may have caused events.
local function done(election, ok, text, code)
  election:_take_events()
  return answer(ok, text, code)
end

-- The same for calls by others than the one who waits for the descriptor: wakes it, so that it takes the events.
local function changed(election, ok, text, code)
  election:_take_events()
  election._handle:wakeup()
  return answer(ok, text, code)
end

--- Begins to take part; never waits.
---@return true? ok, string? text, integer? code
function Election:start()
  return changed(self, handle_of(self):start())
end

--- Does what is due now. It never waits, and may be called at any time: at least when pollfd() is readable or timeout()
--- has passed. is_leader() changes only here and in resign(), begin_close(), close(), wait() and become().
---@return true? ok, string? text, integer? code
function Election:process()
  return done(self, handle_of(self):process())
end

--- Gives up leading, or standing by: is_leader() is false at once. Go on with process() or wait() until the state is
--- "resigned", so that the next leader need not wait for this pod to end.
---@return true? ok, string? text, integer? code
function Election:resign()
  return changed(self, handle_of(self):resign())
end

--- As close(), for a loop of your own: begins to give back, and never waits. Go on with process() until the state is
--- "closed"; then close() frees everything.
---@return true? ok, string? text, integer? code
function Election:begin_close()
  return changed(self, handle_of(self):close())
end

--- For a leader that will replace itself by exec and go on leading; waits at most 15 s. Only for a program that keeps
--- descriptors that it does not know (ssh and sudo do not): else the lock is free while it runs.
---@return true? ok, string? text, integer? code
function Election:prepare_exec()
  return done(self, handle_of(self):prepare_exec())
end

--- Makes pollfd() readable, and ends become() or wait() of another coroutine, or the next one if none waits. It counts
--- once, for the first of them that ends for it; process() does not use it up.
---@return true? ok, string? text, integer? code
function Election:wakeup()
  local handle = handle_of(self)
  self._woken = true -- before the wake-up: whoever wakes checks it
  return answer(handle:wakeup())
end

-- Whether wakeup() was called, and no wait has ended for it yet.
function Election:_take_wakeup()
  local woken = self._woken
  self._woken = false
  return woken
end

-- Whether there is an event that each() has not given yet.
function Election:_has_events()
  return #self._events > 0
end

-- Calls act() before the descriptor is closed, unless the returned function is called first.
function Election:_before_end(act)
  self._watchers[act] = true
  return function() self._watchers[act] = nil end
end

-- Whatever waits for the descriptor must stop before it is closed: another file may get its number at once.
function Election:_free()
  local handle = peek(self)
  if not handle then
    return
  end
  self._handle, self._given_back = nil, state_name(handle:state()) == "closed"
  for act in pairs(self._watchers) do
    act()
  end
  local cqueues, fd = package.loaded["cqueues"], handle:fd()
  if cqueues and fd >= 0 then -- which polls elections as they are
    cqueues.cancel(fd)
  end
  capi.dispose(handle)
end

-- Its state

--- "new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed" or "closed".
---@return string
function Election:state()
  local handle = peek(self)
  return handle and state_name(handle:state()) or "closed"
end

--- Whether the campaign has ended, and why if it did not end by our own will.
---@return boolean ended, string? text, integer? code
function Election:ended()
  local state = self:state()
  if not ENDED[state] then
    return false
  end
  return true, self._end_text or ("the election is %s: make a new one to take part again"):format(state),
    self._end_code or base.codes.ESTATE
end

--- This process may act as the leader.
---@return boolean
function Election:is_leader()
  local handle = peek(self)
  return handle ~= nil and handle:is_leader() == 1
end

--- It leads or is able to take over: for readiness probes. (Ready must not mean leading: that deadlocks rollouts.)
---@return boolean
function Election:is_ready()
  local handle = peek(self)
  return handle ~= nil and handle:is_ready() == 1
end

--- Who leads, as far as is known: a pod's name, or "pid N (command)" on the embedded lock; or "pid N (gone; a child of
--- it still holds the lock)".
---@return string?
function Election:holder()
  local handle = peek(self)
  return handle and handle:holder() or nil
end

--- The fencing token of this term, a decimal string that grows from term to term (leaderlife.token_compare); nil unless
--- leading. In mode observe the leader's.
---@return string?
function Election:token()
  local handle = peek(self)
  return handle and handle:token() or nil
end

--- The number of the term as the holder record counts it; 0 where there is none.
---@return integer
function Election:term()
  local handle = peek(self)
  return handle and handle:term() or 0
end

--- What keeps a second leader out when the lock is removed: "kernel", "record", "memory"; "none": not known yet.
---@return string
function Election:guard()
  local handle = peek(self)
  local number = handle and handle:guard() or 0
  return GUARDS[number] or "guard " .. number
end

--- "local" or "kubernetes"; nil before the start.
---@return string?
function Election:backend()
  local handle = peek(self)
  return handle and handle:backend() or nil
end

--- What the last failure was, with its cure; "" if there was none.
---@return string
function Election:error_text()
  local handle = peek(self)
  return handle and handle:error_text() or ""
end

--- What else is known, for people: "namespace", "server", "holder-uid", "holder-phase", "holder-node", "since" (RFC
--- 3339), "scope" (whose embedded lock it is), "settled" ("true" once all there is to see of the present holder has
--- been seen), "pod-containers" (how many the own pod has, init and ephemeral ones aside); nil for what is not known
--- now, and for an unknown name. On the embedded lock only "scope", "holder-uid" and "settled".
---@param name string
---@return string?
function Election:detail(name)
  must_be("string", name, "the name of a detail")
  local handle = peek(self)
  return handle and handle:detail(name) or nil
end

--- A counter since the start: "wakeups", "requests", "watches", "writes", "failures", "failed-watches",
--- "failed-writes", "events-dropped"; nil for an unknown name.
---@param name string
---@return integer?
function Election:counter(name)
  must_be("string", name, "the name of a counter")
  local value = handle_of(self):counter(name)
  return value >= 0 and value or nil
end

-- For event loops. With these three names cqueues polls the object itself.

--- The descriptor to poll for reading, the same from the beginning to close(); -1 when the program has closed it:
--- process() then ends the election.
---@return integer
function Election:pollfd()
  local handle = handle_of(self)
  local fd = handle:fd()
  if fd < 0 and handle:get("mode") == nil then
    answer(nil, capi.strerror(base.codes.EFORKED), base.codes.EFORKED)
  end
  return fd
end

--- What to poll the descriptor for: "r".
---@return string
function Election:events() -- luacheck: ignore 212
  return "r"
end

local CHECK = 5 -- seconds: only process() finds out that the program has closed a leader's descriptors

--- Seconds until process() should be called even if nothing is readable, for a leader at most 5; nil: no limit.
---@return number?
function Election:timeout()
  local handle = handle_of(self)
  local ms = handle:timeout_ms()
  local seconds = ms >= 0 and ms / 1000 or nil
  return handle:is_leader() == 1 and math.min(seconds or CHECK, CHECK) or seconds
end

function Election:__tostring()
  return ("leaderlife.Election: %s (%s)"):format(self.lock, self:state())
end

return Election
