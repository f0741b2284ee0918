# SPDX-License-Identifier: Apache-2.0
"""leaderlife status on a real control plane, as a user who may only look: it
shows who leads and what is wrong, and disturbs nobody."""

import os
import re
import time

import pytest
from badinput.conftest import candidates, candidate_program  # noqa: F401
from controlplane.components import write_kubeconfig
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.node import SilentNode
from controlplane.pods import rules
from controlplane.process import wait_for

from .status import StatusWatch, parse

LOOKING = [("", "configmaps", None, ["get", "list", "watch"]), ("", "pods", None, ["get", "list", "watch"]),
           ("coordination.k8s.io", "leases", None, ["get", "list", "watch"])]


class Viewer:
    """A user of one namespace with the rights to look, and no pod."""

    def __init__(self, space, directory, without=(), name="viewer"):
        self.user = f"system:serviceaccount:{space.name}:{name}"
        self._space = space
        self._files = os.path.join(str(directory), name)
        space.add_account(name, rules(LOOKING, without))
        token = space.admin.create(space.path("serviceaccounts", name, "token"), {"spec": {"expirationSeconds": 3600}})
        with open(self._files + ".token", "w", encoding="ascii") as file:
            file.write(token["status"]["token"])
        self.environment = self.environment_for(space.cluster)

    def environment_for(self, server):
        """To look through this one: the cluster or a proxy."""
        config = f"{self._files}-{server.port}.config"
        write_kubeconfig(config, server.url, server.ca_file, token_file=self._files + ".token",
                         namespace=self._space.name)
        return {"KUBECONFIG": config}


@pytest.fixture
def viewer(candidates, tmp_path):  # noqa: F811
    return Viewer(candidates.space, tmp_path)


@pytest.fixture
def look(command, viewer):
    """Looks once; (exit status, the object, stderr)."""
    def look(*words):
        ended = command.run("status", "-o", "json", *words, "lock", environment=viewer.environment)
        return ended.returncode, parse(ended.stdout) if ended.stdout else None, ended.stderr
    return look


def test_all_that_there_is_to_see(candidates, command, viewer, look):  # noqa: F811
    assert look() == (1, {"lock": "lock", "backend": "kubernetes", "server": candidates.cluster.url,
                          "namespace": candidates.space.name, "scope": None, "holder": None, "since": None,
                          "token": None, "term": None, "guard": "record", "notices": []}, "")
    node = SilentNode(candidates.cluster)
    pod = candidates.space.pod("a", node=node)
    pod.set_status(phase="Running")
    leader = candidates.start(candidates.files_of(pod))
    candidates.leads(leader)
    status, seen, errors = look()
    record = candidates.space.record_object()
    assert (status, errors) == (0, "")
    assert seen["holder"] == {"name": "a", "uid": pod.uid, "phase": "Running", "node": node.name}
    assert seen["since"] == record["spec"]["acquireTime"]
    assert seen["token"] == leader.do("state")["token"] == record["metadata"]["resourceVersion"]
    assert (seen["term"], seen["guard"], seen["notices"]) == (1, "record", [])
    ended = command.run("status", "lock", environment=viewer.environment)
    assert ended.returncode == 0 and ended.stdout.splitlines() == [
        "lock      lock", f"backend   kubernetes at {candidates.cluster.url}, namespace {candidates.space.name}",
        "leader    a",
        f"since     {seen['since']}", f"token     {seen['token']}", "term      1", f"pod       Running on {node.name}",
        "guard     record"]
    pod.delete(grace=30)
    assert look()[1]["holder"]["phase"] == "Terminating"
    assert leader.state == "leader"


def test_without_a_record(candidates, look):  # noqa: F811
    leader = candidates.start(candidates.files("a"), {"guard": "memory"})
    candidates.leads(leader)
    status, seen, errors = look()
    assert (status, errors, seen["guard"], seen["holder"]["name"]) == (0, "", "memory", "a")
    assert (seen["token"], seen["term"], seen["since"]) == (None, None, None)


def test_without_rights(candidates, command, tmp_path):  # noqa: F811
    """Said with the cure; but not at once, for a server that has just started refuses everybody. Without the right to
    records it is seen all the same who leads."""
    candidates.leads(candidates.start(candidates.files("a")))
    blind, half = (Viewer(candidates.space, tmp_path, without, name) for name, without in (
        ("blind", ["configmaps:*", "pods:*", "leases:*"]), ("half", ["leases:*"])))
    none, some = (command.start("status", "-o", "json", "--timeout", "90", "lock", environment=viewer.environment)
                  for viewer in (blind, half))
    soon = command.run("status", "--timeout", "300ms", "lock", environment=blind.environment)
    assert (soon.returncode, soon.stdout) == (125, "")
    assert ("who leads 'lock'; the server does not answer, or a right is missing, which is certain only after"
            in soon.stderr)
    assert none.wait() == 125 and none.stdout() == ""
    assert f"{blind.user} may not get configmaps/lock" in none.stderr() and "verbs: [get]" in none.stderr()
    assert some.wait() == 0 and some.stderr() == ""
    seen = parse(some.stdout())
    assert (seen["holder"]["name"], seen["holder"]["phase"], seen["term"]) == ("a", "Running", None)
    assert {notice["status"] for notice in seen["notices"]} == {"LEADERLIFE_EFORBIDDEN"}
    assert f"{half.user} may not get leases/lock.leaderlife" in seen["notices"][-1]["text"]


