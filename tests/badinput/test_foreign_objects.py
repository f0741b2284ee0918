# SPDX-License-Identifier: Apache-2.0
"""P14: somebody else's ConfigMap has the lock's name. Nobody leads, nobody
touches it, everybody says why; and all goes on once it is removed."""

import pytest

EBLOCKED = "LEADERLIFE_EBLOCKED"
NOT_BEFORE = "is not known to have ended, so nothing may be deleted before it has, or has given back"
# Else it is orphaned, and not foreign.
STRIPPED = {"metadata": {"ownerReferences": None, "annotations": {"leaderlife.dev/holder": None}}}


def _reference(kind, found):
    return {"apiVersion": "v1", "kind": kind, "name": found["metadata"]["name"], "uid": found["metadata"]["uid"]}


def _of_no_owner(_candidates):
    return {}


def _of_two_pods(candidates):
    return {"ownerReferences": [candidates.space.pod(name).owner_reference() for name in ("x", "y")]}


def _of_another_kind(candidates):
    owner = candidates.admin.create(candidates.space.path("configmaps"), {"metadata": {"name": "owner"}})
    return {"ownerReferences": [_reference("ConfigMap", owner)]}


def _with_a_finalizer(candidates):
    return {"ownerReferences": [candidates.space.pod("x").owner_reference()], "finalizers": ["example.com/keep"]}


FOREIGN = {
    "no-owner": (_of_no_owner, "owner"),
    "several-owners": (_of_two_pods, "owners"),
    "another-kind": (_of_another_kind, "ConfigMap"),
    "finalizer": (_with_a_finalizer, "example.com/keep"),
}


@pytest.mark.parametrize("make, cause", FOREIGN.values(), ids=FOREIGN)
def test_foreign_lock(candidates, make, cause):
    candidates.admin.create(candidates.space.path("configmaps"), {
        "metadata": {"name": "lock", **make(candidates)}, "data": {"somebody": "else"}})
    before = candidates.space.lock_object()
    two = [candidates.start(candidates.files(name)) for name in ("a", "b")]
    for process in two:
        text = candidates.notices(process, EBLOCKED, "lock 'lock'", candidates.space.name, cause)
        assert "delete it" in text or "remove" in text, f"no cure in: {text}"
    for process in two:
        candidates.reaches(process, "standby")
        candidates.stays(process, "standby", 0.7)
        assert process.do("state")["holder"] is None
        assert process.do("counters")["writes"] == 0
    assert candidates.space.lock_object() == before
    if before["metadata"].get("finalizers"):
        candidates.admin.delete(candidates.space.path("pods", "x"), grace=0)  # for without the finalizer it is its lock
        candidates.admin.patch(candidates.space.lock_path, {"metadata": {"finalizers": None}})
    else:
        candidates.admin.delete(candidates.space.lock_path)
    candidates.observer.wait("somebody leads", lambda: len(candidates.observer.leading()) == 1)


def test_foreign_lock_is_said_once(candidates):
    candidates.admin.create(candidates.space.path("configmaps"), {"metadata": {"name": "lock"}})
    process = candidates.start(candidates.files())
    candidates.notices(process, EBLOCKED)
    candidates.reaches(process, "standby")
    for value in "abc":
        candidates.admin.patch(candidates.space.lock_path, {"data": {"key": value}})
    candidates.stays(process, "standby", 0.7)
    told = [line["text"] for line in candidates.lines(process, "notice") if line["status"] == EBLOCKED]
    assert len(told) == 1, told


def test_lock_becomes_foreign_under_its_leader(candidates):
    """It leads on, says so, and has its lock back once the object is removed."""
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    token = leader.do("state")["token"]
    standby = candidates.start(candidates.files("b"))
    candidates.stands_by(standby, holder="a")
    candidates.observer.wait("the record read", lambda: any(
        "leases/lock.leaderlife: HTTP 200" in line["text"] for line in candidates.lines(standby, "log")))
    candidates.admin.patch(candidates.space.lock_path, STRIPPED)
    before = candidates.space.lock_object()
    candidates.notices(leader, EBLOCKED, "lock 'lock'", "has no owner", "pod a, in which this process leads",
                       NOT_BEFORE)
    candidates.notices(standby, EBLOCKED, "lock 'lock'", "has no owner", "pod a, which the holder record names",
                       NOT_BEFORE)
    candidates.stays(leader, "leader", 1.0)
    assert candidates.space.lock_object() == before
    candidates.admin.delete(candidates.space.lock_path)
    candidates.observer.wait("the lock put back", lambda: candidates.space.lock_object())
    candidates.stays(leader, "leader", 0.3)
    assert leader.do("state")["token"] == token  # P9, P11
    assert standby.state == "standby"


def test_a_newcomer_does_not_advise_to_delete_under_a_living_pod(candidates):
    """It has seen nobody lead, and the lock tells nothing; but the record does. Told again when that pod has ended."""
    gone = candidates.files("gone")
    leader = candidates.start(gone)
    candidates.leads(leader)
    leader.kill()  # else it would have its lock back
    candidates.admin.patch(candidates.space.lock_path, STRIPPED)
    process = candidates.start(candidates.files("b"))
    candidates.notices(process, EBLOCKED, "has no owner", "pod gone, which the holder record names", NOT_BEFORE)
    assert not any("if nothing else needs it, delete it" in line["text"]
                   for line in candidates.lines(process, "notice"))
    candidates.stays(process, "standby", 0.7)
    gone.pod.delete(grace=0)
    candidates.notices(process, EBLOCKED, "has no owner", "if nothing else needs it, delete it")
    assert process.state == "standby"
    candidates.admin.delete(candidates.space.lock_path)
    candidates.leads(process)
    assert len([line for line in candidates.lines(process, "notice") if "has no owner" in line["text"]]) == 2


def test_a_foreign_record_beside_a_living_leaders_lock(candidates):
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    candidates.admin.patch(candidates.space.record_path, {"spec": {"holderIdentity": ""}})
    candidates.notices(leader, EBLOCKED, "edited", "pod a, in which this process leads", NOT_BEFORE)
    newcomer = candidates.start(candidates.files("b"))
    candidates.notices(newcomer, EBLOCKED, "edited", "pod a, which the lock names", NOT_BEFORE)
    assert leader.state == "leader" and newcomer.state == "standby"


def test_resigning_leaves_a_foreign_object_alone(candidates):
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    candidates.admin.patch(candidates.space.lock_path, STRIPPED)
    candidates.notices(leader, EBLOCKED, "lock 'lock'")
    before = candidates.space.lock_object()
    leader.do("resign")
    candidates.reaches(leader, "resigned")
    assert candidates.space.lock_object() == before


def test_resigning_leaves_a_foreign_record_alone(candidates):
    """And says what is wrong with it; the lock goes, and with it mended others may lead."""
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    candidates.admin.patch(candidates.space.record_path,
                           {"metadata": {"annotations": {"leaderlife.dev/holder-uid": None}}})
    candidates.notices(leader, EBLOCKED, "holder record 'lock.leaderlife'", candidates.space.name, "edited", NOT_BEFORE)
    before = candidates.space.record_object()
    leader.do("resign")
    candidates.reaches(leader, "resigned")
    assert candidates.space.record_object() == before
    assert candidates.space.lock_object() is None
    other = candidates.start(candidates.files("b"))
    candidates.notices(other, EBLOCKED, "holder record 'lock.leaderlife'", "make sure that no pod leads",
                       "delete the Lease")
    candidates.stays(other, "standby", 0.7)
    candidates.admin.delete(candidates.space.record_path)
    candidates.leads(other)
