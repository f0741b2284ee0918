# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor finds what is wrong with lock and record, and names the cure that is safe."""

import json

import pytest
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.pods import terminated

from .doctor import TOO_LONG_S


def owner(pod):
    return {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid}


FOREIGN = {
    "no-owner": (lambda pods: {}, "has no owner", "delete it"),
    "two-owners": (lambda pods: {"ownerReferences": [owner(pod) for pod in pods]}, "has 2 owners",
                   "remove the owner references"),
    "another-kind": (lambda pods: {"ownerReferences": [{**owner(pods[0]), "kind": "Node"}]}, "owned by Node",
                     "choose another lock name"),
    "finalizer": (lambda pods: {"ownerReferences": [owner(pods[0])], "finalizers": ["example.com/keep"]},
                  "example.com/keep", "remove the finalizer"),
}


@pytest.mark.parametrize("case", FOREIGN.values(), ids=FOREIGN)
def test_foreign_lock(doctor, space, case):
    metadata, *says = case
    files = doctor.files(space)
    other = doctor.files(space, "b")
    doctor.cluster.pause_controller_manager()  # whose collector would remove some of them
    try:
        body = {"metadata": {"name": "lock", **metadata([files.pod, other.pod])}}
        doctor.admin.create(space.path("configmaps"), body)
        doctor.examine(files).only("error", "EBLOCKED", "lock: 'lock' cannot be taken: ", *says)
        if "finalizer" in says[-1]:
            doctor.admin.delete(space.lock_path)
            doctor.examine(files).only("error", "EBLOCKED", "and is being deleted", *says)
            doctor.admin.patch(space.lock_path, {"metadata": {"finalizers": None}})
        else:
            doctor.admin.delete(space.lock_path)
        assert not doctor.examine(files).bad()
    finally:
        doctor.cluster.resume_controller_manager()


def lease(doctor, space, pod=None, **metadata):
    """The record, as a candidate in that pod would write it; None: somebody else's Lease."""
    notes = {"leaderlife.dev/holder-uid": pod.uid, "leaderlife.dev/holder-nonce": "n",
             "leaderlife.dev/token": ""} if pod else {}
    return doctor.admin.create(space.path("leases"), {
        "metadata": {"name": "lock.leaderlife", "annotations": notes, **metadata},
        "spec": {"holderIdentity": pod.name if pod else "somebody", "leaseTransitions": 1}})


def test_foreign_record(doctor, space):
    files = doctor.files(space)
    lease(doctor, space)
    doctor.examine(files).only("error", "EBLOCKED", "its record 'lock.leaderlife' cannot be used",
                               "make sure that no pod leads", "delete the Lease")
    doctor.admin.delete(space.record_path)
    assert not doctor.examine(files).bad()


NOT_BEFORE = "is not known to have ended, so nothing may be deleted before it has, or has given back"


def test_a_foreign_lock_while_the_record_names_a_living_pod(doctor, space):
    """P14: to delete it would take from that pod what keeps others out."""
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    doctor.admin.create(space.path("configmaps"), {"metadata": {"name": "lock"}})
    lease(doctor, space, a.pod)
    doctor.examine(b).only("error", "EBLOCKED", "has no owner", "pod a, which the holder record names", NOT_BEFORE)
    a.pod.delete(grace=0)
    doctor.examine(b).only("error", "EBLOCKED", "has no owner", "if nothing else needs it, delete it")


def test_a_foreign_record_while_the_lock_names_a_living_pod(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    doctor.hold(space, a.pod)
    lease(doctor, space)
    doctor.examine(b).only("error", "EBLOCKED", "cannot be used", "pod a, which the lock names", NOT_BEFORE)


def orphan(doctor, space, pod):
    """A lock that has lost its owner reference."""
    doctor.hold(space, pod, **{"leaderlife.dev/holder": pod.name, "leaderlife.dev/holder-uid": pod.uid})
    lease(doctor, space, pod)
    doctor.admin.patch(space.lock_path, {"metadata": {"ownerReferences": None}})


def test_a_lock_that_has_lost_its_owner(doctor, space, node):
    """P14: it is its holder's all the same; whose pod terminates restores nothing."""
    a, b = doctor.files(space, "a", node=node, grace=300), doctor.files(space, "b")
    orphan(doctor, space, a.pod)
    doctor.examine(b).only("warning", "EBLOCKED", "pod a, which it names, lives, but its owner reference was removed",
                           "still that pod's", "must drive the election")
    a.pod.delete()
    report = doctor.examine(b)
    assert not report.bad(), report
    assert "--cascade=orphan" in report.has("ok", "OK", f"lock: pod a, UID {a.pod.uid}, has it",
                                            "the next leader removes")


def test_what_a_backup_tool_restored(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    orphan(doctor, space, a.pod)
    a.pod.delete(grace=0)
    doctor.examine(b).only("warning", "EBLOCKED", "pod a, which it names, is dead, and its owner reference is gone",
                           "restored from a backup", "goes on by itself", "start a candidate")
    doctor.leader(b)
    assert not doctor.examine(b).bad()


def test_the_leader_has_ended_and_nobody_takes_over(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    doctor.hold(space, a.pod)
    a.pod.set_status(phase="Succeeded", containerStatuses=[terminated()])
    doctor.examine(b).only("warning", "EBLOCKED", "pod a, which has it, is dead", "start a candidate")
    doctor.leader(b)
    assert not doctor.examine(b).bad()


def test_lock_and_record_name_two(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    doctor.hold(space, a.pod)
    lease(doctor, space, b.pod)
    doctor.examine(b).only("warning", "EBLOCKED", "pod a, which has it, is not the one in the record", "the other is b",
                           "delete the pod of the two that does not lead")


def test_the_record_is_gone(doctor, space):
    a = doctor.files(space, "a")
    doctor.hold(space, a.pod, **{"leaderlife.dev/guard": "record"})
    doctor.examine(a).only("warning", "EBLOCKED", "pod a, which has it, is not in its record any more",
                           "must drive the election")


def test_the_lock_is_gone(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b")
    lease(doctor, space, a.pod)
    doctor.examine(b).only("warning", "EBLOCKED", "pod a, which the record names, lives, but there is no lock",
                           "delete that pod")


def test_a_hand_over_is_nothing_odd(doctor, space, proxy):  # noqa: F811
    """What does not fit is looked at again a second later; it ends between the two looks."""
    a, b = doctor.files(space, "a"), doctor.files(space, "b", proxy=proxy)
    doctor.hold(space, a.pod)
    lease(doctor, space, b.pod)
    looks = proxy.hold(count=0, method="GET", path="/leases/lock.leaderlife")
    started = doctor.command.start("doctor", "-o", "json", "lock", environment=b.environment())
    proxy.wait_held(looks, timeout=TOO_LONG_S)
    proxy.release(looks, 1)
    proxy.wait_hits(looks, 2, timeout=TOO_LONG_S)
    doctor.admin.delete(space.record_path)
    proxy.remove(looks)
    assert started.wait() == 0
    assert not [finding for finding in json.loads(started.stdout())["findings"]
                if finding["level"] != "ok"], started.stdout()


def test_a_lock_that_nobody_collects(doctor, space):
    files = doctor.files(space)
    doctor.hold(space, files.pod)
    doctor.cluster.pause_controller_manager()
    try:
        doctor.admin.delete(space.lock_path, policy="Foreground")
        doctor.examine(files).only("warning", "EBLOCKED", "waits for a finalizer", "garbage collector runs")
    finally:
        doctor.cluster.resume_controller_manager()