@pytest.mark.parametrize("which", ["lock", "record"])
def test_something_foreign(candidates, command, viewer, look, which):  # noqa: F811
    if which == "lock":
        candidates.admin.create(candidates.space.path("configmaps"), {"metadata": {"name": "lock"}})
    else:
        candidates.admin.create(candidates.space.path("leases"), {"metadata": {"name": "lock.leaderlife"}, "spec": {}})
    status, seen, errors = look()
    assert (status, seen["holder"], errors) == (1, None, "")
    [notice] = seen["notices"]
    assert notice["status"] == "LEADERLIFE_EBLOCKED" and candidates.space.name in notice["text"]
    assert ("ConfigMap" if which == "lock" else "Lease") in notice["text"] and "delete" in notice["text"]
    text = command.run("status", "lock", environment=viewer.environment).stdout
    assert f"notice    LEADERLIFE_EBLOCKED: {notice['text']}\n" in text


def test_something_foreign_under_a_living_pod(candidates, look):  # noqa: F811
    """P14: nobody is advised to delete the lock while the record names that pod."""
    files = candidates.files("a")
    leader = candidates.start(files)
    candidates.leads(leader)
    leader.kill()
    candidates.admin.patch(candidates.space.lock_path,
                           {"metadata": {"ownerReferences": None, "annotations": {"leaderlife.dev/holder": None}}})
    status, seen, errors = look()
    assert (status, seen["holder"]["name"], errors) == (0, "a", "")
    [notice] = seen["notices"]
    assert "pod a, which the holder record names, is not known to have ended" in notice["text"]
    assert "so nothing may be deleted before it has" in notice["text"]
    files.pod.delete(grace=0)
    status, seen, errors = look()
    assert (status, seen["holder"], errors) == (1, None, "")
    assert "if nothing else needs it, delete it" in seen["notices"][0]["text"]


# Of a pod that existed in another cluster, or long ago.
GONE = {"name": "gone", "uid": "5b4c8e4e-6f8e-4f0c-9a53-0d4b6f2f1a11"}


def restore(space):
    """As a backup tool does it: new objects, no owner, the rest as it was."""
    notes = {"leaderlife.dev/holder-uid": GONE["uid"], "leaderlife.dev/holder-nonce": "0123456789abcdef.7"}
    space.admin.create(space.path("configmaps"), {"metadata": {"name": "lock", "annotations": {
        **notes, "leaderlife.dev/holder": GONE["name"], "leaderlife.dev/guard": "record"}}})
    space.admin.create(space.path("leases"), {
        "metadata": {"name": "lock.leaderlife", "annotations": {**notes, "leaderlife.dev/token": ""}},
        "spec": {"holderIdentity": GONE["name"], "leaseTransitions": 7, "acquireTime": "2024-01-31T12:00:00.000000Z"}})


def test_what_a_backup_tool_restored_names_no_pod(candidates, command, viewer, look):  # noqa: F811
    restore(candidates.space)
    status, seen, errors = look()
    assert (status, seen["holder"], seen["token"], seen["term"], seen["since"], errors) == (1, None, None, None, None,
                                                                                            "")
    assert seen["notices"] == []
    text = command.run("status", "lock", environment=viewer.environment).stdout
    assert "leader    nobody holds it\n" in text and GONE["name"] not in text
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    assert look()[1]["holder"]["name"] == "a"


def test_what_a_backup_tool_restored_names_no_pod_before_that_is_looked_for(
        candidates, command, viewer, proxy):  # noqa: F811
    """Whatever the time that takes: once, and by --watch, whose lines wait 2 s for what is missing."""
    restore(candidates.space)
    held = proxy.hold(count=0, path="/pods")
    environment = viewer.environment_for(proxy)
    seen = StatusWatch(command, "lock", environment=environment)
    ended = command.run("status", "--timeout", "1s", "lock", environment=environment)
    assert (ended.returncode, ended.stdout) == (125, "") and "who leads 'lock'" in ended.stderr, ended
    wait_for("a question about that pod", lambda: proxy.rule(held)["held"] > 0)
    time.sleep(3)
    assert seen.lines() == []
    proxy.release(held)
    proxy.remove(held)
    seen.process.wait_said('"event":"holder"')
    assert [line["holder"] for line in seen.lines()] == [None]
    assert GONE["name"] not in seen.process.stdout() + ended.stderr


