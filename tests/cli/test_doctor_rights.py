# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor finds which rights are missing, and what else keeps a lock from being made: quotas, namespaces,
admission."""

import re

import pytest
from controlplane.client import path
from controlplane.pods import rights, rules
from controlplane.process import wait_for

NEEDED = ["configmaps:get", "configmaps:create", "pods:get"]
WANTED = {
    "configmaps:list": "2 to 5 s", "configmaps:watch": "2 to 5 s", "configmaps:update": "10 s to resume",
    "configmaps:delete": "garbage collector", "leases:get": "no holder record", "leases:create": "no holder record",
    "leases:update": "no holder record", "leases:list": "30 to 60 s", "leases:watch": "30 to 60 s",
    "pods:list": "30 to 60 s", "pods:watch": "30 to 60 s"}


def rule_of(text):
    """The rule that the cure says, as a Role has it."""
    found = re.search(r"\{apiGroups: \[(.*?)\], resources: \[(.*?)\], "
                      r"(?:resourceNames: \[(.*?)\], )?verbs: \[(.*?)\]\}$", text)
    group, resource, name, verb = found.groups()
    rule = {"apiGroups": [group.strip('"')], "resources": [resource], "verbs": [verb]}
    return {**rule, "resourceNames": [name]} if name else rule


@pytest.mark.parametrize("right", [*NEEDED, *WANTED])
def test_each_right(doctor, space, right):
    """Missed, by what is lost without it; and with the rule that is said, all is well."""
    resource, verb = right.split(":")
    files = doctor.files(space)
    space.set_rights(without=[right])
    report = doctor.examine(files)
    needed = right in NEEDED
    text = report.only("error" if needed else "warning", "EFORBIDDEN", f"may not {verb} {resource}", space.name,
                       "there is no election" if needed else WANTED[right])
    wanted = [*rules(rights("lock"), [right]), rule_of(text)]
    doctor.admin.patch(path("roles", space.name, "candidate"), {"rules": wanted})
    assert not doctor.examine(files).bad()


def test_the_record_is_required(doctor, space):
    space.set_rights(without=["leases:update", "leases:list"])
    report = doctor.examine(doctor.files(space), "--guard=required")
    report.has("error", "EFORBIDDEN", "may not update leases/lock.leaderlife")
    report.has("warning", "EFORBIDDEN", "may not list leases/lock.leaderlife")
    assert len(report.bad()) == 2


def test_an_observer_needs_less(doctor, space):
    files = doctor.files(space)
    space.set_rights(without=["configmaps:create", "configmaps:update", "configmaps:delete", "leases:create",
                              "leases:update"])
    assert not doctor.examine(files, "--observe", environment={"POD_NAME": None, "POD_UID": None}).bad()
    space.set_rights(without=["configmaps:*"])
    doctor.examine(files, "--observe").has("error", "EFORBIDDEN", "may not get configmaps/lock")


def test_without_records_their_rights_are_not_asked_for(doctor, space):
    space.set_rights(without=["leases:*"])
    assert not doctor.examine(doctor.files(space), "--guard=memory").bad()


def test_nodes(doctor, space):
    files = doctor.files(space)
    report = doctor.examine(files, "--node-policy=fenced")
    report.only("warning", "EFORBIDDEN", "may not get nodes", "counts as alive", "add to its ClusterRole",
                "resources: [nodes]")


# Room

def quota(doctor, space, **hard):
    target = space.path("resourcequotas")
    doctor.admin.create(target, {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    wait_for("the quota in force", lambda: doctor.admin.get(target + "/q").get("status", {}).get("used"))
    return target + "/q"


@pytest.mark.parametrize("what, resource", [("count/configmaps", "configmaps/lock"),
                                            ("count/leases.coordination.k8s.io", "leases/lock.leaderlife")])
def test_quota(doctor, space, what, resource):
    files = doctor.files(space)
    full = quota(doctor, space, **{what: "0"})
    doctor.examine(files).only("error", "EQUOTA", "dry run: ", resource, "exceeded quota: q", "raise the ResourceQuota")
    doctor.admin.patch(full, {"spec": {"hard": {what: "10"}}})
    wait_for("the cure", lambda: not doctor.examine(files).bad())


def test_quota_that_the_lock_fills(doctor, healthy):
    space, _, standby, _ = healthy
    quota(doctor, space, **{"count/configmaps": "1"})
    doctor.examine(standby).only("warning", "EQUOTA", "counted anew", "raise the ResourceQuota")


def test_namespace_absent(doctor, space):
    files = doctor.admin_files(doctor.files(space))
    report = doctor.examine(files, environment={"POD_NAMESPACE": "no-such-namespace"})
    report.has("error", "ENAMESPACE", "there is no such namespace", "create it")
    report.has("error", "EIDENTITY", "does not exist")


def test_an_observer_learns_of_an_absent_namespace(doctor, space):
    """To whoever may read namespaces; to others it is one without a lock."""
    files = doctor.admin_files(doctor.files(space))
    words = ["--observe", "--namespace=no-such-namespace"]
    report = doctor.examine(files, *words)
    report.only("error", "ENAMESPACE", "there is none called no-such-namespace", "correct option namespace")


def test_namespace_terminating(doctor, space):
    files = doctor.files(space)
    doctor.cluster.pause_controller_manager()
    try:
        space.delete()
        doctor.examine(files).only("error", "ENAMESPACE", "is being deleted", "use another")
    finally:
        doctor.cluster.resume_controller_manager()


def test_admission_refuses(doctor, space):
    group, kinds = "/apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies"
    name = "deny-" + space.name
    doctor.admin.create(f"{group}/{kinds}", {"metadata": {"name": name}, "spec": {
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                                                "resources": ["configmaps"]}]},
        "validations": [{"expression": "object.metadata.name != 'lock'", "message": "no locks here"}]}})
    doctor.admin.create(f"{group}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {
        "policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": space.name}}}}})
    files = doctor.files(space)
    try:
        wait_for("the policy in force", lambda: doctor.examine(files).bad())
        text = doctor.examine(files).bad()
        assert len(text) == 1 and text[0]["level"] == "error", text
        assert "no locks here" in text[0]["text"] and "create configmaps/lock" in text[0]["text"]
    finally:
        doctor.admin.delete(f"{group}/{kinds}/{name}")
        doctor.admin.delete(f"{group}/validatingadmissionpolicybindings/{name}")
