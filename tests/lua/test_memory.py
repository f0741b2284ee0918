# SPDX-License-Identifier: Apache-2.0
"""Under valgrind: whatever the moment at which a state ends, every byte is given
back. (Not LuaJIT, whose allocator and traces valgrind does not follow.)"""

import shutil
import subprocess

import pytest

from controlplane.fixtures import require
from scenarios.observer import HANG

from .script import BUILD, Script, environment_of

VALGRIND = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
            "--num-callers=30"]

# id: what a program does before its state is closed
MOMENTS = {
    "made": "kept = local_()",
    "set": "kept = local_({ log_level = 'debug', namespace = 'a', kubeconfig = '/nowhere' })",
    "started": "kept = local_() kept:start()",
    "events-queued": "kept = local_({ log_level = 'debug' }) kept:start() kept._handle:process()",
    "event-in-hand": "kept = local_() kept:start() event = kept._handle:pop_event() or kept:pop()",
    "standing-by": "leader = leaderlife.become(LOCK, { backend = 'local' }) kept = local_() kept:become(0.05)",
    "leading": "kept = leaderlife.become(LOCK, { backend = 'local' })",
    "resigning": "kept = leaderlife.become(LOCK, { backend = 'local' }) kept:resign()",
    "closed": "kept = leaderlife.become(LOCK, { backend = 'local' }) kept:close() kept:close()",
    "failed": "kept = leaderlife.new('BAD') pcall(leaderlife.new, 'a', { b = 'c' }) "
              "pcall(leaderlife.become, 'a', { b = 'c' })"
              " leaderlife.new('a', { backend = 'b' })",
    "in-a-coroutine": "thread = coroutine.wrap(function() local it = local_() it:start() coroutine.yield(it) end) "
                      "thread()",
    "on-kubernetes": "kept = leaderlife.new(LOCK, { backend = 'kubernetes', server = 'https://127.0.0.1:1',"
                     " namespace = 'a',"
                     " pod_name = 'b', pod_uid = 'c', token_file = arg[0],"
                     " ca_file = '/etc/ssl/certs/ca-certificates.crt',"
                     " log_level = 'debug' }) kept:start() for _ = 1, 5 do kept:process() kept:wait(0.01) end",
}


@pytest.mark.parametrize("version", ["5.1", "5.4"])
def test_nothing_is_lost(interpreter, version, lock, tmp_path):  # noqa: ARG001
    if not shutil.which("valgrind"):
        require("lua", "valgrind is not installed")
    said = tmp_path / "valgrind"  # also that valgrind 3.19 does not know pidfd_open, which a standby does without
    script = Script(tmp_path, lock, version, before=[*VALGRIND, f"--log-file={said}.%p"])
    running = [script.start(f"{does}\nos.exit(0, true)" if version == "5.4" else does) for does in MOMENTS.values()]
    try:
        for process in running:
            script.finish(process, patience=3)
    except AssertionError as error:
        raise AssertionError("\n".join([str(error),
                                        *(log.read_text() for log in tmp_path.glob("valgrind.*"))])) from None
    finally:
        script.abandon()


@pytest.mark.parametrize("version", ["5.1"])
def test_a_leak_is_noticed(interpreter, version, lock, tmp_path):  # noqa: ARG001
    """Or the test above says nothing: SWIG's flag of ownership is taken off, and nobody frees."""
    script = Script(tmp_path, lock, version, before=VALGRIND)
    script.run("local swig = local_()._handle local mt = debug.getmetatable(swig) mt.__gc = nil swig = nil", status=9,
               says="definitely lost", patience=3)


# It gives a function, which is what runs out of memory.
SCARCE = """
local leaderlife = require "leaderlife"
return function()
    pcall(leaderlife.new, LOCK, { backend = "nowhere" })
    local leader = assert(leaderlife.new(LOCK, { backend = "local", log_level = "debug" }))
    assert(leader:become(30))
    for event in leader:each() do assert(event.kind) end
    local other = assert(leaderlife.new(LOCK, { backend = "local" }))
    other:become(0)
    leader:resign()
    leader:close()
    other:close()
end
"""


def test_no_memory_in_lua(lock, tmp_path):
    """The one state in which Lua raises where it likes: every allocation fails once, and nothing stays open."""
    program = BUILD / "tests" / "scarce"
    if not program.exists() or not shutil.which("valgrind"):
        require("lua", f"valgrind or {program} (option LEADERLIFE_LUA_TESTS) is not there")
    (tmp_path / "scarce.lua").write_text(SCARCE)
    for before, step in (([], "1"), (VALGRIND, "29")):
        done = subprocess.run([*before, program, tmp_path / "scarce.lua", "0", "5000", step, lock], timeout=4 * HANG,
                              env=environment_of("5.4"), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "ran through\n", "")
