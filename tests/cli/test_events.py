# SPDX-License-Identifier: Apache-2.0
"""Option events: one Event of core/v1 tells of each term, and no election ever
depends on it."""

import time

import pytest
from badinput.conftest import candidates, candidate_program  # noqa: F401
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.pods import rights, terminated
from controlplane.process import wait_for

OPTIONS = {"events": "true", "log-level": "info"}


def with_events(lock):
    return [*rights(lock), ("", "events", None, ["create"])]


@pytest.fixture
def space(candidates):  # noqa: F811
    candidates.space.set_rights(wanted=with_events)
    return candidates.space


def events(space):
    found = space.admin.get(space.path("events"))["items"]
    return [event for event in found if event.get("reportingComponent") == "leaderlife"]


def told(space, count):
    """Their messages, of exactly so many, in order."""
    wait_for(f"{count} Events", lambda: len(events(space)) >= count)
    found = sorted(events(space), key=lambda event: int(event["metadata"]["resourceVersion"]))
    assert len(found) == count
    return [event["message"] for event in found]


def requests_of(candidates, mark, pod):  # noqa: F811
    return [entry for entry in candidates.cluster.audit_since(mark, candidates.space.user) if entry.pod == pod]


def test_each_term_is_told_of_with_how_it_came(candidates, space):  # noqa: F811
    ends = {"a": "resigned", "b": "pod deleted", "c": "pod ended"}
    processes, expected = {}, ["became leader of lock, term 1"]
    for term, name in enumerate("abcd", 1):
        processes[name] = candidates.start(candidates.files(name), OPTIONS)
        if term == 1:
            candidates.leads(processes[name])
            continue
        last = chr(ord(name) - 1)
        candidates.stands_by(processes[name], holder=last)
        if ends[last] == "resigned":
            processes[last].do("resign")
        else:
            processes[last].kill()
        if ends[last] == "pod deleted":
            space.admin.delete(space.path("pods", last), grace=0)
        elif ends[last] == "pod ended":
            space.admin.patch(space.path("pods", last, "status"),
                              {"status": {"phase": "Failed", "containerStatuses": [terminated(1)]}})
        candidates.leads(processes[name])
        expected.append(f"took over lock from {last}: {ends[last]}, term {term}")
    assert told(space, 4) == expected
    assert processes["d"].do("counters")["writes"] == 3 + 1  # record, old lock, lock; and the Event


def test_an_event_is_one_that_kubectl_describe_shows(candidates, space):  # noqa: F811
    files = candidates.files("a")
    candidates.leads(candidates.start(files, OPTIONS))
    told(space, 1)
    [event] = events(space)
    assert event["involvedObject"] == {"apiVersion": "v1", "kind": "Pod", "name": "a", "namespace": space.name,
                                       "uid": files.pod.uid}
    assert (event["type"], event["reason"], event["source"], event["count"]) == (
        "Normal", "LeaderElection", {"component": "leaderlife"}, 1)
    assert event["metadata"]["name"].startswith("a.") and event["firstTimestamp"] == event["lastTimestamp"]


def test_a_loss_is_a_warning(candidates, space):  # noqa: F811
    leader = candidates.start(candidates.files("a"), OPTIONS)
    candidates.leads(leader)
    told(space, 1)
    space.admin.patch(space.record_path, {
        "metadata": {"annotations": {"leaderlife.dev/holder-uid": "another", "leaderlife.dev/holder-nonce": "n"}},
        "spec": {"holderIdentity": "b"}})
    candidates.observer.wait("the loss", lambda: leader.state == "lost")
    assert told(space, 2)[1] == "lost leadership of lock, term 1"
    assert sorted(event["type"] for event in events(space)) == ["Normal", "Warning"]


def test_the_rehearsal_of_a_loss_is_called_so(candidates, space):  # noqa: F811
    leader = candidates.start(candidates.files("a"), {**OPTIONS, "rehearse-loss": "1"})
    candidates.observer.wait("the loss", lambda: leader.state == "lost")
    assert told(space, 2)[1] == "lost, in a rehearsal, leadership of lock, term 1"


