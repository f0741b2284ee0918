# SPDX-License-Identifier: Apache-2.0
"""Short Lua programs in interpreters of their own: what they write to standard
error fails the test."""

import os
from pathlib import Path

import scenarios.script
from controlplane.process import _die_with_parent as die_with_parent
from scenarios.places import base_environment

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "lua" / "lua"
VERSIONS = ("5.1", "5.3", "5.4", "jit")

# In one line, so that the programs' own lines keep their numbers.
_BEGIN = """\
leaderlife = require "leaderlife"; LOCK, HANG = arg[1], 30; function local_(options) options = options or {}; \
options.backend = "local"; return assert(leaderlife.new(LOCK, options)) end; function wrong(call, ...) \
local ok, text = pcall(call, ...); assert(not ok, "it did not raise"); return tostring(text) end; \
function contains(text, part) assert(tostring(text):find(part, 1, true), ("'%s' is not in: %s"):format(part, \
tostring(text))) end; function until_(election, state) for _ = 1, 600 do if election:state() == state then return end; \
election:wait(0.05) end; error(election:state() .. ", not " .. state) end
"""


def paths(version, build=BUILD):
    """In which that version finds our modules, those of the tests, and the system's."""
    return {"LUA_PATH": f"{build}/share/?.lua;;", "LUA_CPATH": f"{build}/{version}/?.so;{build}/tests/{version}/?.so;;"}


def environment_of(version):
    """The whole environment of a program in that version."""
    return {**base_environment(), "PATH": os.defpath, **paths(version)}


class Script(scenarios.script.Script):
    """Programs on one lock, in one version of Lua. In each, that which _BEGIN defines is at hand."""

    preexec = staticmethod(die_with_parent)

    def __init__(self, directory, lock, version, before=()):
        super().__init__(directory, lock, [*before, f"lua{version}"], ".lua", _BEGIN, environment_of(version))
        self.version = version
