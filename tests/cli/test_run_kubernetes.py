# SPDX-License-Identifier: Apache-2.0
"""leaderlife run on a real control plane, each wrapper in a pod."""

import random
import signal

import pytest
from controlplane.pods import Namespace, running
from controlplane.process import free_port, wait_for

from .arena import Arena
from .test_health import get, metrics

MODES = [pytest.param([], id="in place"), pytest.param(["--watch"], id="watch")]


class Space(Namespace):
    """A namespace whose pods are places for the command."""

    def spot(self, name, **options):
        """(pod, environment) of a running pod."""
        pod = self.pod(name, **options)
        pod.set_status(phase="Running", containerStatuses=[running()])
        return pod, pod.candidate().environment()

    def leader(self):
        """The name of the pod that the lock names, or None."""
        lock = self.lock_object()
        return lock and lock["metadata"]["ownerReferences"][0]["name"]


@pytest.fixture
def space(cluster):
    return Space(cluster)


@pytest.mark.parametrize("mode", MODES)
def test_it_runs_the_program_as_the_leader(command, space, mode):
    _, environment = space.spot("a")
    ended = command.run("run", *mode, "lock", "--", "sh", "-c", "env | grep ^LEADERLIFE_ | sort; exit 4", environment=environment)
    assert ended.returncode == 4, ended
    holder, lock, token = ended.stdout.splitlines()
    assert (holder, lock) == ("LEADERLIFE_HOLDER=a", "LEADERLIFE_LOCK=lock")
    # In place nobody is left to give the lock back: it stays the pod's.
    assert space.leader() == (None if mode else "a")
    record = space.record_object()
    assert record["spec"]["holderIdentity"] == ("" if mode else "a")
    assert int(token.partition("=")[2]) > 0


@pytest.mark.parametrize("mode", MODES)
def test_no_descriptor_is_inherited(command, space, mode):
    """There is no kernel lock to pass on, and no library's socket is left open by mistake: stdin, stdout, stderr, and the one
    by which ls reads the list."""
    _, environment = space.spot("a")
    ended = command.run("run", "-q", *mode, "lock", "--", "ls", "-l", "/proc/self/fd", environment=environment)
    listed = [line.split(" -> ")[-1] for line in ended.stdout.splitlines() if " -> " in line]
    seats = [target for target in listed if target.startswith("socket:")]
    assert len(listed) == 4 + len(seats) and len(seats) <= 1, listed


@pytest.mark.parametrize("mode", MODES)
def test_a_restarted_container_leads_again_and_its_token_has_grown(command, space, mode):
    _, environment = space.spot("a")
    script = 'echo "mine $LEADERLIFE_TOKEN"; exec sleep 1000'
    tokens = []
    for _ in range(3):
        started = command.start("run", *mode, "lock", "--", "sh", "-c", script, environment=environment)
        started.wait_said("mine ")
        tokens.append(int(started.stdout().split()[1]))
        started.send(signal.SIGKILL)
        started.wait()
        assert space.leader() == "a"
    assert tokens == sorted(set(tokens))


def test_the_end_of_the_program_lets_the_next_pod_lead(command, space):
    _, a = space.spot("a")
    _, b = space.spot("b")
    first = command.start("run", "--watch", "lock", "--", "sh", "-c", 'trap "exit 0" TERM; while :; do sleep 0.02; done',
                          environment=a)
    first.wait_said("leading")
    second = command.start("run", "--watch", "--on-standby", "echo stands by; exec sleep 1000", "lock", "--", "sh", "-c",
                           "echo leads; sleep 1000", environment=b)
    second.wait_said("waiting for 'lock': a leads")
    second.wait_said("stands by")
    first.send(signal.SIGTERM)
    assert first.wait() == 0
    second.wait_said("leads\n")
    assert space.leader() == "b"


def test_behind_a_sibling_of_the_same_pod_the_standby_program_runs_too(command, space):
    """The lock names the pod, and does not tell which of its processes leads."""
    _, environment = space.spot("a")
    first = command.start("run", "--watch", "lock", "--", "sleep", "1000", environment=environment)
    first.wait_said("leading")
    second = command.start("run", "--on-standby", "echo stands by; exec sleep 1000", "lock", "--", "echo", "leads",
                           environment=environment)
    second.wait_said("stands by")
    first.send(signal.SIGTERM)
    assert second.wait() == 0 and second.stdout() == "stands by\nleads\n"


def test_the_end_of_the_pod_lets_the_next_pod_lead(command, space):
    pod, a = space.spot("a")
    _, b = space.spot("b")
    first = command.start("run", "lock", "--", "sleep", "1000", environment=a)
    first.wait_said("leading")
    second = command.start("run", "lock", "--", "echo", "second leads", environment=b)
    second.wait_said("waiting for 'lock': a leads")
    first.send(signal.SIGKILL)
    pod.delete(grace=0)
    assert second.wait() == 0 and second.stdout() == "second leads\n"


