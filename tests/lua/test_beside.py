# SPDX-License-Identifier: Apache-2.0
"""Other libraries in the same process: json-c has functions of the same names as
jansson, with other parameters."""

import ctypes.util
import os

import pytest

from apiserver.server import Server
from controlplane.fixtures import require
from controlplane.keys import Authority


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(Authority(str(tmp_path_factory.mktemp("ca")))) as started:
        yield started


def test_json_c_does_no_harm(script, server, tmp_path):
    library = ctypes.util.find_library("json-c")
    if not library:
        require("lua", "json-c is not installed (Debian: libjson-c5)")
    namespace = f"json-{os.getpid()}-{script.version.replace('.', '')}"
    server.do("set_namespace", namespace)
    pod = server.do("create", "pods", namespace, {
        "metadata": {"name": "a"}, "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}})
    (tmp_path / "token").write_text(server.token)
    door = server.door()
    out = script.run("""
        local leader = assert(leaderlife.become(LOCK, { backend = "kubernetes", namespace = arg[2], pod_name = "a",
            pod_uid = arg[3], server = arg[4], ca_file = arg[5], token_file = arg[6], timeout = HANG }))
        local maps = io.open("/proc/self/maps"):read("*a")
        assert(maps:find("json%-c") and maps:find("jansson"))
        print(leader:term(), leader:guard())
        assert(leader:close())
    """, namespace, pod["metadata"]["uid"], door.url, server.ca_file, str(tmp_path / "token"),
        environment={"LD_PRELOAD": library})
    assert out.split() == ["1", "record"]
    door.close()
