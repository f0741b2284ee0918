# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor finds what is wrong with the leader's pod, its node and the standbys."""

import time

from controlplane.pods import terminated

from .doctor import LABELS, ready


class LostNode:
    """There is no such Node: the pod collector removes its pods, unless it is held still."""
    name = "doctor-lost-node"


def test_a_leader_that_is_not_ready(doctor, space, node):
    a, b = doctor.files(space, "a", is_ready=False, node=node), doctor.files(space, "b")
    doctor.hold(space, a.pod)
    doctor.examine(b).only("warning", "EBLOCKED", "leader: pod a is not ready", f"node {node.name} may be lost",
                           "node.kubernetes.io/out-of-service", "node-policy 'fenced', not 'strict'")


def test_a_leader_on_a_lost_node(doctor, space):
    doctor.cluster.pause_controller_manager()  # whose pod collector knows such nodes from other tests
    try:
        a, b = doctor.files(space, "a", is_ready=False, node=LostNode), doctor.admin_files(doctor.files(space, "b"))
        doctor.hold(space, a.pod)
        doctor.examine(b, "--node-policy=fenced").only("warning", "EBLOCKED", "node doctor-lost-node is gone",
                                                       "delete its Node")
    finally:
        doctor.cluster.resume_controller_manager()


def test_readiness_that_waits_for_leadership(doctor, space):
    a, b = doctor.files(space, "a"), doctor.files(space, "b", is_ready=False)
    doctor.hold(space, a.pod)
    for files in (a, b):
        doctor.examine(files).only("warning", "ECONFIG",
                                   "standbys: pod b runs and is not ready since 2024-01-31T12:00:00Z",
                                   "1 of 1", "rolling updates never end", "leaderlife_election_is_ready()",
                                   "--ready-file")
    b.pod.set_status(conditions=[ready()])
    assert not doctor.examine(a).bad()


def test_what_is_no_such_hazard(doctor, space, node):
    """Just started; its container does not run; another application's; on its way out."""
    a = doctor.files(space, "a")
    doctor.hold(space, a.pod)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    doctor.files(space, "young").pod.set_status(conditions=[ready(False, now)])
    crashing = doctor.files(space, "crashing", is_ready=False)
    crashing.pod.set_status(containerStatuses=[{**terminated(), "state": {"waiting": {"reason": "CrashLoopBackOff"}}}])
    stranger = doctor.files(space, "stranger", is_ready=False)
    doctor.admin.patch(stranger.pod.path, {"metadata": {"labels": {key: "other" for key in LABELS}}})
    doctor.files(space, "leaving", is_ready=False, node=node, grace=300).pod.delete()
    report = doctor.examine(a)
    assert not report.bad(), report
    report.has("ok", "OK", "standbys: 3 other pods")


def test_a_leader_that_does_not_end(doctor, overdue):
    """It takes 30 s until that is so; test_doctor.py begins it when it runs first."""
    other, when, node = overdue
    time.sleep(max(0.0, when - time.monotonic()))
    doctor.examine(other).only("warning", "EBLOCKED", "leader: pod a should have ended at ",
                               "keeps the lock until it has",
                               f"node {node.name} may be lost", "node.kubernetes.io/out-of-service")
