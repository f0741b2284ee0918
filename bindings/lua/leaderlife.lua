-- SPDX-License-Identifier: Apache-2.0
--
-- leaderlife: leader for life, for Lua 5.1, 5.3, 5.4 and LuaJIT.
--
-- One election is used by one coroutine at a time, in the process that made it: in a forked child its methods raise,
-- and it does not lead. No method but wait(), become() and close() waits, and those block the whole interpreter: in an
-- event loop use leaderlife.cqueues, leaderlife.luv or leaderlife.copas, or step the election yourself. Times are
-- seconds.
--
-- The program must leave the election's descriptors open: one that it has closed ends the election when process() is
-- called next, or within a second of become(), as "lost" or "failed". Make the election after that.
--
-- What fails gives nil, a text that names cause and cure, and a code (leaderlife.ENETWORK and so on; status_name() has
-- its name). What is wrong in the program raises: a wrong type, an unknown option, a call that the state does not
-- allow, a closed election, a forked child.

---@class leaderlife
---@field _VERSION string "leaderlife 1.2.3"
---@field [string] integer the codes: leaderlife.ETIMEDOUT, leaderlife.ELOST …
local leaderlife = {}

local base = require "leaderlife.base"
local Election = require "leaderlife.election"
local waiting = require "leaderlife.waiting"

local capi, must_be = base.capi, base.must_be
base.mark_ours()

leaderlife._VERSION = "leaderlife " .. capi.version()
for name, code in pairs(base.codes) do
  leaderlife[name] = code
end

--- A candidate for the lock of that name, or, with mode = "observe", an observer; not started yet.
--- Options are those of leaderlife.options(), with '_' for '-'; their values are strings, true and false.
---@param lock string
---@param options? table<string, string|boolean>
---@return leaderlife.Election? election, string? text, integer? code
function leaderlife.new(lock, options)
  return Election.new(lock, options)
end

--- For a loop of your own: become(lock, options), elect(election, seconds), wait(election, seconds) and close(election,
--- seconds), as leaderlife.become and the methods become, wait and close, but that pause(election, seconds) does the
--- waiting. It returns when election:pollfd() is readable or so many seconds have passed (nil: no limit), or earlier,
--- and may yield; an election that is closed meanwhile has no pollfd() any more. check(), if there is one, is called
--- first, and may raise. leaderlife.cqueues, .luv and .copas are made of it.
---@param pause fun(election: leaderlife.Election, seconds: number?)
---@param check? fun()
---@return table
function leaderlife.waiting(pause, check)
  must_be("function", pause, "pause")
  if check ~= nil then
    must_be("function", check, "check")
  end
  return waiting(pause, check)
end

local CHECK = 1 -- seconds: Lua runs the handler of a signal that came just before a wait after this at the latest

-- Blocks the whole interpreter. A signal ends the pause, so that Lua can run its handler.
local function block(election, seconds)
  local finish = base.deadline(seconds)
  repeat
    local pause = math.min(base.left(finish) or CHECK, CHECK)
    local ok, _, code = base.answer(election._handle:wait(base.milliseconds(pause)))
  until ok or code ~= base.codes.ETIMEDOUT or base.left(finish) == 0
end

local blocking = waiting(block)

--- Waits until this process leads: the election, which leads until it is closed, even if nobody keeps it. With
--- options.timeout (seconds), nil and ETIMEDOUT after that. Blocks the interpreter.
---@param lock string
---@param options? table<string, string|boolean|number>
---@return leaderlife.Election? leader, string? text, integer? code
function leaderlife.become(lock, options)
  return blocking.become(lock, options)
end

--- Waits until this election leads. After ETIMEDOUT, and after EINTR for a wakeup() (also for one that came just
--- before), the campaign goes on: call it again. Blocks the interpreter.
---@param seconds? number
---@return leaderlife.Election? leader, string? text, integer? code
function Election:become(seconds)
  return blocking.elect(self, seconds)
end

--- Waits until there is something to do, so many seconds have passed, a signal has come, or wakeup() was called, and
--- does what is due. Blocks the interpreter.
---@param seconds? number
---@return true? ok, string? text, integer? code
function Election:wait(seconds)
  return blocking.wait(self, seconds)
end

--- Gives back what is held, for which it waits at most so many seconds (15), and frees everything; true if it was given
--- back. What was not is free when the pod ends. May be repeated. An election that is collected unclosed is freed, and
--- gives nothing back on Kubernetes. In a pod with several containers (detail("pod-containers")) whoever closes at
--- SIGTERM must be the one that does the work, after having stopped it: all containers get that signal at once, and the
--- next leader does not wait for the others. Where another container works, let the process end without close() or
--- resign(): the lock is free when the pod has ended.
---@param seconds? number
---@return boolean
function Election:close(seconds)
  return blocking.close(self, seconds)
end

function Election.__close(election) -- Lua 5.4 gives a second argument
  blocking.close(election)
end

-- Without an election

--- All options: tables of name, type ("string", "path", "bool", or the possible words joined by '|'), default and help.
---@return { name: string, type: string, default: string, help: string }[]
function leaderlife.options()
  local options = {}
  for index = 0, capi.option_count() - 1 do
    options[index + 1] = {
      name = capi.option_name(index),
      type = capi.option_type(index),
      default = capi.option_default(index),
      help = capi.option_help(index),
    }
  end
  return options
end

--- Less than 0, 0 or more: a is older than, the same as, newer than b. nil and "" are older than every token.
---@param a? string
---@param b? string
---@return integer
function leaderlife.token_compare(a, b)
  must_be("string", a == nil and "" or a, "a token")
  must_be("string", b == nil and "" or b, "a token")
  return capi.token_compare(a, b)
end

--- The name of a state.
---@param state integer
---@return string
function leaderlife.state_name(state)
  must_be("number", state, "a state")
  return base.state_name(state)
end

--- The name of a code, "LEADERLIFE_ENETWORK"; nil for an unknown one.
---@param code integer
---@return string?
function leaderlife.status_name(code)
  must_be("number", code, "a code")
  return capi.status_name(code)
end

--- A short text for a code.
---@param code integer
---@return string
function leaderlife.strerror(code)
  must_be("number", code, "a code")
  return capi.strerror(code)
end

--- The same call may succeed later.
---@param code integer
---@return boolean
function leaderlife.is_retriable(code)
  must_be("number", code, "a code")
  return capi.status_is_retriable(code) == 1
end

--- The election that gave it cannot go on.
---@param code integer
---@return boolean
function leaderlife.is_fatal(code)
  must_be("number", code, "a code")
  return capi.status_is_fatal(code) == 1
end

return leaderlife
