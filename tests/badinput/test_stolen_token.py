# SPDX-License-Identifier: Apache-2.0
"""What who has a candidate's token can do to its election, and what not. docs/security.md says the same."""

import pytest

from controlplane.client import ApiError

FORBIDDEN = 403


@pytest.fixture
def election(candidates):
    """(leader, standby, a client with the leader's token)."""
    files = candidates.files("a")
    leader = candidates.start(files)
    candidates.leads(leader)
    standby = candidates.start(candidates.files("b"))
    candidates.stands_by(standby, "a")
    return leader, standby, files.pod.client()


@pytest.mark.parametrize("method, resource, name, body", [
    ("GET", "secrets", None, None),
    ("DELETE", "pods", "a", None),
    ("PATCH", "pods", "a", {"metadata": {"labels": {"x": "y"}}}),
    ("POST", "pods", None, {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "image": "x"}]}}),
    ("GET", "configmaps", "another", None),
    ("DELETE", "configmaps", "another", None),
    ("DELETE", "leases", "lock.leaderlife", None),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_it_may_not(candidates, election, method, resource, name, body):
    """Not even touch another lock, a pod, or remove the record."""
    leader, standby, thief = election
    content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    with pytest.raises(ApiError) as refused:
        thief.request(method, candidates.space.path(resource, name), body, content_type=content_type)
    assert refused.value.code == FORBIDDEN
    candidates.stays(leader, "leader", 0.2)
    candidates.stays(standby, "standby", 0.2)


def test_it_can_remove_the_lock_and_nobody_is_elected(candidates, election):
    """P7: the leader puts it back."""
    leader, standby, thief = election
    term = candidates.space.record_object()["spec"]["leaseTransitions"]
    for _ in range(3):
        thief.delete(candidates.space.lock_path)
        candidates.observer.wait("the lock is back", lambda: candidates.space.lock_object() is not None)
    candidates.stays(leader, "leader")
    candidates.stays(standby, "standby")
    assert candidates.space.record_object()["spec"]["leaseTransitions"] == term


def test_it_can_end_the_leadership_and_hold_up_the_next(candidates, election):
    """The lock names a pod that lives and does not campaign: the leader is told so, and nobody is elected."""
    leader, standby, thief = election
    other = candidates.files("c").pod
    lock = thief.get(candidates.space.lock_path)
    lock["metadata"]["ownerReferences"] = [other.owner_reference()]
    thief.replace(candidates.space.lock_path, lock)
    candidates.observer.wait("the leader has lost", lambda: leader.state == "lost")
    candidates.stays(standby, "standby")
    candidates.admin.delete(candidates.space.path("pods", "c"), grace=0)
    candidates.reaches(standby, "leader")
