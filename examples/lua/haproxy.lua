-- SPDX-License-Identifier: Apache-2.0
--
-- For haproxy.cfg: takes part in the election for "my-operator"; a service that says who leads, one for a readiness
-- probe, and a fetch to route by.

local leaderlife = require "leaderlife.haproxy"

local LOCK = "my-operator"

leaderlife.start(LOCK, { log_level = "info" })

local function answer(applet, good, text)
  applet:set_status(good and 200 or 503)
  applet:add_header("content-type", "text/plain")
  applet:add_header("content-length", tostring(#text))
  applet:start_response()
  applet:send(text)
end

-- 200 where this HAProxy leads, else 503; the text says who does.
core.register_service("leader", "http", function(applet)
  local status, text = leaderlife.status(LOCK)
  if status then
    text = ("leader: %s\nstate: %s\ntoken: %s\n%s\n"):format(status.holder or "nobody", status.state,
      status.token or "none", status.text or "")
  end
  answer(applet, status and status.is_leader, text)
end)

-- 200 where this HAProxy leads or is able to take over.
core.register_service("readyz", "http", function(applet)
  local status, text = leaderlife.status(LOCK)
  answer(applet, status and status.is_ready, (status and (status.text or status.state) or text) .. "\n")
end)

core.register_fetches("is_leader", function()
  local status = leaderlife.status(LOCK)
  return status ~= nil and status.is_leader
end)
