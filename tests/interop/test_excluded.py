# SPDX-License-Identifier: Apache-2.0
"""What happens beside operator-lib's candidates outside the conditions of
test_mixed.py. Each test pins what operator-lib 0.19 does there (its file
leader/leader.go; docs/operator-lib.md has the table), and what ours makes of it. Where two
can lead it is theirs who does not look: Become returns once, and nobody watches
the lock after that."""

import secrets

import pytest

from controlplane.process import wait_for

from .operatorlib import running_files

RESUMED = "Found existing lock with my name"
HOOK = "end"  # the pod's name at the SlowEnd
NODES = "/api/v1/nodes"


@pytest.fixture(autouse=True)
def two_may_lead(candidates):
    candidates.observer.allow_two = True


def lock_owner(candidates):
    """The UID in the lock, or None."""
    found = candidates.space.lock_object()
    return found and found["metadata"]["ownerReferences"][0]["uid"]


def both_lead(candidates, first, second):
    """They do, and none of their processes has been told of it."""
    assert set(candidates.observer.leading()) >= {first, second}


def overlap(candidates, old, new, report):
    """Ours was the old leader and has lost; prints for how long two led (less than 0: not at all, or unseen)."""
    candidates.observer.wait(f"{old} lost", lambda: old.state == "lost")
    assert old not in candidates.observer.leading() and new in candidates.observer.leading()
    ended = next(term.end for term in candidates.observer.terms if term.process is old)
    began = next(term.begin for term in candidates.observer.terms if term.process is new)
    report(f"interop: ours had lost {ended - began:.1f} ms after operator-lib's candidate said that it leads")


def test_resume_by_name(candidates, theirs):
    """operator-lib compares an owner's name only, and that at the start: a pod of its
    predecessor's name (a StatefulSet's) takes the predecessor's lock for its own, though
    the UID differs and whoever is to lead is not decided. Ours goes by the UID (P2) and
    does what is due: it takes over from the pod that is gone, and then both lead."""
    leader = candidates.files("same")
    old = candidates.start(leader)
    candidates.leads(old)
    standby = candidates.start(candidates.files("other"))
    candidates.stands_by(standby)
    standby.freeze()  # it must not take over before the successor has started
    candidates.cluster.pause_controller_manager()
    try:
        old.kill()
        leader.pod.delete(grace=0)
        successor = theirs.start(theirs.files("same"))
        candidates.leads(successor)
        assert theirs.said(successor, RESUMED)
        assert lock_owner(candidates) == leader.pod.uid  # not its own: nobody has written
        standby.thaw()
        candidates.leads(standby)
    finally:
        candidates.cluster.resume_controller_manager()
    both_lead(candidates, successor, standby)


@pytest.mark.parametrize("leader_is", ["ours", "theirs"])
def test_foreground_deletion(candidates, theirs, hollow_node, slow_end, report, leader_is):
    """The collector removes the lock at once, the pod has its grace. operator-lib's candidate
    asks for nothing but the lock and creates it. Ours, as the leader, loses as soon as it
    sees the other's lock (P9); as a standby it waits for the pod's end (P8). Of two of
    operator-lib's both lead until the first pod ends."""
    pod = {"node": hollow_node, "grace": 60, "lifecycle": slow_end.lifecycle(HOOK)}
    if leader_is == "ours":
        files = running_files(candidates, "leader", **pod)
        old = candidates.start(files)
    else:
        files = theirs.files("leader", **pod)
        old = theirs.start(files)
    candidates.leads(old)
    standby = candidates.start(candidates.files("ours"))
    candidates.stands_by(standby)
    with files.pod.collected_at_deletion():
        files.pod.delete(policy="Foreground")
        wait_for("the collector", lambda: candidates.space.lock_object() is None)
    new = theirs.start(theirs.files("theirs"))
    candidates.leads(new)
    assert files.pod.phase() == "Running"
    assert standby.state == "standby"
    if leader_is == "ours":
        overlap(candidates, old, new, report)
    else:
        both_lead(candidates, old, new)
    slow_end.let_end(HOOK)


