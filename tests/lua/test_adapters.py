# SPDX-License-Identifier: Apache-2.0
"""Real event loops: become, elect, wait and close yield to them, others work
meanwhile, and nothing is left in the loop."""

import subprocess

import pytest

from controlplane.fixtures import require

from .script import ROOT, VERSIONS, environment_of

# module: versions of Lua that Debian has it for
LOOPS = {"cqueues": VERSIONS, "luv": VERSIONS, "copas": ("5.1", "jit")}

# What is the same in every loop: adapter, spawn(f), nap(seconds), run(): until all have ended.
LOOP = {
    "cqueues": """
        local cqueues = require "cqueues"
        local adapter, controller = require "leaderlife.cqueues", cqueues.new()
        local function spawn(f) controller:wrap(f) end
        local nap = cqueues.sleep
        local function run() assert(controller:loop(HANG)) assert(controller:empty(), "somebody still waits") end
    """,
    "luv": """
        local uv = require "luv"
        local adapter = require "leaderlife.luv"
        local function spawn(f)
            local start = uv.new_idle()
            start:start(function() start:close() coroutine.wrap(f)() end)
        end
        local function nap(seconds)
            local thread, timer = coroutine.running(), uv.new_timer()
            timer:start(math.ceil(seconds * 1000), 0, function() timer:close() assert(coroutine.resume(thread)) end)
            coroutine.yield()
        end
        local function run() uv.run() assert(not uv.loop_alive(), "the loop has something left") end
    """,
    "copas": """
        local copas = require "copas"
        local adapter, running = require "leaderlife.copas", 0
        local function spawn(f)
            running = running + 1
            copas.addthread(function() f() running = running - 1 end)
        end
        local function run()
            for _ = 1, HANG * 100 do if running == 0 then return end copas.step(0.01) end
            error("it never ended")
        end
    """,
}


def loops_and_versions():
    return [pytest.param(loop, version, id=f"{loop}-{version}") for loop, versions in LOOPS.items()
            for version in versions]


@pytest.fixture
def begin(loop, version):
    """The beginning of a program in that loop."""
    found = subprocess.run([f"lua{version}", "-e", f"require '{loop}'"], capture_output=True, check=False,
                           env=environment_of(version))
    if found.returncode:
        require("lua", f"{loop} is not installed for Lua {version} (Debian: lua-{loop})")
    return LOOP[loop]


@pytest.mark.parametrize("loop, version", loops_and_versions())
def test_a_hand_over_in_one_loop(begin, script):
    """One leads, another waits for it in the same loop, a third coroutine works all the time."""
    script.run(f"""{begin}
        local first, second, ended
        spawn(function()
            first = assert(adapter.become(LOCK, {{ backend = "local" }}))
            second = assert(leaderlife.new(LOCK, {{ backend = "local" }}))
            spawn(function()
                assert(adapter.elect(second) == second and second:is_leader() and not first:is_leader())
                assert(adapter.close(second) == true and adapter.close(second) == true)
                ended = true
            end)
            while second:state() ~= "standby" do
                assert(adapter.wait(first, nap and 0.01)) -- the other is driven by its own coroutine
                if not nap then first:wakeup() end
            end
            assert(adapter.close(first) == true)
        end)
        run()
        assert(ended)
    """)


@pytest.mark.parametrize("loop, version", [value for value in loops_and_versions() if value.values[0] != "copas"])
def test_times_in_a_loop(begin, script):
    """They pass, also while others work, and what they end stays useful."""
    script.run(f"""{begin}
        local leader = assert(local_():become(HANG))
        local naps = 0
        spawn(function()
            local ok, text, code = adapter.become(LOCK, {{ backend = "local", timeout = 0.1 }})
            assert(ok == nil and code == leaderlife.ETIMEDOUT)
            contains(text, "leads")
            local other = local_()
            for _ = 1, 3 do
                ok, text, code = adapter.elect(other, 0.02)
                assert(ok == nil and code == leaderlife.ETIMEDOUT and other:state() == "standby")
            end
            assert(adapter.wait(other, 0.02) and adapter.wait(other, 0))
            adapter.close(leader)
            assert(adapter.elect(other, HANG) == other)
            adapter.close(other, 5)
        end)
        spawn(function() for _ = 1, 10 do nap(0.01) naps = naps + 1 end end)
        run()
        assert(naps == 10)
    """)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("loop", ["cqueues"])
def test_cqueues_polls_the_object_itself(begin, script, loop):  # noqa: ARG001
    script.run(f"""{begin}
        local election = local_()
        spawn(function()
            assert(election:start())
            while not election:is_leader() do
                cqueues.poll(election)
                assert(election:process())
            end
            local fd = election:pollfd()
            election:close()
            local other = local_()
            assert(other:pollfd() == fd and other:start())
            while not other:is_leader() do
                cqueues.poll(other)
                assert(other:process())
            end
            other:close()
        end)
        run()
    """)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("loop", ["luv"])
