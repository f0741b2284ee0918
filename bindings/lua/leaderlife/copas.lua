-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of copas: become(lock, options), elect(election), wait(election) and close(election, seconds)
-- yield to the loop where those of leaderlife would block. To be called in a thread of it (copas.addthread). copas
-- waits for sockets, not for a time: become, elect and wait take none, and close() looks at its own when there is
-- something to do.

local copas = require "copas"
local socket = require "socket"
local base = require "leaderlife.base"
local leaderlife = require "leaderlife"

base.mark_ours()

-- Returns an object that copas takes for a socket without data, and a function to call afterwards. When the election is
-- closed meanwhile, its descriptor changes, and that counts as readable.
local function readable(election)
  local asked, stand_in = false, nil
  local forget = election:_before_end(function() stand_in = socket.udp4() end)
  return {
    getfd = function() return stand_in and stand_in:getfd() or election:pollfd() end,
    dirty = function() return stand_in ~= nil end,
    settimeout = function() return true end,
    close = function() return true end, -- copas closes what its thread used last; the election goes on
    receive = function()
      if asked then
        return "" -- its descriptor has become readable
      end
      asked = true
      return nil, "timeout"
    end,
  }, forget
end

local adapter = leaderlife.waiting(function(election)
  local client, forget = readable(election)
  copas.receive(client)
  forget()
end, function()
  base.must_be_in_a_coroutine("copas", "a thread of copas (copas.addthread)")
end)

local function without_time(name, seconds_of)
  local act = adapter[name]
  adapter[name] = function(subject, argument)
    if seconds_of(argument) then
      base.raise("copas cannot wait for a time: leave it out of %s, and let another thread resign() the election", name)
    end
    return act(subject, argument)
  end
end

without_time("become", function(options) return type(options) == "table" and options.timeout end)
without_time("elect", function(seconds) return seconds end)
without_time("wait", function(seconds) return seconds end)

return adapter
