# SPDX-License-Identifier: Apache-2.0
"""What both servers share, without a server: when it steps, and what it says before it gives back."""

import json
import shutil
import subprocess

import pytest

from controlplane.fixtures import require
from scenarios.places import base_environment

from .server import HANG_S, MODULES

STEPS = 12
PLAY = """
local stepper = require "leaderlife.stepper"
local lock, steps = arg[1], tonumber(arg[2])
local slept, events = {}, {}
local other = require("leaderlife").new(lock, { backend = "local" })
local server = {
  sleep = function(seconds) slept[#slept + 1] = ("%.3f"):format(seconds) end,
  stopping = function() return #slept >= steps end,
  succeeded = function() return false end,
  publish = function(status)
    events[#events + 1] = ('"%s %s"'):format(status.state, tostring(status.is_leader))
    if status.state == "resigning" then -- the lock must not be free yet
      other:start()
      other:process()
      events[#events + 1] = ('"other %s"'):format(tostring(other:is_leader()))
    end
  end,
  log = function(_, text) events[#events + 1] = ('"%s"'):format(text:gsub("%d", "N")) end,
}
local options, step = stepper.options({ backend = "local", step = 0.1 }, {})
stepper.run(lock, options, step, server)
other:become(30)
print(('{"slept": [%s], "events": [%s], "other": %s}'):format(table.concat(slept, ","), table.concat(events, ","),
  tostring(other:is_leader())))
"""
INTERPRETERS = {"5.1": "lua5.1", "5.3": "lua5.3", "5.4": "lua5.4", "jit": "luajit"}


@pytest.fixture(params=INTERPRETERS)
def played(request, tmp_path, lock):
    command = INTERPRETERS[request.param]
    if not shutil.which(command) or not (MODULES / request.param / "leaderlife" / "capi.so").exists():
        require("lua_servers", f"there is no {command} here, or no module for it")
    (tmp_path / "play.lua").write_text(PLAY, encoding="ascii")
    done = subprocess.run([command, "play.lua", lock, str(STEPS)], cwd=tmp_path, check=True, timeout=HANG_S, text=True,
                          env={
        **base_environment(), "LUA_PATH": f"{MODULES}/share/?.lua;;", "LUA_CPATH": f"{MODULES}/{request.param}/?.so;;"},
        stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def test_it_steps_quickly_after_something_has_happened_and_then_rests(played):
    slept = played["slept"]
    assert slept[0] == 0.005 and len(slept) >= STEPS
    assert slept[STEPS - 1] == 0.1 and max(slept) == 0.1
    pairs = zip(slept[:STEPS - 1], slept[1:STEPS], strict=True)
    assert all(later in (0.005, min(0.1, 2 * earlier)) for earlier, later in pairs)


def test_it_says_that_it_leads_no_longer_before_another_one_can(played):
    events = played["events"]
    assert "leader true" in events
    resigning = events.index("resigning false")
    assert "leader true" not in events[resigning:]
    assert events[resigning + 1] == "other false" and any("closed" in event for event in events[resigning:])
    assert played["other"] is True
