# SPDX-License-Identifier: Apache-2.0
"""An election from its making to its end, in every version of Lua."""

import pytest


def test_become_and_close(script):
    script.run("""
        local leader = assert(leaderlife.become(LOCK, { backend = "local", timeout = HANG }))
        assert(leader:is_leader() and leader:is_ready() and leader:state() == "leader")
        assert(leader:token():match("^%d+$") and leader:guard() == "kernel" and leader:backend() == "local")
        contains(leader:holder(), "pid ")
        contains(leader, LOCK .. " (leader)")
        local ok, text, code = leaderlife.become(LOCK, { backend = "local", timeout = 0.1 })
        assert(ok == nil and code == leaderlife.ETIMEDOUT)
        contains(text, "leads")
        assert(not text:find("goes on"))
        assert(leader:close() == true and leader:close() == true and leader:state() == "closed")
        contains(leader, "(closed)")
        local nextone = assert(leaderlife.become(LOCK, { backend = "local", timeout = HANG }))
        assert(leaderlife.token_compare(nextone:token(), "1") > 0)
        nextone:close()
    """)


def test_a_campaign_goes_on_after_a_timeout(script):
    script.run("""
        local leader = assert(local_():become(HANG))
        local other = local_()
        local ok, _, code = other:become(0.05)
        assert(ok == nil and code == leaderlife.ETIMEDOUT and other:state() == "standby" and other:is_ready())
        assert(leader:resign() and not leader:is_leader())
        until_(leader, "resigned")
        local ended, text, why = leader:ended()
        assert(ended and text:find("resigned") and why == leaderlife.ESTATE)
        assert(other:become(HANG) == other)
        other:close()
        leader:close()
    """)


def test_integers_are_integers(script):
    """On 5.3 and newer: no 3.0."""
    script.run("""
        local leader = assert(local_():become(HANG))
        local _, _, code = leaderlife.new("BAD")
        for _, number in ipairs({ leader:pollfd(), leader:term(), leader:counter("wakeups"), code, leaderlife.ELOST,
                                  leaderlife.token_compare("1", "2"), leader:pop().code }) do
            assert(tostring(number):match("^-?%d+$"), tostring(number))
            assert(not math.type or math.type(number) == "integer")
        end
        leader:close()
    """)


def test_events_come_in_order_and_once(script):
    script.run("""
        local election = local_({ log_level = "debug" })
        assert(election:pop() == nil)
        assert(election:become(HANG))
        local states, kinds = {}, {}
        for event in election:each() do
            kinds[event.kind] = true
            if event.kind == "state" then states[#states + 1] = event.state end
            assert(type(event.text) == "string" and type(event.level) == "string" and type(event.code) == "number")
        end
        assert(table.concat(states, " ") == "starting standby leader", table.concat(states, " "))
        assert(kinds.log and kinds.holder and election:pop() == nil)
        election:close()
        local last
        for event in election:each() do last = event.kind == "state" and event.state or last end
        assert(last == "closed")
    """)


def test_events_that_nobody_pops_make_no_noise(script):
    """The descriptor is readable for news alone."""
    script.run("""
        local leader = assert(local_({ log_level = "debug" }):become(HANG))
        assert(leader:wait(0.05))
        local before = leader:counter("wakeups")
        for _ = 1, 3 do leader:wait(0.02) end
        assert(leader:counter("wakeups") - before <= 1, leader:counter("wakeups") - before)
        leader:close()
    """)


def test_of_too_many_events_those_of_state_are_kept(script):
    script.run("""
        local observer = local_({ mode = "observe", log_level = "debug" })
        assert(observer:start())
        until_(observer, "standby")
        local hand_overs = 0
        for _ = 1, 400 do
            local leader = assert(local_():become(HANG))
            for _ = 1, 600 do
                if observer:holder() then break end
                observer:wait(0.05)
            end
            leader:close()
            for _ = 1, 600 do
                if not observer:holder() then break end
                observer:wait(0.05)
            end
            hand_overs = hand_overs + 1
        end
        assert(hand_overs == 400)
        local count, states = 0, {}
        for event in observer:each() do
            count = count + 1
            if event.kind == "state" then states[#states + 1] = event.state end
        end
        local told = table.concat(states, " ")
        assert(count == 512 and told == "starting standby", count .. " " .. told)
        observer:close()
    """, patience=3)


def test_any_coroutine_may_step_it(script):
    """With yields between, also on 5.1, where none may be across a pcall."""
    script.run("""
        local yields = 0
        local polite = leaderlife.waiting(function(election, seconds)
            assert(election.lock == LOCK and (seconds == nil or seconds >= 0))
            yields = yields + 1
            coroutine.yield()
        end)
        local function drive(f)
            local thread = coroutine.create(f)
            for _ = 1, 100000 do
                local ok, result = coroutine.resume(thread)
                assert(ok, result)
                if coroutine.status(thread) == "dead" then return result end
            end
            error("it never ended")
        end
        local leader = drive(function() return assert(polite.become(LOCK, { backend = "local" })) end)
        local other = local_()
        drive(function()
            local ok, _, code = polite.elect(other, 0.01)
            assert(not ok and code == leaderlife.ETIMEDOUT)
        end)
        drive(function() assert(polite.wait(other, 0)) end)
        drive(function() assert(polite.close(leader)) end)
        assert(drive(function() return polite.elect(other) end) == other and other:is_leader() and yields > 2)
        assert(drive(function() return polite.close(other) end))
        contains(wrong(polite.close, nil), "election")
    """)


def test_what_is_collected_is_free(script):
    script.run("""
        do
            local leader = assert(local_():become(HANG))
            leader = nil -- luacheck: ignore
        end
        collectgarbage() collectgarbage()
        local nextone = assert(local_():become(HANG))
        nextone:close()
    """)


