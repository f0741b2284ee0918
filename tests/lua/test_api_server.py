# SPDX-License-Identifier: Apache-2.0
"""Against an API server: what takes time there, and other libraries in the same
process: json-c has functions of the same names as jansson, with other parameters."""

import ctypes.util

import pytest

from apiserver.server import Server
from controlplane.fixtures import require
from controlplane.keys import Authority


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(Authority(str(tmp_path_factory.mktemp("ca")))) as started:
        yield started


@pytest.fixture
def pod(server, script, tmp_path):
    """What a program needs to lead as a pod: from its arg[2] on."""
    namespace = script.lock
    server.do("set_namespace", namespace)
    made = server.do("create", "pods", namespace, {
        "metadata": {"name": "a"}, "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}})
    (tmp_path / "token").write_text(server.token)
    endpoint = server.endpoint()
    yield namespace, made["metadata"]["uid"], endpoint.url, server.ca_file, str(tmp_path / "token")
    endpoint.close()


POD = """
    local options = { backend = "kubernetes", namespace = arg[2], pod_name = "a", pod_uid = arg[3], server = arg[4],
        ca_file = arg[5], token_file = arg[6] }
"""


def test_json_c_does_no_harm(script, pod):
    library = ctypes.util.find_library("json-c")
    if not library:
        require("lua", "json-c is not installed (Debian: libjson-c5)")
    out = script.run(f"""{POD}
        local leader = assert(leaderlife.become(LOCK, options))
        local maps = io.open("/proc/self/maps"):read("*a")
        assert(maps:find("json%-c") and maps:find("jansson"))
        print(leader:term(), leader:guard())
        assert(leader:close())
    """, *pod, environment={"LD_PRELOAD": library})
    assert out.split() == ["1", "record"]


def test_what_takes_time_is_waited_for(script, pod):
    """become and close pause for each answer, and do nothing else between."""
    script.run(f"""{POD}
        local process, pauses = require "process", 0
        local counted = leaderlife.waiting(function(election, seconds)
            pauses = pauses + 1
            local timeout = election:timeout() or HANG
            process.poll({{ election:pollfd() }}, math.ceil(1000 * math.min(timeout, seconds or HANG)))
        end)
        local leader = assert(counted.become(LOCK, options))
        assert(pauses > 2 and pauses < 200, pauses)
        pauses = 0
        assert(counted.close(leader) == true)
        assert(pauses >= 2 and pauses < 200, pauses)
    """, *pod)


def test_what_cannot_be_given_back_in_time(script, pod):
    """close() gives up after its time and says so; a later handle of the same pod resumes."""
    script.run(f"""{POD}
        local leader = assert(leaderlife.become(LOCK, options))
        assert(leader:close(0) == false and leader:state() == "closed" and leader:close() == false)
        local again = assert(leaderlife.become(LOCK, options))
        assert(again:close(HANG) == true)
    """, *pod)


def test_why_nobody_is_elected_in_time(script, pod):
    """The time is over because the server is not there: that is said too."""
    script.run(f"""{POD}
        options.server, options.timeout = "https://127.0.0.1:1", 1
        local ok, text, code = leaderlife.become(LOCK, options)
        assert(ok == nil and code == leaderlife.ETIMEDOUT)
        contains(text, "127.0.0.1:1")
    """, *pod)
