# SPDX-License-Identifier: Apache-2.0
"""New versions of the Deployment, good ones and bad ones, and jobs beside it."""

import pytest
import yaml

from controlplane.process import wait_for

from .images import EXAMPLES
from .trial import DEPLOYMENT, HANG_S, HandOver


class Restart(HandOver):
    """A rollout restart of three pods, to its end by run(). old_pods: the names of the pods before."""

    def __enter__(self):
        self.old_pods = {pod["metadata"]["name"] for pod in self.trial.pods()}
        return super().__enter__()

    def run(self):
        self.trial.kubectl("rollout", "restart", DEPLOYMENT)
        self.trial.wait_ready(DEPLOYMENT)
        wait_for("the end of the old pods", lambda: len(self.trial.pods()) == 3, HANG_S)
        assert self.trial.settled_leader().pod not in self.old_pods


def test_rollout_restart(trial, report):
    """The Deployment ends the old pods one by one, in an order of its own. The next leader may be an old pod that has
    not been ended yet: each such choice is one more hand-over, and nothing else is."""
    trial.deploy(replicas=3)
    with Restart(trial, report, "rollout restart of 3 pods") as over:
        over.run()
    in_vain = [period for period in over.began if period.pod in over.old_pods]
    report(f"    to pods that the rollout had yet to end: {len(in_vain)}")
    assert len(over.began) == 1 + len(in_vain) <= 3


def test_rollout_restart_that_ends_the_leader_last(trial, report):
    """Whose pod has a deletion cost is ended last: one hand-over."""
    trial.deploy(replicas=3)
    with Restart(trial, report, "rollout restart of 3 pods, the leader's last") as over:
        trial.kubectl("annotate", "pod", over.old.pod, "controller.kubernetes.io/pod-deletion-cost=100")
        over.run()
    assert len(over.began) == 1


def test_rollout_of_a_broken_image_and_back(trial, report):
    """The leader leads on, and nothing changes hands."""
    trial.deploy()
    leader = trial.settled_leader()
    trial.kubectl("set", "image", DEPLOYMENT, "operator=my-operator:broken")
    wait_for("a pod that cannot start", lambda: any(
        "waiting" in status["state"] and "Image" in status["state"]["waiting"].get("reason", "")
        for pod in trial.pods() for status in pod["status"].get("containerStatuses", [])), HANG_S)
    trial.works_on(leader)
    trial.kubectl("rollout", "undo", DEPLOYMENT)
    trial.wait_ready(DEPLOYMENT)
    trial.works_on(leader)


@pytest.mark.full
def test_rights_taken_and_given_back(trial, report):
    """The leader leads on without them; the next one leads when they are there again."""
    trial.deploy()
    binding = trial.kubectl("get", "rolebinding", "my-operator-election", "-o", "json")
    with HandOver(trial, report, "rights taken, leader deleted, rights given") as over:
        trial.kubectl("delete", "rolebinding", "my-operator-election")
        trial.works_on(over.old)
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")
        trial.wait_gone(over.old)
        trial.kubectl("create", "-f", "-", given=binding)
    trial.wait_ready(DEPLOYMENT)


def test_job_beside_a_deployment(trial, report):
    """It does the same work, so it waits until nobody else leads, and the Deployment's pods wait for its end."""
    trial.deploy()
    job = next(each for each in yaml.safe_load_all((EXAMPLES / "kubernetes" / "job" / "cronjob.yaml").read_text())
               if each["kind"] == "CronJob")["spec"]["jobTemplate"]
    pod = job["spec"]["template"]["spec"]
    pod["serviceAccountName"] = "my-operator"
    pod["containers"][0]["command"] = ["leaderlife", "run", "my-operator", "--", "./report.sh"]
    with HandOver(trial, report, "Deployment scaled to nothing, a Job's turn") as over:
        trial.kubectl("create", "-f", "-", given=yaml.safe_dump(
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, **job}))
        trial.kubectl("wait", "--for=jsonpath={.status.active}=1", "job/once", f"--timeout={HANG_S:g}s")
        trial.works_on(over.old)
        trial.kubectl("scale", DEPLOYMENT, "--replicas=0")
    assert over.new.pod.startswith("once-")
    trial.kubectl("scale", DEPLOYMENT, "--replicas=2")
    trial.kubectl("wait", "--for=condition=complete", "job/once", f"--timeout={HANG_S:g}s")
    assert trial.settled_leader().pod.startswith("my-operator-")


def test_somebody_elses_object_has_the_locks_name(trial):
    """Nobody could take over, so nobody is ready, and a rollout would end no old pod. All goes on once it is
    removed."""
    trial.kubectl("create", "configmap", "my-operator", "--from-literal=somebody=else")
    trial.deploy(ready=False)
    wait_for("two pods that run and are not ready", lambda: [
        (status["ready"], "running" in status["state"]) for pod in trial.pods()
        for status in pod["status"].get("containerStatuses", [])] == [(False, True)] * 2, HANG_S)
    text = trial.exec(trial.pods()[0]["metadata"]["name"], "leaderlife", "doctor", "my-operator", check=False)
    assert "cannot be taken" in text or "somebody else" in text, text
    assert not trial.periods()
    trial.kubectl("delete", "configmap", "my-operator")
    trial.wait_ready(DEPLOYMENT)
    trial.settled_leader()
