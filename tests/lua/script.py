# SPDX-License-Identifier: Apache-2.0
"""Short Lua programs in interpreters of their own: what they write to standard
error fails the test."""

import os
import subprocess
import textwrap
from pathlib import Path

from controlplane.process import _die_with_parent as die_with_parent
from scenarios.observer import HANG
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
    """The environment in which that version finds our modules, those of the tests, and the system's."""
    return {"LUA_PATH": f"{build}/share/?.lua;;", "LUA_CPATH": f"{build}/{version}/?.so;{build}/tests/{version}/?.so;;"}


class Script:
    """Programs on one lock, in one version of Lua. In each, that which _BEGIN defines is at hand."""

    def __init__(self, directory, lock, version, before=()):
        self._directory, self._before = directory, list(before)
        self.lock, self.version = lock, version
        self._started = []

    def start(self, code, *arguments, environment=None):
        path = self._directory / f"program{len(self._started)}.lua"
        path.write_text(_BEGIN + textwrap.dedent(code))
        process = subprocess.Popen(
            [*self._before, f"lua{self.version}", str(path), self.lock, *arguments], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent,
            env={**base_environment(), "PATH": os.defpath, **paths(self.version), **(environment or {})})
        self._started.append(process)
        return process

    def finish(self, process, status=0, says=None, patience=1):
        """Waits for its end; returns what it has printed. says: a part of what it must write to standard error."""
        out, err = process.communicate(timeout=HANG * patience)
        assert process.returncode == status, f"ended with {process.returncode}\n{out}{err}"
        if says is None:
            assert err == "", f"wrote to standard error:\n{err}"
        else:
            assert says in err, err
        return out

    def run(self, code, *arguments, environment=None, status=0, says=None, patience=1):
        return self.finish(self.start(code, *arguments, environment=environment), status, says, patience)

    def abandon(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
