# SPDX-License-Identifier: Apache-2.0
"""Programs that close descriptors which they did not open. The lock is free with that, so the lead ends at the next
process(), and nobody else's descriptor is touched."""

import pytest

_BEGIN = """
    local process = require "process"

    local function says_closed(text)
        contains(text, "the program has closed")
        contains(text, "start the election after that")
    end

    -- Whoever has the numbers now: pipes, whose other ends tell whether something was written.
    local function open_many()
        local pipes = {}
        for number = 1, 20 do pipes[number] = { process.pipe() } end
        return pipes
    end

    local function are_untouched(pipes)
        for _, pipe in ipairs(pipes) do
            assert(process.is_open(pipe[1]) and process.is_open(pipe[2]) and process.read(pipe[1]) == "")
        end
    end
"""

_OTHER = """
    local other = assert(local_():become(HANG))
    print("leads")
    io.stdout:flush()
    io.read()
    assert(other:is_leader())
"""


def _line(script, process, expected):
    assert process.stdout.readline() == f"{expected}\n", script.finish(process)


def _go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_a_leader(script):
    """Another process leads, while this one says that it has lost."""
    first = script.start(_BEGIN + """
        local leader = assert(local_():become(HANG))
        process.close_from(3)
        local pipes = open_many()
        print("closed")
        io.stdout:flush()
        io.read()
        assert(leader:process() and not leader:is_leader() and leader:state() == "lost" and not leader:token())
        local ended, text, code = leader:ended()
        assert(ended and code == leaderlife.ELOST)
        says_closed(text)
        local told
        for event in leader:each() do told = told or event.kind == "state" and event.state == "lost" end
        assert(told and leader:pollfd() == -1)
        local ok
        ok, text, code = leader:become()
        assert(ok == nil and code == leaderlife.ELOST)
        says_closed(text)
        assert(leader:wait() and leader:wakeup())
        print("lost")
        io.stdout:flush()
        io.read()
        leader:close()
        leader = nil
        collectgarbage() collectgarbage()
        are_untouched(pipes)
    """)
    _line(script, first, "closed")
    second = script.start(_OTHER)
    _line(script, second, "leads")
    _go(first)
    _line(script, first, "lost")
    _go(second)
    script.finish(second)
    _go(first)
    script.finish(first)


@pytest.mark.parametrize("call", ["leader:close()", "leader:resign()", "leader:begin_close()", "leader:pollfd()",
                                  "leader:wait()", "assert(leader:timeout() == 0)"])
def test_whatever_is_called_next(script, call):
    script.run(_BEGIN + f"""
        local leader = assert(local_():become(HANG))
        for _ in leader:each() do end
        process.close_from(3)
        local pipes = open_many()
        {call}
        leader = nil
        collectgarbage() collectgarbage()
        are_untouched(pipes)
        assert(local_():become(HANG)):close()
    """)


def test_a_standby(script):
    """Its become() ends, whether it blocks or yields."""
    holder = script.start(_OTHER)
    _line(script, holder, "leads")
    script.run(_BEGIN + """
        local polite = leaderlife.waiting(function(_, seconds) coroutine.yield(seconds) end)
        for _, become in ipairs({ function(standby) return standby:become() end, polite.elect }) do
            local standby = local_()
            assert(standby:start())
            until_(standby, "standby")
            process.close_from(3)
            local thread, ok, text, code = coroutine.create(become), nil, nil, nil
            repeat
                local fine
                fine, ok, text, code = coroutine.resume(thread, standby)
                assert(fine, ok)
            until coroutine.status(thread) == "dead"
            assert(ok == nil and code == leaderlife.ESYSTEM and standby:state() == "failed", text)
            says_closed(text)
            standby:close()
        end
    """)
    _go(holder)
    script.finish(holder)


def test_made_before_and_started_after(script):
    script.run(_BEGIN + """
        local election = local_()
        process.close_from(3)
        local ok, text, code = election:start()
        assert(ok == nil and code == leaderlife.ESYSTEM and election:state() == "failed")
        says_closed(text)
        election:close()
        assert(local_():become(HANG)):close()
    """)


# A leader that only waits in somebody's loop. The lock's number is far above those of the loop.
_IN_LOOPS = {
    "luv watch": """
        local uv, adapter = require "luv", require "leaderlife.luv"
        local timer = uv.new_timer()
        adapter.watch(leader, function() end)
        timer:start(50, 0, function() process.close_from(700) timer:close() end)
        uv.run() -- until nothing is waited for any more: the watch ends with the election
    """,
    "luv wait": """
        local uv, adapter = require "luv", require "leaderlife.luv"
        coroutine.wrap(function() assert(adapter.wait(leader)) end)()
        process.close_from(700)
        uv.run()
    """,
    "cqueues wait": """
        local cqueues, adapter = require "cqueues", require "leaderlife.cqueues"
        local loop = cqueues.new()
        loop:wrap(function() assert(adapter.wait(leader)) end)
        process.close_from(700)
        assert(loop:loop())
    """,
    "cqueues poll": """
        local cqueues = require "cqueues"
        local loop = cqueues.new()
        loop:wrap(function() cqueues.poll(leader) assert(leader:process()) end)
        process.close_from(700)
        assert(loop:loop())
    """,
}


