# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor on a real control plane: broken set-ups are found, each with
its level and its cure; sound ones are sound; and nothing is changed."""

import contextlib
import json
import os
import pty
import re
import shlex
import socket
import subprocess
import threading
import time

import pytest
from controlplane.client import path
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.keys import Authority
from controlplane.network import Network
from controlplane.pods import rights, rules, terminated
from controlplane.process import free_port, wait_for
from controlplane.proxy import status

from .clinic import LABELS, Clinic, ready
from .command import Command

NOBODY = "00000000-0000-4000-8000-000000000000"
POD_CURE = "POD_NAMESPACE, POD_NAME and POD_UID"


@pytest.fixture
def clinic(command, cluster, tmp_path):
    return Clinic(command, cluster, tmp_path)


@pytest.fixture
def space(clinic):
    return clinic.space()


class LostNode:
    """Of no kubelet: its pods do not go by themselves."""
    name = "clinic-lost-node"


class SilentNode:
    """There is a Node, and no kubelet: without the Node the pod collector would remove its pods after 40 s."""
    name = "clinic-silent-node"


@pytest.fixture(scope="session")
def overdue(cluster):
    """(files, when it is so) of a pod that does not end; begun first, for it takes time."""
    clinic = Clinic(None, cluster, None)
    cluster.admin.create("/api/v1/nodes", {"metadata": {"name": SilentNode.name}})
    files = clinic.files(clinic.space(), node=SilentNode, grace=1)
    files.pod.namespace.admin.create(files.pod.namespace.path("configmaps"), files.pod.namespace.lock_body(files.pod))
    other = clinic.files(files.pod.namespace, "b")
    files.pod.delete()
    return other, time.monotonic() + 33.0


@pytest.fixture(autouse=True)
def begun(overdue):
    """Before the first test."""


# Sound

def test_a_free_lock(clinic, space):
    report = clinic.examine(clinic.files(space))
    assert not report.bad(), report
    report.has("ok", "OK", "server: ", clinic.cluster.url, "version v1.")
    report.has("ok", "OK", "own pod: a in namespace " + space.name)
    report.has("ok", "OK", "rights: all are there")
    report.has("ok", "OK", "dry run: ")
    report.has("ok", "OK", "lock: it is free")


@pytest.fixture
def healthy(clinic, space):
    """(space, files of the leader's pod, of the standby's, of a third one's)."""
    files = [clinic.files(space, name) for name in "abc"]
    clinic.leader(files[0])
    clinic.start(files[1]).wait_said("waiting for 'lock': a leads")
    return space, *files


def test_a_leader_and_a_standby(clinic, healthy):
    _, *pods = healthy
    for files in pods:
        for words in ([], ["--observe"], ["--guard", "required"], ["--guard", "memory"]):
            report = clinic.examine(files, *words)
            assert not report.bad(), report
            report.has("ok", "OK", "lock: pod a, UID " + pods[0].pod.uid)
            report.has("ok", "OK", "standbys: 2 other pods")


def test_it_writes_nothing_and_the_election_goes_on(clinic, healthy):
    """By the server's own account, and the handle's lock is free to take afterwards."""
    space, a, b, _ = healthy
    mark = clinic.cluster.audit_mark()
    before = space.lock_object(), space.record_object()
    for files in (a, b):
        clinic.examine(files)
    assert not clinic.writes_since(mark)
    seen = clinic.cluster.audit_since(mark, space.user)
    assert {entry.resource for entry in seen if entry.verb == "create"} == {"configmaps", "selfsubjectaccessreviews"}
    assert (space.lock_object(), space.record_object()) == before


def test_for_people(clinic, space):
    files = clinic.files(space)
    ended = clinic.command.run("doctor", "lock", environment=files.environment())
    assert ended.returncode == 0 and ended.stderr == ""
    *lines, last = ended.stdout.splitlines()
    assert last == "an election for lock 'lock' can succeed"
    assert all(re.fullmatch(r"ok    \S.+", line) for line in lines) and len(lines) >= 6
    space.set_rights(without=["configmaps:get", "pods:list"])
    ended = clinic.command.run("doctor", "lock", environment=files.environment())
    assert ended.returncode == 1
    assert re.search(r"^ERROR rights: this process may not get configmaps/lock .*verbs: \[get\]\}$", ended.stdout, re.M)
    assert re.search(r"^warn  rights: this process may not list pods .*verbs: \[list\]\}$", ended.stdout, re.M)
    assert ended.stdout.endswith("cannot succeed; 1 error, 1 warning\n") and "\033" not in ended.stdout


def test_colours_on_a_terminal_alone(command, lock):
    main, end = pty.openpty()
    try:
        subprocess.run([*command.program, "doctor", lock], env=command.environment({"TERM": "xterm"}), check=True,
                       stdin=subprocess.DEVNULL, stdout=end, stderr=end)
        shown = os.read(main, 65536).decode()
    finally:
        os.close(main)
        os.close(end)
    assert "\033[32mok   \033[0m lock: it is free" in shown


# Files, server, credentials

def without_token(clinic, files):
    os.remove(files.token_file)
    return ("ECONFIG", files.token_file, "No such file", "correct the path"), {}


def strange_authority(clinic, files):
    stranger = Authority(str(clinic.directory / "stranger"), "a stranger")
    with open(stranger.cert, encoding="ascii") as source, open(files.ca_file, "w", encoding="ascii") as target:
        target.write(source.read())
    return ("ETLS", clinic.cluster.url, "option ca-file"), {}


def nobody_there(clinic, files):
    url = f"https://127.0.0.1:{free_port()}"
    return ("ENETWORK", url, "check that the server runs"), {"server": url}


def unknown_host(clinic, files):
    return ("ENETWORK", "no-such-host.invalid", "DNS"), {"server": "https://no-such-host.invalid:6443"}


def refused_token(clinic, files):
    files.renew_token(clinic.keep_secret("not-a-token-of-anybody"))
    return ("EAUTH", "401", "not expired"), {}


def no_context(clinic, files):
    return ("ECONFIG", 'no context "prod"', "one of those it has"), {"context": "prod"}


@pytest.mark.parametrize("breaks", [without_token, strange_authority, nobody_there, unknown_host, refused_token, no_context])
def test_server_and_credentials(clinic, space, breaks):
    files = clinic.files(space)
    said, options = breaks(clinic, files)
    report = clinic.examine(files, *[f"--{name}={value}" for name, value in options.items()])
    report.only("error", *said)
    assert len(report.findings) == 2  # the backend, and nothing that follows from the first


def test_a_server_that_says_nothing(clinic, space):
    """--timeout is kept to, and what was not looked at is told."""
    files = clinic.files(space)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        report = clinic.examine(files, f"--server=https://127.0.0.1:{silent.getsockname()[1]}", "--timeout=1.5s")
        assert 1.4 < time.monotonic() - began < 4
    report.only("error", "ETIMEDOUT", "not all was looked at", "no answer from https://127.0.0.1:", "GET /version",
                "give more time")


def test_a_server_that_becomes_silent(clinic, space, proxy):  # noqa: F811
    proxy.hold(count=0, path="/configmaps/lock")
    report = clinic.examine(clinic.files(space, proxy=proxy), "--timeout=2s")
    report.only("error", "ETIMEDOUT")
    report.has("ok", "OK", "rights: all are there")


ANSWERS = {
    "old": ("/version", 200, {"major": "1", "minor": "22+", "gitVersion": "v1.22.3"}, "warning", "ENOTSUP", "v1.22.3",
            "upgrade the cluster"),
    "failing": ("/version", 500, status(500, "InternalError", "etcd is on fire"), "error", "ESERVER", "etcd is on fire"),
    "a-web-site": ("/version", 200, "<html>", "error", "EPROTOCOL", "check its address"),
    "no-reviews": ("selfsubjectaccessreviews", 403, status(403, "Forbidden", 'User "x" may not'), "warning", "EFORBIDDEN",
                   "does not tell which there are"),
    "no-dry-run": ("/configmaps", 400, status(400, "BadRequest", "admission webhook x does not support dry run"), "warning",
                   "EREJECTED", "what it will say is not known"),
}


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_strange_answers(clinic, space, proxy, case):  # noqa: F811
    where, code, body, level, status_name, *says = case
    proxy.answer(code, body, count=0, path=where, method="GET" if where == "/version" else "POST")
    clinic.examine(clinic.files(space, proxy=proxy)).only(level, status_name, *says)


# Identity

CONTRADICTIONS = {
    "uid": ({"POD_UID": NOBODY}, "the pod's UID", "POD_UID", "correct the one that is wrong"),
    "namespace": ({"POD_NAMESPACE": "elsewhere"}, "the namespace", '"elsewhere"', "correct the one that is wrong"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictory_identity(clinic, space, case):
    environment, *says = case
    clinic.examine(clinic.files(space), environment=environment).has("error", "EIDENTITY", "own pod: two sources", *says)


def test_no_identity(clinic, space):
    """The rest is looked at all the same."""
    files = clinic.admin_files(clinic.files(space))
    report = clinic.examine(files, "--backend=kubernetes", environment={"POD_UID": None})
    report.only("error", "EIDENTITY", "the pod's UID is not known", "fieldPath: metadata.uid")
    report.has("ok", "OK", "lock: it is free")


def test_half_an_identity_chooses_no_backend(clinic, space):
    report = clinic.examine(clinic.files(space), environment={"POD_UID": None})
    report.only("error", "ECONFIG", "cannot choose a backend", "missing: POD_UID")


def is_absent(files):
    return {"POD_NAME": "nobody"}, "does not exist"


def is_another(files):
    return {"POD_UID": NOBODY}, "has another UID"


def is_terminating(files):
    files.pod.delete()
    return {}, "is being deleted"


def has_ended(files):
    files.pod.set_status(phase="Failed", containerStatuses=[terminated()])
    return {}, "has ended"


@pytest.mark.parametrize("change", [is_absent, is_another, is_terminating, has_ended])
def test_own_pod(clinic, space, change):
    files = clinic.admin_files(clinic.files(space, node=LostNode, grace=300))
    environment, says = change(files)
    clinic.examine(files, environment=environment).only("error", "EIDENTITY", "own pod: ", says, POD_CURE)


# Where the own pod is (P2). These addresses are nobody's: RFC 5737 and RFC 3849 keep them for documents.

POD_IP, POD_IPV6 = "198.51.100.7", "2001:db8::7"


def at(files, *addresses):
    """The kubelet tells the pod's addresses."""
    files.pod.set_status(podIP=addresses[0], podIPs=[{"ip": address} for address in addresses])
    return files


@pytest.fixture
def clinic_in(command, clinic, tmp_path):
    """clinic_in(*addresses): a Clinic whose doctor runs in a network namespace with these."""
    with contextlib.ExitStack() as made:
        def make(*addresses):
            network = made.enter_context(Network(clinic.cluster, *addresses))
            return Clinic(Command(shlex.join(network.words(*command.program)), tmp_path), clinic.cluster, tmp_path)
        yield make


def test_the_own_pod_is_elsewhere(clinic, space):
    files = at(clinic.files(space), POD_IP, POD_IPV6)
    clinic.examine(files).only("error", "EIDENTITY", f"own pod: a in namespace {space.name} has the address {POD_IP}, {POD_IPV6}",
                               "does not campaign", "in the pod's own network namespace", "option pod-network to any")
    report = clinic.examine(files, "--pod-network=any")
    assert not report.bad(), report
    report.has("ok", "OK", "own pod: a in", POD_IP, "which option pod-network 'any' allows")


def test_the_own_pod_is_here(clinic, space):
    """By one of its addresses."""
    report = clinic.examine(at(clinic.files(space), "127.0.0.1", POD_IPV6))
    assert not report.bad(), report
    report.has("ok", "OK", f"own pod: a in namespace {space.name}, UID ")


def test_a_network_namespace_of_its_own(clinic, space, clinic_in):
    """unshare -n, PrivateNetwork=: in the pod's own it is well, in any other it is not."""
    files = at(clinic.files(space), POD_IP)
    own, another = clinic_in(POD_IP + "/32"), clinic_in()
    assert not own.examine(files).bad()
    for elsewhere in (another, clinic):
        elsewhere.examine(files).only("error", "EIDENTITY", f"has the address {POD_IP}", "in the pod's own network namespace")
    assert not another.examine(files, "--pod-network=any").bad()


# Rights

NEEDED = ["configmaps:get", "configmaps:create", "pods:get"]
WANTED = {
    "configmaps:list": "2 to 5 s", "configmaps:watch": "2 to 5 s", "configmaps:update": "10 s to resume",
    "configmaps:delete": "garbage collector", "leases:get": "no holder record", "leases:create": "no holder record",
    "leases:update": "no holder record", "leases:list": "30 to 60 s", "leases:watch": "30 to 60 s",
    "pods:list": "30 to 60 s", "pods:watch": "30 to 60 s"}


def rule_of(text):
    """The rule that the cure says, as a Role has it."""
    found = re.search(r"\{apiGroups: \[(.*?)\], resources: \[(.*?)\], (?:resourceNames: \[(.*?)\], )?verbs: \[(.*?)\]\}$", text)
    group, resource, name, verb = found.groups()
    rule = {"apiGroups": [group.strip('"')], "resources": [resource], "verbs": [verb]}
    return {**rule, "resourceNames": [name]} if name else rule


@pytest.mark.parametrize("right", [*NEEDED, *WANTED])
def test_each_right(clinic, space, right):
    """Missed, by what is lost without it; and with the rule that is said, all is well."""
    resource, verb = right.split(":")
    files = clinic.files(space)
    space.set_rights(without=[right])
    report = clinic.examine(files)
    needed = right in NEEDED
    text = report.only("error" if needed else "warning", "EFORBIDDEN", f"may not {verb} {resource}", space.name,
                       "there is no election" if needed else WANTED[right])
    wanted = [*rules(rights("lock"), [right]), rule_of(text)]
    clinic.admin.patch(path("roles", space.name, "candidate"), {"rules": wanted})
    assert not clinic.examine(files).bad()


def test_the_record_is_required(clinic, space):
    space.set_rights(without=["leases:update", "leases:list"])
    report = clinic.examine(clinic.files(space), "--guard=required")
    report.has("error", "EFORBIDDEN", "may not update leases/lock.leaderlife")
    report.has("warning", "EFORBIDDEN", "may not list leases/lock.leaderlife")
    assert len(report.bad()) == 2


def test_an_observer_needs_less(clinic, space):
    files = clinic.files(space)
    space.set_rights(without=["configmaps:create", "configmaps:update", "configmaps:delete", "leases:create", "leases:update"])
    assert not clinic.examine(files, "--observe", environment={"POD_NAME": None, "POD_UID": None}).bad()
    space.set_rights(without=["configmaps:*"])
    clinic.examine(files, "--observe").has("error", "EFORBIDDEN", "may not get configmaps/lock")


def test_without_records_their_rights_are_not_asked_for(clinic, space):
    space.set_rights(without=["leases:*"])
    assert not clinic.examine(clinic.files(space), "--guard=memory").bad()


def test_nodes(clinic, space):
    files = clinic.files(space)
    report = clinic.examine(files, "--node-policy=fenced")
    report.only("warning", "EFORBIDDEN", "may not get nodes", "counts as alive", "add to its ClusterRole", "resources: [nodes]")


# Room

def quota(clinic, space, **hard):
    target = space.path("resourcequotas")
    clinic.admin.create(target, {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    wait_for("the quota in force", lambda: clinic.admin.get(target + "/q").get("status", {}).get("used"))
    return target + "/q"


@pytest.mark.parametrize("what, resource", [("count/configmaps", "configmaps/lock"),
                                            ("count/leases.coordination.k8s.io", "leases/lock.leaderlife")])
def test_quota(clinic, space, what, resource):
    files = clinic.files(space)
    full = quota(clinic, space, **{what: "0"})
    clinic.examine(files).only("error", "EQUOTA", "dry run: ", resource, "exceeded quota: q", "raise the ResourceQuota")
    clinic.admin.patch(full, {"spec": {"hard": {what: "10"}}})
    wait_for("the cure", lambda: not clinic.examine(files).bad())


def test_quota_that_the_lock_fills(clinic, healthy):
    space, _, standby, _ = healthy
    quota(clinic, space, **{"count/configmaps": "1"})
    clinic.examine(standby).only("warning", "EQUOTA", "counted anew", "raise the ResourceQuota")


def test_namespace_absent(clinic, space):
    files = clinic.admin_files(clinic.files(space))
    report = clinic.examine(files, environment={"POD_NAMESPACE": "no-such-namespace"})
    report.has("error", "ENAMESPACE", "there is no such namespace", "create it")
    report.has("error", "EIDENTITY", "does not exist")


def test_an_observer_learns_of_an_absent_namespace(clinic, space):
    """To whoever may read namespaces; to others it is one without a lock."""
    files = clinic.admin_files(clinic.files(space))
    words = ["--observe", "--namespace=no-such-namespace"]
    report = clinic.examine(files, *words)
    report.only("error", "ENAMESPACE", "there is none called no-such-namespace", "correct option namespace")


def test_namespace_terminating(clinic, space):
    files = clinic.files(space)
    clinic.cluster.pause_controller_manager()
    try:
        space.delete()
        clinic.examine(files).only("error", "ENAMESPACE", "is being deleted", "use another")
    finally:
        clinic.cluster.resume_controller_manager()


def test_admission_refuses(clinic, space):
    group, kinds = "/apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies"
    name = "deny-" + space.name
    clinic.admin.create(f"{group}/{kinds}", {"metadata": {"name": name}, "spec": {
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                                                "resources": ["configmaps"]}]},
        "validations": [{"expression": "object.metadata.name != 'lock'", "message": "no locks here"}]}})
    clinic.admin.create(f"{group}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {
        "policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": space.name}}}}})
    files = clinic.files(space)
    try:
        wait_for("the policy in force", lambda: clinic.examine(files).bad())
        text = clinic.examine(files).bad()
        assert len(text) == 1 and text[0]["level"] == "error", text
        assert "no locks here" in text[0]["text"] and "create configmaps/lock" in text[0]["text"]
    finally:
        clinic.admin.delete(f"{group}/{kinds}/{name}")
        clinic.admin.delete(f"{group}/validatingadmissionpolicybindings/{name}")


