# SPDX-License-Identifier: Apache-2.0
"""kubernetes_loop.py: one replica counts, with the token of its term on every write, and none counts that has lost the
lead (P9, P11)."""

import pytest

from controlplane.pods import Namespace, rights

from .replica import pod_that_runs, split

LOCK = "my-loop"
TOKEN = "example.com/leader-token"


def wanted(lock):
    return [*rights(lock), ("", "configmaps", "counter", ["get", "update"])]


@pytest.fixture
def namespace(cluster):
    made = Namespace(cluster, lock=LOCK, wanted=wanted)
    made.admin.create(made.path("configmaps"), {"metadata": {"name": "counter"}})
    return made


@pytest.fixture
def replicas(namespace, start):
    return [start(pod_that_runs(namespace, f"loop-{name}"), "kubernetes_loop.py", LOCK, "counter") for name in "abc"]


def leads(replica):
    return bool(replica.said("^leading"))


def counter(namespace):
    """(its value, the token of the last write)."""
    found = namespace.admin.get(namespace.path("configmaps", "counter"))
    return int(found["data"]["count"]), int(found["metadata"]["annotations"][TOKEN])


def counts(replica):
    return [int(value) for value in replica.said(r"^counted (\d+)")]


def test_one_counts_and_the_next_goes_on_with_a_greater_token(namespace, replicas):
    everybody, tokens = list(replicas), []
    for end in (lambda leader: leader.terminate(), lambda leader: leader.die(), None):
        leader, standbys = split(replicas, leads)
        leader.hear(r"^counted", count=2)
        tokens.append(counter(namespace)[1])
        assert tokens[-1] == int(leader.said(r"^leading, token (\d+)")[0])
        assert not any(counts(standby) for standby in standbys)
        if end is not None:
            assert end(leader) in (0, None)
            replicas.remove(leader)
    assert tokens == sorted(set(tokens)), "tokens must grow from term to term"
    assert leader.terminate() == 0
    told = sorted(value for replica in everybody for value in counts(replica))
    # A killed leader may have written once more than it could say.
    assert len(told) == len(set(told)) and told[-1] == counter(namespace)[0] and len(told) >= told[-1] - 1, told


def test_a_leader_whose_pod_is_gone_stops_by_itself_and_the_next_counts(replicas):
    """P9: LostError ends the loop, whatever it is doing."""
    leader, standbys = split(replicas, leads)
    leader.hear(r"^counted")
    leader.pod.delete(grace=0)
    assert leader.ended() == 1
    assert leader.said(r"^stopped: pod .* no longer leads") and "Traceback" not in leader.log(), leader.log()
    split(standbys, leads)[0].hear(r"^counted")


def test_a_write_with_an_older_token_is_refused(namespace, replicas):
    """P11: as if a newer leader had written while this one was frozen."""
    leader, _ = split(replicas, leads)
    leader.hear(r"^counted")
    newer = str(counter(namespace)[1] + 1)
    namespace.admin.patch(namespace.path("configmaps", "counter"), {"metadata": {"annotations": {TOKEN: newer}}})
    assert leader.ended() == 1
    assert leader.said(rf"^stopped: token \d+ is older than {newer}"), leader.log()
    assert counter(namespace)[1] >= int(newer)
