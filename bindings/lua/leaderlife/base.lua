-- SPDX-License-Identifier: Apache-2.0
--
-- What every module of leaderlife uses: the C module, its codes, errors that point at the caller's line, and time. It
-- knows nothing of elections.

local base = {}

local loaded, capi = pcall(require, "leaderlife.capi")
if not loaded then
  error("leaderlife: its C module, leaderlife/capi.so, cannot be loaded by " .. (jit and jit.version or _VERSION)
    .. ": build leaderlife for this Lua, and let package.cpath (or LUA_CPATH) find it; the reason was:\n"
    .. tostring(capi), 0)
end
base.capi = capi

-- name without LEADERLIFE_: number
base.codes = {}
for code = -1, -1000, -1 do
  local name = capi.status_name(code)
  if not name then
    break
  end
  base.codes[name:gsub("^LEADERLIFE_", "")] = code
end


-- Mistakes of the program, which raise; every other failure is returned.
local RAISED = {
  [base.codes.EINVAL] = true, [base.codes.ESTATE] = true, [base.codes.EBUSY] = true, [base.codes.EFORKED] = true,
  [base.codes.EOPTION] = true,
}


local ours = {} -- source: true

-- Each file of leaderlife calls this, so that errors point outside of them.
function base.mark_ours()
  if debug then
    ours[debug.getinfo(2, "S").source] = true
  end
end
base.mark_ours()

-- Raises an error that points at the line outside of leaderlife from which it was called.
function base.raise(text, ...)
  local level, frame = 2, debug and debug.getinfo(2, "S")
  while frame and (ours[frame.source] or frame.what == "tail") do
    level = level + 1
    frame = debug.getinfo(level, "S")
  end
  error("leaderlife: " .. text:format(...), level)
end

-- Returns what C returned; raises what is a mistake of the program.
function base.answer(ok, text, code)
  if not ok and RAISED[code] then
    local cure = code == base.codes.EFORKED and ": make one in this process, after the fork" or ""
    base.raise("%s%s (%s)", text, cure, capi.status_name(code))
  end
  return ok, text, code
end

function base.must_be(kind, value, what)
  if type(value) ~= kind then
    base.raise("%s must be a %s, not %s", what, kind, value == nil and "nil" or "a " .. type(value))
  end
  if kind == "string" and value:find("%z") then
    base.raise("%s must not contain a NUL character", what)
  end
end

function base.state_name(number)
  return capi.state_name(number) or "state " .. number
end

-- Milliseconds for timers and C, which count them in an int.
function base.milliseconds(seconds)
  return math.ceil(math.min(seconds * 1000, 0x7fffffff))
end

-- For loops whose waits yield.
function base.must_be_in_a_coroutine(loop, cure)
  local thread, is_main = coroutine.running()
  if not thread or is_main then
    base.raise("become, elect, wait and close of leaderlife.%s yield, so they must be called in %s", loop, cure)
  end
end

-- The time at which so many seconds have passed, on the clock of left(); nil for no limit.
function base.deadline(seconds)
  if seconds == nil then
    return nil
  end
  base.must_be("number", seconds, "a timeout (in seconds)")
  if seconds ~= seconds then
    base.raise("a timeout must be a number of seconds or nil, not NaN")
  end
  return seconds < math.huge and capi.monotonic() + seconds or nil
end

function base.left(finish)
  return finish and math.max(0, finish - capi.monotonic())
end

return base
