# SPDX-License-Identifier: Apache-2.0
"""examples/kubernetes, applied as they stand, in a namespace where Pod Security
"restricted" is enforced."""

import os
import re
import subprocess

import pytest
import yaml

from controlplane.process import wait_for

from .images import EXAMPLES
from .trial import HANG_S, KUBECTL_S, HandOver

KUBERNETES = EXAMPLES / "kubernetes"


RIGHTS = {"quickstart.yaml": "quickstart", "command/deployment.yaml": "my-operator",
          "python/deployment.yaml": "my-service", "statefulset/statefulset.yaml": "my-store",
          "job/cronjob.yaml": "my-report",
          "component/election/rights.yaml": "my-operator"}


@pytest.mark.parametrize("file, lock", RIGHTS.items(), ids=RIGHTS)
def test_rights_are_those_that_rbac_prints(file, lock):
    printed = subprocess.run([os.environ["LEADERLIFE_COMMAND"], "rbac", "--service-account", lock, lock], text=True,
                             capture_output=True, check=True).stdout
    assert by_name(printed).items() <= by_name((KUBERNETES / file).read_text()).items()


def by_name(manifests):
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(manifests)}


def test_every_manifest_is_tried():
    """A file that nobody applies tells people something that nobody has seen."""
    tried = {*RIGHTS, "component/kustomization.yaml", "component/deployment.yaml",
             "component/election/kustomization.yaml", "component/election/election.yaml"}
    assert {str(path.relative_to(KUBERNETES)) for path in KUBERNETES.rglob("*.yaml")} == tried


def test_quickstart(trial):
    trial.lock = "quickstart"
    trial.apply(KUBERNETES / "quickstart.yaml")
    trial.wait_ready("deployment/quickstart")
    first = wait_for("a leader", trial.holder, HANG_S)
    assert len(trial.pods("app=quickstart")) == 3
    trial.wait_logged(first, first)
    trial.kubectl("delete", "pod", first, "--wait=false")
    second = trial.next_holder(first)
    trial.wait_logged(second, second)
    trial.wait_ready("deployment/quickstart")
    wait_for("the end of the first pod", lambda: trial.pod(first) is None, HANG_S)


def test_command(trial, report):
    trial.apply(KUBERNETES / "command" / "deployment.yaml")
    trial.wait_ready("deployment/my-operator")
    for pod in trial.pods():
        name = pod["metadata"]["name"]
        trial.exec(name, *pod["spec"]["containers"][0]["livenessProbe"]["exec"]["command"])
        assert trial.exec(name, "id", "-u").strip() != "0"
    with HandOver(trial, report, "command: pod deleted") as over:
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")
    trial.wait_ready("deployment/my-operator")


def test_python(trial):
    """Its work is what it prints, so who works when is read off that."""
    trial.lock = "my-service"
    trial.apply(KUBERNETES / "python" / "deployment.yaml")
    trial.wait_ready("deployment/my-service")
    first = wait_for("a leader", trial.holder, HANG_S)
    wait_for("its work", lambda: worked(trial.logs(first, "--timestamps")), HANG_S, KUBECTL_S)
    with trial.cluster.follow(first, trial.namespace) as following:
        said = following.stdout.readline()  # not before: a stream that begins late finds no container
        trial.kubectl("delete", "pod", first, "--wait=false")
        said += following.stdout.read()
    assert "told to end" in said, said
    second = trial.next_holder(first)
    begun = wait_for("its work", lambda: worked(trial.logs(second, "--timestamps")), HANG_S, KUBECTL_S)
    assert worked(said)[-1] < begun[0]
    trial.wait_ready("deployment/my-service")
    assert trial.holder() == second


def worked(log):
    """The times of the lines that say so, which can be compared as they are."""
    return re.findall(r"^(\S+) working, token", log, re.MULTILINE)


def test_statefulset(trial, report):
    """Pod 0 comes again under its name, as somebody else."""
    trial.lock = "my-store"
    trial.apply(KUBERNETES / "statefulset" / "statefulset.yaml")
    trial.wait_ready("statefulset/my-store")
    with HandOver(trial, report, "statefulset: leader deleted") as over:
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")
    wait_for("its namesake", lambda: (trial.pod(over.old.pod) or {"metadata": {"uid": over.old.uid}})["metadata"]["uid"]
             != over.old.uid, HANG_S)
    trial.wait_ready("statefulset/my-store")
    assert trial.settled_leader().uid == over.new.uid
    assert over.old.pod in {pod["metadata"]["name"] for pod in trial.pods("app=my-store")}


def test_cronjob(trial):
    """Three Jobs of one CronJob at once: each works, one after the other."""
    trial.lock = "my-report"
    trial.apply(KUBERNETES / "job" / "cronjob.yaml")
    for number in range(3):
        trial.kubectl("create", "job", "--from=cronjob/my-report", f"by-hand-{number}")
    jobs = [f"job/by-hand-{number}" for number in range(3)]
    trial.kubectl("wait", "--for=condition=complete", f"--timeout={HANG_S:g}s", *jobs)
    assert len({period.uid for period in trial.periods()}) >= 3


@pytest.mark.full
def test_cronjob_by_its_schedule(trial):
    """Pods of two Jobs, each of which the controller has begun at its minute."""
    trial.lock = "my-report"
    trial.apply(KUBERNETES / "job" / "cronjob.yaml")
    wait_for("the work of two", lambda: len({period.uid for period in trial.periods()}) >= 2, 3 * HANG_S)
    jobs = trial.cluster.admin.get(f"/apis/batch/v1/namespaces/{trial.namespace}/jobs")["items"]
    times = {job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] for job in jobs}
    assert len(times) == len(jobs) >= 2


def test_component(trial):
    trial.kubectl("apply", "-k", str(KUBERNETES / "component"))
    trial.wait_ready("deployment/their-operator")
    assert trial.settled_leader().pod.startswith("their-operator-")
