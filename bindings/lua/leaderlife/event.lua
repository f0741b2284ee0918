-- SPDX-License-Identifier: Apache-2.0
--
-- Events of the C library as tables.

local base = require "leaderlife.base"

local capi, state_name = base.capi, base.state_name

local KINDS = { "state", "holder", "notice", "log", "finding" }
local LEVELS = { "error", "warning", "info", "debug" }

return function(raw)
  local code = raw:status()
  return {
    kind = KINDS[raw:kind()] or "unknown",
    state = state_name(raw:state()),
    status = code ~= 0 and (capi.status_name(code) or "status " .. code) or nil,
    code = code,
    text = raw:text(),
    level = LEVELS[raw:level()] or "debug",
    holder = raw:holder(),
    token = raw:token(),
  }
end
