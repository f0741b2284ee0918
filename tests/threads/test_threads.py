# SPDX-License-Identifier: Apache-2.0
"""The header's rules on threads, signal handlers and forks, under ThreadSanitizer: what it allows has no race, and what
it forbids has one (else nothing is looked at)."""

import pytest

from .conftest import REPORTED

PODS = 6
LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}


def check(done):
    assert "ThreadSanitizer" not in done.stderr and done.returncode == 0, done.stderr


@pytest.mark.parametrize("case", ["lives", "words", "wakeups", "handlers", "in-turn", "at-once", "forks"])
def test_what_is_allowed(play, case):
    check(play(case))


def test_a_getter_beside_another_thread_is_found(play):
    done = play("misuse")
    assert done.returncode == REPORTED, done.stderr
    assert "data race" in done.stderr and "leaderlife_election_timeout_ms" in done.stderr


@pytest.mark.parametrize("http1", [False, True], ids=["http2", "http1"])
def test_elections_on_an_api_server(play, server, tmp_path, http1):
    """Each thread leads twice, one after the other."""
    namespace = f"threads-{int(http1)}"
    token = tmp_path / "token"
    token.write_text(server.token)
    server.do("set_namespace", namespace)
    pods = []
    for number in range(PODS):
        made = server.do("create", "pods", namespace, {
            "metadata": {"name": f"pod-{number}"}, "spec": {"containers": [{"name": "main"}]}, "status": LIVING})
        pods.append(f"pod-{number}={made['metadata']['uid']}")
    endpoint = server.endpoint(http1=http1)
    try:
        check(play("kubernetes", endpoint.url, server.ca_file, str(token), namespace, *pods))
    finally:
        endpoint.close()