def test_an_orphaned_lock_is_its_holders(candidates, look):  # noqa: F811
    """The leader's pod is deleted by --cascade=orphan."""
    node = SilentNode(candidates.cluster)
    pod = candidates.space.pod("a", node=node)
    pod.set_status(phase="Running")
    leader = candidates.start(candidates.files_of(pod))
    candidates.leads(leader)
    pod.delete(grace=30, policy="Orphan")
    wait_for("the owner stripped", lambda: not candidates.space.lock_object()["metadata"].get("ownerReferences"))
    status, seen, errors = look()
    assert (status, seen["holder"]["name"], seen["holder"]["phase"], errors) == (0, "a", "Terminating", "")
    assert seen["token"] == leader.do("state")["token"] and seen["notices"] == []


def handover(candidates, leader, follower, resigns):  # noqa: F811
    """The leader resigns, or its pod is deleted; its follower leads."""
    candidates.stands_by(follower, holder=leader.name)
    if resigns:
        leader.do("resign")
        candidates.reaches(leader, "resigned")
    else:
        leader.kill()
        candidates.space.admin.delete(candidates.space.path("pods", leader.name), grace=0)
    candidates.leads(follower)


def test_ten_handovers_seen_and_undisturbed(candidates, command, viewer):  # noqa: F811
    """Each is shown once, in order, with its own token; nothing is written; and it costs a few reads each."""
    mark = candidates.cluster.audit_mark()
    seen = StatusWatch(command, "lock", environment=viewer.environment)
    seen.process.wait_said('"event":"holder"')
    leader = candidates.start(candidates.files("p0"))
    candidates.leads(leader)
    expected = [("p0", leader.do("state")["token"])]
    for number in range(1, 11):
        follower = candidates.start(candidates.files(f"p{number}"))
        handover(candidates, leader, follower, resigns=number % 2 == 0)
        leader = follower
        expected.append((leader.name, leader.do("state")["token"]))
        seen.wait_terms(len(expected))
    assert seen.terms() == expected
    lines = [line for line in seen.lines() if line["holder"]]
    assert [line["term"] for line in lines] == list(range(1, 12))
    assert {(line["holder"]["phase"], line["guard"]) for line in lines} == {("Running", "record")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d+Z", line["since"]) for line in lines)
    assert seen.lines("notice") == [] and seen.process.stderr() == ""
    requests = candidates.cluster.audit_since(mark, viewer.user)
    print(f"{len(requests)} requests for 11 terms: {sorted((entry.verb, entry.resource) for entry in requests)}")
    assert {entry.verb for entry in requests} <= {"get", "list", "watch"}
    assert len(requests) <= 4 + 3 * len(expected)


def test_a_watch_shows_what_is_wrong_when_it_goes_wrong(candidates, command, viewer):  # noqa: F811
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    process = command.start("status", "--watch", "lock", environment=viewer.environment)
    process.wait_said(f"a leads, term 1, token {leader.do('state')['token']}\n")
    candidates.admin.patch(candidates.space.lock_path, {"metadata": {"finalizers": ["example.com/keep"]}})
    process.wait_said("  notice LEADERLIFE_EBLOCKED: lock 'lock'")
    process.wait_said("example.com/keep")
    candidates.admin.patch(candidates.space.lock_path, {"metadata": {"finalizers": None}})
    candidates.notices(leader, "LEADERLIFE_EBLOCKED")
    assert leader.state == "leader"


def test_a_stopped_watch_goes_on_when_the_server_is_back(candidates, command, viewer, proxy):  # noqa: F811
    """A broken connection is no change of leaders."""
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    seen = StatusWatch(command, "lock", environment=viewer.environment_for(proxy))
    seen.wait_terms(1)
    proxy.cut(now=True, connection=True)
    follower = candidates.start(candidates.files("b"))
    handover(candidates, leader, follower, resigns=True)
    assert [name for name, _ in seen.wait_terms(2)] == ["a", "b"]


# A lock that its owner's end has not removed yet

def test_a_lock_that_nobody_collects_names_no_pod(candidates, command, viewer, look):  # noqa: F811
    """Its owner does not exist any more, and the collector is slow: nobody leads, whoever looks and however."""
    gone = candidates.space.pod("gone")
    candidates.cluster.pause_controller_manager()
    try:
        candidates.admin.create(candidates.space.path("configmaps"), candidates.space.lock_body(gone))
        gone.delete(grace=0)
        gone.wait_gone()
        status, seen, errors = look()
        assert (status, seen["holder"], errors) == (1, None, "")
        watching = StatusWatch(command, "lock", environment=viewer.environment)
        watching.process.wait_said('"event":"holder"')
        time.sleep(1.5)  # longer than it takes to say that nobody leads
        assert [line["holder"] for line in watching.lines()] == [None]
    finally:
        candidates.cluster.resume_controller_manager()
