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


def _of_no_owner(_bench):
    return {}


def _of_two_pods(bench):
    return {"ownerReferences": [bench.space.pod(name).owner_reference() for name in ("x", "y")]}


def _of_another_kind(bench):
    owner = bench.admin.create(bench.space.path("configmaps"), {"metadata": {"name": "owner"}})
    return {"ownerReferences": [_reference("ConfigMap", owner)]}


def _with_a_finalizer(bench):
    return {"ownerReferences": [bench.space.pod("x").owner_reference()], "finalizers": ["example.com/keep"]}


FOREIGN = {
    "no-owner": (_of_no_owner, "owner"),
    "several-owners": (_of_two_pods, "owners"),
    "another-kind": (_of_another_kind, "ConfigMap"),
    "finalizer": (_with_a_finalizer, "example.com/keep"),
}


@pytest.mark.parametrize("make, cause", FOREIGN.values(), ids=FOREIGN)
def test_foreign_lock(bench, make, cause):
    bench.admin.create(bench.space.path("configmaps"), {
        "metadata": {"name": "lock", **make(bench)}, "data": {"somebody": "else"}})
    before = bench.space.lock_object()
    two = [bench.start(bench.files(name)) for name in ("a", "b")]
    for process in two:
        text = bench.notices(process, EBLOCKED, "lock 'lock'", bench.space.name, cause)
        assert "delete it" in text or "remove" in text, f"no cure in: {text}"
    for process in two:
        bench.reaches(process, "standby")
        bench.stays(process, "standby", 0.7)
        assert process.do("state")["holder"] is None
        assert process.do("counters")["writes"] == 0
    assert bench.space.lock_object() == before
    if before["metadata"].get("finalizers"):
        bench.admin.delete(bench.space.path("pods", "x"), grace=0)  # for without the finalizer it is its lock
        bench.admin.patch(bench.space.lock_path, {"metadata": {"finalizers": None}})
    else:
        bench.admin.delete(bench.space.lock_path)
    bench.observer.wait("somebody leads", lambda: len(bench.observer.leading()) == 1)


def test_foreign_lock_is_said_once(bench):
    bench.admin.create(bench.space.path("configmaps"), {"metadata": {"name": "lock"}})
    process = bench.start(bench.files())
    bench.notices(process, EBLOCKED)
    bench.reaches(process, "standby")
    for value in "abc":
        bench.admin.patch(bench.space.lock_path, {"data": {"key": value}})
    bench.stays(process, "standby", 0.7)
    told = [line["text"] for line in bench.lines(process, "notice") if line["status"] == EBLOCKED]
    assert len(told) == 1, told


def test_lock_becomes_foreign_under_its_leader(bench):
    """It leads on, says so, and has its lock back once the object is removed."""
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    token = leader.do("state")["token"]
    standby = bench.start(bench.files("b"))
    bench.stands_by(standby, holder="a")
    bench.admin.patch(bench.space.lock_path, STRIPPED)
    before = bench.space.lock_object()
    bench.notices(leader, EBLOCKED, "lock 'lock'", "has no owner", "pod a, in which this process leads", NOT_BEFORE)
    bench.notices(standby, EBLOCKED, "lock 'lock'", "has no owner", "pod a, which the holder record names", NOT_BEFORE)
    bench.stays(leader, "leader", 1.0)
    assert bench.space.lock_object() == before
    bench.admin.delete(bench.space.lock_path)
    bench.observer.wait("the lock put back", lambda: bench.space.lock_object())
    bench.stays(leader, "leader", 0.3)
    assert leader.do("state")["token"] == token  # P9, P11
    assert standby.state == "standby"


def test_a_newcomer_does_not_advise_to_delete_under_a_living_pod(bench):
    """It has seen nobody lead, and the lock tells nothing; but the record does. Told again when that pod has ended."""
    gone = bench.files("gone")
    leader = bench.start(gone)
    bench.leads(leader)
    leader.kill()  # else it would have its lock back
    bench.admin.patch(bench.space.lock_path, STRIPPED)
    process = bench.start(bench.files("b"))
    bench.notices(process, EBLOCKED, "has no owner", "pod gone, which the holder record names", NOT_BEFORE)
    assert not any("if nothing else needs it, delete it" in line["text"] for line in bench.lines(process, "notice"))
    bench.stays(process, "standby", 0.7)
    gone.pod.delete(grace=0)
    bench.notices(process, EBLOCKED, "has no owner", "if nothing else needs it, delete it")
    assert process.state == "standby"
    bench.admin.delete(bench.space.lock_path)
    bench.leads(process)
    assert len([line for line in bench.lines(process, "notice") if "has no owner" in line["text"]]) == 2


def test_a_foreign_record_beside_a_living_leaders_lock(bench):
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    bench.admin.patch(bench.space.record_path, {"spec": {"holderIdentity": ""}})
    bench.notices(leader, EBLOCKED, "edited", "pod a, in which this process leads", NOT_BEFORE)
    newcomer = bench.start(bench.files("b"))
    bench.notices(newcomer, EBLOCKED, "edited", "pod a, which the lock names", NOT_BEFORE)
    assert leader.state == "leader" and newcomer.state == "standby"


def test_resigning_leaves_a_foreign_object_alone(bench):
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    bench.admin.patch(bench.space.lock_path, STRIPPED)
    bench.notices(leader, EBLOCKED, "lock 'lock'")
    before = bench.space.lock_object()
    leader.do("resign")
    bench.reaches(leader, "resigned")
    assert bench.space.lock_object() == before


def test_resigning_leaves_a_foreign_record_alone(bench):
    """And says what is wrong with it; the lock goes, and with it mended others may lead."""
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    bench.admin.patch(bench.space.record_path, {"metadata": {"annotations": {"leaderlife.dev/holder-uid": None}}})
    bench.notices(leader, EBLOCKED, "holder record 'lock.leaderlife'", bench.space.name, "edited", NOT_BEFORE)
    before = bench.space.record_object()
    leader.do("resign")
    bench.reaches(leader, "resigned")
    assert bench.space.record_object() == before
    assert bench.space.lock_object() is None
    other = bench.start(bench.files("b"))
    bench.notices(other, EBLOCKED, "holder record 'lock.leaderlife'", "make sure that no pod leads", "delete the Lease")
    bench.stays(other, "standby", 0.7)
    bench.admin.delete(bench.space.record_path)
    bench.leads(other)
