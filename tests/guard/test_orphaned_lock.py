# SPDX-License-Identifier: Apache-2.0
"""P14: a lock without its owner reference is still its holder's.

`kubectl delete pod LEADER --cascade=orphan` makes the garbage collector strip
the lock's owner as soon as the pod has a deletionTimestamp, while the leader has
its whole grace. Nobody may be blocked by that, nobody may lead beside it, and no
notice may advise to delete a lock under a living leader. A hand may do the same
to a leader that goes on, and a backup tool to locks whose pods are long gone."""

import pytest

from controlplane.process import wait_for
from scenarios import programs

from .slow_end import SlowEnd

GRACE = 60  # seconds, which the test ends long before
LANGUAGES = ["c", "python", "lua5.4"]


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started


@pytest.fixture(params=LANGUAGES)
def program(request):
    return programs.required(request.param, "guard")


def owners(space):
    lock = space.lock_object()
    return lock and lock["metadata"].get("ownerReferences", [])


def in_pod_on(candidates, node, slow_end, name):
    """Files of a pod on the node that ends when slow_end lets it."""
    pod = candidates.space.pod(name, node=node, grace=GRACE,
                               lifecycle=slow_end.lifecycle(f"{candidates.space.name}.{name}"))
    pod.wait_phase("Running")
    return candidates.files_of(pod)


def says_nothing_of_deletion(candidates, *processes):
    for process in processes:
        told = [line["text"] for line in candidates.lines(process, "notice") if "delete" in line["text"]]
        assert not told, f"{process}: {told}"


def test_orphan_deletion_of_the_leaders_pod(candidates, hollow_node, slow_end, program):
    space = candidates.space
    a = in_pod_on(candidates, hollow_node, slow_end, "a")
    first = candidates.start(a, command=program)
    candidates.leads(first)
    second = candidates.start(candidates.files("b"), command=program)
    candidates.stands_by(second, holder="a")
    a.pod.delete(policy="Orphan")
    wait_for("the collector has stripped the owner", lambda: owners(space) == [])
    late = candidates.start(candidates.files("c"), command=program)
    candidates.stands_by(late, holder="a")  # followed, not blocked
    assert first.state == "leader" and owners(space) == []  # it ends: it restores nothing (P9)
    candidates.notices(first, "LEADERLIFE_EBLOCKED", "has lost its owner reference", "its pod is terminating")
    says_nothing_of_deletion(candidates, first, second, late)
    first.kill()
    slow_end.let_end(f"{space.name}.a")
    candidates.observer.wait("the next one leads", lambda: "leader" in (second.state, late.state))
    winner = second if second.state == "leader" else late
    assert owners(space)[0]["name"] == winner.name


def test_its_leader_restores_an_owner_that_a_hand_took_away(candidates, program):
    space = candidates.space
    first = candidates.start(candidates.files("a"), command=program)
    candidates.leads(first)
    second = candidates.start(candidates.files("b"), command=program)
    candidates.stands_by(second, holder="a")
    token, owner = first.handle().token, owners(space)
    for _ in range(3):
        space.admin.patch(space.lock_path, {"metadata": {"ownerReferences": None}})
        wait_for("the owner is there again", lambda: owners(space) == owner)
    assert first.state == "leader" and first.handle().token == token
    candidates.stands_by(second, holder="a")
    candidates.notices(first, "LEADERLIFE_EBLOCKED", "has lost its owner reference", "still leads and puts it back")
    says_nothing_of_deletion(candidates, first, second)


def test_what_a_backup_tool_restored_holds_nobody_up(candidates, program):
    """Lock and record of a pod that does not exist any more, under new UIDs, the owner stripped."""
    space = candidates.space
    gone = candidates.files("gone")
    first = candidates.start(gone, command=program)
    candidates.leads(first)
    kept = {path: space.admin.get(path) for path in (space.lock_path, space.record_path)}
    first.kill()
    gone.pod.delete(grace=0)
    gone.pod.wait_gone()
    wait_for("the collector has removed the lock", lambda: space.lock_object() is None)
    space.admin.delete(space.record_path)
    for path, old in kept.items():
        for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "ownerReferences"):
            old["metadata"].pop(key, None)
        space.admin.create(path.rsplit("/", 1)[0], old)
    assert owners(space) == []
    second = candidates.start(candidates.files("b"), command=program)
    candidates.leads(second)
    says_nothing_of_deletion(candidates, second)