# Lock and record

def owner(pod):
    return {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid}


FOREIGN = {
    "no-owner": (lambda pods: {}, "has no owner", "delete it"),
    "two-owners": (lambda pods: {"ownerReferences": [owner(pod) for pod in pods]}, "has 2 owners", "remove the owner references"),
    "another-kind": (lambda pods: {"ownerReferences": [{**owner(pods[0]), "kind": "Node"}]}, "owned by Node",
                     "choose another lock name"),
    "finalizer": (lambda pods: {"ownerReferences": [owner(pods[0])], "finalizers": ["example.com/keep"]},
                  "example.com/keep", "remove the finalizer"),
}


@pytest.mark.parametrize("case", FOREIGN.values(), ids=FOREIGN)
def test_foreign_lock(clinic, space, case):
    metadata, *says = case
    files = clinic.files(space)
    other = clinic.files(space, "b")
    clinic.cluster.pause_controller_manager()  # whose collector would remove some of them
    try:
        body = {"metadata": {"name": "lock", **metadata([files.pod, other.pod])}}
        clinic.admin.create(space.path("configmaps"), body)
        clinic.examine(files).only("error", "EBLOCKED", "lock: 'lock' cannot be taken: ", *says)
        if "finalizer" in says[-1]:
            clinic.admin.delete(space.lock_path)
            clinic.examine(files).only("error", "EBLOCKED", "and is being deleted", *says)
            clinic.admin.patch(space.lock_path, {"metadata": {"finalizers": None}})
        else:
            clinic.admin.delete(space.lock_path)
        assert not clinic.examine(files).bad()
    finally:
        clinic.cluster.resume_controller_manager()


