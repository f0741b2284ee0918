# SPDX-License-Identifier: Apache-2.0
"""P10: a life that wrote nothing, and has seen nothing of its pod's, gives up at
once, whatever the server says. On the fake API server, for no real one answers
so for long enough."""

import itertools
import os

import pytest

from apiserver import faults
from apiserver.fixtures import server  # noqa: F401

CLI_TIMED_OUT = 124
_numbers = itertools.count(1)


@pytest.fixture
def endpoint(server):
    opened = server.endpoint()
    yield opened
    opened.close()


@pytest.fixture
def environment(server, endpoint, tmp_path):
    """Of a pod behind that endpoint."""
    namespace = f"nothing-{next(_numbers)}"
    server.do("set_namespace", namespace)
    pod = server.do("create", "pods", namespace, {
        "metadata": {"name": "a"}, "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}})
    token = os.path.join(tmp_path, "token")
    with open(token, "w", encoding="ascii") as file:
        file.write(server.token)
    return ["--backend", "kubernetes", "--server", endpoint.url, "--ca-file", server.ca_file, "--token-file", token,
            "--namespace", namespace, "--pod-name", "a", "--pod-uid", pod["metadata"]["uid"]]


def writes(endpoint):
    return [seen.target for seen in endpoint.seen if seen.verb in ("create", "update", "delete")]


@pytest.mark.parametrize("code", [503, 500, 429])
def test_the_time_is_over_and_leases_answer_no_more(command, endpoint, environment, code):
    endpoint.add(faults.status(code), resource="leases", count=0)
    ended = command.run("run", *environment, "--timeout", "1", "lock", "--", "true")
    assert ended.returncode == CLI_TIMED_OUT, ended
    assert "given back" not in ended.stderr, ended.stderr
    assert not writes(endpoint)