def test_what_become_gave_leads_on_though_nobody_keeps_it(script):
    script.run("""
        assert(leaderlife.become(LOCK, { backend = "local" }))
        collectgarbage() collectgarbage()
        local ok, _, code = local_():become(0.2)
        assert(ok == nil and code == leaderlife.ETIMEDOUT)
    """)


def test_what_become_gave_leads_on_though_the_modules_are_loaded_again(script):
    script.run("""
        assert(leaderlife.become(LOCK, { backend = "local" }))
        for name in pairs(package.loaded) do
            if name:find("^leaderlife") then package.loaded[name] = nil end
        end
        leaderlife = require "leaderlife"
        collectgarbage() collectgarbage()
        local ok, _, code = local_():become(0.2)
        assert(ok == nil and code == leaderlife.ETIMEDOUT)
    """)


_FINALIZER = """
    local function finalizer(act)
        if not newproxy then return setmetatable({}, { __gc = act }) end
        local proxy = newproxy(true)
        getmetatable(proxy).__gc = act
        return proxy
    end
    local function use(election)
        assert(not election:is_leader() and not election:token() and not election:holder() and election:term() == 0)
        tostring(election)
        pcall(election.process, election)
        pcall(election.pop, election)
        election:close()
        assert(election:state() == "closed" and election:close() == false)
    end
"""


def test_a_finalizer_may_use_an_election_that_was_finalized_before(script):
    """At the end of the state, and in one collection with it."""
    script.run(f"""{_FINALIZER}
        local leader
        kept = finalizer(function() use(leader) print("used") end)
        leader = assert(leaderlife.become(LOCK, {{ backend = "local" }}))
        do
            local service = {{}}
            service.proxy = finalizer(function() use(service.election) print("used") end)
            service.election = local_({{ log_level = "debug" }})
            assert(service.election:start())
        end
        collectgarbage() collectgarbage()
        if _VERSION ~= "Lua 5.1" then os.exit(0, true) end
    """) == "used\nused\n"


def test_nobody_gets_at_the_finalizer(script):
    script.run("""
        local election = local_()
        assert(getmetatable(election._handle) == false)
        local capi = require "leaderlife.capi"
        capi.dispose(election._handle)
        capi.dispose(election._handle)
        assert(election:state() == "closed")
        contains(wrong(election.start, election), "closed")
        contains(wrong(capi.is_disposed, {}), "Error in is_disposed")
    """)


def test_close_says_whether_it_was_given_back(script):
    script.run("""
        local leader = assert(local_():become(HANG))
        assert(leader:close(0) == true and leader:close() == true)
        local polite = leaderlife.waiting(function(election) election:close(0) end)
        local other, held = local_(), assert(local_():become(HANG))
        local ok, text, code = polite.elect(other)
        assert(ok == nil and code == leaderlife.ESTATE and text:find("closed meanwhile"))
        local third = local_()
        assert(third:start())
        ok, text, code = polite.wait(third)
        assert(ok == nil and code == leaderlife.ESTATE and text:find("closed meanwhile"))
        held:close()
    """)


@pytest.mark.parametrize("version", ["5.4"])
def test_a_variable_can_close_it(script):
    script.run("""
        do
            local leader <close> = assert(leaderlife.become(LOCK, { backend = "local" }))
            assert(leader:is_leader())
        end
        local again <close> = local_()
        assert(again:become(HANG))
        local ok, text = pcall(function()
            local third <close> = local_()
            third:start()
            error("its own")
        end)
        assert(not ok and text:find("its own"))
    """)


def test_a_closed_election_has_nothing_open(script):
    """At once, not when the collector comes."""
    script.run("""
        collectgarbage("stop")
        local first = assert(local_():become(HANG))
        local fd = first:pollfd()
        first:close()
        local ok = leaderlife.new("a", { backend = "b" })
        assert(ok == nil and local_():pollfd() == fd)
    """)


def test_a_state_that_ends_frees_the_lock(script):
    script.run("assert(leaderlife.become(LOCK, { backend = 'local' })) assert(local_():start())")
    script.run("assert(local_():become(HANG)) os.exit(0)")
    script.run("assert(local_():become(HANG)) error('an end')", status=1, says="an end")
    script.run("assert(local_():become(HANG)):close()")


def test_ten_thousand_leave_nothing_behind(script):
    """Neither memory nor descriptors. The first thousand may fill the allocator's pools."""
    out = script.run("""
        local function rss()
            for line in io.lines("/proc/self/status") do
                if line:match("^VmRSS") then return tonumber(line:match("%d+")) end
            end
        end
        local function fds()
            local election = local_()
            local fd = election:pollfd()
            election:close()
            return fd
        end
        local function some(count)
            for number = 1, count do
                local election = local_()
                if number % 10 == 0 then assert(election:become(HANG)) end
                if number % 100 == 0 then assert(leaderlife.become(LOCK .. "-b", { backend = "local" })):close() end
                assert(election:close())
            end
            collectgarbage() collectgarbage()
            return rss()
        end
        local before, fd = some(1000), fds()
        local after = some(9000)
        assert(fds() == fd)
        print(after - before)
    """, patience=4)
    assert int(float(out)) < 2048, f"{out} KiB more after 9,000 elections"


def test_a_signal_ends_the_wait(script):
    """The interpreter's own handler of Ctrl-C runs, and the lock is free."""
    process = script.start("""
        assert(local_():become(HANG))
        print("leads")
        io.stdout:flush()
        assert(leaderlife.new(LOCK, { backend = "local" })):become()
    """)
    assert process.stdout.readline() == "leads\n"
    process.send_signal(2)
    script.finish(process, status=1, says="interrupted!")
    script.run("assert(local_():become(HANG)):close()")