class LostNode:
    """Of no kubelet: its pods end when the test says so."""
    name = "run-lost-node"


@pytest.mark.parametrize("mode", MODES)
def test_orphan_deletion_of_the_leaders_pod(command, space, mode):
    """P14: the lock loses its owner while the leader has its grace. Others wait, late ones too, and then one leads."""
    pod, a = space.spot("a", node=LostNode, grace=60)
    spots = {name: space.spot(name)[1] for name in "bc"}
    first = command.start("run", *mode, "lock", "--", "sleep", "1000", environment=a)
    first.wait_said("leading")

    def waits(name):
        started = command.start("run", *mode, "lock", "--", "sh", "-c", "echo leads; exec sleep 1000", environment=spots[name])
        started.wait_said("waiting for 'lock': a leads")
        return started

    others = [waits("b")]
    pod.delete(policy="Orphan")
    wait_for("the collector has stripped the owner", lambda: not space.lock_object()["metadata"].get("ownerReferences"))
    others.append(waits("c"))
    assert first.running() and not any(other.stdout() for other in others)
    first.send(signal.SIGKILL)
    first.wait()
    pod.delete(grace=0)
    wait_for("the next one leads", lambda: any(other.stdout() for other in others))
    assert space.leader() in spots
    assert not any("EBLOCKED" in started.stderr() or "delete" in started.stderr() for started in others), \
        [started.stderr() for started in others]


@pytest.mark.parametrize("stubborn", [False, True])
def test_the_loss_of_leadership_stops_the_program(command, space, stubborn):
    """The pod is deleted by force while its processes run."""
    pod, a = space.spot("a")
    script = 'trap "" TERM; echo works; while :; do sleep 0.02; done' if stubborn else \
             'trap "echo asked; exit 5" TERM; echo works; while :; do sleep 0.02; done'
    started = command.start("run", "--watch", "--kill-after", "300ms", "lock", "--", "sh", "-c", script, environment=a)
    started.wait_said("works")
    pod.delete(grace=0)
    assert started.wait() == 70
    assert "leadership is lost" in started.stderr()
    assert ("SIGKILL" in started.stderr()) == stubborn
    assert started.stdout() == ("works\n" if stubborn else "works\nasked\n")


def test_probes_and_metrics(command, space):
    _, a = space.spot("a")
    _, b = space.spot("b")
    ports = free_port(), free_port()
    script = 'trap "exit 0" TERM; while :; do sleep 0.02; done'
    for port, place in zip(ports, (a, b), strict=True):
        words = ["run", "--health", f"127.0.0.1:{port}", "lock", "--", "sh", "-c", script]
        command.start(*words, environment=place).wait_said(" a lead" if place is b else "leading")
    assert [get(port, "/readyz")[1] for port in ports] == ["leader\n", "standby\n"]
    led, stood = map(metrics, ports)
    assert led['leaderlife_leader{lock="lock"}'] == 1 and stood['leaderlife_leader{lock="lock"}'] == 0
    assert led['leaderlife_term{lock="lock"}'] == 1
    assert led['leaderlife_requests_total{lock="lock",kind="write"}'] >= 2
    assert stood['leaderlife_requests_total{lock="lock",kind="watch"}'] >= 2
    holders = [name for name in stood if name.startswith("leaderlife_holder_info")]
    assert holders == [name for name in led if name.startswith("leaderlife_holder_info")] and len(holders) == 1


def test_deaths_in_a_pod(command, space, tmp_path):
    """Three wrappers in one pod queue for its seat (P12): 24 deaths of wrapper, program or both, and never two programs.
    Who has lost only the program gives the lock back, so others may lead in between: they are in this pod too."""
    random.seed("pod")
    _, a = space.spot("a")
    arena = Arena(command, "lock", tmp_path, ["--watch"], "sleep", a)
    for _ in range(24):
        arena.fill()
        arena.kill_one(random.choice(["wrapper", "program", "both"]))
    arena.fill()
    arena.present()
    assert arena.seen_faults() == []


def test_a_wrapper_that_is_killed_keeps_the_lock_for_its_pod(command, space, tmp_path):
    """24 deaths of the wrapper or of both at once: the other pod never leads, and no two programs run."""
    random.seed("wrapper")
    _, a = space.spot("a")
    _, b = space.spot("b")
    arena = Arena(command, "lock", tmp_path, ["--watch"], "sleep", a)
    arena.fill(1)
    arena.present()
    other = command.start("run", "lock", "--", "echo", "other leads", environment=b)
    other.wait_said("waiting for 'lock': a leads")
    for _ in range(24):
        arena.fill()
        arena.kill_one(random.choice(["wrapper", "both at once"]))
        assert space.leader() == "a"
    assert other.running() and other.stdout() == ""
    assert arena.seen_faults() == []
