# SPDX-License-Identifier: Apache-2.0
"""A sample of the same on a real control plane, through C: whatever fails, nobody
leads beside the leader, and lock and record are given back."""

import pytest

from controlplane.pods import Namespace, running

from .driver import OnServer

SIDE_BY_SIDE = 4


class RealPods:
    """Two living pods in a namespace of their own, and the options of candidates in them."""

    def __init__(self, cluster):
        self._namespace = Namespace(cluster)
        self.lock = self._namespace.lock
        self._candidates = {name: self._start(name) for name in "ab"}

    def _start(self, name):
        pod = self._namespace.pod(name)
        pod.set_status(phase="Running", containerStatuses=[running()])
        return pod.candidate()

    def options(self, name):
        candidate = self._candidates[name]
        return {"backend": "kubernetes", "namespace": self._namespace.name, "pod-name": name,
                "pod-uid": candidate.pod.uid, "server": candidate.server.url, "ca-file": candidate.ca_file,
                "token-file": candidate.token_file, "pod-network": "any", "log-level": "debug"}

    def left(self):
        """The lock, or its record, if its holder has not given it back."""
        record = self._namespace.record_object()
        holds = record and record["metadata"].get("annotations", {}).get("leaderlife.dev/holder-uid")
        return [what for what in ("lock", "record") if (self._namespace.lock_object() if what == "lock" else holds)]

    def close(self):
        self._namespace.delete()


@pytest.fixture
def real_pods(cluster):
    made = [RealPods(cluster) for _ in range(SIDE_BY_SIDE)]
    yield made
    for pods in made:
        pods.close()


def test_on_a_real_control_plane(torture, open_driver, real_pods, built):
    players = [OnServer(open_driver([built("tests/torture_driver")], ["libleaderlife"], "server",
                                    (pods.options("a"), pods.options("b")), None, pods.lock), pods)
               for pods in real_pods]
    torture("handles, real control plane", players, 24, None, 200)
