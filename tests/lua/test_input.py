# SPDX-License-Identifier: Apache-2.0
"""Bad input: the cause is named, and the cure; a closed election says that it is
closed; and the error points at the program's own line."""

import pytest

from .script import paths


def test_a_wrong_type_is_named(script):
    script.run("""
        for _, value in ipairs({ 5, true, {}, print }) do
            for name, call in pairs({
                ["lock"] = function() return leaderlife.new(value) end,
                ["option mode"] = function()
                    return leaderlife.new("a", { mode = type(value) == "boolean" and 5 or value })
                end,
                ["option"] = function() return leaderlife.new("a", { [value] = "x" }) end,
                ["token"] = function() return leaderlife.token_compare(value, "1") end,
                ["counter"] = function() return local_():counter(value) end,
                ["detail"] = function() return local_():detail(value) end,
                ["name of an option"] = function() return local_():set(value, "x") end,
                ["name"] = function() return local_():get(value) end,
            }) do
                local text = wrong(call)
                contains(text, name)
                contains(text, " must be a string")
            end
        end
        contains(wrong(leaderlife.new), "must be a string, not nil")
        contains(wrong(leaderlife.become), "must be a string, not nil")
        contains(wrong(leaderlife.new, "a", "options"), "must be a table")
        contains(wrong(leaderlife.status_name, "a"), "a code must be a number")
        contains(wrong(leaderlife.waiting, 5), "pause must be a function")
        contains(wrong(leaderlife.waiting, print, 5), "check must be a function")
        contains(wrong(leaderlife.state_name, "x"), "leaderlife: a state must be a number")
        contains(wrong(leaderlife.token_compare, false, "1"), "leaderlife: a token must be a string")
        contains(wrong(local_().set, local_(), "mode", nil), "option mode must be a string or a boolean, not nil")
    """)


def test_a_timeout_is_a_number(script):
    script.run("""
        local election = local_()
        for _, value in ipairs({ "5", {}, true }) do
            for _, call in ipairs({ election.become, election.wait, election.close }) do
                contains(wrong(call, election, value), "a timeout (in seconds) must be a number")
            end
            contains(wrong(leaderlife.become, "a", { timeout = value }), "a timeout")
        end
        contains(wrong(election.become, election, 0 / 0), "NaN")
        contains(wrong(leaderlife.new, "a", { timeout = 5 }), "unknown option 'timeout'")
        assert(election:state() == "new")
        for _, value in ipairs({ math.huge, 1e9, 3e6 }) do -- longer than an int of C
            local long = leaderlife.new(LOCK .. "-long", { backend = "local" })
            assert(long:become(value) and long:wait(0) and long:close(value))
        end
        local leader = assert(election:become(HANG))
        for _, value in ipairs({ 0, -1, -1e300, 0.0001, -math.huge }) do
            local ok, _, code = local_():become(value)
            assert(ok == nil and code == leaderlife.ETIMEDOUT and leaderlife.is_retriable(code))
        end
        leader:close()
    """)


def test_an_unknown_option_names_the_nearest(script):
    script.run("""
        for _, call in ipairs({
            function() return leaderlife.new("a", { log_levl = "debug" }) end,
            function() return leaderlife.become("a", { log_levl = 5 }) end,
            function() return local_():set("log-levl", "debug") end,
        }) do
            contains(wrong(call), "unknown option 'log-levl': did you mean 'log-level'")
        end
        contains(wrong(leaderlife.new, "a", { zzzzzzzzzz = "x" }), "leaderlife.options()")
    """)


# id: options, and what the text must say
BAD = {
    "word": ('{ mode = "obsrve" }', "did you mean 'observe'"),
    "bool": ('{ retry_permanent = "yes" }', "true or false"),
    "empty": ('{ namespace = "" }', "leave it unset"),
    "server": ('{ server = "http://x" }', "https://"),
}


@pytest.mark.parametrize("options, says", BAD.values(), ids=BAD)
def test_a_bad_value_has_a_cure(script, options, says):
    script.run(f"""
        local ok, text, code = leaderlife.new("a", {options})
        assert(ok == nil and code == leaderlife.EVALUE and leaderlife.status_name(code) == "LEADERLIFE_EVALUE")
        contains(text, [[{says}]])
        local same, sametext, samecode = leaderlife.become("a", {options})
        assert(same == nil and sametext == text and samecode == code)
    """)


def test_bad_names(script):
    script.run(r"""
        for _, name in ipairs({ "", "UPPER", "a b", "-a", ("a"):rep(243), "\195\188", "\255" }) do
            local ok, text, code = leaderlife.new(name)
            assert(ok == nil and code == leaderlife.ENAME and #text > 10)
        end
        contains(wrong(leaderlife.new, "a\0b"), "NUL")
        contains(wrong(leaderlife.new, "a", { namespace = "a\0b" }), "NUL")
        contains(wrong(leaderlife.new, "a", { ["name\0space"] = "b" }), "NUL")
    """)


