# SPDX-License-Identifier: Apache-2.0
"""Steps that only a Kubernetes has: pods, the lock's object, the control plane
and the wire to it."""

import base64
import json
import re

from controlplane.pods import running, terminated
from controlplane.process import wait_for

from .observer import HANG
from .registry import step


def kubernetes_step(name):
    return step(name, "kubernetes")


# Pods

@kubernetes_step("delete-pod")
def delete_pod(player, of, grace=0, policy=None):
    """Its process is not touched: kill it before, as a kubelet would. By the policy
    Foreground, what it owns has gone afterwards, while it has its grace."""
    for process in player.select(of):
        pod = player.place.pod(process)
        if policy != "Foreground":
            pod.delete(grace=grace, policy=policy)
            continue
        with pod.collected_at_deletion():
            pod.delete(grace=grace, policy=policy)
            wait_for("the collector", lambda: player.place.namespace.lock_object() is None, HANG)


@kubernetes_step("replace-pod")
def replace_pod(player, of):
    """A pod of the same name with another UID, as a StatefulSet makes it."""
    for process in player.select(of):
        name = player.place.pod_name(process)
        old = player.place.pods[name]
        if old.object() is not None:
            old.delete(grace=0)
        old.wait_gone()
        assert player.place.make_pod(name).uid != old.uid


_CONTAINERS = {"none": [], "running": [running()], "terminated": [terminated(1)],
               "one-running": [terminated(1), running("other")]}


@kubernetes_step("pod-status")
def pod_status(player, of, containers="none", init_containers="none", condition=None, **fields):
    """containers: none, running, terminated, one-running. condition: its type
    and reason. The other fields are those of a pod's status."""
    fields["containerStatuses"] = _CONTAINERS[containers]
    fields["initContainerStatuses"] = _CONTAINERS[init_containers]
    if condition:
        fields["conditions"] = [{"status": "True", **condition}]
    for process in player.select(of):
        player.place.pod(process).set_status(**fields)


@kubernetes_step("patch-pod")
def patch_pod(player, of, status):
    """pod-status with its fields in one mapping, for a row of a matrix."""
    pod_status(player, of, **{key.replace("-", "_"): value for key, value in status.items()})


# The lock's object

@kubernetes_step("lock")
def lock(player, owner=None, same_as=None, not_same_as=None, name=None):
    """Waits until the lock is as said; owner none: until it is gone."""
    uid = owner and owner != "none" and player.place.pod(player.one(owner)).uid

    def right():
        found = player.place.namespace.lock_object()
        if owner == "none" or found is None:
            return found is None and owner == "none" and {"metadata": {"uid": None}}
        owners = [reference["uid"] for reference in found["metadata"]["ownerReferences"]]
        lock_uid = found["metadata"]["uid"]
        fits = ((not uid or owners == [uid]) and (not same_as or lock_uid == player.kept[same_as])
                and (not not_same_as or lock_uid != player.kept[not_same_as]))
        return found if fits else None
    found = wait_for(f"the lock's owner to be {owner or 'anybody'}", right, HANG)
    if name:
        player.kept[name] = found["metadata"]["uid"]


@kubernetes_step("delete-lock")
def delete_lock(player):
    """By hand, and it was there."""
    player.place.cluster.admin.delete(player.place.namespace.lock_path)


@kubernetes_step("make-lock")
def make_lock(player, owner=None, finalizer=None):
    """By hand; owner: a process in whose pod's name it stands, none: nobody's."""
    metadata = {"name": player.place.lock}
    if owner:
        metadata["ownerReferences"] = [player.place.pods[owner.lower()].owner_reference()]
    if finalizer:
        metadata["finalizers"] = [finalizer]
    player.place.cluster.admin.create(player.place.namespace.path("configmaps"), {"metadata": metadata})


# The holder record

@kubernetes_step("record")
def record(player, holder=None, term=None, token_of=None):
    """Waits until the record is so. holder: a process, `nobody` (it is empty) or
    `absent`. token_of: a process whose token it tells."""
    def right():
        found = player.place.namespace.record_object()
        if holder == "absent" or found is None:
            return holder == "absent" and found is None
        return (_names(player, found, holder) and term in (None, found["spec"]["leaseTransitions"])
                and (not token_of or _record_token(found) == player.one(token_of).do("state")["token"]))
    wait_for(f"the record of holder {holder}, term {term}", right, HANG)


def _names(player, found, holder):
    annotations, spec = found["metadata"]["annotations"], found["spec"]
    seen = spec["holderIdentity"], annotations["leaderlife.dev/holder-uid"]
    if holder is None:
        return True
    if holder == "nobody":
        return seen == ("", "") and set(annotations.values()) == {""}
    pod = player.place.pod(player.one(holder))
    assert "renewTime" not in spec and "leaseDurationSeconds" not in spec  # it never expires
    return seen == (pod.name, pod.uid)


def _record_token(found):
    return found["metadata"]["annotations"]["leaderlife.dev/token"] or found["metadata"]["resourceVersion"]


@kubernetes_step("delete-record")
def delete_record(player):
    """By hand, and it was there."""
    player.place.cluster.admin.delete(player.place.namespace.record_path)