def test_lock_deleted_by_hand(candidates, theirs):
    """Ours puts its lock back at once (P9), and operator-lib's candidate, which polls, finds it."""
    files = candidates.files("leader")
    leader = candidates.start(files)
    candidates.leads(leader)
    other = theirs.start(theirs.files("theirs"))
    theirs.says(other, "Not the leader. Waiting.")
    other.freeze()  # its next poll must not fall into the moment
    candidates.admin.delete(candidates.space.lock_path, uid=candidates.space.lock_object()["metadata"]["uid"])
    wait_for("another lock", candidates.space.lock_object)
    other.thaw()
    told = len(candidates.lines(other, "log"))
    candidates.observer.wait("a poll", lambda: len(candidates.lines(other, "log")) > told)
    assert lock_owner(candidates) == files.pod.uid
    assert candidates.observer.leading() == [leader]


def test_lock_deleted_by_hand_while_our_leader_stands_still(candidates, theirs):
    """A poll that falls into the moment without a lock takes it: two lead until ours sees
    the other's lock, and loses (P9). The moment is made long by freezing ours."""
    leader = candidates.start(candidates.files("leader"))
    candidates.leads(leader)
    leader.freeze()
    candidates.admin.delete(candidates.space.lock_path)
    other = theirs.start(theirs.files("theirs"))
    candidates.leads(other)
    both_lead(candidates, leader, other)
    leader.thaw()
    candidates.observer.wait("ours to have lost", lambda: leader.state == "lost")
    assert candidates.observer.leading() == [other]


@pytest.fixture
def lost_node(candidates):
    """A node that has no kubelet and is not ready: pods on it terminate without end."""
    name = "lost-" + secrets.token_hex(3)
    candidates.admin.create(NODES, {"metadata": {"name": name}})
    candidates.admin.patch(f"{NODES}/{name}/status", {"status": {"conditions": [
        {"type": "Ready", "status": "False", "reason": "Test", "message": "",
         "lastHeartbeatTime": "2000-01-01T00:00:00Z", "lastTransitionTime": "2000-01-01T00:00:00Z"}]}})
    yield type("Node", (), {"name": name})
    candidates.admin.delete(f"{NODES}/{name}")


@pytest.mark.parametrize("leader_is", ["ours", "theirs"])
def test_node_not_ready(candidates, theirs, lost_node, report, leader_is):
    """operator-lib's candidate deletes the pod, which stays terminating, for no kubelet says
    that it has ended, and then the lock, and leads while the old process runs. Our standby waits (P16)."""
    theirs.may_clean_up()
    if leader_is == "ours":
        files = running_files(candidates, "leader", lost_node)
        old = candidates.start(files)
    else:
        files = theirs.files("leader", node=lost_node)
        old = theirs.start(files)
    candidates.leads(old)
    standby = candidates.start(candidates.files("ours"))
    candidates.stands_by(standby)
    new = theirs.start(theirs.files("theirs"))
    candidates.leads(new)
    assert theirs.said(new, "Deleting the leader.")
    assert files.pod.object()["metadata"]["deletionTimestamp"]
    assert standby.state == "standby"
    if leader_is == "ours":
        overlap(candidates, old, new, report)
    else:
        both_lead(candidates, old, new)


def test_evicted(candidates, theirs):
    """operator-lib's candidate deletes a leader's pod that is Failed/Evicted, though its container
    runs, and leaves the lock to the collector. Before, ours did not take it for dead (P4 c);
    a pod that is gone is dead (P4 a), so ours leads beside the process that still runs."""
    theirs.may_clean_up()
    files = theirs.files("leader")
    old = theirs.start(files)
    candidates.leads(old)
    standby = candidates.start(candidates.files("ours"))
    candidates.stands_by(standby)
    files.pod.set_status(phase="Failed", reason="Evicted")
    candidates.stays(standby, "standby")
    other = theirs.start(theirs.files("theirs"))
    theirs.says(other, "Deleting evicted leader.")
    files.pod.wait_gone()
    candidates.leads(standby)
    both_lead(candidates, old, standby)