def test_options_can_be_set_as_listed(script):
    script.run("""
        local seen = 0
        for _, option in ipairs(leaderlife.options()) do
            local value = ({ string = "a", path = "/a", bool = "true" })[option.type] or option.type:match("^[^|]+")
            local election = leaderlife.new("a")
            if option.name == "server" then value = "https://a" end
            if option.name == "rehearse-loss" then value = "1" end
            assert(election:set(option.name, value))
            assert(election:get(option.name) == value and election:get((option.name:gsub("-", "_"))) == value)
            assert(#option.help > 10 and type(option.default) == "string" and not option.name:find("^x%-"))
            seen = seen + 1
        end
        assert(seen > 10)
        local election = leaderlife.new("a", { retry_permanent = true })
        assert(election:get("retry_permanent") == "true")
        assert(election:get("odd") == nil and election:counter("odd") == nil)
    """)


def test_details(script):
    """The embedded lock has few; each once it is known."""
    script.run("""
        local leader = local_()
        for _, name in ipairs({ "namespace", "server", "holder-uid", "holder-phase", "holder-node", "since", "scope",
            "pod-containers",
                               "odd", "" }) do
            assert(leader:detail(name) == nil, name)
        end
        assert(leader:detail("settled") == "false")
        assert(leader:become(HANG))
        assert(leader:detail("settled") == "true" and #leader:detail("holder-uid") > 0)
        contains(leader:detail("scope"), "this network namespace")
        assert(leader:detail("holder-phase") == nil and leader:detail("server") == nil)
        assert(leader:detail("pod-containers") == nil)
        assert(leader:close() and leader:detail("settled") == nil)
    """)


def test_a_closed_election_says_so(script):
    script.run("""
        local election = assert(local_():become(HANG))
        assert(election:close())
        for _, name in ipairs({ "start", "process", "resign", "begin_close", "wakeup", "pollfd", "timeout",
            "become", "wait",
                                "prepare_exec" }) do
            contains(wrong(election[name], election), "the election is closed: make a new one")
        end
        contains(wrong(election.set, election, "mode", "observe"), "closed")
        contains(wrong(election.counter, election, "requests"), "closed")
        assert(not election:is_leader() and not election:is_ready() and not election:holder() and not election:token())
        assert(election:term() == 0 and election:guard() == "none" and election:backend() == nil)
        assert(election:error_text() == "" and election:events() == "r" and election:ended())
    """)


def test_what_the_state_does_not_allow_raises(script):
    script.run("""
        local election = local_()
        contains(wrong(election.process, election), "has not been started (LEADERLIFE_ESTATE)")
        assert(election:start())
        contains(wrong(election.start, election), "one life")
        contains(wrong(election.set, election, "mode", "observe"), "LEADERLIFE_ESTATE")
        contains(wrong(leaderlife.become, LOCK, { backend = "local", mode = "observe" }), "mode observe never leads")
        election:close()
    """)


def test_a_method_without_its_election(script):
    script.run("""
        local election = local_()
        for name, method in pairs(getmetatable(election)) do
            if type(method) == "function" and not name:find("^_") and name ~= "events" and name ~= "new" then
                for _, value in ipairs({ false, "nil", 5, "text", {}, print }) do
                    value = value ~= "nil" and value or nil
                    contains(wrong(method, value, "x"), "")
                end
            end
        end
        contains(wrong(election.start), "an election must come first, as in election:start(), not nil")
        contains(wrong(election.state, {}), "an election must come first")
        contains(wrong(election.become, 5), "an election must come first")
    """)


def test_errors_point_at_the_program(script):
    script.run("""
        for _, call in ipairs({
            function() local a = leaderlife.new(nil) return a end,
            function() local a = leaderlife.become("a", { nmespace = "b" }) return a end,
            function() local a = local_():process() return a end,
            function() local a = local_():wait({}) return a end,
        }) do
            assert(wrong(call):match("program0%.lua:%d+: leaderlife: "), wrong(call))
        end
    """)


def test_a_module_that_is_not_there(interpreter, version, script):
    away = {"LUA_CPATH": "/nowhere/?.so"}
    code = """
        assert(false, "not reached")
    """
    script.run(code, environment=away, status=1, says="its C module, leaderlife/capi.so, cannot be loaded by")
    script.run(code, environment=away, status=1, says="LUA_CPATH")


@pytest.mark.parametrize("version, other", [("5.1", "5.4"), ("5.4", "5.1")])
def test_a_module_of_another_version(interpreter, version, other, script):
    script.run("assert(false, 'not reached')", environment={"LUA_CPATH": paths(other)["LUA_CPATH"].replace(";;", "")},
               status=1, says="build leaderlife for this Lua")
