-- SPDX-License-Identifier: Apache-2.0
--
-- Elections in a loop of cqueues: become(lock, options), elect(election, seconds), wait(election, seconds) and
-- close(election, seconds) yield to the loop where those of leaderlife would block. To be called in a coroutine of it.
-- cqueues.poll(election) works without this file: an election has the methods that cqueues looks for.

local cqueues = require "cqueues"
local leaderlife = require "leaderlife"

return leaderlife.waiting(cqueues.poll) -- election, seconds; nil: as long as it takes
