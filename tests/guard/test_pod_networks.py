# SPDX-License-Identifier: Apache-2.0
"""P2, P3b: two processes of one pod UID in two network namespaces.

They do not see each other's seat (P12). So one that has none of the pod's
addresses does not campaign; and where one claims all the same, the other is LOST
and leaves alone what is not its own, so that no third pod leads."""

import contextlib

import pytest

from controlplane.client import ApiError
from controlplane.network import Network
from scenarios import programs

ADDRESS = "10.99.0.1"
AT_HOME = {"pod-network": "pod"}


@pytest.fixture
def home(cluster):
    with Network(cluster, ADDRESS + "/32", suite="guard") as network:
        yield network


@pytest.fixture
def elsewhere(cluster):
    with Network(cluster, "10.99.0.2/32", suite="guard") as network:
        yield network


def nonce(space):
    return space.record_object()["metadata"]["annotations"]["leaderlife.dev/holder-nonce"]


@pytest.mark.parametrize("language", ["c", "python", "lua5.4"])
def test_who_is_elsewhere_does_not_resume(candidates, home, elsewhere, language):
    program = programs.required(language, "guard")
    files = candidates.files("a")
    files.pod.set_status(podIP=ADDRESS, podIPs=[{"ip": ADDRESS}])
    one = candidates.start(files, AT_HOME, command=home.words(*program))
    candidates.leads(one)
    other = candidates.start(candidates.files("b"), command=program)
    candidates.stands_by(other, holder="a")
    claim = nonce(candidates.space)
    two = candidates.start(files, {**AT_HOME, "x-elsewhere-ms": "2000"}, command=elsewhere.words(*program))
    candidates.notices(two, "LEADERLIFE_EIDENTITY", "network namespace", "pod-network")
    assert not two.is_ready()
    candidates.fails(two, "LEADERLIFE_EIDENTITY", "network namespace", "unshare -n", "pod-network")
    assert one.state == "leader" and nonce(candidates.space) == claim
    candidates.stays(other, "standby")


def test_an_address_that_comes_late_is_waited_for(candidates, home):
    """As of a sandbox that was made anew: its pod's status still shows the old one."""
    files = candidates.files("a")
    files.pod.set_status(podIP="10.99.0.9", podIPs=[{"ip": "10.99.0.9"}])
    one = candidates.start(files, AT_HOME, command=home.words(*programs.required("c", "guard")))
    candidates.notices(one, "LEADERLIFE_EIDENTITY", "network namespace")
    files.pod.set_status(podIP=ADDRESS, podIPs=[{"ip": ADDRESS}])
    candidates.leads(one)


def test_a_leader_is_not_dethroned_by_it(candidates, home):
    files = candidates.files("a")
    files.pod.set_status(podIP=ADDRESS, podIPs=[{"ip": ADDRESS}])
    one = candidates.start(files, {**AT_HOME, "x-elsewhere-ms": "100"},
                           command=home.words(*programs.required("c", "guard")))
    candidates.leads(one)
    files.pod.set_status(podIP="10.99.0.9", podIPs=[{"ip": "10.99.0.9"}])
    candidates.notices(one, "LEADERLIFE_EIDENTITY", "still leads")
    candidates.stays(one, "leader")


@pytest.mark.parametrize("language", ["c", "python", "lua5.4"])
def test_what_any_gives_up(candidates, home, elsewhere, language):
    """Where no address is asked for, who is elsewhere resumes beside the leader, whose seat it does not see: nothing
    but the rule that is tested above keeps it from that. The one that finds the other's claim is LOST and leaves it
    alone (P3b): at the commit where this was found it cleared it, and a third pod led beside the second process."""
    candidates.observer.allow_two = True  # for a moment, the two of one pod
    program = programs.required(language, "guard")
    files = candidates.files("a")
    files.pod.set_status(podIP=ADDRESS, podIPs=[{"ip": ADDRESS}])
    one = candidates.start(files, {"pod-network": "any"}, command=home.words(*program))
    candidates.leads(one)
    other = candidates.start(candidates.files("b"), command=program)
    candidates.stands_by(other, holder="a")
    two = candidates.start(files, {"pod-network": "any"}, command=elsewhere.words(*program))
    candidates.leads(two)
    candidates.observer.wait(f"{one} is lost", lambda: one.state == "lost")
    claim = nonce(candidates.space)
    candidates.stays(other, "standby", seconds=2.0)
    assert two.state == "leader" and nonce(candidates.space) == claim


def claim_for(space, pod):
    """What a process of that pod does elsewhere that does not see the seat: it resumes."""
    record = space.record_object()
    assert record["metadata"]["annotations"]["leaderlife.dev/holder-uid"] == pod.uid
    space.admin.patch(space.record_path, {
        "metadata": {"annotations": {"leaderlife.dev/holder-nonce": "stranger.1"}},
        "spec": {"leaseTransitions": record["spec"]["leaseTransitions"] + 1}})
    with contextlib.suppress(ApiError):  # the lock may be gone by then, at the commit where this was found
        space.admin.patch(space.lock_path, {"metadata": {"annotations": {"leaderlife.dev/holder-nonce": "stranger.2"}}})


@pytest.mark.parametrize("language", ["c", "python", "lua5.4"])
def test_a_lost_life_leaves_the_others_claim_alone(candidates, language):
    """It was the trap: the LOST life emptied its sibling's record and deleted its lock, and a third pod led."""
    program = programs.required(language, "guard")
    files = candidates.files("a")
    one = candidates.start(files, command=program)
    candidates.leads(one)
    other = candidates.start(candidates.files("b"), command=program)
    candidates.stands_by(other, holder="a")
    claim_for(candidates.space, files.pod)
    candidates.observer.wait(f"{one} is lost", lambda: one.state == "lost")
    assert "network namespace" in candidates.lines(one, "state")[-1]["text"]
    candidates.stays(other, "standby", seconds=2.0)
    assert nonce(candidates.space) == "stranger.1"
    assert candidates.space.lock_object()["metadata"]["annotations"]["leaderlife.dev/holder-nonce"] == "stranger.2"
    one.do("close")
    candidates.observer.wait(f"{one} is closed", lambda: one.state == "closed")
    candidates.stays(other, "standby")
    assert nonce(candidates.space) == "stranger.1"
