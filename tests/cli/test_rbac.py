# SPDX-License-Identifier: Apache-2.0
"""leaderlife rbac: what it prints is what docs/reference/pods.md says, valid for every name, and
enough on a real control plane, with nothing to spare."""

import secrets
import signal
import subprocess

import pytest
import yaml
from controlplane.pods import Namespace, rights, rules

LONG = ".".join(["a" * 60] * 3) + "." + "b" * 59
NAMES = ["my-operator", "123", "1e3", "true", "null", "0x10", "a.b", LONG]
ACCOUNT = "1e3"  # which YAML would take for a number


def printed(command, *words):
    ended = command.run("rbac", *words)
    assert ended.returncode == 0 and ended.stderr == "", ended
    return ended.stdout, {one["kind"]: one for one in yaml.safe_load_all(ended.stdout)}


def apply(cluster, text, *words, check=True):
    return subprocess.run(cluster.kubectl("apply", *words, "-f", "-"), input=text, text=True, check=check,
                          capture_output=True, env={"HOME": cluster.directory})


@pytest.mark.parametrize("lock", NAMES)
def test_it_is_the_minimal_role(command, lock):
    assert len(LONG) == 242
    _, made = printed(command, lock)
    assert list(made) == ["Role", "RoleBinding"]
    assert made["Role"]["rules"] == rules(rights(lock))
    name = made["Role"]["metadata"]
    assert name == made["RoleBinding"]["metadata"] == {"name": lock + "-election"} and len(name["name"]) <= 253
    assert made["RoleBinding"]["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
                                              "name": name["name"]}
    assert made["RoleBinding"]["subjects"] == [{"kind": "ServiceAccount", "name": "default"}]


@pytest.mark.parametrize("flag", ["--service-account", "--serviceaccount"])
def test_service_account_and_namespace(command, flag):
    _, made = printed(command, flag, "null", "--namespace", "0", "lock")
    assert made["RoleBinding"]["subjects"] == [{"kind": "ServiceAccount", "name": "null", "namespace": "0"}]
    assert made["Role"]["metadata"] == {"name": "lock-election", "namespace": "0"} == made["RoleBinding"]["metadata"]


def test_events_and_nodes(command):
    _, made = printed(command, "--events", "lock")
    assert made["Role"]["rules"] == [*rules(rights("lock")),
                                     {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]
    for policy in ("fenced", "unready"):
        _, made = printed(command, "--node-policy", policy, "-n", "ns", LONG)
        assert list(made) == ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]
        assert made["ClusterRole"]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
        assert made["ClusterRoleBinding"]["roleRef"]["name"] == made["ClusterRole"]["metadata"]["name"]
        assert made["ClusterRoleBinding"]["subjects"] == [{"kind": "ServiceAccount", "name": "default",
                                                           "namespace": "ns"}]
        assert "namespace" not in made["ClusterRole"]["metadata"]
    names = {printed(command, "--node-policy=fenced", "-n", space, LONG)[1]["ClusterRoleBinding"]["metadata"]["name"]
             for space in ("one", "another", "o" * 63)}
    assert len(names) == 3 and all(len(name) <= 253 for name in names)


@pytest.mark.parametrize("words, said", [
    (["No_Name"], "cannot be the name of a lock"),
    (["a" * 243], "cannot be the name of a lock"),
    (["--namespace", "a.b", "lock"], "cannot be a namespace"),
    (["--namespace", "", "lock"], "option '--namespace' needs a value"),
    (["--service-account", "x\n- kind: Group", "lock"], "cannot be the name of a service account"),
    (["--node-policy", "fenced", "lock"], "give --namespace too"),
    (["--node-policy", "none", "lock"], "it takes strict|fenced|unready"),
])
def test_misuse(command, words, said):
    ended = command.run("rbac", *words)
    assert ended.returncode == 125 and ended.stdout == "" and said in ended.stderr, ended


# On a real control plane

class Bare(Namespace):
    """A namespace with a ServiceAccount that has no right but what is printed."""

    def __init__(self, doctor, lock):
        super().__init__(doctor.cluster, lock=lock, wanted=lambda _: [])
        self.admin.create(self.path("serviceaccounts"),
                          {"metadata": {"name": ACCOUNT}, "automountServiceAccountToken": False})
        self.apply(doctor)

    def apply(self, doctor, *words):
        text, _ = printed(doctor.command, "--namespace", self.name, "--service-account", ACCOUNT, *words, self.lock)
        apply(self.cluster, text)


@pytest.mark.parametrize("lock", ["lock", "123", LONG])
def test_it_is_enough(doctor, lock):
    """To elect with a holder record, to take over, to resume, to give back; and the doctor has nothing to say."""
    space = Bare(doctor, lock)
    a, b = (doctor.files(space, name, account=ACCOUNT) for name in "ab")
    first = doctor.start(a, "--guard", "required", lock=lock)
    first.wait_said("leading")
    second = doctor.start(b, "--guard", "required", lock=lock)
    second.wait_said("a leads")
    for files in (a, b):
        assert not doctor.examine(files, "--guard", "required", lock=lock).bad()
    first.send(signal.SIGKILL)  # resumes
    first.wait()
    again = doctor.start(a, "--guard", "required", lock=lock)
    again.wait_said("leading")
    again.send(signal.SIGKILL)
    a.pod.delete(grace=0)
    second.wait_said("leading")
    assert space.lock_object()["metadata"]["ownerReferences"][0]["name"] == "b"
    assert space.record_object()["spec"]["holderIdentity"] == "b"
    second.send(signal.SIGTERM)
    second.wait()
    assert space.lock_object() is None and space.record_object()["spec"]["holderIdentity"] == ""


def test_nothing_is_to_spare(doctor):
    """Each verb that is printed is missed without it."""
    space = Bare(doctor, "lock")
    files = doctor.files(space, account=ACCOUNT)
    role = space.path("roles", "lock-election")
    for resource, verbs in (("configmaps", "create get list watch update delete"),
                            ("leases", "create get list watch update"), ("pods", "get list watch")):
        for verb in verbs.split():
            doctor.admin.patch(role, {"rules": rules(rights("lock"), [f"{resource}:{verb}"])})
            doctor.examine(files).only("error"
                                       if f"{verb} {resource}" in ("get configmaps", "create configmaps", "get pods")
                                       else "warning", "EFORBIDDEN", f"may not {verb} {resource}")


def test_nodes_on_a_real_control_plane(doctor):
    space = Bare(doctor, "nodes-" + secrets.token_hex(3))
    files = doctor.files(space, account=ACCOUNT)
    doctor.examine(files, "--node-policy=fenced", lock=space.lock).only("warning", "EFORBIDDEN", "may not get nodes")
    space.apply(doctor, "--node-policy", "fenced", "--events")
    assert not doctor.examine(files, "--node-policy=fenced", lock=space.lock).bad()


def test_the_server_takes_every_name(doctor, cluster):
    for lock in NAMES:
        text, _ = printed(doctor.command, "--node-policy", "fenced", "--namespace", "default", "--events", lock)
        apply(cluster, text, "--dry-run=server")
