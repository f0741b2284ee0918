# SPDX-License-Identifier: Apache-2.0
"""blocking.py on the embedded lock: one leads until it is killed or told to end, and the next has a greater token
(P11)."""

import re
import secrets
import signal

import pytest

from controlplane.process import Process
from scenarios.places import base_environment

from .conftest import ROOT

LOCK = "example-" + secrets.token_hex(6)


class Candidate(Process):
    def __init__(self, name, package, directory, lock=LOCK, *options):
        command = ["/usr/bin/python3", "-B", ROOT / "examples" / "python" / "blocking.py", lock, *options]
        super().__init__(name, command, str(directory), {**base_environment(), "PYTHONPATH": str(package)})
        self.start()

    def hear(self, pattern):
        return self.wait_until(pattern,
                               lambda: re.search(rf"^{self.pid}: {pattern}$", self.log_tail(), re.MULTILINE))[0]

    def token(self):
        return int(self.hear(r"became leader, token \d+").split()[-1])

    def end(self, number):
        self.child.send_signal(number)
        return self.child.wait(60)


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL),
                                            (signal.SIGINT, -signal.SIGINT)])
def test_the_next_leads_when_the_first_ends(package, tmp_path, number, status):
    first = Candidate("first", package, tmp_path)
    second = None
    try:
        token = first.token()
        second = Candidate("second", package, tmp_path)
        second.hear("waiting")
        assert "became leader" not in second.log_tail()
        assert first.end(number) == status
        assert second.token() > token
        assert second.end(signal.SIGTERM) == 0
    finally:
        for candidate in filter(None, (first, second)):
            candidate.stop()


def test_a_wrong_name_is_refused_without_a_traceback(package, tmp_path):
    refused = Candidate("refused", package, tmp_path, lock="Not A Name")
    assert refused.child.wait(60) == 1
    assert "invalid lock name" in refused.log_tail() and "Traceback" not in refused.log_tail()


def test_it_takes_options(package, tmp_path):
    lock = LOCK + "-options"
    leader = Candidate("leader", package, tmp_path, lock, "backend=local", "pod-network=any")
    try:
        leader.token()
        refused = Candidate("refused", package, tmp_path, lock, "pod-network=host")
        assert refused.child.wait(60) == 1
        assert "pod or any" in refused.log_tail() and "Traceback" not in refused.log_tail()
    finally:
        leader.stop()