@kubernetes_step("make-record")
def make_record(player, annotations=(), holder="somebody"):
    """By hand, somebody else's: annotations are names that get the value x."""
    name = player.place.lock + ".leaderlife"
    player.place.cluster.admin.create(player.place.namespace.path("leases"), {
        "metadata": {"name": name, "annotations": {key: "x" for key in annotations}},
        "spec": {"holderIdentity": holder}})


@kubernetes_step("edit-record")
def edit_record(player, metadata=None, spec=None, holder=None):
    """By hand: a merge patch. holder: a process that it then names."""
    patch = {"metadata": metadata or {}, "spec": spec or {}}
    if holder:
        pod = player.place.pod(player.one(holder))
        patch["metadata"] = {"annotations": {"leaderlife.dev/holder-uid": pod.uid, "leaderlife.dev/holder-nonce": "x"}}
        patch["spec"] = {"holderIdentity": pod.name}
    player.place.cluster.admin.patch(player.place.namespace.record_path, patch)


@kubernetes_step("edit-lock")
def edit_lock(player, owner):
    """By hand: it then belongs to another process's pod."""
    reference = player.place.pod(player.one(owner)).owner_reference()
    player.place.cluster.admin.patch(player.place.namespace.lock_path, {"metadata": {"ownerReferences": [reference]}})


# The control plane

@kubernetes_step("controller-manager")
def controller_manager(player, be):
    _component(player, "controller_manager", be)


@kubernetes_step("api-server")
def api_server(player, be):
    _component(player, "apiserver", be)


def _component(player, component, be):
    acts = {"stopped": player.place.stop, "paused": player.place.pause, "working": player.place.start}
    acts[be](component)


@kubernetes_step("etcd")
def etcd(player, be):
    _component(player, "etcd", be)


@kubernetes_step("rights")
def rights(player, without=()):
    player.place.namespace.set_rights(without=without)


# The wire and the credentials

@kubernetes_step("proxy")
def proxy(player, do, pod=None, name="rule", **rule):
    """do: a rule's name among Proxy's methods, drop-answer to goaway, with its
    parameters. pod: a process; `name` is for proxy-has."""
    if pod:
        rule["pod"] = f"^{player.place.pod_name(player.one(pod))}$" if pod in player.processes else f"^{pod.lower()}$"
    act = getattr(player.place.proxy, do.replace("-", "_"))
    player.kept[name] = act(**rule)


@kubernetes_step("proxy-has")
def proxy_has(player, hits=1, name="rule"):
    """The rule has taken so many requests, or will."""
    player.place.proxy.wait_hits(player.kept[name], hits, timeout=HANG)


@kubernetes_step("proxy-holds")
def proxy_holds(player, held=1, name="rule"):
    """The rule holds so many requests back, or will."""
    player.place.proxy.wait_held(player.kept[name], held, timeout=HANG)


@kubernetes_step("proxy-release")
def proxy_release(player, name="rule"):
    """What it holds goes on, and nothing is held any more."""
    player.place.proxy.remove(player.kept[name])


@kubernetes_step("proxy-saw")
def proxy_saw(player, pod, times, method=".*", path=".*", code=None):
    """So many requests exactly; waits for the last of them."""
    of = player.place.pod_name(player.one(pod))

    def seen():
        return [request for request in player.place.proxy.requests()
                if request["pod"] == of and re.fullmatch(method, request["method"])
                and re.search(path, request["path"]) and code in (None, request.get("code"))]
    wait_for("requests at the proxy", lambda: len(seen()) >= times, HANG)
    assert len(seen()) == times, f"{len(seen())} requests, not {times}: {seen()}"


@kubernetes_step("token-file")
def token_file(player, of, to="fresh"):
    """fresh: another good token in its place; anything else: that text."""
    for process in player.select(of):
        player.place.files(process).renew_token(None if to == "fresh" else to)


@kubernetes_step("mark-audit")
def mark_audit(player):
    player.kept["audit"] = player.place.cluster.audit_mark()


@kubernetes_step("audit")
def audit(player, pod, verb, resource, at_least=1, at_most=None, with_token_of_file=False):
    """Requests of these pods that the API server has logged since mark-audit."""
    pods = {player.place.pod_name(process): process for process in player.select(pod)}
    logged = player.place.cluster.audit_since(player.kept.get("audit", 0), player.place.namespace.user)
    seen = [entry for entry in logged if entry.pod in pods and re.fullmatch(verb, entry.verb)
            and re.fullmatch(resource, entry.resource)]
    if with_token_of_file:
        tokens = {name: _token_id(player.place.files(process).token_file) for name, process in pods.items()}
        seen = [entry for entry in seen if tokens[entry.pod] in _token_ids(entry)]
    assert len(seen) >= at_least, f"{len(seen)} requests, not at least {at_least}"
    assert at_most is None or len(seen) <= at_most, f"{len(seen)} requests, not at most {at_most}: {seen}"


def _token_id(path):
    with open(path, encoding="ascii") as file:
        payload = file.read().split(".")[1]
    return "JTI=" + json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


def _token_ids(entry):
    return entry.raw["user"].get("extra", {}).get("authentication.kubernetes.io/credential-id", [])