def test_luv_with_callbacks(begin, script, loop):  # noqa: ARG001
    script.run(f"""{begin}
        local leader, other, seen = assert(local_():become(HANG)), local_(), {{}}
        assert(other:start())
        adapter.watch(other, function(event, election, text)
            assert(event and election == other, text)
            if event.kind ~= "state" then return end
            seen[#seen + 1] = event.state
            if event.state == "standby" then leader:close() end
            if event.state == "leader" then election:resign() end
        end)
        run() -- it ends by itself when the campaign has
        assert(table.concat(seen, " ") == "starting standby leader resigning resigned", table.concat(seen, " "))
        other:close()
        leader = assert(local_():become(HANG))
        contains(wrong(adapter.become, LOCK, {{ backend = "local" }}), "called in a coroutine")
        collectgarbage() collectgarbage() -- the campaign that this has begun
        leader:close()
        local third = local_()
        assert(third:start())
        local stop = adapter.watch(third, function() end)
        stop() stop()
        run()
        third:close()

        -- The natural thing to do when it is over: close, and begin again. The descriptor has the same number then.
        local rounds = 0
        local function take_part()
            local it = local_()
            assert(it:start())
            adapter.watch(it, function(event)
                if event.kind ~= "state" then return end
                if event.state == "leader" then it:resign() end
                if event.state == "resigned" then
                    it:close()
                    rounds = rounds + 1
                    if rounds < 5 then take_part() end
                end
            end)
        end
        take_part()
        run()
        assert(rounds == 5)

        local busy = local_()
        assert(busy:start())
        local quiet = adapter.watch(busy, function() end)
        contains(wrong(adapter.watch, busy, function() end), "waits for this election already")
        busy:close() -- whoever watches lets go
        quiet()
        run()
    """)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("loop", ["luv"])
def test_luv_checks_at_the_call_what_it_is_to_watch(begin, script, loop):  # noqa: ARG001
    """Else the mistake would come out of the loop, far from its line, or nobody would ever hear of an event."""
    script.run(f"""{begin}
        local function nothing() end
        contains(wrong(adapter.watch), "an election must come first")
        contains(wrong(adapter.watch, 42, nothing), "an election must come first")
        local election = local_()
        contains(wrong(adapter.watch, election, nothing), "election:start() before")
        assert(election:start())
        contains(wrong(adapter.watch, election), "the callback of leaderlife.luv.watch must be a function, not nil")
        contains(wrong(adapter.watch, election, "x"), "must be a function, not a string")
        local stop = adapter.watch(election, nothing) -- nothing was left behind by the mistakes
        stop()
        election:close()
        contains(wrong(adapter.watch, election, nothing), "the election is closed")
        run()
    """)


@pytest.mark.parametrize("loop, version", loops_and_versions())
def test_one_who_waits_hears_of_a_resign_by_another(begin, script):
    script.run(f"""{begin}
        local leader = local_()
        spawn(function()
            assert(adapter.elect(leader))
            spawn(function() assert(leader:resign()) end)
            while not leader:ended() do assert(adapter.wait(leader)) end
            assert(leader:state() == "resigned" and adapter.close(leader))
        end)
        run()
    """)


@pytest.mark.parametrize("loop, version", loops_and_versions())
def test_a_thousand_waits_leave_nothing_behind(begin, script):
    script.run(f"""{begin}
        local leader = assert(local_():become(HANG))
        spawn(function()
            for _ = 1, 1000 do
                assert(leader:wakeup() and adapter.wait(leader))
            end
            assert(next(leader._watchers) == nil)
            assert(adapter.close(leader))
        end)
        run()
    """)


@pytest.mark.parametrize("loop, version", [("luv", version) for version in VERSIONS])
def test_two_who_wait_for_one(begin, script):
    """The second is told so, and the first waits on."""
    script.run(f"""{begin}
        local leader, other = assert(local_():become(HANG)), local_()
        spawn(function() assert(adapter.elect(other) == other) adapter.close(other) end)
        spawn(function()
            while other:state() ~= "standby" do nap(0.01) end
            local ok, text = coroutine.resume(coroutine.create(function() adapter.wait(other) end))
            assert(not ok)
            contains(text, "another coroutine or callback waits for this election already")
            leader:close()
        end)
        run()
    """)


@pytest.mark.parametrize("version", ["5.1", "jit"])
@pytest.mark.parametrize("loop", ["copas"])
def test_copas_says_what_it_cannot(begin, script, loop):  # noqa: ARG001
    script.run(f"""{begin}
        spawn(function()
            local election = local_()
            contains(wrong(adapter.become, LOCK, {{ timeout = 1 }}), "cannot wait for a time")
            contains(wrong(adapter.elect, election, 1), "leave it out of")
            contains(wrong(adapter.wait, election, 1), "leave it out of")
            assert(adapter.elect(election) and adapter.close(election, 5))
        end)
        run()
        contains(wrong(adapter.become, LOCK), "called in a thread of copas (copas.addthread)")
    """)


@pytest.mark.parametrize("loop, version", loops_and_versions())
def test_closed_by_another_who_does_not_wait(begin, script):
    """Whoever waits gets an answer, and the loop has nothing left of the descriptor, which is another's at once."""
    script.run(f"""{begin}
        local leader, answers = assert(local_():become(HANG)), 0
        spawn(function()
            local waiting, again = local_(), local_()
            spawn(function()
                local ok, text, code = adapter.elect(waiting)
                assert(ok == nil and code == leaderlife.ESTATE)
                contains(text, "closed meanwhile")
                answers = answers + 1
            end)
            while waiting:state() ~= "standby" do
                if nap then nap(0.01) else leader:wakeup() adapter.wait(leader) end
            end
            local fd = waiting:pollfd()
            if answers == 0 then waiting:close() end -- the method, not the adapter's
            local other = local_()
            assert(other:pollfd() == fd)
            spawn(function()
                assert(adapter.elect(other) == other and adapter.close(other))
                answers = answers + 1
            end)
            spawn(function() assert(adapter.close(leader)) end)
            assert(adapter.elect(again) == again and adapter.close(again))
            answers = answers + 1
        end)
        run()
        assert(answers == 3, answers)
    """)


@pytest.mark.parametrize("loop", LOOPS)
def test_an_adapter_is_small(loop):
    """Under 60 lines of code, or it has become something else."""
    lines = (ROOT / "bindings" / "lua" / "leaderlife" / f"{loop}.lua").read_text().splitlines()
    assert len([line for line in lines if line.strip() and not line.strip().startswith("--")]) < 60
