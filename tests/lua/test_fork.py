# SPDX-License-Identifier: Apache-2.0
"""A forked child, such as a worker of a server whose master made the election:
its copy is good for nothing, says so, and whatever becomes of it the parent's
lead is untouched."""

import pytest

_PARENT = """
    local process = require "process"

    local function in_child(act)
        io.stdout:flush()
        local pid = process.fork()
        if pid == 0 then
            local ok, text = pcall(act)
            if not ok then io.stderr:write(text, "\\n") end
            return process.exit(ok and 0 or 1) -- as a worker that ends
        end
        assert(process.wait(pid) == 0)
    end

    -- It leads, and still has the lock: another stands by until it closes.
    local function undisturbed(leader)
        local other = local_()
        assert(other:start())
        until_(other, "standby")
        for _ = 1, 20 do
            assert(leader:process() and other:wait(0.01))
        end
        assert(leader:is_leader() and leader:token() and not other:is_leader())
        assert(leader:close())
        assert(other:become(HANG))
        other:close()
    end

    local leader = assert(local_():become(HANG))
    local function every_use()
        for _, name in ipairs({ "start", "process", "resign", "wakeup", "begin_close", "pollfd", "wait", "become" }) do
            local text = wrong(leader[name], leader)
            contains(text, "LEADERLIFE_EFORKED")
            contains(text, "after the fork")
        end
        contains(wrong(leader.set, leader, "guard", "auto"), "LEADERLIFE_EFORKED")
        assert(not leader:is_leader() and not leader:is_ready() and not leader:token() and not leader:holder())
        tostring(leader)
        leader:timeout()
        leader:term()
    end
"""

# id: what the child does
CHILDREN = {
    "uses": "every_use()",
    "closes": "every_use() leader:close() contains(wrong(leader.process, leader), 'closed')",
    "drops": "leader = nil collectgarbage() collectgarbage()",
    "makes-its-own": "local own = leaderlife.new(LOCK .. '-own', { backend = 'local' }) "
                     "assert(own:become(HANG)) own:close()",
    "does-nothing": "",
}


@pytest.mark.parametrize("does", CHILDREN.values(), ids=CHILDREN)
def test_a_child(script, does):
    script.run(f"{_PARENT}\nin_child(function() {does} end)\nundisturbed(leader)")


def test_a_child_whose_state_ends(script):
    script.run(f"""{_PARENT}
        local pid = process.fork()
        if pid == 0 then os.exit(0, true) end -- with lua_close, where there is such a thing
        assert(process.wait(pid) == 0)
        undisturbed(leader)
    """)


def test_a_leader_that_has_left_its_lock_to_a_child(script):
    """A standby is told so, and leads when that child has ended."""
    script.run("""
        local process = require "process"
        local leader = process.fork()
        if leader == 0 then
            local led = local_()
            assert(led:become(HANG))
            if process.fork() == 0 then
                process.poll({}, 3 * HANG * 1000)
            end
            process.exit(0) -- at once: the child has the lock
        end
        assert(process.wait(leader) == 0)
        local standby = local_()
        assert(standby:start())
        local keeper
        for _ = 1, 10 * HANG do
            for event in standby:each() do
                if event.kind == "notice" then
                    assert(not keeper and event.code == -3) -- LEADERLIFE_EBUSY
                    contains(event.text, ("pid %d (gone) took it"):format(leader))
                    keeper = tonumber(event.text:match("descriptor: pid (%d+) "))
                end
            end
            if keeper then break end
            standby:wait(0.1)
        end
        process.kill(assert(keeper), 9)
        assert(standby:become(HANG))
        assert(standby:close())
    """)