@pytest.mark.parametrize("loop", _IN_LOOPS)
def test_a_leader_that_waits_in_a_loop(script, loop):
    """The lock's descriptor alone: the loop has no way to notice, and looks once a second."""
    script.run(_BEGIN + """
        local leader = assert(local_():become(HANG))
        for _ in leader:each() do end
        """ + _IN_LOOPS[loop] + """
        assert(leader:state() == "lost" and not leader:is_leader())
        """)


def test_a_server_begins_anew(script):
    """As nginx and HAProxy do: the campaign that has ended is followed by another."""
    script.run(_BEGIN + """
        local stepper = require "leaderlife.stepper"
        local led, lost, again = false, nil, false
        local server = {
            sleep = function() if led and not lost and not again then process.close_from(3) end end,
            stopping = function() return again end,
            succeeded = function() return false end,
            publish = function(status)
                again = again or (lost ~= nil and status.is_leader)
                led = led or status.is_leader
                lost = lost or status.state == "lost" and status.text or nil
            end,
            log = function() end,
        }
        stepper.run(LOCK, { backend = "local" }, 0.01, server)
        assert(led and again)
        says_closed(lost)
    """)


def test_on_kubernetes(script, cluster, tmp_path):
    """P12, P10: the seat is free with that, and nothing is written any more."""
    from controlplane.pods import Namespace, running

    pod = Namespace(cluster).pod("a")
    pod.set_status(phase="Running", containerStatuses=[running()])
    files = pod.candidate(None, str(tmp_path))
    begin = """
        local function in_pod() return assert(leaderlife.new("lock", { x_service_account_dir = arg[2] })) end
    """
    environment = files.in_cluster_environment()
    first = script.start(_BEGIN + begin + """
        local leader = assert(in_pod():become(HANG))
        process.close_from(3)
        local pipes = open_many()
        print("closed")
        io.stdout:flush()
        io.read()
        local writes = leader:counter("writes")
        for _ = 1, 20 do assert(leader:process()) end
        assert(leader:state() == "lost" and not leader:is_leader() and leader:counter("writes") == writes)
        says_closed(leader:error_text())
        leader:close()
        are_untouched(pipes)
    """, files.directory, environment=environment)
    _line(script, first, "closed")
    second = script.start(begin + """
        local leader = assert(in_pod():become(HANG))
        print("leads")
        io.stdout:flush()
        io.read()
        assert(leader:process() and leader:is_leader())
        leader:close()
    """, files.directory, environment=environment)
    _line(script, second, "leads")
    _go(first)
    script.finish(first)
    _go(second)
    script.finish(second)


# ---- wakeup() ----


def test_wakeup_ends_become(script):
    """One that came just before, and one that comes while another coroutine waits; each counts once."""
    script.run("""
        local holder, standby = assert(local_():become(HANG)), local_()
        local function interrupted(ok, text, code)
            assert(ok == nil and code == leaderlife.EINTR and leaderlife.is_retriable(code))
            contains(text, "goes on")
        end
        assert(standby:wakeup())
        interrupted(standby:become())
        assert(standby:wakeup() and standby:process())
        interrupted(standby:become())
        local ok, _, code = standby:become(0.05)
        assert(ok == nil and code == leaderlife.ETIMEDOUT)
        local yields = 0
        local polite = leaderlife.waiting(function() yields = yields + 1 coroutine.yield() end)
        local thread = coroutine.create(function() interrupted(polite.elect(standby)) return "ended" end)
        for _ = 1, 3 do assert(select(2, coroutine.resume(thread)) == nil) end
        assert(standby:wakeup())
        assert(select(2, coroutine.resume(thread)) == "ended" and yields == 3)
        assert(standby:wakeup() and standby:wait()) -- and a wait
        assert(holder:close() and standby:become(HANG))
        assert(standby:wakeup() and standby:become() == standby) -- leading goes before
        standby:close()
    """)


def test_become_on_an_ended_election_tells_the_end(script):
    script.run("""
        local leader = assert(local_():become(HANG))
        assert(leader:resign())
        until_(leader, "resigned")
        local ok, text, code = leader:become()
        assert(ok == nil and code == leaderlife.ESTATE)
        contains(text, "make a new one")
        leader:close()
        contains(wrong(leader.become, leader), "closed")
    """)