def lease(clinic, space, pod=None, **metadata):
    """The record, as a candidate in that pod would write it; None: somebody else's Lease."""
    notes = {"leaderlife.dev/holder-uid": pod.uid, "leaderlife.dev/holder-nonce": "n", "leaderlife.dev/token": ""} if pod else {}
    return clinic.admin.create(space.path("leases"), {
        "metadata": {"name": "lock.leaderlife", "annotations": notes, **metadata},
        "spec": {"holderIdentity": pod.name if pod else "somebody", "leaseTransitions": 1}})


def test_foreign_record(clinic, space):
    files = clinic.files(space)
    lease(clinic, space)
    clinic.examine(files).only("error", "EBLOCKED", "its record 'lock.leaderlife' cannot be used",
                               "make sure that no pod leads", "delete the Lease")
    clinic.admin.delete(space.record_path)
    assert not clinic.examine(files).bad()


NOT_BEFORE = "is not known to have ended, so nothing may be deleted before it has, or has given back"


def test_a_foreign_lock_while_the_record_names_a_living_pod(clinic, space):
    """P14: to delete it would take from that pod what keeps others out."""
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    clinic.admin.create(space.path("configmaps"), {"metadata": {"name": "lock"}})
    lease(clinic, space, a.pod)
    clinic.examine(b).only("error", "EBLOCKED", "has no owner", "pod a, which the holder record names", NOT_BEFORE)
    a.pod.delete(grace=0)
    clinic.examine(b).only("error", "EBLOCKED", "has no owner", "if nothing else needs it, delete it")


