# SPDX-License-Identifier: Apache-2.0
"""gunicorn in two pods of the real control plane, with two workers each: the workers of a pod share its identity."""

import os
import signal
from pathlib import Path

from .servers import Lines, program
from .test_servers_gunicorn import APP


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def test_workers_in_two_pods(serve, candidates, tmp_path, report):
    lines = Lines(tmp_path / "lines-of-all")
    pods, servers = {}, {}
    for name in ("a", "b"):
        files = candidates.files(name)
        server = serve([program("gunicorn"), "--workers", 2, "--bind", "127.0.0.1:PORT", "--worker-tmp-dir", ".",
                        "--no-control-socket", "app:app"], "gunicorn", folder=name, lock="lock", files={"app.py": APP},
                       environment={**files.environment(), "TEST_LINES": str(lines.path)},
                       changes={'"my-lock", work)': '"lock", work, pod_network="any")'})
        pods[server.pid], servers[server.pid] = files.pod, server

    first = lines.wait_leader()
    pod = parent(first[0])
    # Killed: another worker of the same pod leads, for the pod still holds the lock.
    os.kill(first[0], signal.SIGKILL)
    second = lines.wait_leader(without={first[0]})
    assert parent(second[0]) == pod and second[1] >= first[1]
    # Reloaded: its work ends before anybody else's begins.
    servers[pod].send(signal.SIGHUP)
    third = lines.wait_leader(without={first[0], second[0]})
    assert lines.ended_in_order(second[0])
    # The pod ends: the other pod leads.
    pod = parent(third[0])
    gone = {line[1] for line in lines.of_work() if line[1] == third[0]}
    servers[pod].stop()
    pods[pod].delete(grace=0)
    fourth = lines.wait_leader(without=gone)
    assert parent(fourth[0]) != pod and fourth[1] > third[1]
    for server in servers.values():
        candidates._check_secrets(server.name, server.log())
    report(f"| gunicorn in pods: the killed worker's pod goes on with token {first[1]}, {second[1]}; the next pod's: "
           f"{fourth[1]} |")
