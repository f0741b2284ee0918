-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of cqueues: become(lock, options), elect(election, seconds), wait(election, seconds) and
-- close(election, seconds) yield to the loop where those of leaderlife would block. To be called in a coroutine of it.
-- cqueues.poll(election) works without this file, since an election has the methods that cqueues looks for; before
-- election:close() then comes cqueues.cancel(election:pollfd()).

local cqueues = require "cqueues"
local leaderlife = require "leaderlife"

return leaderlife.waiting(function(election, seconds)
  cqueues.poll(election, seconds) -- nil: as long as it takes
end, function(election)
  cqueues.cancel(election:pollfd()) -- or the loop would look for a descriptor that is no more
end)
