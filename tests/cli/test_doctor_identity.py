# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor finds what is wrong with the pod's identity, and that the pod is elsewhere (P2)."""

import contextlib
import shlex

import pytest
from controlplane.network import Network
from controlplane.pods import terminated

from .command import Command
from .doctor import Doctor

NOBODY = "00000000-0000-4000-8000-000000000000"
POD_CURE = "POD_NAMESPACE, POD_NAME and POD_UID"

CONTRADICTIONS = {
    "uid": ({"POD_UID": NOBODY}, "the pod's UID", "POD_UID", "correct the one that is wrong"),
    "namespace": ({"POD_NAMESPACE": "elsewhere"}, "the namespace", '"elsewhere"', "correct the one that is wrong"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictory_identity(doctor, space, case):
    environment, *says = case
    doctor.examine(doctor.files(space), environment=environment).has("error", "EIDENTITY", "own pod: two sources",
                                                                     *says)


def test_no_identity(doctor, space):
    """The rest is looked at all the same."""
    files = doctor.admin_files(doctor.files(space))
    report = doctor.examine(files, "--backend=kubernetes", environment={"POD_UID": None})
    report.only("error", "EIDENTITY", "the pod's UID is not known", "fieldPath: metadata.uid")
    report.has("ok", "OK", "lock: it is free")


def test_half_an_identity_chooses_no_backend(doctor, space):
    report = doctor.examine(doctor.files(space), environment={"POD_UID": None})
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
def test_own_pod(doctor, space, node, change):
    files = doctor.admin_files(doctor.files(space, node=node, grace=300))
    environment, says = change(files)
    doctor.examine(files, environment=environment).only("error", "EIDENTITY", "own pod: ", says, POD_CURE)


@pytest.mark.parametrize("uid", [None, NOBODY, "d41d8cd98f00b204e9800998ecf8427e"], ids=["mirror", "another", "static"])
def test_a_static_pod(doctor, space, node, uid):
    """Whatever UID it is given: no other one is advised."""
    mirror = doctor.admin.create(space.path("pods"), {
        "metadata": {"name": "app-of-node",
                     "annotations": {"kubernetes.io/config.mirror": "d41d8cd98f00b204e9800998ecf8427e"}},
        "spec": {"nodeName": node.name, "containers": [{"name": "main", "image": "none"}]}})
    environment = {"POD_NAME": "app-of-node", "POD_UID": uid or mirror["metadata"]["uid"]}
    text = doctor.examine(doctor.admin_files(doctor.files(space)), environment=environment).only(
        "error", "EIDENTITY", "own pod: app-of-node in namespace", "is a static pod", "proves nothing", "Deployment")
    assert POD_CURE not in text


# Where the own pod is (P2). These addresses are nobody's: RFC 5737 and RFC 3849 keep them for documents.

POD_IP, POD_IPV6 = "198.51.100.7", "2001:db8::7"


def at(files, *addresses):
    """The kubelet tells the pod's addresses."""
    files.pod.set_status(podIP=addresses[0], podIPs=[{"ip": address} for address in addresses])
    return files


@pytest.fixture
def doctor_in(command, doctor, tmp_path):
    """doctor_in(*addresses): a Doctor that runs in a network namespace with these."""
    with contextlib.ExitStack() as made:
        def make(*addresses):
            network = made.enter_context(Network(doctor.cluster, *addresses))
            return Doctor(Command(shlex.join(network.words(*command.program)), tmp_path), doctor.cluster, tmp_path)
        yield make


def test_the_own_pod_is_elsewhere(doctor, space):
    files = at(doctor.files(space), POD_IP, POD_IPV6)
    doctor.examine(files).only("error", "EIDENTITY",
                               f"own pod: a in namespace {space.name} has the address {POD_IP}, {POD_IPV6}",
                               "does not campaign", "in the pod's own network namespace", "option pod-network to any")
    report = doctor.examine(files, "--pod-network=any")
    assert not report.bad(), report
    report.has("ok", "OK", "own pod: a in", POD_IP, "which option pod-network 'any' allows")


def test_the_own_pod_is_here(doctor, space):
    """By one of its addresses."""
    report = doctor.examine(at(doctor.files(space), "127.0.0.1", POD_IPV6))
    assert not report.bad(), report
    report.has("ok", "OK", f"own pod: a in namespace {space.name}, UID ")


def test_a_network_namespace_of_its_own(doctor, space, doctor_in):
    """unshare -n, PrivateNetwork=: in the pod's own it is well, in any other it is not."""
    files = at(doctor.files(space), POD_IP)
    own, another = doctor_in(POD_IP + "/32"), doctor_in()
    assert not own.examine(files).bad()
    for elsewhere in (another, doctor):
        elsewhere.examine(files).only("error", "EIDENTITY", f"has the address {POD_IP}",
                                      "in the pod's own network namespace")
    assert not another.examine(files, "--pod-network=any").bad()