def test_a_foreign_record_while_the_lock_names_a_living_pod(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    hold(clinic, space, a.pod)
    lease(clinic, space)
    clinic.examine(b).only("error", "EBLOCKED", "cannot be used", "pod a, which the lock names", NOT_BEFORE)


def orphan(clinic, space, pod):
    """A lock that has lost its owner reference."""
    hold(clinic, space, pod, **{"leaderlife.dev/holder": pod.name, "leaderlife.dev/holder-uid": pod.uid})
    lease(clinic, space, pod)
    clinic.admin.patch(space.lock_path, {"metadata": {"ownerReferences": None}})


def test_a_lock_that_has_lost_its_owner(clinic, space):
    """P14: it is its holder's all the same; whose pod terminates restores nothing."""
    a, b = clinic.files(space, "a", node=LostNode, grace=300), clinic.files(space, "b")
    orphan(clinic, space, a.pod)
    clinic.examine(b).only("warning", "EBLOCKED", "pod a, which it names, lives, but its owner reference was removed",
                           "still that pod's", "must drive the election")
    a.pod.delete()
    report = clinic.examine(b)
    assert not report.bad(), report
    assert "--cascade=orphan" in report.has("ok", "OK", f"lock: pod a, UID {a.pod.uid}, has it", "the next leader removes")


def test_what_a_backup_tool_restored(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    orphan(clinic, space, a.pod)
    a.pod.delete(grace=0)
    clinic.examine(b).only("warning", "EBLOCKED", "pod a, which it names, is dead, and its owner reference is gone",
                           "restored from a backup", "goes on by itself", "start a candidate")
    clinic.leader(b)
    assert not clinic.examine(b).bad()


def hold(clinic, space, pod, **annotations):
    body = space.lock_body(pod)
    body["metadata"]["annotations"] = annotations
    clinic.admin.create(space.path("configmaps"), body)


def test_the_leader_has_ended_and_nobody_takes_over(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    hold(clinic, space, a.pod)
    a.pod.set_status(phase="Succeeded", containerStatuses=[terminated()])
    clinic.examine(b).only("warning", "EBLOCKED", "pod a, which has it, is dead", "start a candidate")
    clinic.leader(b)
    assert not clinic.examine(b).bad()


def test_lock_and_record_name_two(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    hold(clinic, space, a.pod)
    lease(clinic, space, b.pod)
    clinic.examine(b).only("warning", "EBLOCKED", "pod a, which has it, is not the one in the record", "the other is b",
                           "delete the pod of the two that does not lead")


def test_the_record_is_gone(clinic, space):
    a = clinic.files(space, "a")
    hold(clinic, space, a.pod, **{"leaderlife.dev/guard": "record"})
    clinic.examine(a).only("warning", "EBLOCKED", "pod a, which has it, is not in its record any more", "must drive the election")


def test_the_lock_is_gone(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    lease(clinic, space, a.pod)
    clinic.examine(b).only("warning", "EBLOCKED", "pod a, which the record names, lives, but there is no lock", "delete that pod")


def test_a_hand_over_is_nothing_odd(clinic, space):
    """What does not fit is looked at again a second later."""
    a, b = clinic.files(space, "a"), clinic.files(space, "b")
    hold(clinic, space, a.pod)
    lease(clinic, space, b.pod)
    taken_over = threading.Timer(0.7, lambda: clinic.admin.delete(space.record_path))
    given = b.environment()
    taken_over.start()
    ended = clinic.command.run("doctor", "-o", "json", "lock", environment=given)
    taken_over.join()
    assert not [finding for finding in json.loads(ended.stdout)["findings"] if finding["level"] != "ok"], ended.stdout


def test_a_lock_that_nobody_collects(clinic, space):
    files = clinic.files(space)
    hold(clinic, space, files.pod)
    clinic.cluster.pause_controller_manager()
    try:
        clinic.admin.delete(space.lock_path, policy="Foreground")
        clinic.examine(files).only("warning", "EBLOCKED", "waits for a finalizer", "garbage collector runs")
    finally:
        clinic.cluster.resume_controller_manager()


# The leader's pod and its standbys

def test_a_leader_that_is_not_ready(clinic, space):
    a, b = clinic.files(space, "a", is_ready=False, node=LostNode), clinic.files(space, "b")
    hold(clinic, space, a.pod)
    clinic.examine(b).only("warning", "EBLOCKED", "leader: pod a is not ready", "node clinic-lost-node may be lost",
                           "node.kubernetes.io/out-of-service", "node-policy 'fenced', not 'strict'")


def test_a_leader_on_a_lost_node(clinic, space):
    a, b = clinic.files(space, "a", is_ready=False, node=LostNode), clinic.admin_files(clinic.files(space, "b"))
    hold(clinic, space, a.pod)
    clinic.examine(b, "--node-policy=fenced").only("warning", "EBLOCKED", "node clinic-lost-node is gone", "delete its Node")


def test_readiness_that_waits_for_leadership(clinic, space):
    a, b = clinic.files(space, "a"), clinic.files(space, "b", is_ready=False)
    hold(clinic, space, a.pod)
    for files in (a, b):
        clinic.examine(files).only("warning", "ECONFIG", "standbys: pod b runs and is not ready since 2024-01-31T12:00:00Z",
                                   "1 of 1", "rolling updates never end", "leaderlife_election_is_ready()", "--ready-file")
    b.pod.set_status(conditions=[ready()])
    assert not clinic.examine(a).bad()


def test_what_is_no_such_hazard(clinic, space):
    """Just started; its container does not run; another application's; on its way out."""
    a = clinic.files(space, "a")
    hold(clinic, space, a.pod)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    clinic.files(space, "young").pod.set_status(conditions=[ready(False, now)])
    crashing = clinic.files(space, "crashing", is_ready=False)
    crashing.pod.set_status(containerStatuses=[{**terminated(), "state": {"waiting": {"reason": "CrashLoopBackOff"}}}])
    stranger = clinic.files(space, "stranger", is_ready=False)
    clinic.admin.patch(stranger.pod.path, {"metadata": {"labels": {key: "other" for key in LABELS}}})
    clinic.files(space, "leaving", is_ready=False, node=LostNode, grace=300).pod.delete()
    report = clinic.examine(a)
    assert not report.bad(), report
    report.has("ok", "OK", "standbys: 3 other pods")


def test_a_leader_that_does_not_end(clinic, overdue):
    """The last test, for it takes 30 s until that is so."""
    other, when = overdue
    time.sleep(max(0.0, when - time.monotonic()))
    clinic.examine(other).only("warning", "EBLOCKED", "leader: pod a should have ended at ", "keeps the lock until it has",
                               "node clinic-silent-node may be lost", "node.kubernetes.io/out-of-service")
