# SPDX-License-Identifier: Apache-2.0
"""The option rehearse-loss: a loss without anybody who takes over, with all held until the election is closed."""

_BEGIN = """
    local function rehearses(options)
        options.rehearse_loss = "1"
        return assert(leaderlife.new(LOCK, options))
    end
"""

# A server as nginx and HAProxy have one, which prints what it learns.
_SERVER = """
    local led, lost, again = false, nil, false
    local server = {
        sleep = function() end,
        stopping = function() return again end,
        succeeded = function() return false end,
        publish = function(status)
            again = again or (lost ~= nil and status.is_leader)
            if status.is_leader and not led then
                print("leads")
                io.stdout:flush()
                io.read()
                led = true
            end
            lost = lost or status.state == "lost" and status.text or nil
            if again then
                print("leads again")
                io.stdout:flush()
                io.read()
            end
        end,
        log = function() end,
    }
"""


def test_the_lock_stays_held_until_it_is_closed(script):
    script.run(_BEGIN + """
        local leader = assert(rehearses({ backend = "local" }):become(HANG))
        local warned
        for event in leader:each() do warned = event.kind == "notice" and event.text or warned end
        contains(warned, "never use it in production")
        while leader:state() ~= "lost" do assert(leader:wait(HANG) ~= nil) end
        local ended, text, code = leader:ended()
        assert(ended and code == leaderlife.ELOST and not leader:is_leader() and not leader:is_ready())
        contains(text, "rehearsal: ")
        local other = local_()
        local ok, _, why = other:become(0.5)
        assert(not ok and why == leaderlife.ETIMEDOUT)
        assert(leader:close())
        assert(other:become(HANG))
        local refused, said = leaderlife.new(LOCK, { rehearse_loss = "5s" })
        assert(not refused)
        contains(said, "from 1 to 86400")
    """)


def test_a_server_gives_back_and_begins_anew(script, cluster, tmp_path):
    """Its next term is a new lock, not the old one resumed: in between another pod could have led."""
    from controlplane.pods import Namespace, running

    space = Namespace(cluster)
    pod = space.pod("a")
    pod.set_status(phase="Running", containerStatuses=[running()])
    files = pod.candidate(None, str(tmp_path))
    server = script.start(_SERVER + """
        local stepper = require "leaderlife.stepper"
        stepper.run("lock", { x_service_account_dir = arg[2], rehearse_loss = "3" }, 0.01, server)
    """, files.directory, environment=files.in_cluster_environment())

    def uid_when(expected):
        assert server.stdout.readline() == f"{expected}\n", script.finish(server)
        uid = space.lock_object()["metadata"]["uid"]
        server.stdin.write("go\n")
        server.stdin.flush()
        return uid

    assert uid_when("leads") != uid_when("leads again")
    script.finish(server)
