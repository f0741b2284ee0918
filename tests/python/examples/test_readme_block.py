# SPDX-License-Identifier: Apache-2.0
"""The block of Python in docs/reference/python.md that needs a cluster runs in a pod of one: its write carries the
token (P11)."""

from controlplane.pods import Namespace, rights

from ..test_readme import BLOCKS, NEEDS_CLUSTER
from .replica import pod_that_runs


def wanted(lock):
    return [*rights(lock), ("", "configmaps", "my-work", ["get", "update"])]


def test_the_block_that_needs_a_cluster_runs(cluster, start, tmp_path):
    code, = {code for code in BLOCKS.values() if code.startswith(NEEDS_CLUSTER)}
    namespace = Namespace(cluster, lock="my-operator", wanted=wanted)
    target = namespace.path("configmaps", "my-work")
    namespace.admin.create(namespace.path("configmaps"), {"metadata": {"name": "my-work"}})
    (tmp_path / "block.py").write_text(code.replace('"default"', f'"{namespace.name}"'), encoding="utf-8")
    ends = []
    for name in ("first", "second"):
        replica = start(pod_that_runs(namespace, name), tmp_path / "block.py")
        assert replica.ended() == 0, replica.log()
        ends.append(int(namespace.admin.get(target)["metadata"]["annotations"]["example.com/leader-token"]))
    assert ends[0] < ends[1]
    namespace.admin.patch(target, {"metadata": {"annotations": {"example.com/leader-token": "9" * 30}}})
    fenced = start(pod_that_runs(namespace, "fenced"), tmp_path / "block.py")
    assert fenced.ended() == 1 and "another one leads" in fenced.log()