def test_without_the_right_it_is_asked_for_once_and_said_once(candidates):  # noqa: F811
    mark = candidates.cluster.audit_mark()
    leader = candidates.start(candidates.files("a"), OPTIONS)
    candidates.leads(leader)
    candidates.observer.wait("the word", lambda: said_none(candidates, leader))
    candidates.space.admin.patch(candidates.space.record_path, {"metadata": {"annotations": {
        "leaderlife.dev/holder-uid": "another", "leaderlife.dev/holder-nonce": "n"}}, "spec": {"holderIdentity": "b"}})
    candidates.observer.wait("the loss", lambda: leader.state == "lost")
    candidates.stays(leader, "lost", 0.5)
    [text] = said_none(candidates, leader)
    assert "may not create events/a" in text and "resources: [events]" in text
    tried = [entry.code for entry in requests_of(candidates, mark, "a") if entry.resource == "events"]
    assert tried == [403]
    assert [line for line in candidates.lines(leader, "notice") if "events" in line["text"]] == []


def said_none(candidates, process):  # noqa: F811
    return [line["text"] for line in candidates.lines(process, "log")
            if line["level"] == "info" and line["text"].startswith("no Event tells of this term: ")]


def test_the_election_s_own_requests_are_the_same(candidates, space):  # noqa: F811
    """But for the one: of a lone candidate that becomes leader and resigns."""
    seen = []
    for name, options in (("a", {}), ("b", {"events": "true"})):
        other = candidates.namespace(wanted=with_events)
        pod = other.pod(name)
        pod.set_status(phase="Running")
        mark = candidates.cluster.audit_mark()
        process = candidates.start(candidates.files_of(pod), options)
        candidates.leads(process)
        candidates.stays(process, "leader", 0.5)
        process.do("resign")
        candidates.reaches(process, "resigned")
        process.end()
        seen.append(sorted((entry.verb, entry.resource) for entry in candidates.cluster.audit_since(mark, other.user)))
    assert seen[1] == sorted([*seen[0], ("create", "events")])


@pytest.mark.parametrize("fault", ["held", "500", "401", "refused"])
def test_what_befalls_it_befalls_nothing_else(candidates, space, proxy, fault):  # noqa: F811
    """It is given up, and the election neither waits for it nor fails with it."""
    match = {"method": "POST", "path": "/events", "count": 0}
    faults = {"held": lambda: proxy.hold(**match), "500": lambda: proxy.unavailable(500, **match),
              "401": lambda: proxy.answer(401, **match), "refused": lambda: proxy.refuse(connection=True, **match)}
    rule = faults[fault]()
    limit = "10000" if fault == "held" else "1500"  # so long that an election ends before, on any machine
    leader = candidates.start(candidates.files("a", proxy=proxy), {**OPTIONS, "x-request-timeout-ms": limit})
    candidates.leads(leader)
    proxy.wait_hits(rule)
    if fault == "held":
        leader.do("resign")
        candidates.reaches(leader, "resigned")
        assert not said_none(candidates, leader)
    candidates.observer.wait("the word", lambda: said_none(candidates, leader))
    time.sleep(0.5)
    assert len(said_none(candidates, leader)) == 1 and proxy.rule(rule)["hits"] == 1
    if fault != "held":
        assert leader.state == "leader"
    assert candidates.lines(leader, "notice") == [] and events(space) == []


def test_a_program_that_takes_the_process_over_is_told_of(candidates, space, command):  # noqa: F811
    """leaderlife run waits for the Event, for a moment, before it becomes its program."""
    files = candidates.files("a")
    ended = command.run("run", "-q", "--events", "lock", "--", "echo", "runs", environment=files.environment())
    assert (ended.returncode, ended.stdout) == (0, "runs\n"), ended
    assert told(space, 1) == ["became leader of lock, term 1"]


def test_an_observer_writes_nothing(candidates, space):  # noqa: F811
    watcher = candidates.start(candidates.files("a"), {**OPTIONS, "mode": "observe"})
    leader = candidates.start(candidates.files("b"))
    candidates.leads(leader)
    candidates.observer.wait("the holder", lambda: watcher.do("state")["holder"] == "b")
    assert watcher.do("counters")["writes"] == 0 and events(space) == []
