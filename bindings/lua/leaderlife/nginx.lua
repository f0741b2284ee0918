-- SPDX-License-Identifier: Apache-2.0
--
-- One election per nginx: worker 0 takes part, and a timer steps it; every worker reads its status from a shared dict.
-- docs/lua-servers.md says what to know. Needs lua-nginx-module, and its LuaJIT.

local base = require "leaderlife.base"
local stepper = require "leaderlife.stepper"

local raise, must_be = base.raise, base.must_be
base.mark_ours()

local nginx = {}

local DICT = "leaderlife" -- the lua_shared_dict
local PREFIX = "leaderlife:" -- of the keys: the dict may be used for other things too
local LEVELS = { error = ngx.ERR, warning = ngx.WARN, notice = ngx.NOTICE, info = ngx.INFO, debug = ngx.DEBUG }

local START = 5 -- seconds: a worker that ends waits no longer for workers that are just starting
local START_STEP = 0.01 -- seconds between two looks at them

local started = {} -- lock: true, in this worker

local function shared(name)
  return ngx.shared[name]
    or raise("there is no shared dict %s: write 'lua_shared_dict %s 64k;' into the http block of nginx.conf", name,
      name)
end

-- The first line of a file below /proc; "" where it cannot be read.
local function read_proc(name)
  local file = io.open("/proc/" .. name)
  local text = file and file:read("*l")
  if file then
    file:close()
  end
  return text or ""
end

-- When a process began, so that a reused pid is not taken for it; nil when it has ended.
local function begun(pid)
  local state, rest = read_proc(pid .. "/stat"):match("^.*%) (%a) (.*)$") -- proc(5): fields 3 and 22
  return state and state ~= "Z" and state ~= "X" and rest:match("^" .. ("%S+ "):rep(18) .. "(%d+)") or nil
end

-- Whether a worker of this nginx is just starting. It has its master's title until it has run init_worker_by_lua_block.
local function a_worker_starts()
  local master = read_proc("self/stat"):match("^.*%) %a (%d+)") -- proc(5): field 4
  for pid in read_proc(("%s/task/%s/children"):format(master, master)):gmatch("%d+") do
    if read_proc(pid .. "/cmdline"):find("^%S+: master process") then
      return true
    end
  end
  return false
end

-- The published status; nil and a text. A killed worker removes nothing, so the reader checks that the worker lives.
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

-- After a reload the old worker and the new one publish under one key: the one that leads has it.
local function publisher(dict, step)
  local pid, renewed, written = ngx.worker.pid(), 0, nil
  local lifetime, since = stepper.lifetime(step), begun(pid)

  local function belongs_to_another(lock)
    local current = published(dict, lock)
    return current and current.is_leader and current.pid ~= tostring(pid)
  end

  return function(status)
    status.pid, status.begun = pid, since -- without /proc there is no begun: then only the lifetime tells
    local key, new, now = PREFIX .. status.lock, ngx.encode_args(status), base.capi.monotonic()
    local is_ours = dict:get(key) == written
    if new == written and is_ours and now - renewed < lifetime / 4
      or not is_ours and not status.is_leader and belongs_to_another(status.lock) then
      return
    end
    local ok, why = dict:set(key, new, lifetime)
    if not ok then
      dict:delete(key) -- no status is better than a wrong one
      ngx.log(ngx.ERR, "leaderlife: ", status.lock, ": the shared dict takes no status: ", why)
    end
    renewed, written = now, new
  end
end

-- Stores that this worker is worker 0. Returns a function that tells whether another one is now, after a reload, and
-- lives. nginx ends the old workers a tenth of a second after it has forked the new ones. On a busy machine the new
-- worker 0 has stored nothing by then, so the function waits for workers that are just starting. It yields.
local function succession(dict, lock)
  local key, own = PREFIX .. lock .. ":worker", ngx.worker.pid() .. " " .. (begun(ngx.worker.pid()) or "?")
  dict:set(key, own)
  return function()
    local finish = base.deadline(START)
    while a_worker_starts() and base.left(finish) > 0 do
      ngx.sleep(START_STEP)
    end
    local now = dict:get(key) or own
    local pid, since = now:match("^(%d+) (%d+)$")
    return now ~= own and pid ~= nil and begun(pid) == since
  end
end

local function must_be_in_init_worker()
  local phase = ngx.get_phase()
  if phase ~= "init_worker" then
    raise("leaderlife.nginx.start() belongs into init_worker_by_lua_block, not into %s: an election is of the process "
      .. "that makes it, and workers are forked after init_by_lua_block", phase)
  end
end

--- Takes part in the election for that lock, from worker 0 of this nginx, until nginx ends; in the other workers it
--- does nothing. To be called in init_worker_by_lua_block. Options are those of leaderlife.new, and dict (the
--- lua_shared_dict: "leaderlife") and step (seconds between two steps of the election: 0.1). Raises what is wrong with
--- them.
---@param lock string
---@param options? table<string, string|boolean|number>
function nginx.start(lock, options)
  must_be_in_init_worker()
  local others, step, own = stepper.options(options, { dict = "string" })
  local dict = shared(own.dict or DICT)
  if ngx.worker.id() ~= 0 then
    return -- a helper process has no number, and takes no part either
  end
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

--- The status of the election, in any worker and any phase; nil and a text while it is not known, as for a moment after
--- the start, or after worker 0 was killed.
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
