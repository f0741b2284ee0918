-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of copas: become(lock, options), elect(election, seconds), wait(election, seconds) and close(election,
-- seconds) yield to the loop where those of leaderlife would block. To be called in a thread of it (copas.addthread).

local copas = require "copas"
local leaderlife = require "leaderlife"

-- copas waits for sockets: this looks like one that has nothing until it is asked again.
local function readable(election)
  local asked = false
  return {
    getfd = function() return election:pollfd() end,
    dirty = function() return false end,
    settimeout = function() return true end,
    close = function() return true end, -- copas closes what its thread used last; the election goes on
    receive = function()
      if asked then
        return "" -- its descriptor has become readable
      end
      asked = true
      return nil, "timeout"
    end,
  }
end

local function pause(election, seconds)
  local waiting = true
  if seconds and copas.sleep then
    copas.addthread(function()
      copas.sleep(seconds)
      if waiting then
        election:wakeup()
      end
    end)
  end
  copas.receive(readable(election))
  waiting = false
end

local adapter = leaderlife.waiting(pause)
if not copas.sleep then -- that of Debian 12 cannot wait for a time; close() looks at its own when there is something to do
  local function without_time(name, act, seconds_of)
    return function(subject, argument)
      if seconds_of(argument) then
        error(("leaderlife.copas: %s cannot wait for a time, since this copas has no sleep(): leave the time out, "
          .. "or take copas 2 or newer"):format(name), 2)
      end
      return act(subject, argument)
    end
  end
  adapter.become = without_time("become", adapter.become, function(options)
    return type(options) == "table" and options.timeout
  end)
  for _, name in ipairs({ "elect", "wait" }) do
    adapter[name] = without_time(name, adapter[name], function(seconds) return seconds end)
  end
end

return adapter
