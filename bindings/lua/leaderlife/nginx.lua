-- SPDX-License-Identifier: Apache-2.0
--
-- One election per nginx: worker 0 takes part, stepped from a timer; every worker can tell how it stands, by a shared dict.
-- docs/lua-servers.md says what to know. Needs lua-nginx-module, and its LuaJIT.

local base = require "leaderlife.base"
local stepper = require "leaderlife.stepper"

local raise, must_be = base.raise, base.must_be
base.mark_ours()

local nginx = {}

local DICT = "leaderlife" -- the lua_shared_dict
local PREFIX = "leaderlife:" -- of the keys: the dict may be used for other things too
local LEVELS = { error = ngx.ERR, warning = ngx.WARN, notice = ngx.NOTICE, info = ngx.INFO, debug = ngx.DEBUG }

local started = {} -- lock: true, in this worker

local function shared(name)
  return ngx.shared[name]
    or raise("there is no shared dict %s: write 'lua_shared_dict %s 64k;' into the http block of nginx.conf", name, name)
end

-- When a process began, so that its pid is not taken for another's; nil when it has ended.
local function begun(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  local text = file and file:read("*l")
  if file then
    file:close()
  end
  local state, rest = (text or ""):match("^.*%) (%a) (.*)$") -- proc(5): fields 3 and 22
  return state and state ~= "Z" and state ~= "X" and rest:match("^" .. ("%S+ "):rep(18) .. "(%d+)") or nil
end

-- What has been published; nil and a text. Killed workers take nothing back, so who reads looks.
local function published(dict, lock)
  local text = dict:get(PREFIX .. lock)
  if not text then
    return nil, "nothing is known of an election for " .. lock .. ": leaderlife.nginx.start() was not called, or"
      .. " failed (error_log says why), or worker 0 does not run"
  end
  local status = ngx.decode_args(text)
  if status.begun and begun(status.pid) ~= status.begun then
    return nil, "the worker that took part for " .. lock .. ", pid " .. status.pid .. ", has ended"
  end
  return status
end

-- After a reload the old worker and the new one publish in one place: the one that leads has it.
local function publisher(dict, step)
  local pid, renewed, written = ngx.worker.pid(), 0, nil
  local lifetime, since = stepper.lifetime(step), begun(pid)

  local function belongs_to_another(lock)
    local current = published(dict, lock)
    return current and current.is_leader and current.pid ~= tostring(pid)
  end

  return function(status)
    status.pid, status.begun = pid, since -- no begun without /proc: then only the lifetime tells
    local key, new, now = PREFIX .. status.lock, ngx.encode_args(status), base.capi.monotonic()
    local is_ours = dict:get(key) == written
    if new == written and is_ours and now - renewed < lifetime / 4
      or not is_ours and not status.is_leader and belongs_to_another(status.lock) then
      return
    end
    local ok, why = dict:set(key, new, lifetime)
    if not ok then
      dict:delete(key) -- rather nothing than what is no longer so
      ngx.log(ngx.ERR, "leaderlife: ", status.lock, ": the shared dict takes no status: ", why)
    end
    renewed, written = now, new
  end
end

-- Leaves word who is worker 0 now; whether that is another one later, after a reload, which takes part and lives.
local function succession(dict, lock)
  local key, own = PREFIX .. lock .. ":worker", ngx.worker.pid() .. " " .. (begun(ngx.worker.pid()) or "?")
  dict:set(key, own)
  return function()
    local now = dict:get(key) or own
    local pid, since = now:match("^(%d+) (%d+)$")
    return now ~= own and pid ~= nil and begun(pid) == since
  end
end

local function must_be_in_init_worker()
  local phase = ngx.get_phase()
  if phase ~= "init_worker" then
    raise("leaderlife.nginx.start() belongs into init_worker_by_lua_block, not into %s: an election is of the process that"
      .. " makes it, and workers are forked after init_by_lua_block", phase)
  end
end

-- nginx empties the environment of its workers, and an election that does not see that it is in a pod would be one among the
-- processes of that pod: every pod would lead.
local function must_know_where(options)
  local backend = options.backend or "auto"
  if backend == "auto" and not os.getenv("KUBERNETES_SERVICE_HOST") and not os.getenv("KUBECONFIG") then
    raise("nginx hides the environment from its workers, so whether they are in a pod is not known: write"
      .. " 'env KUBERNETES_SERVICE_HOST; env KUBERNETES_SERVICE_PORT; env POD_NAMESPACE; env POD_NAME; env POD_UID;'"
      .. " into nginx.conf, or say where to elect, by the option backend: \"kubernetes\" or \"local\"")
  end
end

--- Takes part in the election for that lock, from worker 0 of this nginx, until nginx ends; in the other workers it does
--- nothing. To be called in init_worker_by_lua_block. Options are those of leaderlife.new, and dict (the lua_shared_dict:
--- "leaderlife") and step (seconds between two looks at the election: 0.1). Raises what is wrong with them.
---@param lock string
---@param options? table<string, string|boolean|number>
function nginx.start(lock, options)
  must_be_in_init_worker()
  local others, step, own = stepper.options(options, { dict = "string" })
  local dict = shared(own.dict or DICT)
  if ngx.worker.id() ~= 0 then
    return -- it could also be a helper process, which has no number
  end
  must_know_where(others)
  if started[lock] then
    raise("this nginx takes part in the election for %s already", lock)
  end
  local election = stepper.new(lock, others)
  started[lock] = true
  local server = {
    sleep = ngx.sleep,
    stopping = ngx.worker.exiting,
    succeeded = succession(dict, lock),
    publish = publisher(dict, step),
    log = function(level, text) ngx.log(LEVELS[level], "leaderlife: ", text) end,
  }
  assert(ngx.timer.at(0, function() stepper.run(lock, others, step, server, election) end))
end

--- How the election stands, in any worker and any phase; nil and a text when that is not known, as for a moment after the
--- start, or after worker 0 was killed.
---@param lock string
---@param dict? string the lua_shared_dict that start() was given
---@return leaderlife.Status? status, string? text
function nginx.status(lock, dict)
  must_be("string", lock, "the lock's name")
  local status, text = published(shared(dict or DICT), lock)
  if not status then
    return nil, text
  end
  status.is_leader, status.is_ready = status.is_leader == true, status.is_ready == true
  status.term, status.pid, status.begun = tonumber(status.term), tonumber(status.pid), nil
  return status
end

return nginx
